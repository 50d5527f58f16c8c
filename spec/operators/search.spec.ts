import { startServer, type RestOptions, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, sessionRow } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually } from '../support/time';

const MASTER: RestOptions = { master: true };
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => server.rawDelete('_Session', { objectId: { $exists: true } }).catch(() => undefined));

const search = (params: object = {}) => server.run('searchSessions', params, MASTER);
const idsOf = (results: Array<{ objectId: string }>) => results.map(({ objectId }) => objectId);
const found = async (params: object) => idsOf((await search(params)).results).sort();

/** All pages. @param between is called after each, with what was shown until then. */
async function pages(params: object, between: (shown: string[]) => Promise<unknown> = async () => undefined) {
  const all: string[][] = [];
  let after: string | undefined;
  do {
    const { results, next } = await search({ ...params, ...(after && { after }) });
    all.push(idsOf(results));
    after = next ?? undefined;
    await between(all.flat());
  } while (after && all.length < 50);
  return all;
}

describe('what a search answers', () => {
  it('is a view of each session with its user, and no token', async () => {
    const user = await server.signUp();
    await server.run('getSession', {}, user);
    const nobodys = await makeSession(server, 'gone');
    const answer = await search();
    expect(answer).toEqual({ results: [expect.any(Object), expect.any(Object)], next: null });
    expect(answer.results[0]).toEqual({
      ...(await server.run('getSession', {}, user)),
      current: false,
      lastAccessedAt: ISO,
      userId: user.userId,
      username: user.username,
    });
    expect(answer.results[1]).toMatchObject({ objectId: nobodys.objectId, userId: 'gone', username: null });
    expect(JSON.stringify(answer)).not.toMatch(/r:[0-9a-f]/);
  });

  it('has null for the user of a session that is bound to none', async () => {
    await server.rawInsert('_Session', { sessionToken: 'r:none' });
    expect((await search()).results).toMatchObject([{ userId: null, username: null }]);
  });

  it('reads the names of a page by one query', async () => {
    for (let i = 0; i < 5; i += 1) await makeSession(server, await makeUser(server));
    const statements = watchStatements(server);
    try {
      const { results } = await search({ limit: 4 });
      expect(results.every(({ username }: any) => /^user-/.test(username))).toBe(true);
      expect(statements.reads('_User')).toHaveLength(1);
    } finally {
      statements.stop();
    }
  });
});

describe('a user is searched', () => {
  let ada: string;
  let own: string;

  beforeEach(async () => {
    await server.rawDelete('_User', { objectId: { $exists: true } }).catch(() => undefined);
    ({ objectId: ada } = await server.rawInsert('_User', { username: 'Ada', email: 'ada@example.com' }));
    own = (await makeSession(server, ada)).objectId;
    await makeSession(server, await makeUser(server));
  });

  it('by his id, his name or his e-mail address, exactly', async () => {
    for (const user of [ada, 'Ada', 'ada@example.com']) expect(await found({ user })).toEqual([own]);
    for (const user of ['ada', 'Ad', 'Ada ', 'ADA@example.com', 'example.com', 'nobody']) {
      expect(await search({ user })).toEqual({ results: [], next: null });
    }
  });

  it('with all whom it may mean', async () => {
    const { objectId: second } = await server.rawInsert('_User', { username: ada });
    const { objectId: third } = await server.rawInsert('_User', { username: 'third', email: ada });
    const others = await Promise.all([second, third].map(id => makeSession(server, id)));
    expect(await found({ user: ada })).toEqual([own, ...idsOf(others)].sort());
  });

  it.each([
    '.*',
    '^Ada$',
    '$regex',
    '{"$ne":""}',
    "' OR '1'='1",
    'Ada\\',
    '%',
    '_',
    '*',
    '__proto__',
    '_User$Ada',
    '\ud800',
  ])('by no pattern: %j', async user => {
    expect(await search({ user })).toEqual({ results: [], next: null });
  });

  it.each([
    [{ $ne: '' }],
    [{ $regex: '.*' }],
    [['Ada']],
    [null],
    [5],
    [true],
    [''],
    ['a\u0000b'],
    ['x'.repeat(513)],
    [{ __type: 'Pointer', className: '_User', objectId: 'x' }],
  ])('by nothing but a text: %j', async user => {
    await expect(search({ user })).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(/^user: expected a text/),
    });
  });
});

describe('sessions are searched', () => {
  it('by their kind, as everywhere', async () => {
    const userId = await makeUser(server);
    const make = async (fields: object) => (await makeSession(server, userId, fields)).objectId;
    const authenticated = [await make({}), await make({ anonymous: false })];
    const anonymous = [
      await make({ anonymous: true }),
      await make({ createdWith: { action: 'login', authProvider: 'anonymous' } }),
    ];
    const restricted = [await make({ restricted: true }), await make({ restricted: true, anonymous: true })];
    expect(await found({ kind: 'authenticated' })).toEqual(authenticated.sort());
    expect(await found({ kind: 'anonymous' })).toEqual(anonymous.sort());
    expect(await found({ kind: 'restricted' })).toEqual(restricted.sort());
  });

  it('by their address, however it is written', async () => {
    const userId = await makeUser(server);
    const own = await makeSession(server, userId, { ip: '2001:db8::1' });
    await makeSession(server, userId, { ip: '2001:db8::2' });
    await makeSession(server, userId);
    for (const ip of ['2001:db8::1', '2001:DB8:0:0::1', '[2001:db8::1]:443']) {
      expect(await found({ ip })).toEqual([own.objectId]);
    }
  });

  it('by all conditions at once', async () => {
    const [ada, bob] = [await makeUser(server), await makeUser(server)];
    const fields = { restricted: true, ip: '192.0.2.7' };
    const own = await makeSession(server, ada, fields);
    await makeSession(server, bob, fields);
    await makeSession(server, ada, { ...fields, ip: '192.0.2.8' });
    await makeSession(server, ada, { ...fields, restricted: false });
    expect(await found({ user: ada, ip: '192.0.2.7', kind: 'restricted' })).toEqual([own.objectId]);
  });

  it.each([
    ['ip', 'nowhere'],
    ['ip', { $ne: '' }],
    ['ip', ['192.0.2.7']],
    ['ip', null],
    ['kind', 'scoped'],
    ['kind', { $ne: 'restricted' }],
    ['kind', '__proto__'],
    ['sort', 'sessionToken'],
    ['sort', '-createdAt'],
    ['sort', { createdAt: 1 }],
    ['order', 'up'],
    ['order', 1],
    ['limit', 0],
    ['limit', 101],
    ['limit', '5'],
    ['limit', 1.5],
    ['skip', 1],
    ['where', {}],
  ])('answer 142 for %s: %j', async (name, value) => {
    await expect(search({ [name]: value })).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(new RegExp(`^${name}: `)),
    });
  });
});

describe('the pages of a search', () => {
  const SORTS = ['lastAccessedAt', 'createdAt', 'expiresAt'] as const;
  type Fields = Record<string, unknown>;

  /** Sessions of which many have the same date, and some none, in the order of a sort. */
  async function make(sort: (typeof SORTS)[number], order: 'asc' | 'desc'): Promise<string[]> {
    const userId = await makeUser(server);
    const minutes = [3, 1, 2, 2, 2, 2, 3, 1, 5, ...(sort === 'createdAt' ? [] : [null, null, null, null])];
    const rows: Array<{ objectId: string; minute: number | null }> = [];
    for (const minute of minutes) {
      const date: Fields =
        minute === null ? {} : { [sort]: sort === 'createdAt' ? at(minute) : parseDate(at(minute)) };
      const { objectId } = await makeSession(server, userId, date);
      rows.push({ objectId, minute });
    }
    const value = ({ minute }: { minute: number | null }) =>
      minute === null ? Infinity : order === 'asc' ? minute : -minute;
    return rows
      .sort((a, b) => {
        const [one, other] = [value(a), value(b)];
        if (one !== other) return one - other;
        return a.objectId < b.objectId ? -1 : 1;
      })
      .map(({ objectId }) => objectId);
  }

  describe.each(SORTS)('by %s', sort => {
    it.each(['desc', 'asc'] as const)('%s hold each session once, those without a date last', async order => {
      const expected = await make(sort, order);
      for (const limit of [1, 2, 3, 5, 13, 100]) {
        const all = await pages({ sort, order, limit });
        expect(all.flat()).toEqual(expected);
        expect(all.slice(0, -1).every(page => page.length === limit)).toBe(true);
        expect(all.at(-1)).not.toEqual([]);
      }
    });
  });

  it('are of 25 sessions, last accessed first, by default', async () => {
    const userId = await makeUser(server);
    for (let i = 0; i < 26; i += 1) {
      await makeSession(server, userId, { lastAccessedAt: parseDate(at(i)) });
    }
    const { results, next } = await search();
    expect(results).toHaveLength(25);
    expect(results[0].lastAccessedAt).toBe(at(25));
    const rest = await search({ after: next });
    expect(rest).toMatchObject({ results: [{ lastAccessedAt: at(0) }], next: null });
  });

  it.each(SORTS.flatMap(sort => (['desc', 'asc'] as const).map(order => [sort, order] as const)))(
    'by %s, %s, hold each session once while others are made and end',
    async (sort, order) => {
      const expected = await make(sort, order);
      const userId = await makeUser(server);
      const ended: string[] = [];
      const between = async (shown: string[]) => {
        for (const minute of [0, 1, 2, 3, 9]) {
          const date = sort === 'createdAt' ? at(minute) : parseDate(at(minute));
          await makeSession(server, userId, { [sort]: date });
        }
        if (ended.length >= 2) return;
        // The one where the next page begins, and one that is not shown yet.
        const last = shown.at(-1)!;
        const coming = expected.filter(id => !shown.includes(id))[1]!;
        ended.push(coming);
        for (const objectId of [last, coming]) await server.rawDelete('_Session', { objectId });
      };
      const flat = (await pages({ sort, order, limit: 2 }, between)).flat();
      expect(new Set(flat).size).toBe(flat.length);
      const left = expected.filter(id => !ended.includes(id));
      expect(flat.filter(id => expected.includes(id))).toEqual(left);
    },
  );

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each([
    ['no text', 5],
    ['empty', ''],
    ['a NUL', 'a\u0000b'],
    ['null', null],
    ['an object', { $gt: '' }],
    ['a list', ['x']],
    ['words', 'nonsense'],
    ['too long', 'x'.repeat(5000)],
    ['no list', encoded({ at: null, id: 'x' })],
    ['no JSON', Buffer.from('[1,').toString('base64url')],
    ['too few parts', encoded(['lastAccessedAt', 'desc', null])],
    ['too many parts', encoded(['lastAccessedAt', 'desc', null, 'x', 1])],
    ['an operator for the id', encoded(['lastAccessedAt', 'desc', 0, { $ne: '' }])],
    ['a NUL in the id', encoded(['lastAccessedAt', 'desc', 0, 'a\u0000'])],
    ['no id', encoded(['lastAccessedAt', 'desc', 0, ''])],
    ['a long id', encoded(['lastAccessedAt', 'desc', 0, 'x'.repeat(300)])],
    ['a text for the date', encoded(['lastAccessedAt', 'desc', '2026-01-01', 'x'])],
    ['an operator for the date', encoded(['lastAccessedAt', 'desc', { $ne: 1 }, 'x'])],
    ['a date of the year 0', encoded(['lastAccessedAt', 'desc', -62167219200000, 'x'])],
    ['a date beyond all years', encoded(['lastAccessedAt', 'desc', 8.64e15, 'x'])],
    ['no date that could be', encoded(['lastAccessedAt', 'desc', 1e300, 'x'])],
    ['half a millisecond', encoded(['lastAccessedAt', 'desc', 0.5, 'x'])],
    ['another column', encoded(['sessionToken', 'desc', 0, 'x'])],
    ['of another sort', encoded(['createdAt', 'desc', 0, 'x'])],
    ['of another order', encoded(['lastAccessedAt', 'asc', 0, 'x'])],
  ])('refuse a cursor with 142: %s', async (_what, after) => {
    const error: any = await search({ after }).catch(reason => reason);
    expect(error).toMatchObject({ code: 142, message: expect.stringMatching(/^after: expected /) });
  });

  it('take the earliest and the latest date, and an id that looks like a pattern', async () => {
    const { objectId } = await makeSession(server, 'x', { lastAccessedAt: parseDate(at(1)) });
    const first = encoded(['lastAccessedAt', 'desc', Date.UTC(9999, 11, 31), "' OR $ne .*"]);
    const last = encoded(['lastAccessedAt', 'desc', Date.parse('0001-01-01T00:00:00Z'), '.*']);
    expect(await found({ after: first })).toEqual([objectId]);
    expect(await found({ after: last })).toEqual([]);
  });
});

describe.each([
  ['truncated', ['192.0.2.0', '192.0.2.7']],
  ['none', null],
] as const)('where addresses are kept %s', (ip, expected) => {
  let own: SpecServer;
  beforeAll(async () => {
    const before = await makeSession(server, 'x', { ip: '198.51.100.7' });
    own = await startServer({ privacy: { ip, userAgent: true } }, { databaseURI: server.databaseURI });
    // Those of before have had their turn: none of the rows below is taken for one.
    await eventually(async () => expect((await sessionRow(own, before)).ip).not.toBe('198.51.100.7'));
  });
  afterAll(() => own.stop({ keepData: true }));

  it('a search goes by that', async () => {
    const ids: Record<string, string> = {};
    for (const address of ['192.0.2.0', '192.0.2.7', '192.0.2.8', '192.0.3.7']) {
      const { objectId } = await makeSession(own, 'x', { ip: address });
      ids[objectId] = address;
    }
    const answer = own.run('searchSessions', { ip: '192.0.2.7' }, MASTER);
    if (expected === null) {
      await expect(answer).rejects.toMatchObject({
        code: 142,
        message: 'ip: no addresses are kept (the option privacy).',
      });
      return;
    }
    const addresses = (await answer).results.map(({ objectId }: any) => ids[objectId]);
    expect(addresses.sort()).toEqual(expected);
  });
});
