import { countSessions, insertSessions } from '../support/many-sessions';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { makeUser, useToken } from '../support/sessions';
import { HOUR } from '../support/time';

const BACKLOG = 3000;

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

describe('the purge, with several processes on one database', () => {
  let server: SpecServer;
  let userId: string;
  let others: SecondProcess[];

  beforeAll(async () => {
    server = await startServer();
    const { databaseURI } = server;
    others = await Promise.all([1, 2].map(() => startSecondProcess({ parseServer: { databaseURI } })));
  });

  afterAll(async () => {
    await Promise.all((others ?? []).map(other => other.stop()));
    await server?.stop();
  });

  beforeEach(async () => {
    await server.rawDelete('_Session', { objectId: { $exists: true } }).catch(() => undefined);
    userId = await makeUser(server);
    await insertSessions(server, BACKLOG, { userId, expiresAt: inFuture(-HOUR), spread: 1 });
  });

  it('deletes each expired session once when two run it at the same time, and neither fails', async () => {
    const valid = await insertSessions(server, 20, { userId, expiresAt: inFuture(HOUR) });
    const results = await Promise.all(
      others.map(other => other.run(({ server }) => server.sessions.store.purgeExpired({ batchSize: 50 }))),
    );
    expect(await countSessions(server)).toBe(valid.length);
    for (const token of valid) expect(await useToken(server, token)).toBe(200);
    const deleted = results.reduce((sum, result) => sum + result.deleted, 0);
    // MongoDB's adapter does not say how many rows a delete found: a batch of both may count for both there.
    if (server.database === 'postgresql') expect(deleted).toBe(BACKLOG);
    else expect(deleted).toBeGreaterThanOrEqual(BACKLOG);
  });

  it('is ended by the next run after SIGKILL in the middle', async () => {
    const valid = await insertSessions(server, 20, { userId, expiresAt: inFuture(HOUR) });
    const [victim] = others as [SecondProcess];
    // Answers with the first batch deleted. The purge, which waits for what its progress is told to, goes no further.
    await victim.run(
      ({ server }) =>
        new Promise<void>(resolve => {
          const tell = () => {
            resolve();
            return new Promise(() => undefined);
          };
          server.sessions.store.purgeExpired({ batchSize: 20 }, tell).catch(() => undefined);
        }),
    );
    await victim.kill();
    const left = await countSessions(server);
    expect(left).toBeGreaterThan(valid.length);
    expect(left).toBeLessThan(BACKLOG + valid.length);

    const { deleted } = await server.sessions.store.purgeExpired();
    expect(deleted).toBe(left - valid.length);
    expect(await countSessions(server)).toBe(valid.length);
  });
});
