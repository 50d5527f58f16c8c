import { ActivityTracker } from '../../src/activity/tracker';
import { TokenCache } from '../../src/sessions/token-cache';
import { startServer, type SpecServer } from '../support/server';
import { endOf, lastAccessOf, makeSession, makeUser, type SpecSession } from '../support/sessions';
import { HOUR, MINUTE, SECOND } from '../support/time';

const POLICY = { authenticated: { idle: HOUR, maxAge: 24 * HOUR } };
const START = Date.parse('2031-03-01T12:00:00.000Z');
const at = (milliseconds: number) => new Date(START + milliseconds);

/** Each process has a tracker of its own; here there are two of them on one database. */
describe('two processes that see the same session', () => {
  let server: SpecServer;
  let trackers: ActivityTracker[];
  let session: SpecSession;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    const { databaseController, cacheController, loggerController } = server.server.config;
    trackers = [0, 1].map(
      () =>
        new ActivityTracker(
          databaseController,
          new TokenCache(cacheController, false, loggerController),
          loggerController,
          POLICY,
          { flushInterval: MINUTE, privacy: { ip: 'full', userAgent: true } },
          { emit: () => undefined },
        ),
    );
    session = await makeSession(server, await makeUser(server), { createdAt: at(0).toISOString() });
  });

  afterEach(() => Promise.all(trackers.map(tracker => tracker.shutdown())));

  it('never set its last access or its end back, whichever writes last', async () => {
    const [a, b] = trackers as [ActivityTracker, ActivityTracker];
    a.mark(session.token, { at: at(10 * SECOND), ip: '203.0.113.10' });
    b.mark(session.token, { at: at(50 * SECOND), ip: '203.0.113.50' });
    await b.flush();
    await a.flush();
    expect(await lastAccessOf(server, session)).toEqual(at(50 * SECOND));
    expect(await endOf(server, session)).toEqual(at(50 * SECOND + HOUR));
    expect((await server.rawFind('_Session', { objectId: session.objectId }))[0].ip).toBe('203.0.113.50');
  });

  it('move it on, each with a later access', async () => {
    const [a, b] = trackers as [ActivityTracker, ActivityTracker];
    for (let second = 1; second <= 6; second += 1) {
      const tracker = second % 2 ? a : b;
      tracker.mark(session.token, { at: at(second * SECOND) });
      await tracker.flush();
      expect(await lastAccessOf(server, session)).toEqual(at(second * SECOND));
    }
  });

  it('end with the latest access of both when they write at the same time, 30 times over', async () => {
    const others = await Promise.all(
      Array.from({ length: 20 }, async () => makeSession(server, await makeUser(server))),
    );
    for (let round = 1; round <= 30; round += 1) {
      const times = [at(round * MINUTE), at(round * MINUTE + (round % 2 ? 1 : -1) * SECOND)];
      for (const [index, tracker] of trackers.entries()) {
        const inOrder = index === 0 ? others : [...others].reverse();
        for (const { token } of [session, ...inOrder]) tracker.mark(token, { at: times[index]! });
      }
      await Promise.all(trackers.map(tracker => tracker.flush()));
      const latest = new Date(Math.max(...times.map(Number)));
      expect(await lastAccessOf(server, session)).toEqual(latest);
      expect(await endOf(server, session)).toEqual(new Date(+latest + HOUR));
    }
  });
});
