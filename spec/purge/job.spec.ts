import { randomBytes } from 'node:crypto';
import { FolderFiles } from '../support/folder-files';
import { countSessions, insertSessions } from '../support/many-sessions';
import { beforeNext } from '../support/next-statement';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  makeSession,
  makeUser,
  parseDate,
  sessionRow,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR, MINUTE, startClock, stopClock } from '../support/time';

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;
let userId: string;
let statements: ReturnType<typeof watchStatements>;

const expiresAt = (milliseconds: number) => ({ expiresAt: parseDate(inFuture(milliseconds)) });
const exists = async (session: SpecSession) => (await sessionRow(server, session)) !== undefined;

/** Runs the job as an operator does, and answers its status row once it has ended. */
async function runJob(params: object = {}, name = 'purgeExpiredSessions'): Promise<any> {
  const answer = await server.rest('POST', `/jobs/${name}`, { master: true, body: params });
  expect(answer.status).toBe(200);
  const objectId = answer.headers.get('X-Parse-Job-Status-Id')!;
  return eventually(async () => {
    const [status] = await server.rawFind('_JobStatus', { objectId });
    expect(status.status).not.toBe('running');
    return status;
  });
}

async function purge(params: object = {}): Promise<{ deleted: number; batches: number; durationMs: number }> {
  const { status, message } = await runJob(params);
  if (status !== 'succeeded') throw new Error(`The job ${status}: ${message}`);
  return JSON.parse(message);
}

/** What the job has told on its way. */
const messages = () =>
  statements
    .writes('_JobStatus')
    .map(({ args }) => args[2]?.message)
    .filter(message => typeof message === 'string');

beforeAll(async () => {
  stopClock();
  server = await startServer({ pairing: { verificationUri: 'https://example.com/pair' } });
});

afterAll(async () => {
  await server.stop();
  startClock();
});

beforeEach(async () => {
  await server.rawDelete('_Session', { objectId: { $exists: true } });
  userId = await makeUser(server);
  statements = watchStatements(server);
});

afterEach(() => statements.stop());

describe('the job purgeExpiredSessions', () => {
  it('deletes what is over of attempts and pairings, and with dryRun nothing', async () => {
    const classes = ['ParseSessionAttempt', 'ParseSessionPairing'];
    const [hour, past] = [parseDate(inFuture(HOUR)), parseDate(inFuture(-1))];
    const user = await server.signUp();
    await expect(server.run('confirmIdentity', { password: 'wrong' }, user)).rejects.toThrow();
    await server.run('startPairing');
    await server.rawInsert('ParseSessionAttempt', { objectId: 'over', count: 3, resetAt: past });
    await server.rawInsert('ParseSessionAttempt', { objectId: 'running', count: 3, resetAt: hour });
    await server.rawInsert('ParseSessionPairing', { objectId: 'over', status: 'approved', expiresAt: past });
    await server.rawInsert('ParseSessionPairing', { objectId: 'running', status: 'denied', expiresAt: hour });
    const ids = () =>
      Promise.all(
        classes.map(async name => (await server.rawFind(name, {})).map(row => row.objectId).sort()),
      );
    const before = await ids();
    await purge({ dryRun: true });
    expect(await ids()).toEqual(before);
    await purge();
    expect(await ids()).toEqual(before.map(all => all.filter(id => id !== 'over')));
    expect(before.map(all => all.includes('over'))).toEqual([true, true]);
  });

  it('deletes expired sessions; unexpired ones and those without expiry stay', async () => {
    const expired = [
      await makeSession(server, userId, expiresAt(-1)),
      await makeSession(server, userId, expiresAt(-100 * DAY)),
      await makeSession(server, userId, { ...expiresAt(-HOUR), restricted: true }),
    ];
    const valid = [
      await makeSession(server, userId, expiresAt(0)),
      await makeSession(server, userId, expiresAt(MINUTE)),
      await makeSession(server, userId),
      await makeSession(server, userId, { restricted: true }),
    ];
    expect(await purge()).toEqual({ deleted: 3, batches: 1, durationMs: expect.any(Number) });
    for (const session of expired) expect(await exists(session)).toBe(false);
    for (const session of valid) {
      expect(await exists(session)).toBe(true);
      expect(await useToken(server, session)).toBe(200);
    }
  });

  it('answers zero, and deletes nothing, where nothing has expired', async () => {
    await makeSession(server, userId, expiresAt(MINUTE));
    expect(await purge()).toEqual({ deleted: 0, batches: 0, durationMs: 0 });
    expect(await countSessions(server)).toBe(1);
  });

  it('deletes invalidated sessions', async () => {
    const session = await makeSession(server, userId, expiresAt(DAY));
    await server.sessions.store.invalidate(session.objectId);
    expect(await purge()).toMatchObject({ deleted: 1 });
    expect(await exists(session)).toBe(false);
  });

  describe.each([
    ['that ended one after another', 7],
    ['that all ended in the same millisecond', 0],
  ])('with a backlog of sessions %s', (_title, spread) => {
    const insertExpired = (count: number) =>
      insertSessions(server, count, { userId, expiresAt: inFuture(-HOUR), spread });
    const deletes = () => statements.writes('_Session').map(({ method }) => method);

    it('deletes it in batches of 1,000, with few statements, and tells how far it is', async () => {
      await insertExpired(2500);
      const [kept] = await insertSessions(server, 1, { userId, expiresAt: inFuture(HOUR) });
      statements.clear();
      expect(await purge()).toMatchObject({ deleted: 2500, batches: 3 });
      expect(new Set(deletes())).toEqual(new Set(['deleteObjectsByQuery']));
      expect(deletes().length).toBeLessThanOrEqual(5);
      expect(messages().slice(0, 3)).toEqual([
        'deleted 1000 of 2500 expired sessions',
        'deleted 2000 of 2500 expired sessions',
        'deleted 2500 of 2500 expired sessions',
      ]);
      expect(await countSessions(server)).toBe(1);
      expect(await useToken(server, kept!)).toBe(200);
    });

    it('takes smaller batches by batchSize', async () => {
      await insertExpired(25);
      statements.clear();
      expect(await purge({ batchSize: 10 })).toMatchObject({ deleted: 25, batches: 3 });
      expect(deletes().length).toBeLessThanOrEqual(5);
      expect(messages().slice(0, 3)).toEqual([
        'deleted 10 of 25 expired sessions',
        'deleted 20 of 25 expired sessions',
        'deleted 25 of 25 expired sessions',
      ]);
    });

    it('tells whoever listens the end of each session, by its id', async () => {
      await insertExpired(25);
      const valid = await makeSession(server, userId, expiresAt(HOUR));
      const ids = (await server.rawFind('_Session')).map(row => row.objectId);
      const told: string[] = [];
      const stop = server.sessions.on('expired', ({ sessionId }) => void told.push(sessionId));
      expect(await purge({ batchSize: 10 })).toMatchObject({ deleted: 25, batches: 3 });
      await eventually(() => expect(told).toHaveLength(25));
      stop();
      expect([...told, valid.objectId].sort()).toEqual(ids.sort());
    });
  });

  it.each([
    ['7d', 7 * DAY],
    [3600, HOUR],
  ])('with olderThan %p keeps those that have expired since', async (olderThan, milliseconds) => {
    const older = await makeSession(server, userId, expiresAt(-milliseconds - 1));
    const younger = await makeSession(server, userId, expiresAt(-milliseconds));
    expect(await purge({ olderThan })).toMatchObject({ deleted: 1 });
    expect([await exists(older), await exists(younger)]).toEqual([false, true]);
  });

  it('with dryRun counts what it would delete, and deletes nothing', async () => {
    await insertSessions(server, 30, { userId, expiresAt: inFuture(-2 * DAY) });
    await insertSessions(server, 12, { userId, expiresAt: inFuture(-HOUR) });
    await insertSessions(server, 3, { userId, expiresAt: inFuture(HOUR) });
    statements.clear();
    expect(await purge({ dryRun: true, batchSize: 10 })).toMatchObject({ deleted: 42, batches: 0 });
    expect(await purge({ dryRun: true, olderThan: '1d' })).toMatchObject({ deleted: 30, batches: 0 });
    expect(statements.writes('_Session')).toEqual([]);
    expect(await countSessions(server)).toBe(45);
  });

  it('spares a session whose end is moved on between its look and its delete', async () => {
    const session = await makeSession(server, userId, expiresAt(-1));
    const other = await makeSession(server, userId, expiresAt(-1));
    const restore = beforeNext(server, 'deleteObjectsByQuery', '_Session', () =>
      server.sessions.store.setExpiry(session.objectId, inFuture(DAY)),
    );
    await purge();
    restore();
    expect([await exists(session), await exists(other)]).toEqual([true, false]);
    expect(await useToken(server, session)).toBe(200);
  });

  it('fails with the reason when the database does, and its next run ends the work', async () => {
    await insertSessions(server, 100, { userId, expiresAt: inFuture(-HOUR), spread: 1 });
    const { adapter } = server.server.config.databaseController;
    const { deleteObjectsByQuery } = adapter;
    let calls = 0;
    adapter.deleteObjectsByQuery = async function (...args: unknown[]) {
      if (args[0] === '_Session' && (calls += 1) >= 2) throw new Error('the database is away');
      return deleteObjectsByQuery.apply(this, args);
    };
    const failed = await runJob({ batchSize: 10 });
    expect(failed.status).toBe('failed');
    expect(failed.message).toContain('the database is away');
    expect(await countSessions(server)).toBe(90);
    // It does not go on asking, whatever was under way by then.
    expect(calls).toBeLessThanOrEqual(4);
    adapter.deleteObjectsByQuery = deleteObjectsByQuery;
    expect(await purge()).toMatchObject({ deleted: 90 });
  });

  it.each([
    ['dryRun', { dryRun: 'yes' }],
    ['_dryRun', { _dryRun: true }],
    ['batchSize', { batchSize: 0 }],
    ['batchSize', { batchSize: 10_001 }],
    ['batchSize', { batchSize: 1.5 }],
    ['batchSize', { batchSize: '100' }],
    ['olderThan', { olderThan: 'a while' }],
    ['olderThan', { olderThan: -5 }],
    ['orphans', { orphans: 1 }],
    ['older', { older: '7d' }],
  ])('refuses a wrong %s, naming it and what it takes, and deletes nothing: %j', async (name, params) => {
    const session = await makeSession(server, userId, expiresAt(-HOUR));
    const { status, message } = await runJob(params);
    expect(status).toBe('failed');
    expect(message).toMatch(new RegExp(`^${name}: `));
    expect(await exists(session)).toBe(true);
    const attempt = server.sessions.store.purgeExpired(params as never);
    await expect(attempt).rejects.toMatchObject({ code: 142, message });
  });

  it('is the master key’s alone', async () => {
    const session = await makeSession(server, userId, expiresAt(-HOUR));
    const { token } = await makeSession(server, userId);
    for (const who of [{}, { token }, { readOnlyMaster: true }]) {
      const { status } = await server.rest('POST', '/jobs/purgeExpiredSessions', { ...who, body: {} });
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect(await exists(session)).toBe(true);
  });

  it('is there for code, too: store.purgeExpired, which tells its progress', async () => {
    await insertSessions(server, 15, { userId, expiresAt: inFuture(-HOUR) });
    const told: string[] = [];
    const result = await server.sessions.store.purgeExpired({ batchSize: 10 }, text => told.push(text));
    expect(result).toEqual({ deleted: 15, batches: 2, durationMs: expect.any(Number) });
    expect(told).toEqual(['deleted 10 of 15 expired sessions', 'deleted 15 of 15 expired sessions']);
  });
});

describe('sessions whose user is gone', () => {
  let orphan: SpecSession;
  let kept: SpecSession;

  const randomUser = () => randomBytes(5).toString('hex');

  beforeEach(async () => {
    const gone = await makeUser(server);
    orphan = await makeSession(server, gone, expiresAt(DAY));
    expect(await useToken(server, orphan)).toBe(200);
    kept = await makeSession(server, userId, expiresAt(DAY));
    await server.rawDelete('_User', { objectId: gone });
  });

  it('stay without orphans: true', async () => {
    expect(await purge()).toMatchObject({ deleted: 0 });
    expect(await exists(orphan)).toBe(true);
  });

  it('go with orphans: true, and their tokens are refused at once; those of the others stay', async () => {
    const unbound = await server.rawInsert('_Session', { sessionToken: 'r:unbound' });
    expect(await purge({ orphans: true })).toMatchObject({ deleted: 1, batches: 1 });
    expect(await exists(orphan)).toBe(false);
    expect((await server.rest('GET', '/classes/Note', { token: orphan.token })).body.code).toBe(209);
    expect(await useToken(server, kept)).toBe(200);
    expect(await server.rawFind('_Session', { objectId: unbound.objectId })).toHaveLength(1);
  });

  it('go in batches, found among however many others', async () => {
    await insertSessions(server, 60, { userId, expiresAt: inFuture(DAY), spread: 1 });
    for (let round = 0; round < 3; round += 1) {
      await insertSessions(server, 20, { userId: randomUser(), expiresAt: round ? inFuture(DAY) : null });
    }
    statements.clear();
    expect(await purge({ orphans: true, batchSize: 25 })).toMatchObject({ deleted: 61 });
    const batches = statements.writes('_Session').map(({ args }) => args[1].objectId?.$in.length ?? 0);
    expect(Math.max(...batches)).toBeLessThanOrEqual(25);
    expect(batches.length).toBeGreaterThan(2);
    expect(await countSessions(server)).toBe(61);
    expect(messages().at(-2)).toBe('deleted 61 sessions, now those without a user');
  });

  it('are counted by dryRun, each once, expired or not', async () => {
    await insertSessions(server, 20, { userId: randomUser(), expiresAt: inFuture(-HOUR) });
    await insertSessions(server, 5, { userId: randomUser(), expiresAt: null });
    await insertSessions(server, 7, { userId, expiresAt: inFuture(-HOUR) });
    expect(await purge({ orphans: true, dryRun: true })).toMatchObject({ deleted: 33 });
    expect(await countSessions(server)).toBe(34);
    expect(await purge({ orphans: true })).toMatchObject({ deleted: 33 });
    expect(await endOf(server, kept)).not.toBeNull();
  });
});

describe('where sessions have files', () => {
  const filesAdapter = new FolderFiles();

  beforeAll(async () => {
    await server.stop();
    server = await startServer({}, { filesAdapter });
  });

  afterAll(() => filesAdapter.dispose());

  it('those of purged sessions go with them, the others stay', async () => {
    const { sessions } = server;
    const expired = await makeSession(server, userId, expiresAt(-HOUR));
    const valid = await makeSession(server, userId, expiresAt(HOUR));
    for (const { objectId } of [expired, valid]) {
      await sessions.files(objectId).add('report', { name: `${objectId}.txt`, data: 'hello' });
    }
    expect(await purge()).toMatchObject({ deleted: 1 });
    expect(filesAdapter.names()).toEqual([expect.stringContaining(valid.objectId)]);
    expect(await purge()).toMatchObject({ deleted: 0 });
  });
});

describe('with a prefix for functions and jobs', () => {
  it('the job has it, too', async () => {
    await server.stop();
    server = await startServer({ functionPrefix: 'auth_' });
    userId = await makeUser(server);
    const session = await makeSession(server, userId, expiresAt(-HOUR));
    expect(await runJob({}, 'auth_purgeExpiredSessions')).toMatchObject({ status: 'succeeded' });
    expect(await exists(session)).toBe(false);
    const old = await server.rest('POST', '/jobs/purgeExpiredSessions', { master: true, body: {} });
    expect(old.body.error).toBe('Invalid job.');
  });
});
