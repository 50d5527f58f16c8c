import { randomBytes } from 'node:crypto';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo } from '../functions/sessions';

declare const Parse: any;

const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const headers = { 'User-Agent': USER_AGENT };
const ADDRESS = /^(::ffff:)?127\.0\.0\.1$/;

type Adapter = Record<string, (...parameters: any[]) => Promise<unknown>>;

let server: SpecServer;

beforeAll(async () => {
  server = await startServer(
    {},
    { auth: { anonymous: { enabled: true } } },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('logInInCloudCode', async ({ params }: any) => {
          const user = await Parse.User.logIn(params.username, params.password);
          return user.getSessionToken();
        });
      },
    },
  );
});

afterAll(() => server.stop());

/** What reaches the database of `_Session` while `act` runs. */
async function writesDuring(act: () => Promise<unknown>) {
  const adapter: Adapter = server.server.config.databaseController.adapter;
  const inserted: any[] = [];
  const updates: unknown[] = [];
  const watched = ['createObject', 'updateObjectsByQuery', 'findOneAndUpdate', 'upsertOneObject'] as const;
  const spies = watched.map(method => {
    const original = adapter[method]!;
    return jest.spyOn(adapter, method).mockImplementation((className, schema, ...more) => {
      if (className === '_Session') {
        if (method === 'createObject') inserted.push(structuredClone(more[0]));
        else updates.push(more);
      }
      return original.call(adapter, className, schema, ...more);
    });
  });
  try {
    await act();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { inserted, updates };
}

async function expectOk(answer: Promise<{ status: number; body: any }>) {
  const { status, body } = await answer;
  expect({ status, body: status < 300 ? undefined : body }).toEqual({ status, body: undefined });
  expect(body.errors).toBeUndefined();
  return body;
}

const graphql = (query: string, variables: object) =>
  server.rest('POST', server.graphqlUrl, { headers, body: { query, variables } });

type Make = (user: SpecUser) => Promise<unknown>;

const WAYS: Array<[string, Make, { restricted: boolean; createdWith?: object }]> = [
  [
    'a sign-up',
    () =>
      expectOk(
        server.rest('POST', '/users', {
          headers,
          body: { username: randomBytes(6).toString('hex'), password: 'x' },
        }),
      ),
    { restricted: false, createdWith: { action: 'signup', authProvider: 'password' } },
  ],
  [
    'a log-in',
    ({ username, password }) => server.login(username, password, headers),
    { restricted: false, createdWith: { action: 'login', authProvider: 'password' } },
  ],
  [
    'a log-in by GET',
    ({ username, password }) =>
      expectOk(server.rest('GET', `/login?${new URLSearchParams({ username, password })}`, { headers })),
    { restricted: false, createdWith: { action: 'login', authProvider: 'password' } },
  ],
  [
    'an anonymous sign-up',
    () =>
      expectOk(
        server.rest('POST', '/users', {
          headers,
          body: { authData: { anonymous: { id: randomBytes(16).toString('hex') } } },
        }),
      ),
    { restricted: false, createdWith: { action: 'login', authProvider: 'anonymous' } },
  ],
  [
    'a log-in as somebody by the master key',
    ({ userId }) => expectOk(server.rest('POST', '/loginAs', { master: true, headers, body: { userId } })),
    { restricted: false, createdWith: { action: 'login', authProvider: 'masterkey' } },
  ],
  [
    'a change of password by its owner',
    ({ userId, token }) =>
      expectOk(server.rest('PUT', `/users/${userId}`, { token, headers, body: { password: 'another one' } })),
    { restricted: false },
  ],
  [
    'a session that a client saves',
    ({ token }) => expectOk(server.rest('POST', '/sessions', { token, headers, body: {} })),
    { restricted: true, createdWith: { action: 'create' } },
  ],
  [
    'a sign-up by GraphQL',
    () =>
      expectOk(
        graphql(
          'mutation ($fields: CreateUserFieldsInput) { signUp(input: { fields: $fields }) { viewer { sessionToken } } }',
          { fields: { username: randomBytes(6).toString('hex'), password: 'x' } },
        ),
      ),
    { restricted: false, createdWith: { action: 'signup', authProvider: 'password' } },
  ],
  [
    'a log-in by GraphQL',
    ({ username, password }) =>
      expectOk(
        graphql('mutation ($i: LogInInput!) { logIn(input: $i) { viewer { sessionToken } } }', {
          i: { username, password },
        }),
      ),
    { restricted: false, createdWith: { action: 'login', authProvider: 'password' } },
  ],
  [
    'a sign-up within a batch',
    () =>
      expectOk(
        server.rest('POST', '/batch', {
          headers,
          body: {
            requests: [
              {
                method: 'POST',
                path: '/parse/users',
                body: { username: randomBytes(6).toString('hex'), password: 'x' },
              },
            ],
          },
        }),
      ),
    { restricted: false, createdWith: { action: 'signup', authProvider: 'password' } },
  ],
];

describe('a new session', () => {
  it.each(WAYS)('of %s is whole in the one insert that makes it', async (_what, make, expected) => {
    const user = await server.signUp();
    const before = Date.now();
    const { inserted, updates } = await writesDuring(() => make(user));
    expect(inserted).toHaveLength(1);
    expect(updates).toEqual([]);
    const [session] = inserted;
    expect(session).toMatchObject({ ...expected, userAgent: USER_AGENT });
    expect(session.ip).toMatch(ADDRESS);
    const lastAccess = Date.parse(session.lastAccessedAt.iso ?? session.lastAccessedAt);
    expect(lastAccess).toBeGreaterThanOrEqual(before);
    expect(lastAccess).toBeLessThanOrEqual(Date.now());
  });

  it.each(WAYS)('of %s is stored like that', async (_what, make, expected) => {
    const user = await server.signUp();
    const { inserted } = await writesDuring(() => make(user));
    const [row] = await server.rawFind('_Session', { objectId: inserted[0].objectId });
    expect(row).toMatchObject({ ...expected, userAgent: USER_AGENT, ip: expect.stringMatching(ADDRESS) });
    expect(row.lastAccessedAt.__type).toBe('Date');
  });

  it('of a log-in in cloud code is unrestricted, and has no address of a client', async () => {
    const { username, password } = await server.signUp();
    const token = await server.run('logInInCloudCode', { username, password }, { headers });
    const [row] = await server.rawFind('_Session', { sessionToken: token });
    expect(row.restricted).toBe(false);
    expect(row.lastAccessedAt).toBeDefined();
    expect([row.ip, row.userAgent]).not.toContain(USER_AGENT);
  });

  it('after a change of password is the only one that is left, and works', async () => {
    const user = await server.signUp();
    await server.login(user.username, user.password);
    await server.restricted(user.token);
    const { sessionToken } = await expectOk(
      server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'new' } }),
    );
    const rows = await server.rawFind('_Session', { user: pointerTo(user.userId) });
    expect(rows.map(row => row.sessionToken)).toEqual([sessionToken]);
    const saved = await server.rest('PUT', `/users/${user.userId}`, {
      token: sessionToken,
      body: { nickname: 'Ada' },
    });
    expect(saved.status).toBe(200);
  });

  it.each([true, false])('saved by the master key is as it says: restricted %s', async restricted => {
    const user = await server.signUp();
    const body = { user: pointerTo(user.userId), restricted, ip: '192.0.2.1', name: 'made by the server' };
    const { objectId } = await expectOk(server.rest('POST', '/sessions', { master: true, body }));
    const [row] = await server.rawFind('_Session', { objectId });
    expect(row).toMatchObject({ restricted, ip: '192.0.2.1', name: 'made by the server' });
  });

  it('saved by the master key is unrestricted when it does not say', async () => {
    const user = await server.signUp();
    const body = { user: pointerTo(user.userId) };
    const { objectId } = await expectOk(server.rest('POST', '/sessions', { master: true, body }));
    expect((await server.rawFind('_Session', { objectId }))[0].restricted).toBe(false);
  });
});

describe('the user agent of a new session', () => {
  it.each([
    ['is cut after 512 characters', 'x'.repeat(4000), 'x'.repeat(512)],
    ['may be markup', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['may be SQL', '\'; DROP TABLE "_Session"; --', '\'; DROP TABLE "_Session"; --'],
    ['may be an operator', '{"$ne":1}', '{"$ne":1}'],
  ])('%s', async (_what, sent, stored) => {
    const user = await server.signUp(undefined, { headers: { 'User-Agent': sent } });
    const [row] = await server.rawFind('_Session', { sessionToken: user.token });
    expect(row.userAgent).toBe(stored);
  });
});
