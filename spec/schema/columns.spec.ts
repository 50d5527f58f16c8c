import { docs } from '../../src/docs';
import { failingStart } from '../support/failing-start';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { insertSession, pointerTo } from '../functions/sessions';
import { onServer, stockDatabase } from './database';

/** What the documentation names; the package may keep more for itself. */
const DOCUMENTED = {
  restricted: 'Boolean',
  ip: 'String',
  userAgent: 'String',
  lastAccessedAt: 'Date',
  name: 'String',
};

async function schemaOf(server: SpecServer) {
  const { status, body } = await server.rest('GET', '/schemas/_Session', { master: true });
  expect(status).toBe(200);
  return body as { fields: Record<string, any>; classLevelPermissions: any };
}

/** MongoDB's adapter adds what it finds of indexes at each start but the first. */
const withoutIndexes = ({ indexes: _indexes, ...schema }: any) => schema;

const typesOf = async (server: SpecServer) =>
  Object.fromEntries(Object.entries((await schemaOf(server)).fields).map(([name, { type }]) => [name, type]));

const alter = (server: SpecServer, body: object) =>
  server
    .rest('PUT', '/schemas/_Session', { master: true, body: { className: '_Session', ...body } })
    .then(({ status, body: answer }) => {
      if (status !== 200) throw new Error(JSON.stringify(answer));
    });

describe('the columns of _Session', () => {
  it('are there when the first session is not yet, on an empty database', async () => {
    const server = await startServer();
    try {
      expect(await typesOf(server)).toMatchObject(DOCUMENTED);
      expect(await server.rawFind('_Session')).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('are not there without this package', async () => {
    const server = await startServer({}, {}, { mounted: false });
    try {
      await server.signUp();
      const types = await typesOf(server);
      for (const name of Object.keys(DOCUMENTED)) expect(types).not.toHaveProperty(name);
    } finally {
      await server.stop();
    }
  });

  it('are added to the types that the app’s other columns have', async () => {
    const databaseURI = await stockDatabase(stock =>
      alter(stock, { fields: { place: { type: 'String' }, visits: { type: 'Number' } } }),
    );
    const types = await onServer(databaseURI, typesOf);
    expect(types).toMatchObject({ ...DOCUMENTED, place: 'String', visits: 'Number', sessionToken: 'String' });
  });
});

describe('a database full of stock sessions', () => {
  const STOCK_SESSIONS = 1500;
  let databaseURI: string;
  let user: SpecUser;
  let before: any[];

  beforeAll(async () => {
    databaseURI = await stockDatabase(async stock => {
      user = await stock.signUp();
      // Stock columns only.
      await Promise.all(
        Array.from({ length: STOCK_SESSIONS }, () =>
          insertSession(stock, user.userId, { restricted: undefined }),
        ),
      );
      before = await stock.rawFind('_Session');
    });
  });

  it('keeps every session as it is', async () => {
    const after = await onServer(databaseURI, server => server.rawFind('_Session'));
    const byId = (rows: any[]) => rows.sort((a, b) => a.objectId.localeCompare(b.objectId));
    expect(byId(after)).toEqual(byId(before));
    expect(after).toHaveLength(STOCK_SESSIONS + 2);
  });

  it('keeps the sessions logged in, unrestricted and listed', async () => {
    await onServer(databaseURI, async server => {
      const saved = await server.rest('PUT', `/users/${user.userId}`, {
        token: user.token,
        body: { nickname: 'Ada' },
      });
      expect(saved.status).toBe(200);
      const views = await server.run('listSessions', {}, user);
      // The list is bounded: 1,000, and the session that asks.
      expect(views.length).toBeGreaterThanOrEqual(Math.min(STOCK_SESSIONS + 1, 1000));
      expect(views.filter(({ current }: any) => current)).toHaveLength(1);
      expect(views.every((view: any) => !view.restricted && view.active)).toBe(true);
      expect(await server.run('sessionStats', {}, { master: true })).toMatchObject({
        total: STOCK_SESSIONS + 2,
        restricted: 0,
      });
    });
  });

  it('lets users log in, and fills the columns from then on', async () => {
    await onServer(databaseURI, async server => {
      const { token } = await server.login(user.username, user.password, { 'User-Agent': 'curl/8.5.0' });
      const [row] = await server.rawFind('_Session', { sessionToken: token });
      expect(row).toMatchObject({ restricted: false, userAgent: 'curl/8.5.0' });
      expect(row.lastAccessedAt).toBeDefined();
    });
  });

  it('can revoke them', async () => {
    await onServer(databaseURI, async server => {
      const victim = await insertSession(server, user.userId, { restricted: undefined });
      await server.run('revokeSession', { objectId: victim.objectId }, user);
      expect((await server.rest('GET', '/users/me', victim)).body.code).toBe(209);
      expect((await server.rest('GET', '/users/me', user)).status).toBe(200);
    });
  });
});

describe('what the app made of _Session', () => {
  const PERMISSIONS = {
    find: { requiresAuthentication: true },
    get: { requiresAuthentication: true },
    count: {},
    create: {},
    update: { 'role:admin': true },
    delete: { requiresAuthentication: true },
    addField: {},
    protectedFields: { '*': ['place'] },
  };
  const FIELDS = {
    place: { type: 'String', required: false, defaultValue: 'home' },
    // A column of this package's that the app had before.
    name: { type: 'String', required: false, defaultValue: 'my phone' },
  };

  it('stays: class-level permissions and the options of fields, at each start', async () => {
    const databaseURI = await stockDatabase(stock =>
      alter(stock, { fields: FIELDS, classLevelPermissions: PERMISSIONS }),
    );
    for (let start = 0; start < 2; start++) {
      const schema = await onServer(databaseURI, schemaOf);
      expect(schema.classLevelPermissions).toMatchObject(PERMISSIONS);
      expect(schema.fields).toMatchObject(FIELDS);
      expect(await onServer(databaseURI, typesOf)).toMatchObject(DOCUMENTED);
    }
  });

  it('stays as Parse Server makes it where the app made nothing', async () => {
    const permissions = async (server: SpecServer) => (await schemaOf(server)).classLevelPermissions;
    let stockPermissions: unknown;
    const databaseURI = await stockDatabase(async stock => {
      stockPermissions = await permissions(stock);
    });
    expect(await onServer(databaseURI, permissions)).toEqual(stockPermissions);
  });

  it('still holds: a class that clients may not create in stays closed, and no row is made', async () => {
    const databaseURI = await stockDatabase(stock =>
      alter(stock, { fields: FIELDS, classLevelPermissions: PERMISSIONS }),
    );
    await onServer(databaseURI, async server => {
      const user = await server.signUp();
      const { body } = await server.rest('POST', '/sessions', { token: user.token, body: {} });
      expect(body.code).toBe(119);
      expect(await server.rawFind('_Session', { user: pointerTo(user.userId) })).toHaveLength(1);
    });
  });

  it('gives a new session the default that the app set for a field', async () => {
    const databaseURI = await stockDatabase(stock => alter(stock, { fields: FIELDS }));
    await onServer(databaseURI, async server => {
      const user = await server.signUp();
      const [row] = await server.rawFind('_Session', { sessionToken: user.token });
      expect(row.place).toBe('home');
    });
  });
});

describe('starting again', () => {
  it('changes nothing: neither columns nor sessions', async () => {
    const databaseURI = await stockDatabase();
    const look = async (server: SpecServer) => ({
      schema: withoutIndexes(await schemaOf(server)),
      rows: await server.rawFind('_Session'),
    });
    await onServer(databaseURI, async server => {
      const user = await server.signUp();
      await server.run('createRestrictedSession', { name: 'sensor' }, user);
    });
    const first = await onServer(databaseURI, look);
    expect(first.rows).toHaveLength(3);
    for (let start = 0; start < 2; start++) {
      const again = await onServer(databaseURI, look);
      expect(again.schema).toEqual(first.schema);
      expect(again.rows).toHaveLength(3);
      expect(again.rows).toEqual(expect.arrayContaining(first.rows));
    }
  });
});

describe('a column of the app with the same name and another type', () => {
  it.each([
    ['name', 'String', 'Number'],
    ['restricted', 'Boolean', 'String'],
    ['lastAccessedAt', 'Date', 'String'],
    ['ip', 'String', 'Object'],
  ])('%s, %s here and %s there, stops the start and is named', async (name, needed, found) => {
    const databaseURI = await stockDatabase(stock => alter(stock, { fields: { [name]: { type: found } } }));
    expect(await failingStart({}, { databaseURI })).toBe(
      `parse-server-sessions needs the column _Session.${name} as ${needed}, and this database has it as ${found}. ` +
        `Rename that column, or delete it. See ${docs('errors', 'column-of-another-type')}`,
    );
  });

  it('stops no start once it is gone', async () => {
    const databaseURI = await stockDatabase(stock => alter(stock, { fields: { name: { type: 'Number' } } }));
    await failingStart({}, { databaseURI });
    const stock = await startServer({}, { databaseURI }, { mounted: false });
    await alter(stock, { fields: { name: { __op: 'Delete' } } });
    await stock.stop({ keepData: true });
    expect(await onServer(databaseURI, typesOf)).toMatchObject(DOCUMENTED);
  });
});
