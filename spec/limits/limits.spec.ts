import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, pointerTo, useToken } from '../support/sessions';
import { watchForRest } from '../support/settled';

declare const Parse: any;

let server: SpecServer;

const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointerTo(userId) });
const LIMIT = 'This user has as many sessions as allowed.';

async function login(user: { username: string; password: string }): Promise<any> {
  const { username, password } = user;
  return (await server.rest('POST', '/login', { body: { username, password } })).body;
}

const defineMakeSession = () =>
  Parse.Cloud.define('makeSession', async ({ user }: any) => {
    const session = await new Parse.Session().save(null, { sessionToken: user.getSessionToken() });
    return session.getSessionToken();
  });

/** Every way in which a client makes a restricted session; answers its token, or the error. */
const RESTRICTED: Array<[string, (token: string) => Promise<{ token?: string; code?: number }>]> = [
  [
    'POST /sessions',
    async token => {
      const { body } = await server.rest('POST', '/sessions', { token, body: {} });
      return { token: body.sessionToken, code: body.code };
    },
  ],
  [
    'a batch',
    async token => {
      const requests = [{ method: 'POST', path: '/parse/sessions', body: {} }];
      const { body } = await server.rest('POST', '/batch', { token, body: { requests } });
      return { token: body[0].success?.sessionToken, code: body[0].error?.code };
    },
  ],
  [
    'createRestrictedSession',
    async token => {
      const { body } = await server.rest('POST', '/functions/createRestrictedSession', { token, body: {} });
      return { token: body.result?.sessionToken, code: body.code };
    },
  ],
  [
    'GraphQL',
    async token => {
      const text = 'mutation { createSession(input: { fields: {} }) { session { objectId sessionToken } } }';
      const { body } = await server.graphql(text, {}, token);
      return {
        token: body.data?.createSession?.session.sessionToken,
        code: body.errors?.[0].extensions.code,
      };
    },
  ],
  [
    'the SDK in cloud code',
    async token => {
      const { body } = await server.rest('POST', '/functions/makeSession', { token, body: {} });
      return { token: body.result, code: body.code };
    },
  ],
];

/** Renews a session as its own client, of whose installation it is; answers the new token. */
const RENEWALS: Array<
  [string, (user: { token: string; username: string; password: string }) => Promise<string>]
> = [
  [
    'POST /sessions',
    async ({ token }) => {
      const body = { installationId: 'phone' };
      return (await server.rest('POST', '/sessions', { token, body })).body.sessionToken;
    },
  ],
  [
    'a log-in in a batch',
    async ({ token, username, password }) => {
      const requests = [{ method: 'POST', path: '/parse/login', body: { username, password } }];
      const answer = await server.rest('POST', '/batch', {
        token,
        installationId: 'phone',
        body: { requests },
      });
      return answer.body[0].success?.sessionToken;
    },
  ],
];

/** A user with as many sessions as the limit allows, of which the last one is renewed. */
async function renewWithinLimit(limit: number, renew: (typeof RENEWALS)[number][1]) {
  const user = await server.signUp();
  const others = [user.token];
  while (others.length < limit - 1) others.push((await login(user)).sessionToken);
  const { username, password } = user;
  const phone = await server.login(username, password, { 'X-Parse-Installation-Id': 'phone' });
  const renewed = await renew(phone);
  const states = await Promise.all([...others, renewed, phone.token].map(token => useToken(server, token)));
  return { others: states.slice(0, -2), renewed: states.at(-2), phone: states.at(-1) };
}

describe('the limit "revoke-oldest", the default,', () => {
  beforeAll(async () => {
    server = await startServer(
      { maxSessionsPerUser: { authenticated: 3, anonymous: 1, restricted: 2 } },
      {},
      { graphql: true, cloud: defineMakeSession },
    );
  });

  afterAll(() => server.stop());

  it('lets a user have as many sessions as it says', async () => {
    const user = await server.signUp();
    const tokens = [user.token];
    for (let i = 0; i < 2; i += 1) tokens.push((await login(user)).sessionToken);
    for (const token of tokens) expect(await useToken(server, token)).toBe(200);
  });

  it('ends the oldest session when there is one more, at once', async () => {
    const user = await server.signUp();
    const tokens = [user.token];
    for (let i = 0; i < 4; i += 1) tokens.push((await login(user)).sessionToken);
    const states = await Promise.all(tokens.map(token => useToken(server, token)));
    expect(states).toEqual([209, 209, 200, 200, 200]);
    expect(await sessionsOf(user.userId)).toHaveLength(3);
  });

  it('brings a user who has more down to it with his next login', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 6; i += 1) await makeSession(server, user.userId);
    const { sessionToken } = await login(user);
    expect(await sessionsOf(user.userId)).toHaveLength(3);
    expect(await useToken(server, sessionToken)).toBe(200);
  });

  it('counts each user for himself', async () => {
    const [ada, bob] = [await server.signUp(), await server.signUp()];
    for (let i = 0; i < 3; i += 1) await login(bob);
    expect(await useToken(server, ada.token)).toBe(200);
  });

  it('counts each kind for itself', async () => {
    const user = await server.signUp();
    const restricted = await Promise.all([server.restricted(user.token), server.restricted(user.token)]);
    for (let i = 0; i < 2; i += 1) await login(user);
    expect(await useToken(server, user.token)).toBe(200);
    for (const { token } of restricted) expect(await useToken(server, token)).toBe(200);
  });

  it('counts no session that has expired', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 5; i += 1) {
      await makeSession(server, user.userId, { expiresAt: parseDate('2020-01-01') });
    }
    await login(user);
    expect(await useToken(server, user.token)).toBe(200);
    expect(await sessionsOf(user.userId)).toHaveLength(7);
  });

  it('counts a session without expiry', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 3; i += 1) await makeSession(server, user.userId, { expiresAt: undefined });
    expect(await useToken(server, (await login(user)).sessionToken)).toBe(200);
    expect(await sessionsOf(user.userId)).toHaveLength(3);
  });

  it('counts no session that was invalidated', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 3; i += 1) {
      await server.sessions.invalidate((await makeSession(server, user.userId)).objectId);
    }
    await login(user);
    expect(await useToken(server, user.token)).toBe(200);
  });

  it('holds for anonymous users', async () => {
    const body = { authData: { anonymous: { id: 'one anonymous user' } } };
    const first = (await server.rest('POST', '/users', { body })).body;
    const second = (await server.rest('POST', '/users', { body })).body;
    expect(second.objectId).toBe(first.objectId);
    expect(await useToken(server, first.sessionToken)).toBe(209);
    expect(await useToken(server, second.sessionToken)).toBe(200);
  });

  it.each(RESTRICTED)('holds for restricted sessions by %s', async (_way, make) => {
    const user = await server.signUp();
    const made: string[] = [];
    for (let i = 0; i < 3; i += 1) made.push((await make(user.token)).token!);
    const states = await Promise.all(made.map(token => useToken(server, token)));
    expect(states).toEqual([209, 200, 200]);
    expect(await useToken(server, user.token)).toBe(200);
  });

  it('holds for loginAs, and for sessions that the master key saves', async () => {
    const user = await server.signUp();
    const master = { master: true } as const;
    for (let i = 0; i < 2; i += 1) {
      await server.rest('POST', '/loginAs', { ...master, body: { userId: user.userId } });
      await server.rest('POST', '/sessions', {
        ...master,
        body: { user: pointerTo(user.userId), sessionToken: `r:master${i}${user.userId}` },
      });
    }
    expect(await sessionsOf(user.userId)).toHaveLength(3);
    expect(await useToken(server, user.token)).toBe(209);
  });

  it.each(RENEWALS)('does not count the session that is renewed: %s', async (_way, renew) => {
    expect(await renewWithinLimit(3, renew)).toEqual({ others: [200, 200], renewed: 200, phone: 209 });
  });

  it('does not hold for sessions without a user', async () => {
    for (let i = 0; i < 5; i += 1) {
      const body = { sessionToken: `r:unbound${i}` };
      expect((await server.rest('POST', '/sessions', { master: true, body })).status).toBe(201);
    }
  });

  it('leaves the session after a change of the password', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 2; i += 1) await login(user);
    const { body } = await server.rest('PUT', `/users/${user.userId}`, {
      ...user,
      body: { password: 'a new one' },
    });
    expect(await useToken(server, body.sessionToken)).toBe(200);
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });
});

describe('the limit "refuse"', () => {
  beforeAll(async () => {
    server = await startServer(
      { maxSessionsPerUser: { authenticated: 2, restricted: 1 }, onLimit: 'refuse' },
      {},
      { graphql: true, cloud: defineMakeSession },
    );
  });

  afterAll(() => server.stop());

  it('answers 119 to one login more, makes no session, and ends none', async () => {
    const user = await server.signUp();
    const second = await login(user);
    const before = (await sessionsOf(user.userId)).map(row => row.objectId).sort();
    expect(await login(user)).toMatchObject({ code: 119, error: LIMIT });
    expect((await sessionsOf(user.userId)).map(row => row.objectId).sort()).toEqual(before);
    for (const token of [user.token, second.sessionToken]) expect(await useToken(server, token)).toBe(200);
  });

  it('lets the user in again when a session has ended or expired', async () => {
    const user = await server.signUp();
    const second = await login(user);
    await server.rest('POST', '/logout', { token: second.sessionToken, body: {} });
    const third = await login(user);
    expect(third.sessionToken).toMatch(/^r:/);
    await server.rawUpdate(
      '_Session',
      { sessionToken: third.sessionToken },
      { expiresAt: parseDate('2020-01-01') },
    );
    expect((await login(user)).sessionToken).toMatch(/^r:/);
    expect((await login(user)).code).toBe(119);
  });

  it('lets an installation replace its own session', async () => {
    const phone = { 'X-Parse-Installation-Id': 'phone' };
    const user = await server.signUp(undefined, { headers: phone });
    await login(user);
    const again = await server.login(user.username, user.password, phone);
    expect(await useToken(server, again.token)).toBe(200);
    expect(await sessionsOf(user.userId)).toHaveLength(2);
  });

  it.each(RESTRICTED)('holds for restricted sessions by %s', async (_way, make) => {
    const user = await server.signUp();
    const first = await make(user.token);
    expect(first.token).toMatch(/^r:/);
    expect(await make(user.token)).toMatchObject({ code: 119 });
    expect(await sessionsOf(user.userId)).toHaveLength(2);
    expect(await useToken(server, first.token!)).toBe(200);
  });

  it.each(RENEWALS)('does not count the session that is renewed: %s', async (_way, renew) => {
    expect(await renewWithinLimit(2, renew)).toEqual({ others: [200], renewed: 200, phone: 209 });
  });

  it('does not count a restricted session that is renewed', async () => {
    const { token } = await server.signUp();
    const sensor = await server.restricted(token, { installationId: 'sensor' });
    const again = await server.restricted(token, { installationId: 'sensor' });
    expect([await useToken(server, again), await useToken(server, sensor)]).toEqual([200, 209]);
  });

  it('has no limit for a kind that is left out', async () => {
    const body = { authData: { anonymous: { id: 'another anonymous user' } } };
    for (let i = 0; i < 4; i += 1) {
      expect((await server.rest('POST', '/users', { body })).body.sessionToken).toMatch(/^r:/);
    }
  });

  it('tells no event of a session that was refused', async () => {
    const told: unknown[] = [];
    const stops = (['created', 'revoked'] as const).map(name =>
      server.sessions.on(name, payload => told.push(payload)),
    );
    const user = await server.signUp();
    const settled = watchForRest(server);
    for (let i = 0; i < 3; i += 1) await login(user);
    await settled();
    expect(told).toHaveLength(2);
    stops.forEach(stop => stop());
  });
});

describe('without the option', () => {
  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(() => server.stop());

  it('a user may have any number of sessions', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 60; i += 1) await makeSession(server, user.userId);
    await login(user);
    await server.restricted(user.token);
    expect(await sessionsOf(user.userId)).toHaveLength(63);
    expect(await makeUser(server)).toBeTruthy();
  });
});
