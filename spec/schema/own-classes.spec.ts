import { docs } from '../../src/docs';
import { OWN_CLASSES as CLOSED_CLASSES } from '../../src/schema/own-class';
import { failingStart } from '../support/failing-start';
import { liveQueryClients } from '../support/live-query';
import { startServer, type SpecServer } from '../support/server';
import { eventually } from '../support/time';
import {
  indexesOfOwnClasses,
  makeOwnClasses,
  onPostgres,
  onServer,
  OWN_CLASSES,
  stockDatabase,
} from './database';

const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

describe.each(OWN_CLASSES)('a class $className of the app', ({ className, column, type }) => {
  it('with a column of another type stops the start, and is named', async () => {
    const databaseURI = await stockDatabase(stock =>
      stock.makeClass(className, { [column]: { type: 'Number' } }),
    );
    expect(await failingStart({}, { databaseURI })).toBe(
      `parse-server-sessions needs the column ${className}.${column} as ${type}, and this database has it as Number. ` +
        `Rename that column, or delete it. See ${docs('errors', 'column-of-another-type')}`,
    );
  });

  it.each([
    ['open to all', undefined],
    // A user could make a row of his own, and read those that name him.
    ['open by a pointer', { ...CLOSED, create: { '*': true }, readUserFields: ['reader'] }],
  ])('that is %s is closed at the start', async (_what, classLevelPermissions) => {
    const body = { fields: { reader: { type: 'Pointer', targetClass: '_User' } }, classLevelPermissions };
    const url = `/schemas/${className}`;
    const databaseURI = await stockDatabase(async stock => {
      expect((await stock.rest('POST', url, { master: true, body })).status).toBe(200);
    });
    await onServer(databaseURI, async server => {
      const { body: schema } = await server.rest('GET', url, { master: true });
      expect(schema.classLevelPermissions).toMatchObject(CLOSED);
      expect(schema.classLevelPermissions).not.toHaveProperty('readUserFields');
      const known = await server.server.config.databaseController.loadSchema();
      for (const operation of Object.keys(CLOSED)) {
        expect(known.testPermissionsForClassName(className, ['*'], operation)).toBe(false);
      }
    });
    await onStock(databaseURI, stock => expectClosed(stock, className));
  });
});

/** A server without this package: nothing but the permissions keeps clients out. */
async function onStock(databaseURI: string, look: (stock: SpecServer) => Promise<void>): Promise<void> {
  const stock = await startServer({}, { databaseURI }, { mounted: false });
  try {
    await look(stock);
  } finally {
    await stock.stop({ keepData: true });
  }
}

async function expectClosed(server: SpecServer, className: string): Promise<void> {
  const { objectId } = await server.rawInsert(className, {});
  const { token } = await server.signUp();
  const url = `/classes/${className}`;
  const answers = [
    await server.rest('GET', url, { token }),
    await server.rest('GET', `${url}/${objectId}`, { token }),
    await server.rest('POST', url, { token, body: {} }),
    await server.rest('PUT', `${url}/${objectId}`, { token, body: {} }),
    await server.rest('DELETE', `${url}/${objectId}`, { token }),
  ];
  expect(answers.map(({ body }) => body.code)).toEqual([119, 119, 119, 119, 119]);
}

it('the own classes are these', () => {
  expect(OWN_CLASSES.map(({ className }) => className).sort()).toEqual([...CLOSED_CLASSES].sort());
});

describe.each(OWN_CLASSES)('the class $className, where clients come by another way,', ({ className }) => {
  let server: SpecServer;
  let rowId: string;
  const callers: Array<[string, { token?: string }]> = [];
  const { open } = liveQueryClients(() => server);

  beforeAll(async () => {
    const liveQuery = { classNames: [className] };
    server = await startServer({}, { liveQuery }, { graphql: true, liveQuery: true });
    const exists = await server.rest('GET', `/schemas/${className}`, { master: true });
    if (exists.status !== 200) await server.makeClass(className);
    // An app may have opened it while the server runs.
    const schema = await server.server.config.databaseController.loadSchema();
    rowId = (await server.rawInsert(className, {})).objectId;
    const opened = Object.fromEntries(Object.keys(CLOSED).map(operation => [operation, { '*': true }]));
    await schema.setPermissions(className, opened, (await schema.getOneSchema(className)).fields);
    const fields = { row: { type: 'Pointer', targetClass: className }, rowId: { type: 'String' } };
    await server.makeClass('Note', fields);
    const row = { __type: 'Pointer', className, objectId: rowId };
    await server.rest('POST', '/classes/Note', { master: true, body: { row, rowId } });
    const user = await server.signUp();
    const scopes = [`${className}:*`, 'Note:*'];
    const scoped = await server.run('createRestrictedSession', { scopes }, user);
    callers.push(
      ['nobody', {}],
      ['a session', { token: user.token }],
      ['a restricted session', { token: (await server.restricted(user.token)).token }],
      ['a session with scopes for it', { token: scoped.sessionToken }],
    );
  });

  afterAll(() => server.stop());

  /** What each caller is answered. */
  async function answers(
    ask: (who: { token?: string }) => Promise<{ body: any }>,
  ): Promise<Record<string, unknown>> {
    const all: Record<string, unknown> = {};
    for (const [name, who] of callers) all[name] = (await ask(who)).body;
    return all;
  }
  const everybody = (answer: unknown) => Object.fromEntries(callers.map(([name]) => [name, answer]));

  const json = (where: object) => encodeURIComponent(JSON.stringify(where));
  const inQuery = { row: { $inQuery: { className, where: {} } } };
  const select = { rowId: { $select: { query: { className, where: {} }, key: 'objectId' } } };

  it.each<[string, () => string]>([
    ['a find', () => `/classes/${className}`],
    ['a count', () => `/classes/${className}?count=1&limit=0`],
    ['a get', () => `/classes/${className}/${rowId}`],
    ['a join by ids', () => `/classes/Note?where=${json(inQuery)}`],
    ['a join by a column', () => `/classes/Note?where=${json(select)}`],
  ])('answers 119 to %s', async (_how, path) => {
    const body = { code: 119, error: expect.any(String) };
    expect(await answers(who => server.rest('GET', path(), who))).toEqual(everybody(body));
  });

  it('answers nothing of it to an include', async () => {
    const got = await answers(who => server.rest('GET', '/classes/Note?include=row', who));
    for (const body of Object.values<any>(got)) {
      if (body.results)
        expect(body.results[0].row).toEqual({ __type: 'Pointer', className, objectId: rowId });
      else expect(body).toMatchObject({ code: 119 });
    }
  });

  it.each<[string, string, string]>([
    ['an aggregation', 'GET', `/aggregate/${className}?%24match={}`],
    ['its schema', 'GET', `/schemas/${className}`],
    ['a change of its schema', 'PUT', `/schemas/${className}`],
    ['its end', 'DELETE', `/schemas/${className}`],
    ['a purge', 'DELETE', `/purge/${className}`],
  ])('refuses %s', async (_how, method, path) => {
    const body = method === 'PUT' ? { fields: { more: { type: 'String' } } } : undefined;
    for (const [, who] of callers)
      expect((await server.rest(method, path, { ...who, body })).status).not.toBe(200);
    expect(await server.rawFind(className, { objectId: rowId })).toHaveLength(1);
  });

  it('answers 119 to each part of a batch', async () => {
    const requests = [
      { method: 'GET', path: `/parse/classes/${className}` },
      { method: 'POST', path: `/parse/classes/${className}`, body: {} },
      { method: 'PUT', path: `/parse/classes/${className}/${rowId}`, body: { count: 0 } },
      { method: 'DELETE', path: `/parse/classes/${className}/${rowId}` },
    ];
    const refused = { error: { code: 119, error: expect.any(String) } };
    const got = await answers(who => server.rest('POST', '/batch', { ...who, body: { requests } }));
    expect(got).toEqual(everybody(requests.map(() => refused)));
  });

  it('answers 119 to GraphQL', async () => {
    const field = `${className[0]!.toLowerCase()}${className.slice(1)}s`;
    const got = await answers(({ token }) => server.graphql(`{ found: ${field} { count } }`, {}, token));
    const refused = { extensions: { code: 119 } };
    const body = { data: null, errors: [expect.objectContaining(refused)] };
    expect(got).toEqual(everybody(body));
  });

  it('tells nothing by LiveQuery', async () => {
    const sockets = await Promise.all(callers.map(([, who]) => open(who)));
    const got = await Promise.all(sockets.map(socket => socket.subscribe(className)));
    expect(got).toEqual(callers.map(() => expect.objectContaining({ op: 'error', code: 119 })));
  });
});

describe('the class of known devices, where the app makes one after the start', () => {
  it('with a column of another type is told in the log', async () => {
    const errors: string[] = [];
    const log = (level: string, ...message: unknown[]) => {
      if (level === 'error') errors.push(message.map(String).join(' '));
    };
    const server = await startServer({}, { silent: false, loggerAdapter: { log } });
    try {
      await server.makeClass('ParseSessionDevice', { owner: { type: 'Number' } });
      server.sessions.on('newDevice', () => undefined);
      await server.signUp();
      await eventually(() =>
        expect(errors.join('\n')).toContain('needs the column ParseSessionDevice.owner as String'),
      );
    } finally {
      await server.stop();
    }
  });
});

describe('the indexes of the own classes', () => {
  const expected = Object.fromEntries(
    OWN_CLASSES.map(({ className, indexed }) => [
      className,
      Object.fromEntries(indexed.map(column => [`${className}_${column}`, [column]])),
    ]),
  );

  async function dropIndexes(server: SpecServer): Promise<void> {
    const { adapter } = server.server.config.databaseController;
    for (const { className, indexed } of OWN_CLASSES) {
      for (const name of indexed.map(column => `${className}_${column}`)) {
        if (onPostgres) await adapter._client.none('DROP INDEX $1:name', [name]);
        else await adapter.database.collection(className).dropIndex(name);
      }
    }
  }

  it('are made at a start that finds a class without them, and at each one after they are lost', async () => {
    const databaseURI = await stockDatabase(makeOwnClasses);
    for (let start = 0; start < 2; start++) {
      await onServer(databaseURI, async server => {
        expect(await indexesOfOwnClasses(server)).toMatchObject(expected);
        await dropIndexes(server);
      });
    }
  });

  it('are made with a class that is made when it is needed', async () => {
    const server = await startServer();
    try {
      server.sessions.on('newDevice', () => undefined);
      await server.signUp();
      await eventually(async () =>
        expect((await indexesOfOwnClasses(server)).ParseSessionDevice).toMatchObject(
          expected.ParseSessionDevice!,
        ),
      );
    } finally {
      await server.stop();
    }
  });

  it('are not made with indexes: false', async () => {
    const databaseURI = await stockDatabase(makeOwnClasses);
    const all = await onServer(databaseURI, indexesOfOwnClasses, { indexes: false });
    for (const [className, indexes] of Object.entries(expected)) {
      for (const name of Object.keys(indexes)) expect(all[className]).not.toHaveProperty(name);
    }
  });
});
