import { countSessions, insertSessions } from '../support/many-sessions';
import { startServer, type SpecServer } from '../support/server';
import { makeUser, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually } from '../support/time';

describe('revoking many sessions', () => {
  let server: SpecServer;
  let userId: string;

  beforeAll(async () => {
    // Records are written behind the answer, one by one: the adapters know no other way.
    server = await startServer({ history: false });
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    userId = await makeUser(server);
  });

  const insert = (count: number) => insertSessions(server, count, { userId, expiresAt: null });

  it('takes at most 6 statements for 1,000 of one user', async () => {
    const tokens = await insert(1000);
    const [kept] = await insertSessions(server, 1, { userId: await makeUser(server), expiresAt: null });
    await useToken(server, tokens[0]!);
    const statements = watchStatements(server);
    expect(await server.sessions.store.revokeAllForUser(userId)).toBe(1000);
    statements.stop();
    expect(statements.all.length).toBeLessThanOrEqual(6);
    expect(statements.writes().length).toBeLessThanOrEqual(2);
    expect(await useToken(server, tokens[0]!)).toBe(209);
    expect(await useToken(server, tokens[999]!)).toBe(209);
    expect(await useToken(server, kept!)).toBe(200);
  });

  it('takes at most 6 statements by the cloud function, beside those of its caller', async () => {
    await insert(1000);
    const statements = watchStatements(server);
    expect(await server.run('revokeSessions', { userId }, { master: true })).toEqual({ revoked: 1000 });
    statements.stop();
    expect(statements.all.length).toBeLessThanOrEqual(6);
  });

  it('takes statements by the thousand, not one per session', async () => {
    await insert(3500);
    const before = await countSessions(server);
    const statements = watchStatements(server);
    expect(await server.sessions.store.revokeAllForUser(userId)).toBe(3500);
    statements.stop();
    expect(statements.all.length).toBeLessThanOrEqual(12);
    expect(await countSessions(server)).toBe(before - 3500);
  });

  it('takes no more with a listener, which hears of each of them once', async () => {
    const heard: string[] = [];
    const stop = server.sessions.on('revoked', ({ sessionId }) => void heard.push(sessionId));
    await insert(1000);
    const statements = watchStatements(server);
    expect(await server.sessions.store.revokeAllForUser(userId)).toBe(1000);
    statements.stop();
    stop();
    expect(statements.all.length).toBeLessThanOrEqual(6);
    await eventually(() => expect(heard).toHaveLength(1000));
    expect(new Set(heard).size).toBe(1000);
  });

  it('clears every token from Parse Server’s cache, and no other', async () => {
    const tokens = await insert(300);
    const others = await insertSessions(server, 5, { userId: await makeUser(server), expiresAt: null });
    const { cacheController } = server.server.config;
    for (const token of [...tokens, ...others]) await cacheController.user.put(token, { objectId: userId });
    // What the cache holds, also for a process that knows of no revocation.
    const held = async (token: string) => (await cacheController.get(`user:${token}`)) !== null;
    expect(await Promise.all(tokens.map(held))).not.toContain(false);
    await server.sessions.store.revokeAllForUser(userId);
    expect(await Promise.all(tokens.map(held))).not.toContain(true);
    expect(await Promise.all(others.map(held))).not.toContain(false);
  });
});
