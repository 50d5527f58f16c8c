import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { insertSession, NEVER, newToken, OVER } from './sessions';

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.5 Mobile/15E148 Safari/604.1';

const date = (iso: string) => ({ __type: 'Date', iso });
const ids = (views: Array<{ objectId: string }>) => views.map(({ objectId }) => objectId).sort();

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
  await server.makeClass('Telemetry');
});

afterAll(() => server.stop());

/** A user with one session of each kind. */
async function userWithSessions() {
  const user = await server.signUp();
  const [current] = await server.rawFind('_Session', { sessionToken: user.token });
  const insert = async (more: object) => (await insertSession(server, user.userId, more)).objectId;
  return {
    user,
    current: current.objectId as string,
    other: await insert({}),
    expired: await insert({ expiresAt: OVER }),
    unlimited: await insert({ expiresAt: undefined }),
    restricted: await insert({ restricted: true }),
    expiredRestricted: await insert({ restricted: true, expiresAt: OVER }),
  };
}

describe('listSessions', () => {
  it('answers every session of the caller’s user, the expired ones too, and nobody else’s', async () => {
    const { user, ...sessions } = await userWithSessions();
    await userWithSessions();
    const views = await server.run('listSessions', {}, { token: user.token });
    expect(ids(views)).toEqual(Object.values(sessions).sort());
  });

  it('answers only the restricted sessions to a restricted caller, its own among them', async () => {
    const { user, restricted, expiredRestricted } = await userWithSessions();
    const sensor = await server.restricted(user.token);
    const views = await server.run('listSessions', {}, { token: sensor.token });
    expect(ids(views)).toEqual([restricted, expiredRestricted, sensor.objectId].sort());
    expect(views.find(({ current }: any) => current).objectId).toBe(sensor.objectId);
  });

  it('answers the sessions of any user to the master key, and none as current', async () => {
    const { user, ...sessions } = await userWithSessions();
    const views = await server.run('listSessions', { userId: user.userId }, { master: true });
    expect(ids(views)).toEqual(Object.values(sessions).sort());
    expect(views.filter(({ current }: any) => current)).toEqual([]);
  });

  it('answers an empty list for a user that is not there', async () => {
    expect(await server.run('listSessions', { userId: 'nobody' }, { master: true })).toEqual([]);
  });

  it('marks the session that asks as current, and no other', async () => {
    const { user, current } = await userWithSessions();
    const views = await server.run('listSessions', {}, { token: user.token });
    expect(ids(views.filter((view: any) => view.current))).toEqual([current]);
  });

  it('answers more sessions than one query of a client would', async () => {
    const user = await server.signUp();
    await Promise.all(Array.from({ length: 150 }, () => insertSession(server, user.userId)));
    expect(await server.run('listSessions', {}, { token: user.token })).toHaveLength(151);
  });

  it('puts the session that was accessed last first', async () => {
    const user = await server.signUp();
    const lastAccess = {
      yesterday: '2026-01-02T00:00:00.000Z',
      today: '2026-01-03T00:00:00.000Z',
      lastYear: '2025-06-01T00:00:00.000Z',
    };
    const named: Record<string, string> = {};
    for (const [name, iso] of Object.entries(lastAccess)) {
      named[(await insertSession(server, user.userId, { lastAccessedAt: date(iso) })).objectId] = name;
    }
    const views = await server.run('listSessions', { userId: user.userId }, { master: true });
    const order = views.map(({ objectId }: any) => named[objectId] ?? 'now');
    expect(order).toEqual(['now', 'today', 'yesterday', 'lastYear']);
  });

  it('puts a session whose last access is unknown where its last update is', async () => {
    const user = await server.signUp();
    const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
    const stock = { createdAt: at(1), updatedAt: at(3), lastAccessedAt: undefined };
    const seen = (day: number) =>
      insertSession(server, user.userId, { updatedAt: at(1), lastAccessedAt: date(at(day)) });
    const [earlier, unknown, later] = [
      (await seen(2)).objectId,
      (await insertSession(server, user.userId, stock)).objectId,
      (await seen(4)).objectId,
    ];
    const views = await server.run('listSessions', { userId: user.userId }, { master: true });
    expect(views.map(({ objectId }: any) => objectId).slice(1)).toEqual([later, unknown, earlier]);
    expect(views[2].lastAccessedAt).toBeNull();
  });
});

describe('a session view', () => {
  it('has exactly these fields', async () => {
    const user = await server.signUp(undefined, {
      installationId: 'installation-1',
      headers: { 'User-Agent': PHONE },
    });
    const [view, ...more] = await server.run('listSessions', {}, { token: user.token });
    expect(more).toEqual([]);
    expect(view).toEqual({
      objectId: expect.stringMatching(/^\w{10}$/),
      current: true,
      restricted: false,
      scopes: null,
      active: true,
      createdAt: ISO,
      lastAccessedAt: ISO,
      expiresAt: ISO,
      authenticatedAt: ISO,
      createdWith: { action: 'signup', authProvider: 'password' },
      installationId: 'installation-1',
      ip: expect.stringMatching(/127\.0\.0\.1$/),
      place: null,
      userAgent: PHONE,
      device: { browser: 'Safari', os: 'iOS', type: 'mobile' },
      name: null,
    });
  });

  it('has null for whatever is not known of an old session', async () => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId, {
      createdWith: undefined,
      restricted: undefined,
      expiresAt: undefined,
    });
    const views = await server.run('listSessions', {}, { token: user.token });
    expect(views.find((view: any) => view.objectId === objectId)).toEqual({
      objectId,
      current: false,
      restricted: false,
      scopes: null,
      active: true,
      createdAt: ISO,
      lastAccessedAt: null,
      expiresAt: null,
      authenticatedAt: null,
      createdWith: null,
      installationId: null,
      ip: null,
      place: null,
      userAgent: null,
      device: { browser: null, os: null, type: null },
      name: null,
    });
  });

  it.each([
    ['one that has not expired', { expiresAt: NEVER }, true],
    ['one that never expires', { expiresAt: undefined }, true],
    ['an expired one', { expiresAt: OVER }, false],
  ])('of %s: active is right', async (_what, more, active) => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId, more);
    const views = await server.run('listSessions', {}, { token: user.token });
    expect(views.find((view: any) => view.objectId === objectId).active).toBe(active);
  });

  it.each([true, false])('tells whether the session is restricted: %s', async restricted => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId, { restricted });
    const views = await server.run('listSessions', {}, { token: user.token });
    expect(views.find((view: any) => view.objectId === objectId).restricted).toBe(restricted);
  });

  it('tells what a scoped session may do, and of which sessions nobody has logged in', async () => {
    const user = await server.signUp();
    const scopes = ['Telemetry:create', 'function:report'];
    const made = await server.run('createRestrictedSession', { scopes }, user);
    const views = await server.run('listSessions', {}, user);
    const view = views.find(({ objectId }: any) => objectId === made.objectId);
    expect(view).toMatchObject({ restricted: true, scopes, authenticatedAt: null });
    // Without its scopes it may do nothing, which is not what an unscoped session may.
    await server.rawUpdate('_Session', { objectId: made.objectId }, { scopes: { __op: 'Delete' } });
    const params = { sessionToken: made.sessionToken };
    expect(await server.run('getSession', params, { master: true })).toMatchObject({ scopes: [] });
  });

  it('tells when the password was confirmed last', async () => {
    const user = await server.signUp();
    const { authenticatedAt } = await server.run('confirmIdentity', { password: user.password }, user);
    expect(await server.run('getSession', {}, user)).toMatchObject({ authenticatedAt });
  });

  it('leaves markup in a user agent as it is: whoever shows it must escape it', async () => {
    const userAgent = '<script>alert(1)</script>';
    const user = await server.signUp(undefined, { headers: { 'User-Agent': userAgent } });
    const view = await server.run('getSession', {}, { token: user.token });
    expect(view).toMatchObject({ userAgent, device: { browser: null, os: null, type: null } });
  });
});

describe('getSession', () => {
  it('answers the session that asks', async () => {
    const { user, current } = await userWithSessions();
    const view = await server.run('getSession', {}, { token: user.token });
    expect(view).toMatchObject({ objectId: current, current: true, restricted: false });
  });

  it('answers a restricted session itself', async () => {
    const user = await server.signUp();
    const sensor = await server.restricted(user.token);
    const view = await server.run('getSession', {}, { token: sensor.token });
    expect(view).toMatchObject({ objectId: sensor.objectId, current: true, restricted: true });
  });

  it.each([
    ['one that works', {}, true],
    ['an expired one', { expiresAt: OVER }, false],
  ])('answers the session of any token to the master key: %s', async (_what, more, active) => {
    const user = await server.signUp();
    const { objectId, token } = await insertSession(server, user.userId, more);
    const view = await server.run('getSession', { sessionToken: token }, { master: true });
    expect(view).toMatchObject({ objectId, active, current: false });
  });

  it('answers null for an unknown token', async () => {
    expect(await server.run('getSession', { sessionToken: newToken() }, { master: true })).toBeNull();
  });
});

describe('countSessions', () => {
  it('counts the sessions that have not expired, those without expiry included', async () => {
    const { user } = await userWithSessions();
    await userWithSessions();
    expect(await server.run('countSessions', {}, { token: user.token })).toEqual({ active: 4 });
  });

  it('counts the restricted sessions only for a restricted caller', async () => {
    const { user } = await userWithSessions();
    const sensor = await server.restricted(user.token);
    expect(await server.run('countSessions', {}, { token: sensor.token })).toEqual({ active: 2 });
  });

  it('counts the sessions of any user for the master key', async () => {
    const { user } = await userWithSessions();
    expect(await server.run('countSessions', { userId: user.userId }, { master: true })).toEqual({
      active: 4,
    });
  });

  it('answers 0 for a user that is not there', async () => {
    expect(await server.run('countSessions', { userId: 'nobody' }, { master: true })).toEqual({ active: 0 });
  });
});

describe('sessionStats', () => {
  const stats = () => server.run('sessionStats', {}, { master: true });

  async function difference(change: (user: SpecUser) => Promise<unknown>) {
    const user = await server.signUp();
    const before = await stats();
    await change(user);
    const after = await stats();
    return Object.fromEntries(Object.keys(after).map(key => [key, after[key] - before[key]]));
  }

  it.each([
    ['a session', {}, { active: 1 }],
    ['an expired session', { expiresAt: OVER }, { expired: 1 }],
    ['a session without expiry', { expiresAt: undefined }, { active: 1 }],
    ['a restricted session', { restricted: true }, { active: 1, restricted: 1 }],
    ['an expired restricted session', { restricted: true, expiresAt: OVER }, { expired: 1, restricted: 1 }],
  ])('counts %s', async (_what, more, expected) => {
    const changed = await difference(user => insertSession(server, user.userId, more));
    expect(changed).toEqual({ total: 1, active: 0, expired: 0, restricted: 0, anonymous: 0, ...expected });
  });

  it('counts an anonymous user’s session as anonymous', async () => {
    const changed = await difference(() =>
      server.rest('POST', '/users', { body: { authData: { anonymous: { id: newToken() } } } }),
    );
    expect(changed).toEqual({ total: 1, active: 1, expired: 0, restricted: 0, anonymous: 1 });
  });

  it('counts the rows of the table, not an estimate', async () => {
    const rows = await server.rawFind('_Session');
    expect((await stats()).total).toBe(rows.length);
  });

  it('no longer counts a revoked session', async () => {
    const changed = await difference(user =>
      server.run('revokeSessions', { userId: user.userId }, { master: true }),
    );
    expect(changed).toEqual({ total: -1, active: -1, expired: 0, restricted: 0, anonymous: 0 });
  });
});
