import type { SpecServer } from './server';

type Server = Pick<SpecServer, 'server'>;

/**
 * Has something happen once, right before the next statement of a kind that a server sends.
 * @param work what it throws, the statement fails with.
 * @param of only a statement on this class. @default any
 * @returns ends that.
 */
export function beforeNext(
  { server }: Server,
  statement: 'createObject' | 'deleteObjectsByQuery',
  work: () => unknown,
  of?: string,
): () => void {
  const { adapter } = server.config.databaseController;
  const send = adapter[statement].bind(adapter);
  let isDone = false;
  const spy = jest
    .spyOn(adapter, statement)
    .mockImplementation(async (className: any, ...args: unknown[]) => {
      if (!isDone && (of === undefined || className === of)) {
        isDone = true;
        await work();
      }
      return send(className, ...args);
    });
  return () => spy.mockRestore();
}

/** Has the next delete of a server fail, as without a connection. @param of only one in this class. @returns ends that. */
export const failNextDelete = (server: Server, of?: string): (() => void) =>
  beforeNext(
    server,
    'deleteObjectsByQuery',
    () => {
      throw new Error('no connection');
    },
    of,
  );
