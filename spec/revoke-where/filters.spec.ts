import { countSessions, insertSessions } from '../support/many-sessions';
import { beforeNext } from '../support/next-statement';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, makeUser, parseDate, pointerTo, useToken } from '../support/sessions';
import { eventually } from '../support/time';

const HOUR = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR);
const MASTER = { master: true } as const;

/** Providers, with lists that hold them, and ones that do not. A client chooses the names in its list. */
const LISTED: Array<[provider: string, meets: string[], doesNot: string[]]> = [
  [
    'badge',
    ['badge,other', 'anonymous,badge', 'a,badge,b'],
    ['badger,x', 'x,my-badge', 'Badge,x', 'x,badge\n', ' badge,x'],
  ],
  ['a.b', ['x,a.b'], ['x,aXb', 'x,a']],
  ['.*', ['.*', '.*,x'], ['x,y', 'badge']],
  ["it's ''quoted''", ["it's ''quoted'',x"], ["it's 'quoted',x", "it''s ''quoted''"]],
  ["') OR ('1'='1", ["x,') OR ('1'='1"], ['x', "')"]],
  ['a\\Qb', ['x,a\\Qb'], ['x,ab', 'x,a\\b']],
  ['\\Q.\\E', ['\\Q.\\E,x'], ['.,x', 'y,x']],
  ['[a-c](d|e)^$?+{2}#-_ ~', ['x,[a-c](d|e)^$?+{2}#-_ ~'], ['x,ad', 'b,x']],
  ['schlüssel🔑', ['schlüssel🔑,x'], ['schlüssel,x', '🔑,x']],
];

/** With records each session is ended by itself, without them they go by range. */
describe.each([
  ['with records', {}],
  ['without records', { history: false }],
] as const)('revokeWhere(), %s', (_title, options) => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
    server = await startServer(options, { auth: { badge } });
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.rawDelete('_Session', { objectId: { $exists: true } });
    user = await server.signUp();
  });

  const where = (filter: object, more?: object) => server.sessions.store.revokeWhere(filter as never, more);
  const isThere = async ({ objectId }: { objectId: string }) =>
    (await server.rawFind('_Session', { objectId })).length === 1;

  describe('ends those that meet', () => {
    const createdAt = (hours: number) => ago(hours).toISOString();
    type Fields = Record<string, unknown>;
    it.each<[string, () => object, meets: () => Fields[], doesNot: () => Fields[]]>([
      [
        'createdBefore',
        () => ({ createdBefore: ago(5) }),
        () => [{ createdAt: createdAt(6) }],
        () => [{ createdAt: createdAt(4) }, {}],
      ],
      [
        'createdBefore as a text',
        () => ({ createdBefore: ago(5).toISOString() }),
        () => [{ createdAt: createdAt(6) }],
        () => [{ createdAt: createdAt(4) }],
      ],
      [
        'lastAccessedBefore',
        () => ({ lastAccessedBefore: ago(5) }),
        () => [{ lastAccessedAt: parseDate(ago(6)) }, { updatedAt: createdAt(6), createdAt: createdAt(7) }],
        () => [
          { lastAccessedAt: parseDate(ago(4)), createdAt: createdAt(9), updatedAt: createdAt(9) },
          { updatedAt: createdAt(4), createdAt: createdAt(7) },
        ],
      ],
      [
        'the kind restricted',
        () => ({ kind: 'restricted' }),
        () => [{ restricted: true }],
        () => [{ restricted: false }, {}],
      ],
      [
        'the kind anonymous',
        () => ({ kind: 'anonymous' }),
        () => [{ anonymous: true }, { createdWith: { action: 'login', authProvider: 'anonymous' } }],
        () => [{ anonymous: false }, { anonymous: true, restricted: true }],
      ],
      [
        'the kind authenticated',
        () => ({ kind: 'authenticated' }),
        () => [{ anonymous: false }, {}],
        () => [{ anonymous: true }, { restricted: true }],
      ],
      [
        'authProvider',
        () => ({ authProvider: 'badge' }),
        () => [{ createdWith: { action: 'login', authProvider: 'badge' } }],
        () => [{ createdWith: { action: 'login', authProvider: 'badger' } }, {}],
      ],
      ...LISTED.map(([provider, meets, doesNot]) => {
        const madeWith = (authProvider: string) => ({ createdWith: { action: 'login', authProvider } });
        return [
          `authProvider ${JSON.stringify(provider)}, among others`,
          () => ({ authProvider: provider }),
          () => meets.map(madeWith),
          () => doesNot.map(madeWith),
        ] satisfies [string, () => object, () => object[], () => object[]];
      }),
      ['ip', () => ({ ip: '192.0.2.7' }), () => [{ ip: '192.0.2.7' }], () => [{ ip: '192.0.2.77' }, {}]],
      [
        'ip in another spelling',
        () => ({ ip: '2001:DB8:0::1' }),
        () => [{ ip: '2001:db8::1' }],
        () => [{ ip: '2001:db8::2' }],
      ],
      [
        'all conditions',
        () => ({ createdBefore: ago(5), kind: 'restricted' }),
        () => [{ createdAt: createdAt(6), restricted: true }],
        () => [{ createdAt: createdAt(6) }, { restricted: true }],
      ],
      ['all: true', () => ({ all: true }), () => [{}, { restricted: true }, { user: null }], () => []],
    ])('%s, and no others', async (_what, filter, meets, doesNot) => {
      const userId = await makeUser(server);
      // Of all lives: with ends, with the same end, and without.
      const ends = [{}, { expiresAt: parseDate(ago(-5)) }, { expiresAt: parseDate(ago(-7)) }];
      const make = async (fields: Fields[]) =>
        Promise.all(
          fields.flatMap(some => ends.map(end => makeSession(server, userId, { ...end, ...some }))),
        );
      const [gone, stay] = [await make(meets()), await make(doesNot())];
      const own = 'all' in filter() || 'kind' in filter() ? 1 : 0;
      await server.rawUpdate('_Session', { sessionToken: user.token }, { restricted: own === 0 });
      if (own > 0) await server.rawDelete('_Session', { sessionToken: user.token });
      expect(await where(filter(), { dryRun: true })).toMatchObject({ revoked: gone.length });
      expect(await countSessions(server)).toBe(gone.length + stay.length + 1 - own);
      expect(await where(filter())).toMatchObject({ revoked: gone.length, durationMs: expect.any(Number) });
      for (const session of gone) expect(await isThere(session)).toBe(false);
      for (const session of stay) expect(await isThere(session)).toBe(true);
      expect(await where(filter())).toMatchObject({ revoked: 0, batches: 0 });
    });
  });

  it('authProvider goes by how a session itself was made, createdBefore by when', async () => {
    const post = async (path: string, body: object, token?: string) => {
      const answer = await server.rest('POST', path, { token, body, installationId: token && 'own' });
      return { token: String(answer.body.sessionToken) };
    };
    const authData = { badge: { id: '7' } };
    const first = await post('/users', { authData });
    await server.rawUpdate('_Session', { sessionToken: first.token }, { createdAt: ago(9).toISOString() });
    const alsoNull = await post('/users', { authData: { ...authData, other: null } });
    const made = await post('/sessions', { installationId: 'own' }, alsoNull.token);
    const renewed = await post('/sessions', { installationId: 'own' }, alsoNull.token);
    const states = () =>
      Promise.all([user, first, alsoNull, made, renewed].map(one => useToken(server, one)));
    expect(await states()).toEqual([200, 200, 200, 209, 200]);
    expect(await where({ createdBefore: ago(5) }, { dryRun: true })).toMatchObject({ revoked: 1 });
    expect(await where({ authProvider: 'badge' })).toMatchObject({ revoked: 2 });
    expect(await states()).toEqual([200, 209, 209, 209, 200]);
  });

  /** So many others that each takes the way of many: it is not that of a few. */
  const CROWDS: Array<[string, number]> = [
    ['a few', 0],
    ['many', 1100],
  ];
  const crowd = async (count: number, fields: object = { restricted: false }) => {
    const userId = await makeUser(server);
    await insertSessions(server, count, { userId, expiresAt: ago(-9), spread: 1 });
    await server.rawUpdate('_Session', { user: pointerTo(userId) }, fields, true);
  };

  it.each(CROWDS)('refuses the tokens of %s at once, also those just let in', async (_what, count) => {
    const createdWith = { action: 'login', authProvider: 'acme' };
    await crowd(count, { createdWith });
    const others = await Promise.all([1, 2, 3].map(() => server.login(user.username, user.password)));
    const bystander = await server.signUp();
    for (const session of [user, ...others]) {
      expect(await useToken(server, session)).toBe(200);
      await server.rawUpdate('_Session', { sessionToken: session.token }, { createdWith });
    }
    expect(await useToken(server, bystander)).toBe(200);
    expect((await where({ authProvider: 'acme' })).revoked).toBe(count + 4);
    for (const session of [user, ...others]) expect(await useToken(server, session)).toBe(209);
    for (let i = 0; i < 3; i += 1) expect(await useToken(server, bystander)).toBe(200);
  });

  it('takes a last access that is not written yet for one', async () => {
    const away = await makeSession(server, user.userId, { lastAccessedAt: parseDate(ago(9)) });
    const back = await makeSession(server, user.userId, { lastAccessedAt: parseDate(ago(9)) });
    expect(await useToken(server, back)).toBe(200);
    expect((await where({ lastAccessedBefore: ago(1) })).revoked).toBe(1);
    expect(await useToken(server, away)).toBe(209);
    expect(await useToken(server, back)).toBe(200);
  });

  it('ends many in batches, those that end at the same time, and those that never do', async () => {
    const userId = await makeUser(server);
    const insert = (count: number, expiresAt: Date | null, spread = 0) =>
      insertSessions(server, count, { userId, expiresAt, spread });
    await insert(1500, ago(-50), 1000);
    await insert(1200, ago(-9));
    await insert(1100, null);
    await server.rawDelete('_Session', { sessionToken: user.token });
    const lines: string[] = [];
    const result = await server.sessions.store.revokeWhere({ all: true }, {}, line => lines.push(line));
    expect(result.revoked).toBe(3800);
    expect(lines).toHaveLength(result.batches);
    expect(lines.at(-1)).toBe('revoked 3800 of 3800 sessions');
    expect(await countSessions(server)).toBe(0);
  });

  it.each(CROWDS)(
    'of %s leaves who logs in meanwhile, ends what they make meanwhile',
    async (_what, count) => {
      await crowd(count);
      let late: SpecUser | undefined;
      let made: { token: string } | undefined;
      const makeBoth = async () => {
        made = await server.restricted(user.token);
        // Past the millisecond of the start.
        await eventually(async () => expect(Date.now()).toBeGreaterThan(started));
        late = await server.login(user.username, user.password);
      };
      const restore = beforeNext(server, 'deleteObjectsByQuery', '_Session', makeBoth);
      const started = Date.now();
      await where({ all: true });
      restore();
      expect(await useToken(server, user)).toBe(209);
      expect(await useToken(server, made!)).toBe(209);
      expect(await useToken(server, late!)).toBe(200);
    },
  );

  it.each(CROWDS)('of %s leaves a session that does not meet the filter any more', async (_what, count) => {
    await crowd(count, { lastAccessedAt: parseDate(ago(9)), ip: '192.0.2.99' });
    const userId = await makeUser(server);
    const idle = { lastAccessedAt: parseDate(ago(9)) };
    const [first, second] = [
      await makeSession(server, userId, idle),
      await makeSession(server, userId, { ...idle, expiresAt: parseDate(ago(-9)) }),
    ];
    let isUsed = false;
    const useBoth = async () => {
      isUsed = true;
      for (const { objectId } of [first, second]) {
        await server.rawUpdate('_Session', { objectId }, { lastAccessedAt: parseDate(new Date()) });
      }
    };
    const restore = beforeNext(server, 'deleteObjectsByQuery', '_Session', useBoth);
    const { revoked } = await where({ lastAccessedBefore: ago(5) });
    restore();
    expect(isUsed).toBe(true);
    // MongoDB's adapter does not say how many rows a delete of a range found.
    if (server.database === 'postgresql') expect(revoked).toBe(count);
    else expect(revoked).toBeGreaterThanOrEqual(count);
    expect(await server.rawFind('_Session', { ip: '192.0.2.99' })).toEqual([]);
    for (const session of [first, second]) {
      expect(await isThere(session)).toBe(true);
    }
    expect(await server.sessions.store.ended(userId)).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no filter', undefined, /expected a condition, or { all: true }/],
    ['an empty one', {}, /expected a condition, or { all: true }/],
    ['a condition that is undefined', { kind: 'restricted', createdBefore: undefined }, /^createdBefore: /],
    ['a condition that is null', { createdBefore: null }, /^createdBefore: expected a date/],
    ['a word for a date', { createdBefore: 'yesterday' }, /^createdBefore: expected a date/],
    ['a number for a date', { createdBefore: Date.now() }, /^createdBefore: expected a date/],
    ['a number in a text', { createdBefore: '5' }, /^createdBefore: expected a date/],
    ['a date without its zone', { createdBefore: '2026-01-31T12:00:00' }, /^createdBefore: expected a date/],
    ['a day that is none', { createdBefore: '2026-02-30' }, /^createdBefore: expected a date/],
    ['an invalid Date', { lastAccessedBefore: new Date(NaN) }, /^lastAccessedBefore: expected a date/],
    ['a date far ahead', { createdBefore: new Date(8.64e15) }, /^createdBefore: expected a date/],
    ['a date far back', { createdBefore: new Date(-8.64e15) }, /^createdBefore: expected a date/],
    ['a NUL in a provider', { authProvider: 'a\0' }, /^authProvider: expected a text without NUL/],
    ['an operator', { lastAccessedBefore: { $ne: 1 } }, /^lastAccessedBefore: expected a date/],
    ['an unknown kind', { kind: 'admin' }, /^kind: expected one of authenticated, anonymous, restricted/],
    ['a number for a provider', { authProvider: 5 }, /^authProvider: expected a text/],
    ['no address', { ip: 'office' }, /^ip: expected an IP address/],
    ['no text for an address', { ip: 3_221_225_991 }, /^ip: expected an IP address/],
    ['all: undefined', { all: undefined }, /^all: expected a value, got undefined/],
    ['a text for all', { all: 'true' }, /^all: expected true/],
    ['all: false beside a condition', { all: false, kind: 'restricted' }, /^all: expected true/],
    ['all: false', { all: false }, /^all: expected true/],
    ['all and something else', { all: true, kind: 'restricted' }, /^all: takes no other condition/],
    ['an unknown condition', { user: 'x' }, /^user: not a parameter/],
    ['a misspelt condition', { kind: 'authenticated', _ip: '192.0.2.7' }, /^_ip: not a parameter/],
    ['what an SDK sends', { all: true, _method: 'POST' }, /^_method: not a parameter/],
    ['a list', [], /expected/],
    ['a text', 'all', /expected an object/],
    ['a number', 5, /expected an object/],
    ['null', null, /expected a condition/],
  ])('refuses %s with 142, and ends nothing', async (_what, filter, message) => {
    await expect(where(filter as object)).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(message),
    });
    expect(await useToken(server, user)).toBe(200);
  });

  it.each<[string, unknown]>([
    ['dryrun', { dryrun: true }],
    ['_dryRun', { _dryRun: true }],
    ['dryRun', { dryRun: 'yes' }],
    ['dryRun', { dryRun: 1 }],
    ['dryRun', { dryRun: null }],
    ['dryRun', { dryRun: undefined }],
  ])('refuses a wrong option %s with 142, and ends nothing: %j', async (name, more) => {
    await expect(where({ all: true }, more as object)).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(new RegExp(`^${name}: `)),
    });
    expect(await useToken(server, user)).toBe(200);
  });

  it('takes any date that databases take, and no progress that is no function', async () => {
    expect(await where({ createdBefore: '0001-01-01' })).toMatchObject({ revoked: 0 });
    expect(await where({ createdBefore: new Date(0) })).toMatchObject({ revoked: 0 });
    const attempt = server.sessions.store.revokeWhere({ all: true }, {}, 'progress' as never);
    await expect(attempt).rejects.toThrow(TypeError);
    expect(await useToken(server, user)).toBe(200);
    const far = '9999-12-31T23:59:59.999+00:00';
    expect(await where({ createdBefore: far })).toMatchObject({ revoked: 1 });
    expect(await useToken(server, user)).toBe(209);
  });

  it('goes no further where its progress throws: what has ended is refused, the next run ends the rest', async () => {
    await crowd(2500);
    const tell = () => Promise.reject(new Error('enough'));
    await expect(server.sessions.store.revokeWhere({ all: true }, {}, tell)).rejects.toThrow('enough');
    const left = await countSessions(server);
    expect(await where({ all: true })).toMatchObject({ revoked: left });
    expect(await useToken(server, user)).toBe(209);
  });

  describe('the job revokeSessionsWhere', () => {
    const run = async (params: object, path = '/jobs/revokeSessionsWhere') => {
      const { headers } = await server.rest('POST', path, { ...MASTER, body: params });
      const jobId = headers.get('X-Parse-Job-Status-Id');
      return eventually(async () => {
        const { body } = await server.rest('GET', `/classes/_JobStatus/${jobId}`, MASTER);
        expect(['succeeded', 'failed']).toContain(body.status);
        return body as { status: string; message: string };
      });
    };

    it('ends the same, by the master key, and counts with dryRun', async () => {
      const { objectId } = await makeSession(server, user.userId, { ip: '192.0.2.50' });
      const counted = await run({ ip: '192.0.2.50', dryRun: true });
      expect(JSON.parse(counted.message)).toMatchObject({ revoked: 1 });
      expect(await isThere({ objectId })).toBe(true);
      const done = await run({ ip: '192.0.2.50' });
      expect(JSON.parse(done.message)).toMatchObject({ revoked: 1 });
      expect(await isThere({ objectId })).toBe(false);
      const [ended] = await server.sessions.store.ended(user.userId);
      expect(ended?.by.kind).toBe(options && 'history' in options ? undefined : 'master');
    });

    it('goes on where the database does not take what it tells of its progress', async () => {
      await crowd(1100);
      const { adapter } = server.server.config.databaseController;
      const update = adapter.findOneAndUpdate;
      let refused = 0;
      adapter.findOneAndUpdate = async function (...args: any[]) {
        if (args[0] === '_JobStatus' && /^revoked \d+ of/.test(args[3]?.message)) {
          refused += 1;
          throw new Error('the database is away');
        }
        return update.apply(this, args);
      };
      const done = await run({ all: true });
      adapter.findOneAndUpdate = update;
      expect(refused).toBeGreaterThan(0);
      expect(done.status).toBe('succeeded');
      expect(JSON.parse(done.message)).toMatchObject({ revoked: 1101, batches: refused });
      expect(await useToken(server, user)).toBe(209);
    });

    it('is refused to the read-only master key, also with dryRun: it notes that it runs', async () => {
      for (const body of [{ all: true }, { all: true, dryRun: true }]) {
        const answer = await server.rest('POST', '/jobs/revokeSessionsWhere', { readOnlyMaster: true, body });
        expect(answer).toMatchObject({ status: 400, body: { code: 119 } });
      }
      expect(await useToken(server, user)).toBe(200);
    });

    it.each([
      ['kind', { kind: 'admin' }],
      ['createdBefore', { createdBefore: 5 }],
      ['dryRun', { all: true, dryRun: 'yes' }],
      ['all', { all: 'true' }],
      ['olderThan', { olderThan: '7d' }],
      ['_dryRun', { all: true, _dryRun: true }],
      ['_ip', { kind: 'authenticated', _ip: '192.0.2.7' }],
      ['jobName', { all: true, jobName: 'another' }],
    ])('fails with a wrong %s, naming it: %j', async (name, params) => {
      expect(await run(params)).toMatchObject({
        status: 'failed',
        message: expect.stringMatching(new RegExp(`^${name}: `)),
      });
      expect(await useToken(server, user)).toBe(200);
    });

    it('takes what an SDK sends beside the parameters, and its name among them', async () => {
      const fromSdk = { _ClientVersion: 'js8.6.0', _InstallationId: 'x', _MasterKey: 'x' };
      const jobName = 'revokeSessionsWhere';
      const { message } = await run({ all: true, dryRun: true, jobName, ...fromSdk }, '/jobs');
      expect(JSON.parse(message)).toMatchObject({ revoked: 1 });
    });

    it('takes dates as the SDK sends them, and as texts', async () => {
      await server.rawUpdate('_Session', { sessionToken: user.token }, { createdAt: ago(9).toISOString() });
      for (const createdBefore of [parseDate(ago(8)), ago(8).toISOString()]) {
        const { message } = await run({ createdBefore, dryRun: true });
        expect(JSON.parse(message)).toMatchObject({ revoked: 1 });
      }
    });

    it('fails without a filter, and is refused without the master key', async () => {
      expect(await run({})).toMatchObject({
        status: 'failed',
        message: expect.stringContaining('all: true'),
      });
      expect(await run({ dryRun: true })).toMatchObject({ status: 'failed' });
      const { status } = await server.rest('POST', '/jobs/revokeSessionsWhere', {
        ...user,
        body: { all: true },
      });
      expect(status).toBe(403);
      expect(await useToken(server, user)).toBe(200);
    });
  });
});

describe('revokeWhere() where last accesses are not kept', () => {
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer({ activity: { enabled: false } });
  });

  afterAll(() => server.stop());

  it.each([{}, { dryRun: true }])('refuses lastAccessedBefore with 142, and ends nothing: %j', async more => {
    const user = await server.signUp();
    await server.rawUpdate('_Session', { sessionToken: user.token }, { lastAccessedAt: parseDate(ago(9)) });
    const filter = { lastAccessedBefore: ago(5), kind: 'authenticated' } as const;
    await expect(server.sessions.store.revokeWhere(filter, more)).rejects.toMatchObject({
      code: 142,
      message: 'lastAccessedBefore: last accesses are not kept (the option activity).',
    });
    expect(await useToken(server, user)).toBe(200);
  });
});
