import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { insertSession, newToken, OVER, pointerTo } from '../functions/sessions';

declare const Parse: any;

const master = { useMasterKey: true };

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

const store = () => server.sessions.store;
const idsOf = (sessions: any[]) => sessions.map(({ id }) => id).sort();

async function isAlive(token: string): Promise<boolean> {
  return (await server.rest('GET', '/users/me', { token })).status === 200;
}

/** A user as each kind of reference that the store takes. */
const REFERENCES: Array<[string, (user: SpecUser) => any]> = [
  ['an id', ({ userId }) => userId],
  ['a pointer', ({ userId }) => pointerTo(userId)],
  ['a Parse.User', ({ userId }) => Parse.User.createWithoutData(userId)],
];

async function userWithSessions() {
  const user = await server.signUp();
  const current = (await server.rawFind('_Session', { sessionToken: user.token }))[0].objectId as string;
  const insert = async (more: object) => (await insertSession(server, user.userId, more)).objectId;
  return {
    user,
    current,
    other: await insert({}),
    expired: await insert({ expiresAt: OVER }),
    unlimited: await insert({ expiresAt: undefined }),
    restricted: await insert({ restricted: true }),
  };
}

describe('find()', () => {
  it.each([
    ['one that works', {}],
    ['an expired one', { expiresAt: OVER }],
    ['a restricted one', { restricted: true }],
  ])('answers the session of a token: %s', async (_what, more) => {
    const user = await server.signUp();
    const { objectId, token } = await insertSession(server, user.userId, more);
    const session: any = await store().find(token);
    expect(session).toBeInstanceOf(Parse.Session);
    expect(session.id).toBe(objectId);
    expect(session.get('user').id).toBe(user.userId);
  });

  it.each([
    ['an unknown token', newToken()],
    ['an empty text', ''],
    ['undefined', undefined],
    ['null', null],
    ['an operator', { $ne: 'x' }],
    ['a regular expression', { $regex: '.*' }],
  ])('answers null for %s', async (_what, token) => {
    await server.signUp();
    expect(await store().find(token as string)).toBeNull();
  });
});

describe('active(), expired() and forUser()', () => {
  it('tell the sessions that have not expired, those without expiry included, from those that have', async () => {
    const { user, current, other, unlimited, restricted, expired } = await userWithSessions();
    const ofUser = (query: any) => query.equalTo('user', pointerTo(user.userId)).find(master);
    expect(idsOf(await ofUser(store().active()))).toEqual([current, other, unlimited, restricted].sort());
    expect(idsOf(await ofUser(store().expired()))).toEqual([expired]);
  });

  it('never answer a session both', async () => {
    await userWithSessions();
    const [active, expired] = await Promise.all([
      store().active().limit(10_000).find(master),
      store().expired().limit(10_000).find(master),
    ]);
    expect(active.length + expired.length).toBe((await server.rawFind('_Session')).length);
    const ids = [...idsOf(active), ...idsOf(expired)];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(REFERENCES)('forUser() answers the sessions of one user, given as %s', async (_what, refer) => {
    const { user, ...sessions } = await userWithSessions();
    await userWithSessions();
    const found = await store().forUser(refer(user)).find(master);
    expect(idsOf(found)).toEqual(Object.values(sessions).sort());
  });

  it('are queries like any other: they count, sort and combine', async () => {
    const { user, current, other, expired, unlimited, restricted } = await userWithSessions();
    expect(await store().forUser(user.userId).count(master)).toBe(5);
    const ending = store().forUser(user.userId).exists('expiresAt').ascending('expiresAt').limit(1);
    expect(idsOf(await ending.find(master))).toEqual([expired]);
    const both = Parse.Query.and(store().forUser(user.userId), store().active());
    expect(idsOf(await both.find(master))).toEqual([current, other, unlimited, restricted].sort());
  });

  it('answer nothing without the master key', async () => {
    const { user } = await userWithSessions();
    await expect(store().forUser(user.userId).find()).rejects.toMatchObject({ code: 209 });
  });
});

describe('countActive()', () => {
  it.each(REFERENCES)('counts the sessions that have not expired of %s', async (_what, refer) => {
    const { user } = await userWithSessions();
    expect(await store().countActive(refer(user))).toBe(4);
  });

  it('is 0 for a user that is not there', async () => {
    expect(await store().countActive('nobody')).toBe(0);
  });

  it('follows the sessions', async () => {
    const { user, other } = await userWithSessions();
    await store().revoke(other);
    expect(await store().countActive(user.userId)).toBe(3);
    await server.login(user.username, user.password);
    expect(await store().countActive(user.userId)).toBe(4);
  });
});

describe('revoke()', () => {
  it.each<[string, (session: { objectId: string; token: string }) => any]>([
    ['an id', ({ objectId }) => objectId],
    ['a record', ({ objectId }) => ({ objectId })],
    ['a Parse.Session', ({ token }) => store().find(token)],
  ])('deletes a session given as %s, and answers true', async (_what, refer) => {
    const user = await server.signUp();
    const session = await insertSession(server, user.userId);
    expect(await isAlive(session.token)).toBe(true);
    expect(await store().revoke(await refer(session))).toBe(true);
    expect(await isAlive(session.token)).toBe(false);
    expect(await isAlive(user.token)).toBe(true);
    expect(await server.rawFind('_Session', { objectId: session.objectId })).toEqual([]);
  });

  it('answers false when there is none', async () => {
    expect(await store().revoke('nosuchid00')).toBe(false);
  });

  it.each([['', {}, undefined, null, { objectId: { $ne: 'x' } }]])(
    'never takes what could mean several sessions: %p',
    async (...wrong) => {
      const user = await server.signUp();
      for (const session of wrong) await expect(store().revoke(session as never)).rejects.toThrow(TypeError);
      expect(await isAlive(user.token)).toBe(true);
    },
  );
});

describe('revokeAllForUser()', () => {
  it.each(REFERENCES)('deletes all sessions of %s, and answers how many', async (_what, refer) => {
    const { user } = await userWithSessions();
    const stranger = await server.signUp();
    expect(await store().revokeAllForUser(refer(user))).toBe(5);
    expect(await store().forUser(user.userId).count(master)).toBe(0);
    expect(await isAlive(user.token)).toBe(false);
    expect(await isAlive(stranger.token)).toBe(true);
  });

  it('keeps the session of the token that is excepted', async () => {
    const { user } = await userWithSessions();
    expect(await store().revokeAllForUser(user.userId, { except: user.token })).toBe(4);
    expect(await isAlive(user.token)).toBe(true);
    expect(await store().forUser(user.userId).count(master)).toBe(1);
  });

  it('deletes all when the token that is excepted is nobody’s', async () => {
    const { user } = await userWithSessions();
    expect(await store().revokeAllForUser(user.userId, { except: newToken() })).toBe(5);
  });

  it.each([{ exept: 'r:a' }, { except: 'r:a', force: true }, { except: 5 }, null, 'r:a'])(
    'ends nothing for a slip in its options: %j',
    async options => {
      const { user } = await userWithSessions();
      await expect(store().revokeAllForUser(user.userId, options as never)).rejects.toThrow(TypeError);
      expect(await store().forUser(user.userId).count(master)).toBe(5);
    },
  );

  it('answers 0 for a user that is not there', async () => {
    expect(await store().revokeAllForUser('nobody')).toBe(0);
  });

  it.each([undefined, null, '', {}, { objectId: { $ne: 'x' } }])(
    'never takes what could mean every user: %p',
    async wrong => {
      const user = await server.signUp();
      await expect(store().revokeAllForUser(wrong as never)).rejects.toThrow(TypeError);
      expect(await isAlive(user.token)).toBe(true);
    },
  );
});

describe('installation()', () => {
  it('answers the installation that the session was made on', async () => {
    const installation = { deviceType: 'ios', installationId: 'phone-1', appName: 'App' };
    await server.rest('POST', '/installations', { master: true, body: installation });
    const user = await server.signUp(undefined, { installationId: 'phone-1' });
    const session: any = await store().find(user.token);
    const found = await store().installation(session);
    expect(found).toBeInstanceOf(Parse.Installation);
    expect(found!.get('appName')).toBe('App');
    expect((await store().installation({ installationId: 'phone-1' }))!.id).toBe(found!.id);
    expect((await store().installation(session!.id))!.id).toBe(found!.id);
    expect(await store().installation('nosuchid00')).toBeNull();
  });

  it.each([
    ['an installation that is not there', { installationId: 'no-such-phone' }],
    ['no installation', {}],
    ['null', { installationId: null }],
  ])('answers null for a session of %s', async (_what, session) => {
    expect(await store().installation(session)).toBeNull();
  });
});

describe('the helpers of the store', () => {
  it('tell a session as the database has it', async () => {
    const { user, expired, unlimited } = await userWithSessions();
    const get = (id: string): Promise<any> => new Parse.Query('_Session').get(id, master);
    const current: any = await store().find(user.token);
    expect(store().isExpired(current)).toBe(false);
    expect(store().isValid(current)).toBe(true);
    expect(store().isActive(current)).toBe(true);
    expect(store().isAuthenticated(current)).toBe(true);
    expect(store().expiresWithin(current, 60)).toBe(false);
    expect(store().expiresWithin(current, 400 * 86_400)).toBe(true);
    expect(store().timeRemaining(current)).toBeGreaterThan(300 * 86_400);

    const over = await get(expired);
    expect(store().isExpired(over)).toBe(true);
    expect(store().isValid(over)).toBe(false);
    expect(store().timeRemaining(over)).toBe(0);
    expect(store().isActive(over)).toBe(false);

    const endless = await get(unlimited);
    expect(store().isExpired(endless)).toBe(false);
    expect(store().timeRemaining(endless)).toBeNull();
    expect(store().expiresWithin(endless, 1e9)).toBe(false);
  });

  it('tell an anonymous user’s session from one of a user who signed in', async () => {
    const { body } = await server.rest('POST', '/users', {
      body: { authData: { anonymous: { id: newToken() } } },
    });
    expect(store().isAuthenticated((await store().find(body.sessionToken)) as never)).toBe(false);
    const { token } = await server.signUp();
    expect(store().isAuthenticated((await store().find(token)) as never)).toBe(true);
  });
});
