import { ensureColumns, ensureIndexes } from '../../src/schema/columns';
import { startServer, type SpecServer } from '../support/server';
import { insertSession, newToken, OVER, pointerTo } from '../functions/sessions';
import { indexesOf, onPostgres, onServer, stockDatabase } from './database';

const MADE = onPostgres
  ? {
      _Session_sessionToken: ['sessionToken'],
      _Session_user: ['user'],
      _Session_expiresAt: ['expiresAt'],
    }
  : {
      _Session_sessionToken: ['_session_token'],
      _Session_user: ['_p_user'],
      _Session_expiresAt: ['expiresAt'],
    };

const withStockSessions = () =>
  stockDatabase(async stock => {
    const user = await stock.signUp();
    for (let i = 0; i < 50; i++) await insertSession(stock, user.userId, { restricted: undefined });
  });

describe('the indexes on _Session', () => {
  it('are made on an empty database', async () => {
    const server = await startServer();
    try {
      expect(await indexesOf(server)).toMatchObject(MADE);
    } finally {
      await server.stop();
    }
  });

  it('are made on a database full of stock sessions, which has none of them', async () => {
    let stockIndexes: object = {};
    const databaseURI = await stockDatabase(async stock => {
      stockIndexes = await indexesOf(stock);
    });
    for (const name of Object.keys(MADE)) expect(stockIndexes).not.toHaveProperty(name);
    expect(await onServer(databaseURI, indexesOf)).toEqual({ ...stockIndexes, ...MADE });
  });

  it('stay as they are when the server starts again', async () => {
    const databaseURI = await withStockSessions();
    const first = await onServer(databaseURI, indexesOf);
    expect(await onServer(databaseURI, indexesOf)).toEqual(first);
  });

  it('are not made with indexes: false', async () => {
    const databaseURI = await withStockSessions();
    const names = Object.keys(await onServer(databaseURI, indexesOf, { indexes: false }));
    for (const name of Object.keys(MADE)) expect(names).not.toContain(name);
  });

  it('are not taken away by indexes: false', async () => {
    const databaseURI = await withStockSessions();
    await onServer(databaseURI, indexesOf);
    expect(await onServer(databaseURI, indexesOf, { indexes: false })).toMatchObject(MADE);
  });

  it('leave an index of the app on the same column alone', async () => {
    const databaseURI = await stockDatabase(async stock => {
      const { adapter } = stock.server.config.databaseController;
      const { fields } = await (
        await stock.server.config.databaseController.loadSchema()
      ).getOneSchema('_Session');
      await adapter.ensureIndex('_Session', { fields }, ['sessionToken'], 'of_the_app', false, {});
    });
    const indexes = await onServer(databaseURI, indexesOf);
    expect(indexes).toHaveProperty('of_the_app');
    expect(Object.values(indexes).flat()).toEqual(
      expect.arrayContaining([...MADE._Session_user, ...MADE._Session_expiresAt]),
    );
    expect(await onServer(databaseURI, indexesOf)).toEqual(indexes);
  });

  // On PostgreSQL Parse Server knows only the indexes that the app lists.
  (onPostgres ? it.skip : it).each([
    [true, []],
    [false, Object.keys(MADE).sort()],
  ])(
    'are deleted by definitions of the app that list _Session, and not with keepUnknownIndexes: %s',
    async (keepUnknownIndexes, expected) => {
      const databaseURI = await stockDatabase();
      const options = {
        databaseURI,
        schema: { definitions: [{ className: '_Session', fields: {} }], keepUnknownIndexes },
      };
      let drops: jest.SpyInstance | undefined;
      // It finds at the second start what the first has made, and acts on that at the third.
      for (let start = 0; start < 3; start++) {
        const server = await startServer({}, options);
        try {
          expect(await indexesOf(server)).toMatchObject(MADE);
          const adapters = Object.getPrototypeOf(server.server.config.databaseController.adapter);
          drops ??= jest.spyOn(adapters, 'dropIndex');
        } finally {
          await server.stop({ keepData: true });
        }
      }
      const names = drops!.mock.calls.map(([, name]) => name as string);
      drops!.mockRestore();
      expect(names.sort()).toEqual(expected);
    },
  );

  // The stand-in for mongod has no query planner.
  (onPostgres ? it : it.skip)('are used to look up tokens, users and expired sessions', async () => {
    const server = await startServer();
    try {
      const user = await server.signUp();
      const insert = (i: number) =>
        insertSession(
          server,
          i % 50 ? newToken().slice(2, 12) : user.userId,
          i % 100 ? {} : { expiresAt: OVER },
        );
      for (let i = 0; i < 3000; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, j) => insert(i + j)));
      }
      await server.server.config.databaseController.adapter._client.none('ANALYZE "_Session"');
      const plan = async (where: object) =>
        JSON.stringify(await server.rawFind('_Session', where, { explain: true }));
      expect(await plan({ sessionToken: user.token })).toContain('_Session_sessionToken');
      expect(await plan({ user: pointerTo(user.userId) })).toContain('_Session_user');
      expect(await plan({ expiresAt: { $lt: new Date() } })).toContain('_Session_expiresAt');
      // The opposite: without an index the whole table is read.
      expect(await plan({ installationId: 'x' })).toContain('Seq Scan');
    } finally {
      await server.stop();
    }
  });
});

describe('several processes that start at once on a database of stock Parse Server', () => {
  const PROCESSES = 8;

  /** As many connections of their own as processes would have. */
  async function connections(server: SpecServer) {
    const { databaseController } = server.server.config as any;
    const { adapter } = databaseController;
    const options = { uri: server.databaseURI, collectionPrefix: '', databaseOptions: {}, mongoOptions: {} };
    return Array.from({ length: PROCESSES }, () => {
      const database = new databaseController.constructor(
        new adapter.constructor(options),
        server.server.config,
      );
      return { database, close: () => database.adapter.handleShutdown() };
    });
  }

  it.each([1, 2, 3])('each start, and make everything once (round %d)', async () => {
    const server = await startServer({}, {}, { mounted: false });
    try {
      await server.signUp();
      const processes = await connections(server);
      try {
        await Promise.all(processes.map(({ database }) => ensureColumns({ database } as never)));
        await Promise.all(processes.map(({ database }) => ensureIndexes({ database } as never)));
      } finally {
        await Promise.all(processes.map(({ close }) => close()));
      }
      expect(await indexesOf(server)).toMatchObject(MADE);
    } finally {
      await server.stop();
    }
  });
});
