import { underLoad } from '../support/load';
import { insertSessions } from '../support/many-sessions';
import { hasRedis, NO_REDIS, startRedis, type SpecRedis } from '../support/redis';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { APP_ID, startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, makeUser, pointerTo, useToken, type SpecSession } from '../support/sessions';
import { eventually } from '../support/time';

const PHONE = 'the-phone';

let server: SpecServer;
let other: SecondProcess;

/** Whether the other process accepts a token: 200, or Parse's error code. Asks its cache, as most requests do. */
async function useElsewhere({ token }: { token: string }): Promise<number> {
  const headers = { 'X-Parse-Application-Id': APP_ID, 'X-Parse-Session-Token': token };
  const response = await fetch(`${other.url}/classes/Note`, { headers });
  return response.status === 200 ? 200 : ((await response.json()) as any).code;
}

const ok = async (answer: Promise<{ status: number; body: any }>) => {
  const { status, body } = await answer;
  if (status >= 400) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
  return body;
};

async function start(parseServer: Record<string, unknown>): Promise<void> {
  server = await startServer({}, parseServer);
  await ok(server.rest('POST', '/classes/Note', { body: { text: 'the first' } }));
  other = await startSecondProcess({ parseServer: { ...parseServer, databaseURI: server.databaseURI } });
}

async function stop(): Promise<void> {
  await other?.stop();
  await server?.stop();
}

if (!hasRedis) process.stderr.write(`\n!!! SKIPPED, two processes with one Redis: ${NO_REDIS}\n\n`);

(hasRedis ? describe : describe.skip)('with one Redis for the caches of two processes', () => {
  let redis: SpecRedis;
  let user: SpecUser;
  let phone: SpecSession;
  let tablet: SpecSession;

  beforeAll(async () => {
    redis = await startRedis();
    const { cacheAdapter } = redis;
    await start({ cacheAdapter });
  }, 60_000);

  afterAll(async () => {
    await stop();
    await redis?.stop();
  });

  beforeEach(async () => {
    user = await server.signUp();
    phone = await makeSession(server, user.userId, { installationId: PHONE });
    tablet = await makeSession(server, user.userId);
  });

  const changePassword = async (password: string) => {
    const { token } = user;
    const { sessionToken } = await ok(
      server.rest('PUT', `/users/${user.userId}`, { token, body: { password } }),
    );
    user = { ...user, password, token: sessionToken };
  };
  const loginFromPhone = () => {
    const body = { username: user.username, password: user.password };
    return ok(server.rest('POST', '/login', { installationId: PHONE, body }));
  };

  /** Ends the phone's session as one of so many more. */
  const revokeWithOthers = async (count: number) => {
    const userId = await makeUser(server);
    await insertSessions(server, count, { userId, expiresAt: null });
    const meant = { $or: [{ objectId: phone.objectId }, { user: pointerTo(userId) }] };
    await server.rawUpdate('_Session', meant, { ip: '192.0.2.7' }, true);
    expect(await server.sessions.store.revokeWhere({ ip: '192.0.2.7' })).toMatchObject({
      revoked: count + 1,
    });
  };

  it.each<[string, number, () => Promise<unknown>]>([
    ['revokeSession', 200, () => server.run('revokeSession', { objectId: phone.objectId }, user)],
    ['revokeOtherSessions', 209, () => server.run('revokeOtherSessions', {}, user)],
    ['store.revokeWhere', 200, () => revokeWithOthers(0)],
    ['store.revokeWhere of many', 200, () => revokeWithOthers(1100)],
    ['store.invalidate', 200, () => server.sessions.store.invalidate(phone.objectId)],
    ['a log-out', 200, () => ok(server.rest('POST', '/logout', { token: phone.token, body: {} }))],
    [
      'DELETE /sessions/:id',
      200,
      () => ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { token: user.token })),
    ],
    ['a login from the same installation', 200, loginFromPhone],
    ['a change of the password', 209, () => changePassword('another')],
  ])('a token is refused by the other process in its next request after %s', async (_title, tablets, end) => {
    expect([await useElsewhere(phone), await useElsewhere(tablet)]).toEqual([200, 200]);
    await end();
    expect(await useElsewhere(phone)).toBe(209);
    expect(await useElsewhere(tablet)).toBe(tablets);
    expect(await useElsewhere(user)).toBe(200);
  });

  it('a token that the other process revokes is refused here', async () => {
    expect([await useToken(server, phone), await useToken(server, tablet)]).toEqual([200, 200]);
    await other.run(({ server }, objectId) => server.sessions.store.revoke(objectId), phone.objectId);
    expect([await useToken(server, phone), await useToken(server, tablet)]).toEqual([209, 200]);
  });

  it.each<[string, (session: SpecSession) => Promise<unknown>]>([
    ['revokeSession', ({ objectId }) => server.run('revokeSession', { objectId }, user)],
    ['a change of the password', () => changePassword(`password ${Math.random()}`)],
    ['a login from the same installation', loginFromPhone],
  ])(
    'under load, 5 times over, nothing that begins after the answer of %s succeeds there',
    async (_title, end) => {
      const total = { acceptedBefore: 0, refusedAfter: 0, acceptedAfter: 0 };
      for (let round = 0; round < 5; round += 1) {
        const session = await makeSession(server, user.userId, { installationId: PHONE });
        const counts = await underLoad({
          parallel: 16,
          ask: async () => (await useElsewhere(session)) === 200,
          revoke: () => end(session),
          forget: () => server.server.config.cacheController.user.del(session.token),
        });
        for (const key of Object.keys(total) as Array<keyof typeof total>) total[key] += counts[key];
      }
      expect(total.acceptedAfter).toBe(0);
      expect(total.acceptedBefore).toBeGreaterThanOrEqual(5);
      expect(total.refusedAfter).toBeGreaterThanOrEqual(5 * 16);
    },
    120_000,
  );
});

describe('without a cache that two processes share', () => {
  beforeAll(() => start({ cacheTTL: 300 }), 60_000);

  afterAll(stop);

  it('the other process refuses a revoked token once its own cache forgets it', async () => {
    const session = await makeSession(server, await makeUser(server));
    expect(await useElsewhere(session)).toBe(200);
    await server.sessions.store.revoke(session.objectId);
    expect(await useToken(server, session)).toBe(209);
    await eventually(async () => expect(await useElsewhere(session)).toBe(209));
  });
});
