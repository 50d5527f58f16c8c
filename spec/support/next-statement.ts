import type { SpecServer } from './server';

type Server = Pick<SpecServer, 'server'>;
type Statement = 'createObject' | 'deleteObjectsByQuery' | 'updateObjectsByQuery';

/**
 * Has something happen once, right before the next statement of a kind that a server sends.
 * @param of only a statement on this class: a server writes records of its own whenever it likes.
 * @param work what it throws, the statement fails with.
 * @returns ends that.
 */
export function beforeNext(
  { server }: Server,
  statement: Statement,
  of: string,
  work: () => unknown,
): () => void {
  const { adapter } = server.config.databaseController;
  const send = adapter[statement].bind(adapter);
  let isDone = false;
  const spy = jest
    .spyOn(adapter, statement)
    .mockImplementation(async (className: any, ...args: unknown[]) => {
      if (!isDone && className === of) {
        isDone = true;
        await work();
      }
      return send(className, ...args);
    });
  return () => spy.mockRestore();
}

/** Has the next statement of a kind on a class fail, as without a connection. @returns ends that. */
export const failNext = (server: Server, statement: Statement, of: string): (() => void) =>
  beforeNext(server, statement, of, () => {
    throw new Error('no connection');
  });
