import { Secret, TOTP } from 'otpauth';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { useToken } from '../support/sessions';

declare const SPEC_DATABASE: string;

const MASTER = { master: true } as const;
const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
const parseServer = {
  auth: { badge, keycard: badge, mfa: { enabled: true, options: ['TOTP'] } },
};
let server: SpecServer;

declare const Parse: any;

/** Authenticates the user whom this header names, as an app's own middleware for JSON Web Tokens does. */
const AS_USER = 'x-spec-user';

beforeAll(async () => {
  server = await startServer({ revokeOthersOn: ['authData', 'email'] }, parseServer, {
    front: (request, _response, next) => {
      const id = request.headers[AS_USER];
      if (id) (request as any).userFromJWT = Parse.User.createWithoutData(id);
      next();
    },
  });
});

afterAll(() => server.stop());

const secret = new Secret({ size: 20 });
const code = () => new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret }).generate();

async function userWithTwo() {
  const user = await server.signUp();
  const other = await server.login(user.username, user.password);
  return { user, other };
}

const put = async (user: SpecUser, body: object, as: object = user) => {
  const answer = await server.rest('PUT', `/users/${user.userId}`, { ...as, body });
  expect(answer.status).toBe(200);
  return answer.body;
};
const setUpMfa = (user: SpecUser) =>
  put(user, { authData: { mfa: { secret: secret.base32, token: code() } } });

const reasonsOf = async (user: SpecUser) =>
  (await server.sessions.store.ended(user.userId)).map(({ reason, by }) => [reason, by.kind]);

describe('the other sessions of a user end', () => {
  type Change = (user: SpecUser, other: SpecUser) => Promise<unknown>;
  it.each<[string, Change, Change]>([
    ['another e-mail address', async () => {}, user => put(user, { email: `${user.username}@example.com` })],
    [
      'no e-mail address any more',
      user => put(user, { email: `${user.username}@example.com` }, MASTER),
      user => put(user, { email: { __op: 'Delete' } }),
    ],
    [
      'a provider that he links',
      async () => {},
      user => put(user, { authData: { badge: { id: user.username } } }),
    ],
    [
      'a provider that he unlinks',
      user => put(user, { authData: { badge: { id: user.username } } }, MASTER),
      user => put(user, { authData: { badge: null } }),
    ],
    [
      'another id of a provider',
      user => put(user, { authData: { badge: { id: user.username } } }, MASTER),
      user => put(user, { authData: { badge: { id: `${user.username} 2` } } }),
    ],
    ['a second factor that he sets up', async () => {}, user => setUpMfa(user)],
    [
      'another second factor',
      user => setUpMfa(user),
      user => {
        const next = new Secret({ size: 20 });
        const token = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret: next }).generate();
        return put(user, { authData: { mfa: { secret: next.base32, token, old: code() } } });
      },
    ],
  ])('by %s', async (_what, prepare, change) => {
    const signedUp = await server.signUp();
    await prepare(signedUp, signedUp);
    const before = await reasonsOf(signedUp);
    const user = { ...signedUp, token: (await loginAs(signedUp)).token };
    const other = await loginAs(user);
    const restricted = await server.restricted(other.token);
    await change(user, other);
    expect(await useToken(server, user)).toBe(200);
    expect(await useToken(server, other)).toBe(209);
    expect(await useToken(server, restricted)).toBe(209);
    const ended = await reasonsOf(user);
    const others = signedUp.token === user.token ? 0 : ended.length - before.length;
    expect(others).toBeGreaterThanOrEqual(2);
    expect(ended.slice(0, others)).toEqual(Array(others).fill(['factorChange', 'session']));
  });

  /** A further session, whatever factors a log-in would need. */
  const loginAs = async ({ userId }: SpecUser) => {
    const { body } = await server.rest('POST', '/loginAs', { ...MASTER, body: { userId } });
    return { token: body.sessionToken as string } as SpecUser;
  };

  it('by the session that made the change, also where that ends meanwhile', async () => {
    const { user, other } = await userWithTwo();
    const { adapter } = server.server.config.databaseController;
    const update = adapter.findOneAndUpdate.bind(adapter);
    const spy = jest.spyOn(adapter, 'findOneAndUpdate').mockImplementation(async (...args: any[]) => {
      const updated = await update(...args);
      if (args[0] === '_User') await server.rest('POST', '/logout', { ...user, body: {} });
      return updated;
    });
    await put(user, { email: `${user.username}@example.edu` });
    spy.mockRestore();
    expect(await useToken(server, other)).toBe(209);
    expect((await reasonsOf(user)).sort()).toEqual([
      ['factorChange', 'session'],
      ['logout', 'self'],
    ]);
  });

  it('all of them when a user without a session changes his second factor', async () => {
    const signedUp = await server.signUp();
    await setUpMfa(signedUp);
    const [user, other] = [await loginAs(signedUp), await loginAs(signedUp)];
    const next = new Secret({ size: 20 });
    const token = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret: next }).generate();
    const mfa = { secret: next.base32, token, old: code() };
    await put(signedUp, { authData: { mfa } }, { headers: { [AS_USER]: signedUp.userId } });
    for (const session of [user, other]) expect(await useToken(server, session)).toBe(209);
  });

  it('all of them when the master key makes the change', async () => {
    const { user, other } = await userWithTwo();
    await put(user, { email: `${user.username}@example.org` }, MASTER);
    expect(await useToken(server, user)).toBe(209);
    expect(await useToken(server, other)).toBe(209);
    expect(await reasonsOf(user)).toEqual([
      ['factorChange', 'master'],
      ['factorChange', 'master'],
    ]);
  });

  // The MongoDB of the specs has no transactions.
  (SPEC_DATABASE === 'postgresql' ? it : it.skip)('by a transaction, after it', async () => {
    const { user, other } = await userWithTwo();
    const request = {
      method: 'PUT',
      path: `/parse/users/${user.userId}`,
      body: { email: `${user.username}@example.net` },
    };
    const body = { transaction: true, requests: [request] };
    expect((await server.rest('POST', '/batch', { ...user, body })).status).toBe(200);
    expect(await useToken(server, user)).toBe(200);
    expect(await useToken(server, other)).toBe(209);
  });

  it('by a log-in that links a further provider', async () => {
    const authData = { badge: { id: `known ${Math.random()}` } };
    const first = await server.rest('POST', '/users', { body: { authData } });
    const second = await server.rest('POST', '/users', {
      body: { authData: { ...authData, keycard: { id: authData.badge.id } } },
    });
    expect(await useToken(server, first.body.sessionToken)).toBe(209);
    expect(await useToken(server, second.body.sessionToken)).toBe(200);
  });
});

describe('they live on', () => {
  it.each<[string, (user: SpecUser) => Promise<unknown>]>([
    ['when something else changes', user => put(user, { nickname: 'Bo' })],
    [
      'when the same e-mail address is saved once more',
      async user => put(user, { email: (await server.rest('GET', '/users/me', user)).body.email }),
    ],
    [
      'when a provider gets another token',
      user => put(user, { authData: { badge: { id: user.username, access_token: 'new' } } }),
    ],
    ['when his user name changes', user => put(user, { username: `${user.username}-2` })],
  ])('%s', async (_what, change) => {
    const user = await server.signUp();
    const authData = { badge: { id: user.username, access_token: 'old' } };
    await put(user, { email: `${user.username}@example.com`, authData }, MASTER);
    const mine = await server.login(user.username, user.password);
    const other = await server.login(user.username, user.password);
    await change({ ...user, token: mine.token });
    expect(await useToken(server, mine)).toBe(200);
    expect(await useToken(server, other)).toBe(200);
  });

  it('when he logs in: with a provider, a second factor, and a recovery code', async () => {
    const user = await server.signUp();
    const id = user.username;
    await put(user, { authData: { badge: { id } } }, MASTER);
    const { authDataResponse } = await put(await server.login(id, user.password), {}).then(async () =>
      setUpMfa({ ...user, token: (await server.login(id, user.password)).token }),
    );
    const withMfa = async (token: string) => {
      const body = { username: id, password: user.password, authData: { mfa: { token } } };
      const answer = await server.rest('POST', '/login', { body });
      expect(answer.status).toBe(200);
      return answer.body.sessionToken as string;
    };
    const first = await withMfa(code());
    const second = await withMfa(authDataResponse.mfa.recovery.split(', ')[0]);
    const third = await server.rest('POST', '/users', {
      body: { authData: { badge: { id, access_token: 'another' }, mfa: { token: code() } } },
    });
    expect(third.status).toBe(200);
    for (const token of [first, second, third.body.sessionToken]) {
      expect(await useToken(server, token)).toBe(200);
    }
  });

  it('without the option', async () => {
    const plain = await startServer({}, { ...parseServer, databaseURI: server.databaseURI });
    try {
      const { user, other } = await userWithTwo();
      const body = { email: `${user.username}@example.com`, authData: { badge: { id: user.username } } };
      expect((await plain.rest('PUT', `/users/${user.userId}`, { ...user, body })).status).toBe(200);
      expect(await useToken(plain, other)).toBe(200);
    } finally {
      await plain.stop({ keepData: true });
    }
  });
});
