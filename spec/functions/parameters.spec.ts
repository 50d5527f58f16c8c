import { startServer, type SpecServer, type SpecUser } from '../support/server';

type Params = Record<string, unknown>;

const NUL = 'a\u0000b';
const LONG = 'x'.repeat(300);

/** Values that are no id, token or other text. */
const NO_TEXT: Array<[string, unknown]> = [
  ['null', null],
  ['a number', 5],
  ['a boolean', true],
  ['an array', ['x']],
  ['an object', { $ne: 'x' }],
  ['a regular expression', { $regex: '.*' }],
  ['a date', { __type: 'Date', iso: '2026-01-01T00:00:00.000Z' }],
  ['a pointer', { __type: 'Pointer', className: '_User', objectId: 'x' }],
  ['empty', ''],
  ['too long', LONG],
  ['a text with a NUL, which PostgreSQL cannot hold', NUL],
];

/** Which parameters each function takes from a session and from the master key, with values that are right. */
const TAKES: Array<{ name: string; session: Params; master: Params; optional?: string[] }> = [
  { name: 'listSessions', session: {}, master: { userId: 'ada' } },
  { name: 'getSession', session: {}, master: { sessionToken: 'r:x' } },
  { name: 'countSessions', session: {}, master: { userId: 'ada' } },
  { name: 'revokeSession', session: { objectId: 'x' }, master: { objectId: 'x' } },
  {
    name: 'revokeOtherSessions',
    session: {},
    master: { userId: 'ada', except: 'r:x' },
    optional: ['except'],
  },
  { name: 'revokeSessions', session: {}, master: { userId: 'ada' } },
  {
    name: 'createRestrictedSession',
    session: { name: 'sensor', installationId: 'x' },
    master: { userId: 'ada', name: 'sensor', installationId: 'x' },
    optional: ['name', 'installationId'],
  },
  { name: 'renameSession', session: { objectId: 'x', name: 'y' }, master: { objectId: 'x', name: 'y' } },
];

/** The master key may have saved a session with a token of any length. */
const TOKENS = ['sessionToken', 'except'];
const wrongFor = (parameter: string) =>
  NO_TEXT.filter(([, value]) => value !== LONG || !TOKENS.includes(parameter));

type Case = [fn: string, caller: 'session' | 'master', parameter: string, what: string, params: Params];

const WRONG: Case[] = TAKES.flatMap(({ name, session, master, optional = [] }) =>
  (['session', 'master'] as const).flatMap(caller => {
    const right = caller === 'session' ? session : master;
    const parameters = Object.keys(right);
    const values = parameters.flatMap(parameter =>
      wrongFor(parameter).map(([what, value]): Case => [
        name,
        caller,
        parameter,
        `is ${what}`,
        { ...right, [parameter]: value },
      ]),
    );
    const missing = parameters
      .filter(parameter => !optional.includes(parameter))
      .map((parameter): Case => [
        name,
        caller,
        parameter,
        'is missing',
        Object.fromEntries(Object.entries(right).filter(([key]) => key !== parameter)),
      ]);
    return [
      ...values,
      ...missing,
      [name, caller, 'nonsense', 'is unknown', { ...right, nonsense: 1 }] satisfies Case,
      [name, caller, '_objectId', 'is unknown', { ...right, _objectId: 'x' }] satisfies Case,
    ];
  }),
);

/** What belongs to the master key is no parameter of a session's call. */
const NOT_FOR_SESSIONS: Array<[string, Params, string]> = [
  ['listSessions', { userId: 'ada' }, 'userId'],
  ['getSession', { sessionToken: 'r:x' }, 'sessionToken'],
  ['getSession', { objectId: 'x' }, 'objectId'],
  ['countSessions', { userId: 'ada' }, 'userId'],
  ['revokeSession', { objectId: 'x', userId: 'ada' }, 'userId'],
  ['revokeOtherSessions', { userId: 'ada' }, 'userId'],
  ['revokeOtherSessions', { except: 'r:x' }, 'except'],
  ['revokeSessions', { userId: 'ada' }, 'userId'],
  ['createRestrictedSession', { userId: 'ada' }, 'userId'],
  ['createRestrictedSession', { restricted: false }, 'restricted'],
  ['createRestrictedSession', { sessionToken: 'r:x' }, 'sessionToken'],
  ['createRestrictedSession', { expiresAt: '2100-01-01' }, 'expiresAt'],
  ['renameSession', { objectId: 'x', name: 'y', restricted: false }, 'restricted'],
];

const WRONG_DURATIONS: Array<[string, unknown]> = [
  ['0', 0],
  ['negative', -1],
  ['a negative text', '-1d'],
  ['a blank', ' '],
  ['no duration', 'soon'],
  ['longer than a century', '101y'],
  ['the largest number', 1.7e308],
  ['null', null],
  ['a boolean', true],
  ['an array', [60]],
  ['an object', { seconds: 60 }],
  ['a date', { __type: 'Date', iso: '2100-01-01T00:00:00.000Z' }],
  ['a long text', '1'.repeat(200)],
];

const WRONG_SCOPES: Array<[string, unknown, string]> = [
  ['a text', 'x', 'scopes'],
  ['a scope', 'Telemetry:create', 'scopes'],
  ['a number', 1, 'scopes'],
  ['null', null, 'scopes'],
  ['a boolean', true, 'scopes'],
  ['an object', { 0: 'Telemetry:create' }, 'scopes'],
  ['empty', [], 'scopes'],
  ['more than 64', Array.from({ length: 65 }, () => 'Note:read'), 'scopes'],
  ['numbers', [1], 'scopes.0'],
  ['nothing', ['Note:read', null], 'scopes.1'],
  ['arrays', [['Note:read']], 'scopes.0'],
  ['too long', [`${'N'.repeat(300)}:read`], 'scopes.0'],
  ['no scopes', ['Note'], 'scopes.0'],
];

const WRONG_PAGES: Array<[string, unknown]> = [
  ['limit', 0],
  ['limit', -1],
  ['limit', 1001],
  ['limit', 1.5],
  ['limit', '10'],
  ['limit', null],
  ['limit', [10]],
  ['limit', { $gt: 0 }],
  ['skip', -1],
  ['skip', 0.5],
  ['skip', '0'],
  ['skip', null],
  ['skip', true],
  ['skip', 1e300],
];

/** All that Parse's SDKs send beside the parameters. Where a header names the app, Parse Server leaves it there. */
const FROM_SDKS = {
  _ApplicationId: 'specs',
  _ClientVersion: 'js8.6.0',
  _ContentType: 'text/plain',
  _InstallationId: 'x',
  _JavaScriptKey: 'x',
  _MaintenanceKey: 'x',
  _MasterKey: 'x',
  _RevocableSession: '1',
  _SessionToken: 'x',
  _context: {},
  _method: 'POST',
  _noBody: true,
};

/** What the library that checks them would say by itself. */
const FOREIGN_WORDS = /invalid|received|too (big|small)|unrecognized|>=|<=/i;

describe('wrong parameters of the cloud functions', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer();
    user = await server.signUp();
  });

  afterAll(() => server.stop());

  async function call(name: string, caller: 'session' | 'master', params: unknown) {
    const request = caller === 'master' ? { master: true } : { token: user.token };
    return (await server.rest('POST', `/functions/${name}`, { ...request, body: params })).body;
  }

  it.each(WRONG)('%s by %s: 142 when %s %s', async (name, caller, parameter, _what, params) => {
    const body = await call(name, caller, params);
    expect(body).toEqual({ code: 142, error: expect.stringMatching(new RegExp(`^${parameter}: .`)) });
    expect(body.error).not.toMatch(FOREIGN_WORDS);
    // Errors are logged: what was sent may be a token.
    expect(body.error).not.toContain(LONG);
  });

  describe.each(['session', 'master'] as const)('by %s', caller => {
    const who = () => (caller === 'master' ? { userId: user.userId } : {});

    it.each(WRONG_SCOPES)('createRestrictedSession: 142 when scopes are %s', async (_what, scopes, path) => {
      const { code, error } = await call('createRestrictedSession', caller, { ...who(), scopes });
      expect({ code, path: error.split(': ')[0] }).toEqual({ code: 142, path });
      expect(error).toMatch(/: (expected .*scope|"Note" is not a scope)/);
      expect(error).not.toMatch(FOREIGN_WORDS);
      expect(error.length).toBeLessThan(200);
    });

    it.each(WRONG_PAGES)('listSessions: 142 when %s is %j', async (parameter, value) => {
      const { code, error } = await call('listSessions', caller, { ...who(), [parameter]: value });
      expect(code).toBe(142);
      expect(error).toMatch(new RegExp(`^${parameter}: expected a whole number from [01] (to 1000|on)$`));
    });
  });

  it.each(NOT_FOR_SESSIONS)('%s %j: 142 for a session, because of %s', async (name, params, parameter) => {
    expect(await call(name, 'session', params)).toEqual({
      code: 142,
      error: expect.stringMatching(new RegExp(`^${parameter}: `)),
    });
  });

  it.each(WRONG_DURATIONS)('createRestrictedSession: 142 when expiresIn is %s', async (_what, expiresIn) => {
    expect(await call('createRestrictedSession', 'session', { expiresIn })).toEqual({
      code: 142,
      error: expect.stringMatching(/^expiresIn: expected .*duration/),
    });
  });

  it('createRestrictedSession: 142 when expiresIn is an empty text', async () => {
    expect(await call('createRestrictedSession', 'session', { expiresIn: '' })).toEqual({
      code: 142,
      error: expect.stringMatching(/^expiresIn: /),
    });
  });

  it.each(['session', 'master'] as const)(
    'createRestrictedSession: 142 for a blank name, by %s',
    async caller => {
      const userId = caller === 'master' ? user.userId : undefined;
      const answer = await call('createRestrictedSession', caller, { userId, name: '   ' });
      expect(answer).toEqual({ code: 142, error: expect.stringMatching(/^name: /) });
    },
  );

  it('sessionStats: 142 for any parameter', async () => {
    expect(await call('sessionStats', 'master', { userId: user.userId })).toEqual({
      code: 142,
      error: expect.stringMatching(/^userId: /),
    });
  });

  it.each([
    ['no body', undefined],
    ['an empty object', {}],
    ['what SDKs add to a body', FROM_SDKS],
  ])('%s is no wrong parameter', async (_what, body) => {
    expect(await call('listSessions', 'session', body)).toEqual({ result: expect.any(Array) });
  });

  it.each([
    ['in seconds', 90, 90_000],
    ['in words', '2h', 7_200_000],
    ['of less than a second', 0.25, 250],
  ])('expiresIn %s is right', async (_what, expiresIn, milliseconds) => {
    const before = Date.now();
    const { result } = await call('createRestrictedSession', 'session', { expiresIn });
    const lifetime = Date.parse(result.expiresAt) - before;
    expect(lifetime).toBeGreaterThanOrEqual(milliseconds);
    expect(lifetime).toBeLessThan(milliseconds + 5000);
  });

  it.each([
    ['the longest', 'n'.repeat(128), 'n'.repeat(128)],
    ['with blanks round it', '  kitchen sensor ', 'kitchen sensor'],
    ['in any script', 'Küche 厨房 🌡️', 'Küche 厨房 🌡️'],
    ['that looks like markup', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['that looks like SQL', '\'; DROP TABLE "_Session"; --', '\'; DROP TABLE "_Session"; --'],
    ['that looks like an operator', '$set', '$set'],
  ])('a name %s is right', async (_what, name, stored) => {
    const { result } = await call('createRestrictedSession', 'session', { name });
    const [row] = await server.rawFind('_Session', { objectId: result.objectId });
    expect(row.name).toBe(stored);
  });
});
