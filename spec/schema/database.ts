import { freshDatabase, startServer, type SpecServer } from '../support/server';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

export const onPostgres = SPEC_DATABASE === 'postgresql';

/** The indexes of a class as the database itself tells them, by name: the columns of each. */
export async function indexesOf(
  server: SpecServer,
  className = '_Session',
): Promise<Record<string, string[]>> {
  const { adapter } = server.server.config.databaseController;
  if (onPostgres) {
    const rows = await adapter._client.any(
      'SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1 ORDER BY indexname',
      [className],
    );
    return Object.fromEntries(
      rows.map(({ indexname, indexdef }: any) => [
        indexname,
        /\(([^)]*)\)$/.exec(indexdef)![1]!.replaceAll('"', '').split(', '),
      ]),
    );
  }
  const indexes = await adapter.database.collection(className).indexes();
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

/** This package's own classes, each with a column that it needs and the columns that it looks up. */
export const OWN_CLASSES = [
  {
    className: 'ParseEndedSession',
    column: 'userId',
    type: 'String',
    indexed: ['tokenHash', 'userId', 'endedAt'],
  },
  { className: 'ParseSessionFile', column: 'stored', type: 'Boolean', indexed: ['sessionId'] },
  { className: 'ParseSessionDevice', column: 'owner', type: 'String', indexed: ['owner'] },
  { className: 'ParseSessionAttempt', column: 'resetAt', type: 'Date', indexed: ['resetAt'] },
  {
    className: 'ParseSessionPairing',
    column: 'userId',
    type: 'String',
    indexed: ['deviceCodeHash', 'expiresAt'],
  },
] as const;

/** Has an app make them, or an earlier version that kept less, as far as the permissions go. */
export async function makeOwnClasses(stock: SpecServer): Promise<void> {
  for (const { className } of OWN_CLASSES) await stock.makeClass(className);
}

/** Their indexes, by class. */
export async function indexesOfOwnClasses(
  server: SpecServer,
): Promise<Record<string, Record<string, string[]>>> {
  const all: Record<string, Record<string, string[]>> = {};
  for (const { className } of OWN_CLASSES) all[className] = await indexesOf(server, className);
  return all;
}
