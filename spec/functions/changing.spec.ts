import { startServer, type SpecServer } from '../support/server';
import { insertSession, newToken, OVER, pointerTo } from './sessions';

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

const sessionIds = async (userId: string) =>
  (await server.rawFind('_Session', { user: pointerTo(userId) })).map(({ objectId }) => objectId).sort();

const idOf = async (token: string) =>
  (await server.rawFind('_Session', { sessionToken: token }))[0].objectId as string;

async function isAlive(token: string): Promise<boolean> {
  const { status, body } = await server.rest('GET', '/users/me', { token });
  if (status !== 200) expect(body.code).toBe(209);
  return status === 200;
}

describe('revokeSession', () => {
  it('deletes the session it is given, and no other', async () => {
    const user = await server.signUp();
    const other = await insertSession(server, user.userId);
    const victim = await insertSession(server, user.userId);
    expect(await server.run('revokeSession', { objectId: victim.objectId }, user)).toEqual({ revoked: 1 });
    expect(await isAlive(victim.token)).toBe(false);
    expect(await isAlive(other.token)).toBe(true);
    expect(await isAlive(user.token)).toBe(true);
    expect(await sessionIds(user.userId)).toEqual([await idOf(user.token), other.objectId].sort());
  });

  it.each([
    ['a restricted session', { restricted: true }],
    ['an expired session', { expiresAt: OVER }],
    ['a session without expiry', { expiresAt: undefined }],
  ])('deletes %s of the caller’s user', async (_what, more) => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId, more);
    expect(await server.run('revokeSession', { objectId }, user)).toEqual({ revoked: 1 });
    expect(await sessionIds(user.userId)).not.toContain(objectId);
  });

  it('ends the caller itself when it is given its own id', async () => {
    const user = await server.signUp();
    const objectId = await idOf(user.token);
    expect(await server.run('revokeSession', { objectId }, user)).toEqual({ revoked: 1 });
    expect(await isAlive(user.token)).toBe(false);
  });

  it('answers 101 the second time', async () => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId);
    await server.run('revokeSession', { objectId }, user);
    await expect(server.run('revokeSession', { objectId }, user)).rejects.toMatchObject({ code: 101 });
  });

  it('deletes a session of any user for the master key', async () => {
    const user = await server.signUp();
    const objectId = await idOf(user.token);
    expect(await server.run('revokeSession', { objectId }, { master: true })).toEqual({ revoked: 1 });
    expect(await isAlive(user.token)).toBe(false);
  });

  it('answers 101 to the master key for a session that is not there', async () => {
    const gone = server.run('revokeSession', { objectId: 'nosuchid00' }, { master: true });
    await expect(gone).rejects.toMatchObject({ code: 101 });
  });
});

describe('revokeOtherSessions', () => {
  it('deletes all sessions of the caller’s user save the caller', async () => {
    const user = await server.signUp();
    const stranger = await server.signUp();
    const others = [
      await insertSession(server, user.userId),
      await insertSession(server, user.userId, { restricted: true }),
      await insertSession(server, user.userId, { expiresAt: OVER }),
    ];
    expect(await server.run('revokeOtherSessions', {}, user)).toEqual({ revoked: 3 });
    for (const { token } of others) expect(await isAlive(token)).toBe(false);
    expect(await isAlive(user.token)).toBe(true);
    expect(await isAlive(stranger.token)).toBe(true);
  });

  it('revokes 0 when there is no other', async () => {
    expect(await server.run('revokeOtherSessions', {}, await server.signUp())).toEqual({ revoked: 0 });
  });

  it('keeps the session of the token that the master key excepts', async () => {
    const user = await server.signUp();
    const kept = await insertSession(server, user.userId);
    const answer = await server.run(
      'revokeOtherSessions',
      { userId: user.userId, except: kept.token },
      { master: true },
    );
    expect(answer).toEqual({ revoked: 1 });
    expect(await isAlive(kept.token)).toBe(true);
    expect(await isAlive(user.token)).toBe(false);
  });

  it('deletes all when the master key excepts none, or a token of somebody else', async () => {
    const stranger = await server.signUp();
    for (const except of [undefined, stranger.token, newToken()]) {
      const user = await server.signUp();
      const params = { userId: user.userId, except };
      const answer = await server.run('revokeOtherSessions', params, { master: true });
      expect(answer).toEqual({ revoked: 1 });
      expect(await isAlive(user.token)).toBe(false);
    }
    expect(await isAlive(stranger.token)).toBe(true);
  });
});

describe('revokeSessions', () => {
  it('deletes all sessions of the caller’s user, the caller included', async () => {
    const user = await server.signUp();
    const stranger = await server.signUp();
    await insertSession(server, user.userId, { restricted: true });
    expect(await server.run('revokeSessions', {}, user)).toEqual({ revoked: 2 });
    expect(await sessionIds(user.userId)).toEqual([]);
    expect(await isAlive(user.token)).toBe(false);
    expect(await isAlive(stranger.token)).toBe(true);
  });

  it('deletes all sessions of any user for the master key', async () => {
    const user = await server.signUp();
    const answer = await server.run('revokeSessions', { userId: user.userId }, { master: true });
    expect(answer).toEqual({ revoked: 1 });
    expect(await isAlive(user.token)).toBe(false);
  });

  it('revokes 0 for a user that is not there', async () => {
    const answer = await server.run('revokeSessions', { userId: 'nobody' }, { master: true });
    expect(answer).toEqual({ revoked: 0 });
  });

  it('lets the user log in again', async () => {
    const user = await server.signUp();
    await server.run('revokeSessions', {}, user);
    const again = await server.login(user.username, user.password);
    expect(await isAlive(again.token)).toBe(true);
  });

  it('deletes thousands of sessions in a few statements', async () => {
    const user = await server.signUp();
    await Promise.all(Array.from({ length: 2100 }, () => insertSession(server, user.userId)));
    const { adapter } = server.server.config.databaseController;
    const statements = jest.spyOn(adapter, 'deleteObjectsByQuery');
    try {
      expect(await server.run('revokeSessions', {}, user)).toEqual({ revoked: 2101 });
      expect(statements.mock.calls.length).toBeLessThanOrEqual(3);
    } finally {
      statements.mockRestore();
    }
    expect(await sessionIds(user.userId)).toEqual([]);
  });
});

describe('createRestrictedSession', () => {
  it('makes a session that works, is restricted and tells its token once', async () => {
    const user = await server.signUp();
    const made = await server.run('createRestrictedSession', { name: 'sensor' }, user);
    expect(made).toEqual({
      objectId: expect.stringMatching(/^\w{10}$/),
      sessionToken: expect.stringMatching(/^r:[0-9a-f]{32}$/),
      restricted: true,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const { body } = await server.rest('GET', '/users/me', { token: made.sessionToken });
    expect(body.objectId).toBe(user.userId);
    const view = await server.run('getSession', {}, { token: made.sessionToken });
    expect(view).toMatchObject({
      objectId: made.objectId,
      restricted: true,
      name: 'sensor',
      createdWith: { action: 'create' },
      expiresAt: made.expiresAt,
    });
  });

  it('makes a session that cannot write the user', async () => {
    const user = await server.signUp();
    const { sessionToken } = await server.run('createRestrictedSession', {}, user);
    const { body } = await server.rest('PUT', `/users/${user.userId}`, {
      token: sessionToken,
      body: { nickname: 'Mallory' },
    });
    expect(body.code).toBe(119);
  });

  it('makes a session for any user with the master key', async () => {
    const user = await server.signUp();
    const made = await server.run('createRestrictedSession', { userId: user.userId }, { master: true });
    const { body } = await server.rest('GET', '/users/me', { token: made.sessionToken });
    expect(body.objectId).toBe(user.userId);
    const { body: written } = await server.rest('PUT', `/users/${user.userId}`, {
      token: made.sessionToken,
      body: { nickname: 'Mallory' },
    });
    expect(written.code).toBe(119);
  });

  it('lets the session live as long as Parse Server’s own without expiresIn', async () => {
    const user = await server.signUp();
    const made = await server.run('createRestrictedSession', {}, user);
    const own = await server.run('getSession', {}, user);
    const difference = Date.parse(made.expiresAt) - Date.parse(own.expiresAt);
    expect(difference).toBeGreaterThanOrEqual(0);
    expect(difference).toBeLessThan(60_000);
  });

  it('replaces the restricted session of the same installation only', async () => {
    const user = await server.signUp(undefined, { installationId: 'phone' });
    const installationId = 'sensor-1';
    const first = await server.run('createRestrictedSession', { installationId }, user);
    const other = await server.run('createRestrictedSession', { installationId: 'sensor-2' }, user);
    const second = await server.run('createRestrictedSession', { installationId }, user);
    expect(await isAlive(first.sessionToken)).toBe(false);
    expect(await isAlive(other.sessionToken)).toBe(true);
    expect(await isAlive(second.sessionToken)).toBe(true);
  });

  it('leaves an unrestricted session of the same installation alone', async () => {
    const user = await server.signUp(undefined, { installationId: 'phone' });
    await server.run('createRestrictedSession', { installationId: 'phone' }, user);
    expect(await isAlive(user.token)).toBe(true);
  });

  it('leaves another user’s session of the same installation alone', async () => {
    const [ada, bob] = [await server.signUp(), await server.signUp()];
    const made = await server.run('createRestrictedSession', { installationId: 'shared' }, ada);
    await server.run('createRestrictedSession', { installationId: 'shared' }, bob);
    expect(await isAlive(made.sessionToken)).toBe(true);
  });

  it('makes a different token and id each time', async () => {
    const user = await server.signUp();
    const made = await Promise.all(
      Array.from({ length: 20 }, () => server.run('createRestrictedSession', {}, user)),
    );
    expect(new Set(made.map(({ sessionToken }) => sessionToken)).size).toBe(20);
    expect(new Set(made.map(({ objectId }) => objectId)).size).toBe(20);
  });
});

describe('renameSession', () => {
  it('names a session of the caller’s user, and answers how it looks now', async () => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId);
    const view = await server.run('renameSession', { objectId, name: ' Ada’s phone ' }, user);
    expect(view).toMatchObject({ objectId, current: false, name: 'Ada’s phone' });
    const listed = await server.run('listSessions', {}, user);
    expect(listed.find((one: any) => one.objectId === objectId)).toEqual(view);
  });

  it('names the caller itself', async () => {
    const user = await server.signUp();
    const objectId = await idOf(user.token);
    const view = await server.run('renameSession', { objectId, name: 'here' }, user);
    expect(view).toMatchObject({ current: true, name: 'here' });
    expect(await server.run('getSession', {}, user)).toEqual(view);
  });

  it('names a session of any user for the master key', async () => {
    const user = await server.signUp();
    const objectId = await idOf(user.token);
    const view = await server.run('renameSession', { objectId, name: 'there' }, { master: true });
    expect(view).toMatchObject({ objectId, current: false, name: 'there' });
  });

  it('changes nothing but the name', async () => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId);
    const [before] = await server.rawFind('_Session', { objectId });
    await server.run('renameSession', { objectId, name: 'new' }, user);
    const [after] = await server.rawFind('_Session', { objectId });
    expect({ ...after, updatedAt: '' }).toEqual({ ...before, name: 'new', updatedAt: '' });
  });
});
