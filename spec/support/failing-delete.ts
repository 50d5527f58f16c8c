import type { SpecServer } from './server';

/** Has the next delete of a server fail, as without a connection. @returns ends that. */
export function failNextDelete({ server }: Pick<SpecServer, 'server'>): () => void {
  const { adapter } = server.config.databaseController;
  const spy = jest.spyOn(adapter, 'deleteObjectsByQuery').mockRejectedValueOnce(new Error('no connection'));
  return () => spy.mockRestore();
}
