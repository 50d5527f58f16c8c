import { freshDatabase, startServer, type SpecServer } from '../support/server';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

export const onPostgres = SPEC_DATABASE === 'postgresql';

/** The indexes of `_Session` as the database itself tells them, by name: the columns of each. */
export async function indexesOf(server: SpecServer): Promise<Record<string, string[]>> {
  const { adapter } = server.server.config.databaseController;
  if (onPostgres) {
    const rows = await adapter._client.any(
      `SELECT indexname, indexdef FROM pg_indexes WHERE tablename = '_Session' ORDER BY indexname`,
    );
    return Object.fromEntries(
      rows.map(({ indexname, indexdef }: any) => [
        indexname,
        /\(([^)]*)\)$/.exec(indexdef)![1]!.replaceAll('"', '').split(', '),
      ]),
    );
  }
  const indexes = await adapter.database.collection('_Session').indexes();
  return Object.fromEntries(indexes.map(({ name, key }: any) => [name, Object.keys(key)]));
}

/** A database that a stock Parse Server has used; `prepare` does with it what the app did. */
export async function stockDatabase(
  prepare: (stock: SpecServer) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const databaseURI = await freshDatabase();
  const stock = await startServer({}, { databaseURI }, { mounted: false });
  try {
    // The first session makes the class.
    await stock.signUp();
    await prepare(stock);
  } finally {
    await stock.stop({ keepData: true });
  }
  return databaseURI;
}

/** Starts the package on a database, looks, and stops with the data kept. */
export async function onServer<T>(
  databaseURI: string,
  look: (server: SpecServer) => Promise<T>,
  options: Parameters<typeof startServer>[0] = {},
): Promise<T> {
  const server = await startServer(options, { databaseURI });
  try {
    return await look(server);
  } finally {
    await server.stop({ keepData: true });
  }
}
