import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { HOUR } from '../support/time';
import { defineSdkWrite, outcomeOf, REFUSED, transactionalBatch, waysIn } from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

/** PostgreSQL keeps 63 bytes of a name. MongoDB keeps all of it. */
const CUTS = SPEC_DATABASE === 'postgresql';
const GUARDED = `G${'a'.repeat(62)}`;
const FRESH = `F${'b'.repeat(62)}`;
/** Longer by one letter, or by one that takes two bytes in the place of the last. */
const ALIASES = [`${GUARDED}x`, `${GUARDED}_and_more`];
const SHORTER = GUARDED.slice(0, -1);
/** Parse Server refuses such a name for a new class, but looks for its objects. */
const WITH_UMLAUT = `${'U'.repeat(62)}Ä`;
/** With a key so long nothing of the class is left in the name of the relation's table. */
const LONG_KEY = `k${'e'.repeat(59)}`;

let server: SpecServer;
let user: SpecUser;
let restricted: { token: string };
let stale: { token: string };

const define = (className: string, fields: object) =>
  server.rest('POST', `/schemas/${className}`, { master: true, body: { fields } });
const make = async (className: string, body: object = {}): Promise<string> =>
  (await server.rest('POST', `/classes/${className}`, { master: true, body })).body.objectId;
const noteId = 'theNote';
const addNote = {
  __op: 'AddRelation',
  objects: [{ __type: 'Pointer', className: 'Note', objectId: noteId }],
};

beforeAll(async () => {
  server = await startServer(
    { guard: [GUARDED, 'Invoice', 'U'.repeat(62)], fresh: [FRESH, 'Card'], freshWithin: '10m' },
    { allowCustomObjectId: true },
    { graphql: true, cloud: defineSdkWrite },
  );
  const amount = { amount: { type: 'Number' } };
  const notes = { type: 'Relation', targetClass: 'Note' };
  for (const className of [GUARDED, FRESH, ...ALIASES, `${FRESH}x`, SHORTER]) await define(className, amount);
  await define('U'.repeat(62), amount);
  await define('Note', amount);
  await define('Invoice', { [LONG_KEY]: notes, lines: notes });
  await define('Card', { [`${LONG_KEY}Card`]: notes });
  await define('Open', {
    [LONG_KEY]: notes,
    [`${LONG_KEY}Card`]: notes,
    lines: notes,
    [`alone${LONG_KEY}`]: notes,
  });
  await make('Note', { objectId: noteId });
  user = await server.signUp();
  restricted = await server.restricted(user.token);
  stale = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
});

afterAll(() => server.stop());

const OPERATIONS = ['create', 'update', 'delete'] as const;
const ways = [...waysIn, ...(CUTS ? [['a batch that is one transaction', transactionalBatch] as const] : [])];

describe.each(ways)('by way of %s', (name, way) => {
  // GraphQL has names of its own for classes, and makes none from such long ones.
  if (name === 'GraphQL') return;

  it.each(ALIASES)(
    'a longer name writes the table of a guarded class only where it is another one: %s',
    async alias => {
      for (const operation of OPERATIONS) {
        const objectId = operation === 'create' ? undefined : await make(alias);
        const before = await server.rawFind(GUARDED);
        const outcome = await way(
          server,
          { operation, className: alias, objectId, fields: { amount: 1 } },
          restricted,
        );
        if (CUTS) {
          if (name === 'a batch that is one transaction') expect(outcome).toHaveProperty('code');
          else expect(outcome).toEqual(REFUSED);
          expect(await server.rawFind(GUARDED)).toEqual(before);
        } else expect(outcome).not.toHaveProperty('code');
      }
    },
  );

  it('a shorter name is another class', async () => {
    const write = { operation: 'create', className: SHORTER, fields: { amount: 1 } } as const;
    expect(await way(server, write, restricted)).not.toHaveProperty('code');
  });

  it('the same goes for a class that needs a recent log-in', async () => {
    const write = { operation: 'create', className: `${FRESH}x`, fields: { amount: 1 } } as const;
    const outcome = await way(server, write, stale);
    if (CUTS) expect(outcome).toHaveProperty('code');
    else expect(outcome).not.toHaveProperty('code');
    expect(await way(server, write, { token: user.token })).not.toHaveProperty('code');
  });
});

it('a name that is cut in front of a letter of two bytes deletes nothing of a guarded class', async () => {
  const objectId = await make('U'.repeat(62));
  await server.rest('DELETE', `/classes/${encodeURIComponent(WITH_UMLAUT)}/${objectId}`, restricted);
  expect(await server.rawFind('U'.repeat(62), { objectId })).toHaveLength(1);
});

describe('a relation whose table two classes share', () => {
  /** An open object and a guarded one of the same id: the shared table tells nothing else. */
  async function twins(guarded: string): Promise<string> {
    const objectId = `twin${Math.random().toString(36).slice(2)}`;
    for (const className of [guarded, 'Open']) await make(className, { objectId });
    return objectId;
  }
  const relatedTo = async (className: string, objectId: string, key: string) => {
    const where = { $relatedTo: { object: { __type: 'Pointer', className, objectId }, key } };
    const query = new URLSearchParams({ where: JSON.stringify(where) });
    return (await server.rest('GET', `/classes/Note?${query}`, { master: true })).body.results.length;
  };
  const put = (objectId: string, body: object, who: object) =>
    server.rest('PUT', `/classes/Open/${objectId}`, { ...who, body });

  it('is no way round the guard of one of them', async () => {
    const objectId = await twins('Invoice');
    const answer = await put(objectId, { [LONG_KEY]: addNote }, restricted);
    if (CUTS) expect(outcomeOf(answer.body)).toEqual(REFUSED);
    else expect(answer.status).toBe(200);
    expect(await relatedTo('Invoice', objectId, LONG_KEY)).toBe(0);
  });

  it('nor in a create, a batch of operations, or a removal', async () => {
    const created = await server.rest('POST', '/classes/Open', {
      ...restricted,
      body: { [LONG_KEY]: addNote },
    });
    expect(created.body.code).toBe(CUTS ? 119 : undefined);
    const objectId = await twins('Invoice');
    for (const op of [
      { __op: 'Batch', ops: [addNote] },
      { ...addNote, __op: 'RemoveRelation' },
    ]) {
      expect((await put(objectId, { [LONG_KEY]: op }, restricted)).body.code).toBe(CUTS ? 119 : undefined);
    }
  });

  it('nor a way round the recent log-in', async () => {
    const objectId = await twins('Card');
    const key = `${LONG_KEY}Card`;
    expect((await put(objectId, { [key]: addNote }, stale)).body.code).toBe(CUTS ? 119 : undefined);
    expect((await put(objectId, { [key]: addNote }, {})).body.code).toBe(CUTS ? 209 : undefined);
    expect((await put(objectId, { [key]: addNote }, { token: user.token })).status).toBe(200);
  });

  it('nor is it read by a scoped session that may read the other class only', async () => {
    const objectId = await twins('Invoice');
    const add = { [LONG_KEY]: addNote };
    await server.rest('PUT', `/classes/Invoice/${objectId}`, { master: true, body: add });
    const params = { scopes: ['Open:read', 'Note:read'] };
    const { sessionToken: token } = await server.run('createRestrictedSession', params, user);
    const where = {
      $relatedTo: { object: { __type: 'Pointer', className: 'Open', objectId }, key: LONG_KEY },
    };
    const query = new URLSearchParams({ where: JSON.stringify(where) });
    const { body } = await server.rest('GET', `/classes/Note?${query}`, { token });
    if (CUTS) expect(body).toMatchObject({ code: 119 });
    else expect(body).toEqual({ results: [] });
    const byKey = new URLSearchParams({ where: JSON.stringify({ [LONG_KEY]: addNote.objects[0] }) });
    const filtered = await server.rest('GET', `/classes/Open?${byKey}`, { token });
    expect(filtered.body.code).toBe(CUTS ? 119 : undefined);
  });

  it('goes as ever where no guarded class shares it, and for the others', async () => {
    const objectId = await twins('Invoice');
    for (const key of ['lines', `alone${LONG_KEY}`]) {
      expect((await put(objectId, { [key]: addNote }, restricted)).status).toBe(200);
      expect(await relatedTo('Open', objectId, key)).toBe(1);
    }
    for (const who of [{ token: user.token }, { master: true }]) {
      expect((await put(objectId, { [LONG_KEY]: addNote }, who)).status).toBe(200);
    }
  });

  it('a table of sessions’ own, `_Join:users:_Role`, stays guarded', async () => {
    const { objectId } = (
      await server.rest('POST', '/roles', {
        master: true,
        body: { name: 'staff', ACL: { [user.userId]: { read: true, write: true } } },
      })
    ).body;
    const users = {
      __op: 'AddRelation',
      objects: [{ __type: 'Pointer', className: '_User', objectId: user.userId }],
    };
    const { body } = await server.rest('PUT', `/roles/${objectId}`, { ...restricted, body: { users } });
    expect(outcomeOf(body)).toEqual(REFUSED);
  });
});
