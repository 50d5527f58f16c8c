import { FolderFiles } from '../support/folder-files';
import { recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  lastAccessOf,
  makeSession,
  makeUser,
  parseDate,
  sessionRow,
  useToken,
} from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR, letPass, MINUTE, moveClock, startClock, stopClock } from '../support/time';

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

const storage = new FolderFiles();
let server: SpecServer;
let statements: ReturnType<typeof watchStatements>;

/** Waits until everything that was marked so far is written; the clock goes on by one flush interval. */
async function flush(): Promise<void> {
  const last = await makeSession(server, await makeUser(server));
  const at = new Date();
  await server.rest('GET', '/classes/Note', { token: last.token });
  letPass(MINUTE);
  await eventually(async () => expect(await lastAccessOf(server, last)).toEqual(at));
}

beforeAll(async () => {
  stopClock();
  server = await startServer({}, { filesAdapter: storage }, { graphql: true });
  server.app.set('trust proxy', true);
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
  startClock();
});

beforeEach(() => {
  statements = watchStatements(server);
});

afterEach(() => statements.stop());

describe('the last access of a session', () => {
  it('is written once for 200 requests of 20 sessions, and only after the flush interval', async () => {
    const userId = await makeUser(server);
    const sessions = await Promise.all(Array.from({ length: 20 }, () => makeSession(server, userId)));
    statements.clear();
    for (let round = 0; round < 10; round += 1) {
      moveClock(100);
      await Promise.all(sessions.map(({ token }) => server.rest('GET', '/classes/Note?limit=1', { token })));
    }
    const at = new Date();
    expect(statements.writes()).toEqual([]);
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, sessions[19]!)).toEqual(at));
    expect(statements.writes().map(({ method }) => method)).toEqual(['updateObjectsByQuery']);
    for (const session of sessions) expect(await lastAccessOf(server, session)).toEqual(at);
  });

  it('is in the very insert that makes a session: no second write at login', async () => {
    const user = await server.signUp();
    statements.clear();
    const login = await server.login(user.username, user.password);
    const writes = statements.writes('_Session').filter(({ method }) => method !== 'deleteObjectsByQuery');
    expect(writes.map(({ method }) => method)).toEqual(['createObject']);
    expect(await lastAccessOf(server, login)).toEqual(new Date());
  });

  it('costs nothing while no session is used', async () => {
    await flush();
    statements.clear();
    letPass(10 * MINUTE);
    await server.rest('GET', '/classes/Note');
    expect(statements.all.filter(({ className }) => className === '_Session')).toEqual([]);
  });

  it('is written for the session that was used, and for no other', async () => {
    const userId = await makeUser(server);
    const [used, idle] = [await makeSession(server, userId), await makeSession(server, userId)];
    const at = new Date();
    await useToken(server, used);
    await flush();
    expect(await lastAccessOf(server, used)).toEqual(at);
    expect(await lastAccessOf(server, idle)).toBeNull();
  });

  const WAYS: Array<[string, (token: string) => Promise<unknown>]> = [
    ['GET /users/me', token => server.rest('GET', '/users/me', { token })],
    ['GET /sessions/me', token => server.rest('GET', '/sessions/me', { token })],
    ['a query', token => server.rest('GET', '/classes/Note', { token })],
    ['a save', token => server.rest('POST', '/classes/Note', { token, body: { text: 'hello' } })],
    ['a function', token => server.rest('POST', '/functions/countSessions', { token, body: {} })],
    [
      'a batch',
      token =>
        server.rest('POST', '/batch', {
          token,
          body: { requests: [{ method: 'GET', path: '/parse/classes/Note' }] },
        }),
    ],
    ['GraphQL', token => server.graphql('{ health }', {}, token)],
    [
      'an upload',
      token =>
        server.rest('POST', '/files/a.txt', { token, body: 'x', headers: { 'Content-Type': 'text/plain' } }),
    ],
    ['a request that is refused', token => server.rest('GET', '/schemas', { token })],
  ];

  it.each(WAYS)('is moved on by %s', async (_title, use) => {
    const session = await makeSession(server, await makeUser(server));
    const at = new Date();
    await use(session.token);
    await flush();
    expect(await lastAccessOf(server, session)).toEqual(at);
  });

  it.each(WAYS)('is not looked for when the token of %s is made up', async (_title, use) => {
    await flush();
    statements.clear();
    await use(`r:${'0123456789abcdef'.repeat(2)}`);
    letPass(10 * MINUTE);
    await server.rest('GET', '/classes/Note');
    const bulk = statements.all.filter(({ args }) => JSON.stringify(args).includes('$in'));
    expect(bulk.filter(({ className }) => className === '_Session')).toEqual([]);
    expect(statements.writes('_Session')).toEqual([]);
  });

  it('is not moved on by the master key that reads a session', async () => {
    const session = await makeSession(server, await makeUser(server));
    await server.rest('GET', `/sessions/${session.objectId}`, { master: true });
    await server.run('getSession', { sessionToken: session.token }, { master: true });
    await flush();
    expect(await lastAccessOf(server, session)).toBeNull();
  });

  it('moves neither the end nor the update time without an expiry policy', async () => {
    const session = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate(inFuture(DAY)),
    });
    const { updatedAt } = await sessionRow(server, session);
    const end = await endOf(server, session);
    moveClock(HOUR);
    await useToken(server, session);
    await flush();
    expect(await lastAccessOf(server, session)).not.toBeNull();
    expect(await endOf(server, session)).toEqual(end);
    expect((await sessionRow(server, session)).updatedAt).toBe(updatedAt);
  });

  it('brings no revoked session back', async () => {
    const session = await makeSession(server, await makeUser(server));
    await useToken(server, session);
    await server.sessions.store.revoke(session.objectId);
    await flush();
    expect(await sessionRow(server, session)).toBeUndefined();
    expect(await useToken(server, session)).toBe(209);
    // The next spec counts statements.
    await recordsWritten({ server });
  });
});

describe('with the last access', () => {
  const use = (token: string, ip: string, agent: string) =>
    server.rest('GET', '/users/me', { token, headers: { 'X-Forwarded-For': ip, 'User-Agent': agent } });

  it('a changed address and user agent are written, in one statement for the sessions that changed alike', async () => {
    const userId = await makeUser(server);
    const before = { ip: '203.0.113.1', userAgent: 'Old/1.0' };
    const moved = [await makeSession(server, userId, before), await makeSession(server, userId, before)];
    for (const { token } of moved) await use(token, '203.0.113.2', 'New/2.0');
    statements.clear();
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, moved[0]!)).not.toBeNull());
    expect(statements.writes()).toHaveLength(1);
    for (const session of moved) {
      expect(await sessionRow(server, session)).toMatchObject({ ip: '203.0.113.2', userAgent: 'New/2.0' });
    }
  });

  it('an address and a user agent that are the same are not written again', async () => {
    const same = { ip: '203.0.113.1', userAgent: 'Same/1.0' };
    const session = await makeSession(server, await makeUser(server), same);
    await use(session.token, same.ip, same.userAgent);
    statements.clear();
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, session)).not.toBeNull());
    const [write] = statements.writes();
    expect(JSON.stringify(write!.args)).toContain('lastAccessedAt');
    expect(JSON.stringify(write!.args.slice(1))).not.toContain('Same/1.0');
    expect(await sessionRow(server, session)).toMatchObject(same);
  });

  it('the latest address and user agent of an interval are written', async () => {
    const session = await makeSession(server, await makeUser(server));
    await use(session.token, '203.0.113.7', 'First/1.0');
    moveClock(10);
    await use(session.token, '203.0.113.8', 'Last/1.0');
    await flush();
    expect(await sessionRow(server, session)).toMatchObject({ ip: '203.0.113.8', userAgent: 'Last/1.0' });
  });

  it('a user agent is written up to its 512th character', async () => {
    const session = await makeSession(server, await makeUser(server));
    await use(session.token, '203.0.113.7', 'x'.repeat(2000));
    await flush();
    expect((await sessionRow(server, session)).userAgent).toBe('x'.repeat(512));
    statements.clear();
    // Cut before it is compared: the same long one is no change.
    await use(session.token, '203.0.113.7', 'x'.repeat(2000));
    moveClock(1);
    const at = new Date();
    await use(session.token, '203.0.113.7', 'x'.repeat(2000));
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, session)).toEqual(at));
    expect(JSON.stringify(statements.writes().map(({ args }) => args.slice(1)))).not.toContain('xxx');
  });
});

describe('when writing fails', () => {
  it('the last accesses are kept, told in the log once, and written when the database answers again', async () => {
    const { databaseController, loggerController } = server.server.config;
    const { adapter } = databaseController;
    const log = jest.spyOn(loggerController, 'error');
    const write = adapter.updateObjectsByQuery;
    let attempts = 0;
    adapter.updateObjectsByQuery = async function (...args: unknown[]) {
      if (args[0] !== '_Session') return write.apply(this, args);
      attempts += 1;
      throw new Error('the database is away');
    };
    const session = await makeSession(server, await makeUser(server));
    const at = new Date();
    expect(await useToken(server, session)).toBe(200);
    for (let failures = 1; failures <= 3; failures += 1) {
      letPass(MINUTE);
      // Each flush tries twice: whether it is the marks or the database.
      await eventually(() => expect(attempts).toBe(2 * failures));
      // Requests are served meanwhile.
      expect((await server.rest('GET', '/classes/Note')).status).toBe(200);
    }
    expect(await lastAccessOf(server, session)).toBeNull();
    adapter.updateObjectsByQuery = write;
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, session)).toEqual(at));
    const told = log.mock.calls.filter(([message]) => String(message).includes('last accesses'));
    expect(told).toHaveLength(1);
    expect(String(told[0]![0])).toContain('the database is away');
    log.mockRestore();
  });
});

describe('a session is active', () => {
  const isActive = async (token: string) => {
    const session = await server.sessions.store.find(token);
    return server.sessions.store.isActive(session!);
  };

  it('from a request on, before its last access is written', async () => {
    const session = await makeSession(server, await makeUser(server));
    expect(await isActive(session.token)).toBe(false);
    await useToken(server, session);
    expect(await lastAccessOf(server, session)).toBeNull();
    expect(await isActive(session.token)).toBe(true);
  });

  it('for 5 minutes after its last access, written or not', async () => {
    const session = await makeSession(server, await makeUser(server));
    await useToken(server, session);
    moveClock(5 * MINUTE);
    expect(await isActive(session.token)).toBe(true);
    moveClock(1);
    expect(await isActive(session.token)).toBe(false);

    const written = await makeSession(server, await makeUser(server), {
      lastAccessedAt: parseDate(inFuture(-5 * MINUTE)),
    });
    expect(await isActive(written.token)).toBe(true);
    moveClock(1);
    expect(await isActive(written.token)).toBe(false);
  });

  it('not because of another session of its user', async () => {
    const userId = await makeUser(server);
    const [used, idle] = [await makeSession(server, userId), await makeSession(server, userId)];
    await useToken(server, used);
    expect(await isActive(used.token)).toBe(true);
    expect(await isActive(idle.token)).toBe(false);
  });
});
