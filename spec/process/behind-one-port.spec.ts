import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { insertSessions } from '../support/many-sessions';
import { hasRedis, NO_REDIS, startRedis, type SpecRedis } from '../support/redis';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import {
  restAt,
  startServer,
  APP_ID,
  type RestOptions,
  type SpecServer,
  type SpecUser,
} from '../support/server';
import { makeSession, pointerTo } from '../support/sessions';
import { eventually } from '../support/time';

if (!hasRedis) process.stderr.write(`\n!!! SKIPPED, two processes behind one port: ${NO_REDIS}\n\n`);

const SESSIONS = {
  guard: ['Invoice'],
  maxSessionsPerUser: { authenticated: 3 },
  pairing: { verificationUri: 'https://example.com/pair', scopes: ['Telemetry:create'] },
};

/** Hands each request on to the next of some servers, as a balancer without sticky sessions does. */
async function startBalancer(urls: string[]): Promise<{ url: string; stop(): Promise<unknown> }> {
  let turn = 0;
  const agent = new http.Agent({ keepAlive: true });
  const balancer = http.createServer((request, response) => {
    const target = new URL(request.url!.replace(/^\/parse/, ''), 'http://x');
    const base = new URL(urls[(turn += 1) % urls.length]!);
    const { method, headers } = request;
    const path = base.pathname + target.pathname + target.search;
    const { hostname, port } = base;
    const passed = http.request({ hostname, port, path, method, headers, agent }, answer => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  await new Promise<void>(resolve => balancer.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}/parse`,
    async stop() {
      balancer.closeAllConnections();
      agent.destroy();
      await new Promise(resolve => balancer.close(resolve));
    },
  };
}

(hasRedis ? describe : describe.skip)('two processes behind one port, with one Redis', () => {
  let redis: SpecRedis;
  let server: SpecServer;
  let second: SecondProcess;
  let balancer: Awaited<ReturnType<typeof startBalancer>>;
  let user: SpecUser;

  beforeAll(async () => {
    redis = await startRedis();
    const { cacheAdapter } = redis;
    server = await startServer(SESSIONS, { cacheAdapter });
    for (const name of ['Invoice', 'Telemetry', 'Note']) await server.makeClass(name);
    const { databaseURI } = server;
    second = await startSecondProcess({
      sessions: SESSIONS,
      parseServer: { cacheAdapter, databaseURI },
      listen: ['revoked', 'expired', 'created'],
    });
    balancer = await startBalancer([server.url, second.url]);
  }, 60_000);

  afterAll(async () => {
    await balancer?.stop();
    await second?.stop();
    await server?.stop();
    await redis?.stop();
  });

  beforeEach(async () => {
    await server.rawDelete('ParseSessionAttempt', { objectId: { $exists: true } }).catch(() => undefined);
    user = await server.signUp();
  });

  /** A request that the balancer hands to either process. */
  const send = (method: string, path: string, options: RestOptions = {}) =>
    restAt(balancer.url, APP_ID)(method, path, options);
  const call = async (name: string, params: object, request: RestOptions = {}): Promise<any> => {
    const { body } = await send('POST', `/functions/${name}`, { ...request, body: params });
    return body.result ?? body;
  };
  /** What both processes say to a token. */
  const used = async (token: string) =>
    Promise.all([0, 1].map(async () => (await send('GET', '/users/me', { token })).body.code ?? 200));
  const logIn = async ({ username, password }: SpecUser): Promise<string> =>
    (await send('POST', '/login', { body: { username, password } })).body.sessionToken;

  it.each<[string, (token: string, objectId: string) => Promise<unknown>]>([
    ['revokeSession', (_token, objectId) => call('revokeSession', { objectId }, user)],
    ['revokeOtherSessions', () => call('revokeOtherSessions', {}, user)],
    ['a log-out', token => send('POST', '/logout', { token, body: {} })],
    ['DELETE /sessions', (_token, objectId) => send('DELETE', `/sessions/${objectId}`, user)],
    [
      'the job',
      () => send('POST', '/jobs/revokeSessionsWhere', { master: true, body: { authProvider: 'badge' } }),
    ],
    ['a lock of the user', () => send('PUT', `/users/${user.userId}`, { master: true, body: { ACL: {} } })],
  ])('a session that one of them ends is over for both: by %s', async (_way, end) => {
    for (let round = 0; round < 3; round += 1) {
      const { objectId, token } = await makeSession(server, user.userId, {
        createdWith: { action: 'login', authProvider: 'badge' },
      });
      expect(await used(token)).toEqual([200, 200]);
      await end(token, objectId);
      await eventually(async () => expect(await server.rawFind('_Session', { objectId })).toEqual([]));
      expect(await used(token)).toEqual([209, 209]);
      expect(await used(token)).toEqual([209, 209]);
      const ACL = { [user.userId]: { read: true, write: true } };
      await send('PUT', `/users/${user.userId}`, { master: true, body: { ACL } });
      user = await server.signUp();
    }
  });

  it('a restricted session is one for both', async () => {
    const { sessionToken: token } = await call('createRestrictedSession', {}, user);
    for (let i = 0; i < 2; i += 1) {
      expect((await send('POST', '/classes/Invoice', { token, body: {} })).body.code).toBe(119);
      expect((await send('POST', '/classes/Note', { token, body: {} })).status).toBe(201);
    }
  });

  it('a user has no more sessions than allowed, whichever he logs in to', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 6; i += 1) tokens.push(await logIn(user));
    expect(await call('countSessions', {}, { token: tokens.at(-1) })).toEqual({ active: 3 });
    expect(await used(tokens[2]!)).toEqual([209, 209]);
    await Promise.all(Array.from({ length: 6 }, () => logIn(user)));
    expect(await server.rawFind('_Session', { user: pointerTo(user.userId) })).toHaveLength(3);
  });

  it('both together count wrong proofs', async () => {
    const wrong = async () => (await call('confirmIdentity', { password: 'wrong' }, user)).code;
    for (let i = 0; i < 5; i += 1) expect(await wrong()).toBe(101);
    expect([await wrong(), await wrong()]).toEqual([155, 155]);
    const right = await call('confirmIdentity', { password: user.password }, user);
    expect(right.code).toBe(155);
  });

  it('a device is paired however its requests and those of its user are dealt out', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { deviceCode, userCode } = await call('startPairing', { scopes: ['Telemetry:create'] });
      // So the next rounds begin elsewhere.
      for (let i = 0; i < round; i += 1) await send('GET', '/classes/Note');
      expect(await call('approvePairing', { userCode }, user)).toEqual({ approved: true });
      const { sessionToken: token } = await call('completePairing', { deviceCode });
      for (let i = 0; i < 2; i += 1)
        expect((await send('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    }
  });

  it('a session under a new token has it for both', async () => {
    const { sessionToken: token } = await call('rotateSession', {}, user);
    expect(await used(token)).toEqual([200, 200]);
    expect(await used(user.token)).toEqual([209, 209]);
  });

  it('both tell why a session ended', async () => {
    const { objectId, token } = await makeSession(server, user.userId);
    await call('revokeSession', { objectId }, user);
    await eventually(async () => {
      for (let i = 0; i < 2; i += 1)
        expect(await call('endedSession', { sessionToken: token })).toMatchObject({ reason: 'revoked' });
    });
  });

  it('one of them tells an event, and each counts what it has done itself', async () => {
    const told: string[] = [];
    const stop = server.sessions.on('revoked', ({ sessionId }) => told.push(sessionId));
    const before = server.sessions.metrics();
    const elsewhere = () => second.run(({ server }) => server.sessions.metrics());
    const beforeElsewhere = await elsewhere();
    const sessions = await Promise.all(Array.from({ length: 10 }, () => makeSession(server, user.userId)));
    for (const { objectId } of sessions)
      await Promise.all([0, 1].map(() => call('revokeSession', { objectId }, user)));
    const ids = sessions.map(({ objectId }) => objectId);
    await eventually(async () => {
      const there = await second.run(
        ({ events }, ids) =>
          events.map(({ payload }) => payload.sessionId).filter(id => ids.includes(id as string)),
        ids,
      );
      expect([...told.filter(id => ids.includes(id)), ...there].sort()).toEqual([...ids].sort());
    });
    stop();
    const here = (server.sessions.metrics().ended.revoked ?? 0) - (before.ended.revoked ?? 0);
    const there = ((await elsewhere()).ended.revoked ?? 0) - (beforeElsewhere.ended.revoked ?? 0);
    expect(here + there).toBe(10);
  });

  it('may purge at the same time: nothing is deleted twice, or left', async () => {
    await insertSessions(server, 600, { userId: user.userId, expiresAt: new Date('2020-01-01'), spread: 1 });
    const purge = ({ server }: { server: SpecServer }) =>
      server.sessions.store.purgeExpired({ batchSize: 50 });
    const [here, there] = await Promise.all([purge({ server }), second.run(purge)]);
    expect(here.deleted + there.deleted).toBe(600);
    expect(await server.sessions.store.purgeExpired({ dryRun: true })).toMatchObject({ deleted: 0 });
  });

  it('both write last accesses, and the later one stays', async () => {
    const { objectId, token } = await makeSession(server, user.userId);
    for (let i = 0; i < 4; i += 1) await send('GET', '/classes/Note', { token });
    const after = Date.now();
    const flush = ({ server }: { server: SpecServer }) =>
      server.sessions.preview({ authenticated: { maxAge: '1d' } });
    await Promise.all([flush({ server }), second.run(flush)]);
    const [row] = await server.rawFind('_Session', { objectId });
    const written = Date.parse(row.lastAccessedAt.iso);
    expect(written).toBeLessThanOrEqual(after);
    expect(written).toBeGreaterThanOrEqual(Date.parse(row.createdAt));
  });
});
