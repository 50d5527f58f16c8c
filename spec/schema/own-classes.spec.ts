import { failingStart } from '../support/failing-start';
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
        'Rename that column, or delete it.',
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
