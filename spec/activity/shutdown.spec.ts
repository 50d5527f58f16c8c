import { startServer } from '../support/server';
import { endOf, lastAccessOf, makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR, letPass, startClock, stopClock } from '../support/time';

beforeEach(() => stopClock());
afterEach(() => startClock());

describe('shutdown', () => {
  it('writes the last accesses that are left, in one statement', async () => {
    const server = await startServer();
    const userId = await makeUser(server);
    const sessions = await Promise.all(Array.from({ length: 10 }, () => makeSession(server, userId)));
    const at = new Date();
    await Promise.all(sessions.map(session => useToken(server, session)));
    const statements = watchStatements(server);
    await server.sessions.shutdown();
    expect(statements.writes()).toHaveLength(1);
    for (const session of sessions) expect(await lastAccessOf(server, session)).toEqual(at);
    statements.clear();
    letPass(HOUR);
    expect(statements.all).toEqual([]);
    await server.stop();
  });

  it('leaves what the server may still answer as it is', async () => {
    const server = await startServer({ guard: ['Invoice'] });
    const user = await server.signUp();
    const restricted = await server.restricted(user.token);
    await server.sessions.shutdown();
    await server.sessions.shutdown();
    expect(await useToken(server, user)).toBe(200);
    expect(await useToken(server, await server.login(user.username, user.password))).toBe(200);
    const write = (token: string) => server.rest('POST', '/classes/Invoice', { token, body: {} });
    expect((await write(restricted.token)).body.code).toBe(119);
    expect((await write(user.token)).status).toBe(201);
    await server.sessions.store.revoke(restricted.objectId);
    expect(await useToken(server, restricted)).toBe(209);
    await server.stop();
  });
});

describe('without tracking', () => {
  it('no last access is written after the login', async () => {
    const server = await startServer({ activity: { enabled: false } });
    const session = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate(Date.now() + DAY),
    });
    const statements = watchStatements(server);
    expect(await useToken(server, session)).toBe(200);
    letPass(HOUR);
    await server.sessions.shutdown();
    expect(statements.writes()).toEqual([]);
    expect(await lastAccessOf(server, session)).toBeNull();
    expect(await endOf(server, session)).not.toBeNull();
    await server.stop();
  });
});

describe('with a flush interval of its own', () => {
  it('last accesses are written that often', async () => {
    const server = await startServer({ activity: { flushInterval: '5m' } });
    const session = await makeSession(server, await makeUser(server));
    const statements = watchStatements(server);
    await useToken(server, session);
    letPass(5 * 60_000 - 1);
    await server.rest('GET', '/health');
    expect(statements.writes()).toEqual([]);
    letPass(1);
    await eventually(async () => expect(await lastAccessOf(server, session)).not.toBeNull());
    await server.stop();
  });
});
