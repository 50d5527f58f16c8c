import type { SpecServer } from './server';

/** Has the next delete of a server fail, as without a connection. @param of only one in this class. @returns ends that. */
export function failNextDelete({ server }: Pick<SpecServer, 'server'>, of?: string): () => void {
  const { adapter } = server.config.databaseController;
  const destroy = adapter.deleteObjectsByQuery.bind(adapter);
  let isDone = false;
  const spy = jest
    .spyOn(adapter, 'deleteObjectsByQuery')
    .mockImplementation(async (className: any, ...args: unknown[]) => {
      if (isDone || (of !== undefined && className !== of)) return destroy(className, ...args);
      isDone = true;
      throw new Error('no connection');
    });
  return () => spy.mockRestore();
}
