import type { SessionsOptions } from '../../src';
import { countSessions, insertSessions } from '../support/many-sessions';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, useToken, type SpecSession } from '../support/sessions';
import { HOUR } from '../support/time';

const HISTORY = 'ParseEndedSession';

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

const UPDATE = 'updateObjectsByQuery';
const DELETE = 'deleteObjectsByQuery';

/** With records each session is ended by itself, without them they go by range, of 10,000 at most, two at once. */
describe.each<[string, SessionsOptions, number, number, string[]]>([
  // A listener has sessions claimed first, by an update.
  ['with records and listeners', {}, 3000, 2000, [UPDATE, DELETE]],
  ['without records', { history: false }, 35_000, 30_000, [DELETE]],
])('revokeWhere() that is killed half-way, %s', (_title, options, count, underWay, methods) => {
  let server: SpecServer;
  let victim: SecondProcess;
  let userId: string;
  let kept: SpecSession;

  beforeAll(async () => {
    server = await startServer(options);
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.rawDelete('_Session', { objectId: { $exists: true } }).catch(() => undefined);
    victim = await startSecondProcess({
      sessions: options,
      parseServer: { databaseURI: server.databaseURI },
      listen: options.history === false ? [] : ['revoked'],
    });
    userId = await makeUser(server);
    kept = await makeSession(server, userId, { restricted: true });
    await insertSessions(server, count, { userId, expiresAt: inFuture(HOUR), spread: 1 });
  });

  afterEach(() => victim.stop());

  it.each(methods)('is ended by the next run: SIGKILL after the second %s', async method => {
    const events = await victim.run(
      ({ server, events }, method) =>
        new Promise<unknown[]>((resolve, reject) => {
          const { adapter } = server.server.config.databaseController;
          const original = adapter[method];
          let calls = 0;
          adapter[method] = async function (...args: unknown[]) {
            const answer = await original.apply(this, args);
            if (args[0] !== '_Session') return answer;
            calls += 1;
            if (calls === 1) return answer;
            resolve(events);
            return new Promise(() => undefined);
          };
          const run = server.sessions.store.revokeWhere({ kind: 'authenticated' });
          run.then(() => resolve(events), reject);
        }),
      method,
    );
    await victim.kill();

    const left = (await countSessions(server)) - 1;
    expect(left).toBeLessThan(count);
    expect(left).toBeGreaterThanOrEqual(count - underWay);

    const told: string[] = [];
    const stop =
      options.history === false
        ? () => undefined
        : server.sessions.on('revoked', ({ sessionId }) => void told.push(sessionId));
    const { revoked } = await server.sessions.store.revokeWhere({ kind: 'authenticated' });
    // The database ends the statement that it had from the killed process.
    expect(revoked).toBeLessThanOrEqual(left);
    expect(revoked).toBeGreaterThan(0);
    stop();
    expect(await countSessions(server)).toBe(1);
    expect(await useToken(server, kept)).toBe(200);
    if (options.history === false) return;

    // Nobody tells of those that the killed process had claimed: at most a page.
    expect(new Set(told).size).toBe(told.length);
    expect(told.length + events.length).toBeGreaterThanOrEqual(count - 1000);
    expect(told.length + events.length).toBeLessThanOrEqual(count);
    const records = await server.rawFind(HISTORY, { userId }, { keys: ['objectId'] });
    const recorded = new Set(records.map(({ objectId }) => objectId));
    expect(told.filter(id => !recorded.has(id))).toEqual([]);
    expect(recorded.size).toBeGreaterThanOrEqual(count - 1000);
  });
});

describe.each<[string, SessionsOptions, string[]]>([
  ['with listeners and records', {}, ['revoked', 'expired']],
  ['with records', {}, []],
  ['without records', { history: false }, []],
])('revokeWhere() beside a purge, %s', (_title, options, listen) => {
  let server: SpecServer;
  let others: SecondProcess[];

  beforeAll(async () => {
    server = await startServer(options);
    const { databaseURI } = server;
    others = [];
    for (let count = 0; count < 3; count += 1) {
      others.push(await startSecondProcess({ sessions: options, parseServer: { databaseURI }, listen }));
    }
  }, 60_000);

  afterAll(async () => {
    await Promise.all((others ?? []).map(other => other.stop()));
    await server?.stop();
  });

  it('neither fails, and each session ends once', async () => {
    const userId = await makeUser(server);
    await insertSessions(server, 1500, { userId, expiresAt: inFuture(-HOUR), spread: 1 });
    await insertSessions(server, 1500, { userId, expiresAt: inFuture(HOUR), spread: 1 });
    const rows = await server.rawFind('_Session', {}, { keys: ['objectId', 'expiresAt'] });
    expect(rows).toHaveLength(3000);
    const [purging, ...revoking] = others as [SecondProcess, SecondProcess, SecondProcess];
    await Promise.all([
      purging.run(({ server }) => server.sessions.store.purgeExpired({ batchSize: 100 })),
      ...revoking.map(other => other.run(({ server }) => server.sessions.store.revokeWhere({ all: true }))),
    ]);
    expect(await countSessions(server)).toBe(0);

    const events = (await Promise.all(others.map(other => other.run(({ events }) => events)))).flat();
    const told = events.map(({ payload }) => payload.sessionId as string);
    expect(told.sort()).toEqual(listen.length > 0 ? rows.map(row => row.objectId).sort() : []);

    const records = options.history === false ? [] : await server.rawFind(HISTORY, { userId });
    const recorded = records.map(({ objectId }) => objectId);
    expect(new Set(recorded).size).toBe(recorded.length);
    const valid = rows.filter(row => new Date(row.expiresAt.iso ?? row.expiresAt) > new Date());
    expect(valid).toHaveLength(1500);
    expect(valid.filter(row => recorded.includes(row.objectId))).toHaveLength(
      options.history === false ? 0 : 1500,
    );
    for (const { reason } of records) expect(['revoked', 'expired']).toContain(reason);
  });
});
