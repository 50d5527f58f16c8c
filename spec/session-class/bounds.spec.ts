import { randomBytes } from 'node:crypto';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, makeUser, pointerTo, sessionRow, useToken } from '../support/sessions';
import { eventually } from '../support/time';
import { defineSdkWrite, waysIn, type WayIn } from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const LONGEST = 128;
/** What a request's headers can hold, and what its body can. */
const LONG_HEADER = 'h'.repeat(8_000);
const LONG_BODY = 'b'.repeat(2_000_000);
/** What GraphQL takes as well. */
const LONG_FIELD = 'f'.repeat(50_000);

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
  server = await startServer(
    { activity: { flushInterval: 0.1 } },
    { auth: { badge } },
    { graphql: true, cloud: defineSdkWrite },
  );
  user = await server.signUp();
});

afterAll(() => server.stop());

const idsOf = async (userId: string) =>
  (await server.rawFind('_Session', { user: pointerTo(userId) })).map(({ objectId }) => objectId).sort();

describe('the installation of a session that a client creates', () => {
  const create = (way: WayIn, installationId: string) =>
    way(
      server,
      { operation: 'create', className: '_Session', fields: { installationId } },
      { token: user.token },
    );

  describe.each(waysIn)('by way of %s', (_name, way) => {
    it('has 128 characters at most', async () => {
      const before = await idsOf(user.userId);
      for (const installationId of ['i'.repeat(LONGEST + 1), LONG_FIELD]) {
        const { code, message } = await create(way, installationId);
        expect(code).toBe(105);
        expect(message).toContain('installationId');
        expect(message!.length).toBeLessThan(200);
        expect(await idsOf(user.userId)).toEqual(before);
      }
      const installationId = randomBytes(LONGEST / 2).toString('hex');
      expect(await create(way, installationId)).not.toHaveProperty('code');
      expect(await server.rawFind('_Session', { installationId })).toMatchObject([{ restricted: true }]);
    });
  });

  it('has 128 characters at most in a long body, too', async () => {
    const before = await idsOf(user.userId);
    const answer = await server.rest('POST', '/sessions', { ...user, body: { installationId: LONG_BODY } });
    expect(answer.body.code).toBe(105);
    expect(await idsOf(user.userId)).toEqual(before);
  });

  it('is as the master key wants it', async () => {
    const { userId } = await server.signUp();
    const body = {
      user: pointerTo(userId),
      sessionToken: `r:master-${userId}`,
      installationId: 'i'.repeat(200),
    };
    expect((await server.rest('POST', '/sessions', { master: true, body })).status).toBe(201);
    expect(await sessionRow(server, body.sessionToken)).toMatchObject({
      installationId: body.installationId,
    });
  });

  it('is not changed afterwards, to whatever length', async () => {
    const { objectId } = await server.restricted(user.token);
    const before = (await server.rawFind('_Session', { objectId }))[0];
    for (const installationId of ['short', 'i'.repeat(LONGEST + 1), LONG_BODY]) {
      const answer = await server.rest('PUT', `/sessions/${objectId}`, { ...user, body: { installationId } });
      expect(answer.body.code).toBe(105);
    }
    expect((await server.rawFind('_Session', { objectId }))[0]).toEqual(before);
  });

  it('is bounded in createRestrictedSession, too', async () => {
    const before = await idsOf(user.userId);
    for (const name of ['installationId', 'name']) {
      const params = { [name]: 'i'.repeat(LONGEST + 1) };
      await expect(server.run('createRestrictedSession', params, user)).rejects.toMatchObject({ code: 142 });
    }
    expect(await idsOf(user.userId)).toEqual(before);
  });
});

type Send = (method: string, path: string, body: object, token?: string) => Promise<any>;

/** As SDKs send it: in a header, or in the body. */
const byHeader =
  (installationId: string): Send =>
  async (method, path, body, token) =>
    (await server.rest(method, path, { body, token, installationId })).body;
const byBody =
  (installationId: string): Send =>
  async (method, path, body, token) => {
    const fields = {
      ...body,
      _method: method,
      _ApplicationId: server.appId,
      _InstallationId: installationId,
    };
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: JSON.stringify({ ...fields, ...(token && { _SessionToken: token }) }),
    });
    return response.json();
  };

const newId = () => randomBytes(6).toString('hex');

describe.each<[string, (send: Send) => Promise<string>]>([
  [
    'a sign-up',
    async send => (await send('POST', '/users', { username: newId(), password: 'secret' })).sessionToken,
  ],
  [
    'a log-in',
    async send => {
      const { username, password } = await server.signUp();
      return (await send('POST', '/login', { username, password })).sessionToken;
    },
  ],
  [
    'a sign-up with another service',
    async send => (await send('POST', '/users', { authData: { badge: { id: newId() } } })).sessionToken,
  ],
  [
    'a log-in with another service',
    async send => {
      const authData = { badge: { id: newId() } };
      await server.rest('POST', '/users', { body: { authData } });
      return (await send('POST', '/users', { authData })).sessionToken;
    },
  ],
  [
    'an anonymous log-in',
    async send => (await send('POST', '/users', { authData: { anonymous: { id: newId() } } })).sessionToken,
  ],
  [
    'the change of a password',
    async send => {
      const { userId, token } = await server.signUp();
      return (await send('PUT', `/users/${userId}`, { password: 'another' }, token)).sessionToken;
    },
  ],
  ...(SPEC_DATABASE === 'mongodb'
    ? ([
        [
          'an upgrade',
          async send => {
            const { token } = await server.signUp();
            return (await send('POST', '/upgradeToRevocableSession', {}, token)).sessionToken;
          },
        ],
      ] as Array<[string, (send: Send) => Promise<string>]>)
    : []),
])('the installation that is named at %s', (_what, logIn) => {
  it('is kept with 128 characters', async () => {
    const [header, body] = [newId().padEnd(LONGEST, 'i'), newId().padEnd(LONGEST, 'i')];
    expect(await sessionRow(server, await logIn(byHeader(header)))).toMatchObject({ installationId: header });
    expect(await sessionRow(server, await logIn(byBody(body)))).toMatchObject({ installationId: body });
  });

  it.each<[string, () => Send]>([
    ['in a header', () => byHeader('i'.repeat(LONGEST + 1))],
    ['in a long header', () => byHeader(LONG_HEADER)],
    ['in a body', () => byBody('i'.repeat(LONGEST + 1))],
    ['in a long body', () => byBody(LONG_BODY)],
  ])('is left out with more, %s, and the session works', async (_where, send) => {
    const token = await logIn(send());
    expect((await sessionRow(server, token)).installationId ?? null).toBeNull();
    expect(await useToken(server, token)).toBe(200);
    // Another one is made beside it, because nothing tells that they are of one installation.
    const another = await logIn(send());
    expect([await useToken(server, token), await useToken(server, another)]).toEqual([200, 200]);
  });
});

it('the services that a client names are kept in part, for Parse Server keeps those that it does not know', async () => {
  const authData = { anonymous: { id: newId() }, ['x'.repeat(100_000)]: null };
  const { status, body } = await server.rest('POST', '/users', { body: { authData } });
  expect(status).toBe(201);
  const { createdWith } = await sessionRow(server, body.sessionToken);
  expect(createdWith).toEqual({ action: 'login', authProvider: `anonymous,${'x'.repeat(118)}` });
});

it('a user agent is kept in part, also when it changes', async () => {
  const { token } = await server.signUp();
  await server.rest('GET', '/users/me', { token, headers: { 'User-Agent': LONG_HEADER } });
  await eventually(async () => expect((await sessionRow(server, token)).userAgent).toBe('h'.repeat(512)));
});

describe('a session with longer texts, of a time before they were bounded', () => {
  const long = 'x'.repeat(200_000);
  let userId: string;
  let session: { objectId: string; token: string };
  /** The one that asks. It is used, so it gets a new user agent. */
  let asking: { objectId: string; token: string };
  const texts = {
    installationId: long,
    name: long,
    ip: long,
    createdWith: { action: 'login', authProvider: long },
  };
  const BOUNDED = {
    installationId: 'x'.repeat(128),
    name: 'x'.repeat(128),
    createdWith: { action: 'login', authProvider: 'x'.repeat(128) },
  };
  const BOTH = expect.arrayContaining([
    expect.objectContaining({ ...BOUNDED, userAgent: 'x'.repeat(512) }),
    expect.objectContaining(BOUNDED),
  ]);

  beforeAll(async () => {
    userId = await makeUser(server);
    session = await makeSession(server, userId, { ...texts, userAgent: long });
    asking = await makeSession(server, userId, texts);
  });

  it.each(['/sessions', '/classes/_Session', '/sessions?keys=name,ip,installationId,userAgent,createdWith'])(
    'is cut in GET %s',
    async path => {
      const { body } = await server.rest('GET', path, asking);
      expect(body.results).toEqual(BOTH);
      expect(JSON.stringify(body).length).toBeLessThan(4_000);
    },
  );

  it('is cut in GET /sessions/:objectId, GET /sessions/me and GraphQL', async () => {
    const one = await server.rest('GET', `/sessions/${session.objectId}`, asking);
    const own = await server.rest('GET', '/sessions/me', asking);
    expect(one.body).toMatchObject({ ...BOUNDED, userAgent: 'x'.repeat(512) });
    expect(own.body).toMatchObject(BOUNDED);
    const query = '{ sessions { edges { node { name userAgent installationId ip } } } }';
    const graphql = await server.graphql(query, {}, asking.token);
    expect(graphql.body.data.sessions.edges).toHaveLength(2);
    for (const { body } of [one, own, graphql]) expect(JSON.stringify(body).length).toBeLessThan(4_000);
  });

  it('is cut in the views of the cloud functions', async () => {
    const lists = [
      await server.run('listSessions', {}, asking),
      await server.run('listSessions', { userId }, { master: true }),
    ];
    expect(lists).toEqual([BOTH, BOTH]);
    expect(await server.run('getSession', {}, asking)).toMatchObject(BOUNDED);
    for (const list of lists) expect(JSON.stringify(list).length).toBeLessThan(4_000);
  });

  it('is whole for the master key', async () => {
    const { body } = await server.rest('GET', `/sessions/${session.objectId}`, { master: true });
    expect(body).toMatchObject({ ...texts, userAgent: long });
  });
});
