import { ActivityTracker } from '../../../src/activity/tracker';
import type { ExpiryPolicy } from '../../../src/expiry/policy';
import { guardUserCache } from '../../../src/gate/user-cache';
import { Revocations } from '../../../src/sessions/revocations';
import { TokenCache } from '../../../src/sessions/token-cache';
import { DAY, HOUR, MINUTE, SECOND } from '../../support/time';

const START = new Date('2031-03-01T12:00:00.000Z');
const FLUSH_INTERVAL = MINUTE;

/** Answers each token's session, and takes note of what is asked for and written. */
class FakeDatabase {
  readonly finds: string[][] = [];
  readonly updates: Array<{ query: any; data: any }> = [];
  /** How many updates fail, whatever they write. */
  failures = 0;
  /** Tokens that it does not take, as PostgreSQL takes no NUL. */
  refused = new Set<string>();
  sessions: (token: string) => object | undefined = () => ({});

  async find(_className: string, { sessionToken }: any) {
    this.finds.push(sessionToken.$in);
    if (sessionToken.$in.some((token: string) => this.refused.has(token))) throw new Error('no such text');
    return sessionToken.$in.flatMap((token: string) => {
      const session = this.sessions(token);
      const createdAt = START.toISOString();
      return session ? [{ objectId: `id-${token}`, sessionToken: token, createdAt, ...session }] : [];
    });
  }

  async update(_className: string, query: any, data: any) {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('no connection');
    }
    if (query.objectId.$in.length > 0) this.updates.push({ query, data });
  }
}

const iso = (date: Date | number) => ({ __type: 'Date', iso: new Date(date).toISOString() });

describe('the tracker of last accesses', () => {
  let database: FakeDatabase;
  let cached: Map<string, any>;
  let cache: any;
  let log: { info: jest.Mock; warn: jest.Mock; error: jest.Mock };
  let tracker: ActivityTracker;

  /** The tokens of those who listen to LiveQuery. */
  let listening: string[];

  function track(policy: ExpiryPolicy = {}) {
    const tokenCache = new TokenCache(cache, false, log);
    tracker = new ActivityTracker(
      database as never,
      tokenCache,
      log,
      policy,
      { flushInterval: FLUSH_INTERVAL, privacy: { ip: 'full', userAgent: true } },
      { emit: jest.fn() },
      () => listening,
    );
    const revocations = new Revocations(tokenCache);
    guardUserCache(cache, { revocations, tokenCache, activity: tracker } as never);
    return tracker;
  }

  /** A request with this token, as Parse Server serves it: its cache is asked before the session is marked. */
  async function use(token: string) {
    await cache.user.get(token);
    tracker.mark(token, { at: new Date() });
  }

  const objectIds = () => database.updates.flatMap(({ query }) => query.objectId.$in);

  beforeEach(() => {
    jest.useFakeTimers({ now: START });
    database = new FakeDatabase();
    listening = [];
    cached = new Map();
    cache = {
      user: {
        get: async (token: string) => cached.get(token) ?? null,
        put: async (token: string, value: unknown) => void cached.set(token, value),
        del: async (token: string) => void cached.delete(token),
      },
    };
    log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  });

  afterEach(async () => {
    await tracker.shutdown();
    jest.useRealTimers();
  });

  it('writes nothing before an interval is over, and everything in one statement then', async () => {
    track();
    for (let request = 0; request < 10_000; request += 1) await use(`r:${request % 100}`);
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL - 1);
    expect(database.updates).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(database.updates).toHaveLength(1);
    expect(new Set(objectIds()).size).toBe(100);
  });

  it('sends no statement at all when no session was used', async () => {
    track();
    await jest.advanceTimersByTimeAsync(10 * FLUSH_INTERVAL);
    expect(database.finds).toEqual([]);
    expect(database.updates).toEqual([]);
  });

  it('writes at most one statement per flush and kind, whatever moves on with it', async () => {
    const kinds = [
      { createdWith: { action: 'login', authProvider: 'password' } },
      { createdWith: { action: 'login', authProvider: 'anonymous' } },
      { restricted: true },
    ];
    database.sessions = token => ({
      ...kinds[Number(token.slice(2)) % 3],
      expiresAt: iso(+START + 2 * HOUR),
    });
    const lifetime = { idle: DAY, maxAge: 90 * DAY };
    track({
      authenticated: lifetime,
      anonymous: { ...lifetime, idle: 3 * HOUR },
      restricted: { ...lifetime, idle: 12 * HOUR },
    });
    for (let request = 0; request < 900; request += 1) await use(`r:${request % 300}`);
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL);
    expect(database.updates).toHaveLength(3);
    expect(objectIds()).toHaveLength(300);
  });

  it('writes what only one session needs once: its address, its end at the greatest age', async () => {
    track({ authenticated: { idle: DAY, maxAge: 90 * DAY } });
    const ends = new Map<string, object>();
    const numberOf = (token: string) => Number(token.slice(2));
    database.sessions = token => ({
      createdAt: new Date(+START - (numberOf(token) < 10 ? 0 : 89.5 * DAY) + numberOf(token)).toISOString(),
      expiresAt: ends.get(`id-${token}`) ?? iso(+START + HOUR),
      ip: '192.0.2.1',
    });
    for (let session = 0; session < 20; session += 1) {
      tracker.mark(`r:${session}`, { at: START, ip: session < 3 ? `192.0.2.${session + 10}` : '192.0.2.1' });
    }
    await tracker.flush();
    const together = database.updates.filter(({ query }) => query.objectId.$in.length > 1);
    expect(together).toHaveLength(1);
    expect(together[0]!.query.objectId.$in).toHaveLength(7);
    expect(database.updates.filter(({ data }) => data.ip)).toHaveLength(3);
    expect(database.updates).toHaveLength(1 + 3 + 10);
    expect(objectIds().sort()).toEqual(Array.from({ length: 20 }, (_, i) => `id-r:${i}`).sort());

    // Their ends move no further.
    for (const { query, data } of database.updates)
      for (const id of query.objectId.$in) ends.set(id, data.expiresAt);
    database.updates.length = 0;
    jest.setSystemTime(+START + 1);
    for (let session = 10; session < 20; session += 1) await use(`r:${session}`);
    await tracker.flush();
    expect(database.updates.map(({ data }) => data)).toEqual([{ lastAccessedAt: iso(+START + 1) }]);
  });

  it('puts an end back that went beyond what was chosen for the session', async () => {
    track();
    database.sessions = token => ({
      expiresAt: iso(+START + 9 * DAY),
      expiresBy: token === 'r:free' ? undefined : iso(+START + DAY),
      fixedExpiry: token === 'r:fixed' ? iso(+START + 2 * DAY) : undefined,
    });
    for (const token of ['r:chosen', 'r:fixed', 'r:free']) {
      cached.set(token, {});
      await use(token);
    }
    await tracker.flush();
    const moved = database.updates.filter(({ data }) => data.expiresAt);
    expect(moved.map(({ query, data }) => [query.objectId.$in, data])).toEqual([
      [['id-r:chosen'], { lastAccessedAt: iso(START), expiresAt: iso(+START + DAY) }],
      [['id-r:fixed'], { lastAccessedAt: iso(START), expiresAt: iso(+START + 2 * DAY) }],
    ]);
    expect(moved.map(({ query }) => query.fixedExpiry)).toEqual([null, iso(+START + 2 * DAY)]);
    expect([...cached.keys()]).toEqual(['r:free']);
  });

  it('reads and writes in chunks of 1,000', async () => {
    track();
    for (let session = 0; session < 2500; session += 1) tracker.mark(`r:${session}`, { at: START });
    await tracker.flush();
    expect(database.finds.map(tokens => tokens.length)).toEqual([1000, 1000, 500]);
    expect(database.updates.map(({ query }) => query.objectId.$in.length)).toEqual([1000, 1000, 500]);
  });

  it('keeps no more than 100,000 in memory: the next flush comes at once', async () => {
    track();
    for (let session = 0; session < 99_999; session += 1) tracker.mark(`r:${session}`, { at: START });
    await jest.advanceTimersByTimeAsync(0);
    expect(database.finds).toEqual([]);
    tracker.mark('r:99999', { at: START });
    await tracker.flush();
    expect(objectIds()).toHaveLength(100_000);
  });

  it('keeps no more than 100,000 while writing fails, and tries again by the clock only', async () => {
    track();
    database.failures = Infinity;
    for (let session = 0; session < 100_000; session += 1) tracker.mark(`r:${session}`, { at: START });
    await tracker.flush();
    const attempts = database.finds.length;
    for (let session = 0; session < 2000; session += 1) tracker.mark(`r:more-${session}`, { at: START });
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL - 1);
    expect(database.finds).toHaveLength(attempts);
    database.failures = 0;
    await tracker.flush();
    expect(objectIds()).toHaveLength(100_000);
    expect(objectIds()).toContain('id-r:more-1999');
    expect(objectIds()).not.toContain('id-r:0');
  });

  it('writes what it can beside marks that the database does not take, which it drops', async () => {
    track();
    database.refused = new Set(['r:100', 'r:101', 'r:1700']);
    for (let session = 0; session < 2500; session += 1) tracker.mark(`r:${session}`, { at: START });
    await tracker.flush();
    expect(new Set(objectIds()).size).toBe(2497);
    expect(tracker.pending('r:100')).toBeUndefined();
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(log.error.mock.calls[0][0]).toContain(' 3 last accesses are dropped');
    expect(log.error.mock.calls[0][0]).not.toContain('r:');
    const looks = database.finds.length;
    expect(looks).toBeLessThan(80);

    await tracker.flush();
    expect(database.finds).toHaveLength(looks);
    tracker.mark('r:100', { at: START });
    tracker.mark('r:7', { at: START });
    await tracker.flush();
    expect(log.error).toHaveBeenCalledTimes(1);
    tracker.mark('r:7', { at: START });
    await tracker.flush();
    tracker.mark('r:100', { at: START });
    await tracker.flush();
    expect(log.error).toHaveBeenCalledTimes(2);
  });

  it('gets through any number of marks that the database does not take, a few with each flush', async () => {
    track();
    for (let session = 0; session < 50; session += 1) {
      database.refused.add(`r:${session}`);
      tracker.mark(`r:${session}`, { at: START });
    }
    tracker.mark('r:good', { at: START });
    await tracker.flush();
    expect(database.finds.length).toBeLessThan(80);
    expect(objectIds()).toEqual([]);
    for (let flush = 0; flush < 2; flush += 1) await tracker.flush();
    expect(objectIds()).toEqual(['id-r:good']);
  });

  it('keeps all marks where the database takes none, and asks it once more only', async () => {
    track();
    database.failures = Infinity;
    for (let session = 0; session < 2500; session += 1) tracker.mark(`r:${session}`, { at: START });
    await tracker.flush();
    expect(database.finds).toHaveLength(1);
    database.failures = 0;
    await tracker.flush();
    expect(new Set(objectIds()).size).toBe(2500);
  });

  it('keeps the marks of a failed flush, logs it once, and logs again after a success', async () => {
    track();
    // Each flush tries twice: whether it is the marks or the database.
    database.failures = 4;
    await use('r:a');
    await jest.advanceTimersByTimeAsync(2 * FLUSH_INTERVAL);
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(log.error.mock.calls[0][0]).toContain('no connection');
    expect(tracker.pending('r:a')).toEqual(START);
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL);
    expect(database.updates.map(({ data }) => data)).toEqual([{ lastAccessedAt: iso(START) }]);
    expect(tracker.pending('r:a')).toBeUndefined();

    database.failures = 2;
    await use('r:a');
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL);
    expect(log.error).toHaveBeenCalledTimes(2);
  });

  it('knows an access as long as it is not written, also while it is being written', async () => {
    track();
    await use('r:a');
    expect(tracker.pending('r:a')).toEqual(START);
    const flushed = tracker.flush();
    expect(tracker.pending('r:a')).toEqual(START);
    await flushed;
    expect(tracker.pending('r:a')).toBeUndefined();
    expect(tracker.pending('r:b')).toBeUndefined();
  });

  it('writes an access that comes while others are being written with the next flush', async () => {
    track();
    await use('r:a');
    const first = tracker.flush();
    tracker.mark('r:b', { at: new Date() });
    await Promise.all([first, tracker.flush()]);
    expect(objectIds()).toEqual(['id-r:a', 'id-r:b']);
  });

  it('forgets sessions that are gone', async () => {
    track();
    database.sessions = token => (token === 'r:gone' ? undefined : {});
    await use('r:gone');
    await use('r:here');
    await tracker.flush();
    expect(objectIds()).toEqual(['id-r:here']);
    await tracker.flush();
    expect(database.finds).toHaveLength(1);
  });

  it('gives sessions that were used within one interval the same time, and others their own', async () => {
    track();
    database.failures = Infinity;
    await use('r:earlier');
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    await use('r:a');
    await jest.advanceTimersByTimeAsync(30 * SECOND);
    await use('r:b');
    database.failures = 0;
    await tracker.flush();
    const written = database.updates.map(({ query, data }) => [query.objectId.$in, data.lastAccessedAt]);
    expect(written).toEqual([
      [['id-r:earlier'], iso(START)],
      [['id-r:a', 'id-r:b'], iso(+START + 10 * MINUTE + 30 * SECOND)],
    ]);
  });

  describe('with an idle timeout', () => {
    const ofSession = (fields: object) => (database.sessions = () => fields);

    it('writes an access to a session that ends before the next flush, in half of the time left', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      const end = +START + 40 * SECOND;
      ofSession({ expiresAt: iso(end) });
      cached.set('r:a', { objectId: 'user', expiresAt: new Date(end).toISOString() });
      await use('r:a');
      await jest.advanceTimersByTimeAsync(19 * SECOND);
      expect(database.updates).toEqual([]);
      await jest.advanceTimersByTimeAsync(SECOND);
      expect(database.updates.map(({ data }) => data)).toEqual([
        { lastAccessedAt: iso(START), expiresAt: iso(+START + 30 * MINUTE) },
      ]);
    });

    it('learns the end also from what Parse Server puts into its cache', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      ofSession({ expiresAt: iso(+START + 10 * SECOND) });
      void cache.user.put('r:a', { expiresAt: new Date(+START + 10 * SECOND).toISOString() });
      tracker.mark('r:a', { at: START });
      await jest.advanceTimersByTimeAsync(5 * SECOND);
      expect(database.updates).toHaveLength(1);
    });

    it('waits for the regular flush where that is soon enough', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      ofSession({ expiresAt: iso(+START + 20 * MINUTE) });
      cached.set('r:a', { expiresAt: new Date(+START + 20 * MINUTE).toISOString() });
      await use('r:a');
      await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL - 1);
      expect(database.updates).toEqual([]);
    });

    it('clears a session whose end has moved on from Parse Server’s cache, and no other', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      database.sessions = token =>
        token === 'r:fixed'
          ? { expiresAt: iso(+START + HOUR), fixedExpiry: iso(+START + HOUR) }
          : { expiresAt: iso(+START + MINUTE) };
      for (const token of ['r:moves', 'r:fixed', 'r:unused']) cached.set(token, { objectId: token });
      await use('r:moves');
      await use('r:fixed');
      await tracker.flush();
      expect([...cached.keys()]).toEqual(['r:fixed', 'r:unused']);
    });

    it.each([
      [
        'at its greatest age',
        { expiresAt: iso(+START + MINUTE), createdAt: new Date(+START + MINUTE - DAY) },
      ],
      ['at an end that was fixed', { expiresAt: iso(+START + MINUTE), fixedExpiry: iso(+START + MINUTE) }],
    ])('writes once per interval, not with each request, when a session ends %s', async (_title, session) => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      ofSession({ ...session, createdAt: (session as any).createdAt?.toISOString() ?? START.toISOString() });
      cached.set('r:a', { expiresAt: session.expiresAt.iso });
      for (let request = 0; request < 500; request += 1) {
        await use('r:a');
        await jest.advanceTimersByTimeAsync(100);
      }
      // One to find out that nothing moves the end.
      expect(database.updates.length).toBeLessThanOrEqual(1);
    });

    it('writes a few times per idle period, not with each request, when the idle period is short', async () => {
      let end = +START + 30 * SECOND;
      track({ authenticated: { idle: 30 * SECOND, maxAge: DAY } });
      database.sessions = () => ({ expiresAt: iso(end) });
      const update = database.update.bind(database);
      database.update = async (className, query, data) => {
        if (data.expiresAt) end = Date.parse(data.expiresAt.iso);
        return update(className, query, data);
      };
      for (let request = 0; request < 1800; request += 1) {
        cached.set('r:a', { expiresAt: new Date(end).toISOString() });
        await use('r:a');
        expect(end).toBeGreaterThan(Date.now());
        await jest.advanceTimersByTimeAsync(100);
      }
      expect(database.updates.length).toBeGreaterThan(6);
      expect(database.updates.length).toBeLessThan(20);
    });

    it('never counts an access after the end', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      ofSession({ expiresAt: iso(+START - 1) });
      await use('r:a');
      await tracker.flush();
      expect(database.updates).toEqual([]);
    });

    it('counts an access before the end, also when it is written after it', async () => {
      track({ authenticated: { idle: 30 * MINUTE, maxAge: DAY } });
      ofSession({ expiresAt: iso(+START + SECOND) });
      tracker.mark('r:a', { at: START });
      await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL);
      expect(database.updates[0]!.data.expiresAt).toEqual(iso(+START + 30 * MINUTE));
    });
  });

  describe('with sessions that listen to LiveQuery', () => {
    const lifetime = { idle: 30 * SECOND, maxAge: DAY };
    /** The cache of ends lets go of what is over by a timer, which keeps no process alive. */
    const OF_CACHE = 1;

    it('writes them with each regular flush, 10,000 of them in ten chunks', async () => {
      track();
      listening = Array.from({ length: 10_000 }, (_, i) => `r:${i}`);
      await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL);
      expect(database.finds).toHaveLength(10);
      expect(database.updates).toHaveLength(10);
      expect(jest.getTimerCount()).toBe(1 + OF_CACHE);
      listening = [];
      await jest.advanceTimersByTimeAsync(10 * FLUSH_INTERVAL);
      expect(database.finds).toHaveLength(10);
    });

    it('moves their ends before they come, and looks at no others for that', async () => {
      track({ restricted: lifetime, authenticated: { idle: DAY, maxAge: 30 * DAY } });
      const ends = new Map<string, number>([['r:soon', +START + 30 * SECOND]]);
      database.sessions = token =>
        token === 'r:soon'
          ? { restricted: true, expiresAt: iso(ends.get(token)!) }
          : { expiresAt: iso(+START + DAY) };
      const update = database.update.bind(database);
      database.update = async (className, query, data) => {
        await update(className, query, data);
        if (data.expiresAt && query.objectId.$in.includes('id-r:soon'))
          ends.set('r:soon', Date.parse(data.expiresAt.iso));
      };
      listening = ['r:soon', ...Array.from({ length: 100 }, (_, i) => `r:${i}`)];
      tracker.learn('r:soon', new Date(ends.get('r:soon')!));
      tracker.mark('r:soon', { at: START });
      for (let second = 0; second < 300; second += 1) {
        await jest.advanceTimersByTimeAsync(SECOND);
        expect(ends.get('r:soon')!).toBeGreaterThan(Date.now());
      }
      const early = database.finds.filter(tokens => tokens.length === 1);
      expect(early.length).toBeLessThan(30);
      expect(database.finds.filter(tokens => tokens.length > 1)).toHaveLength(5);
    });

    it('does nothing more once it is shut down', async () => {
      track({ authenticated: lifetime });
      database.sessions = () => ({ expiresAt: iso(+START + 20 * SECOND) });
      listening = ['r:a'];
      await tracker.shutdown();
      expect(objectIds()).toEqual(['id-r:a']);
      expect(jest.getTimerCount()).toBe(OF_CACHE);
    });
  });

  it('without an idle timeout never flushes early', async () => {
    track();
    database.sessions = () => ({ expiresAt: iso(+START + 2 * SECOND) });
    cached.set('r:a', { expiresAt: new Date(+START + 2 * SECOND).toISOString() });
    await use('r:a');
    await tracker.flush();
    await use('r:a');
    await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL - 1);
    expect(database.updates).toHaveLength(1);
  });

  it('writes what is left when it is shut down, and nothing more', async () => {
    track();
    await use('r:a');
    await tracker.shutdown();
    expect(objectIds()).toEqual(['id-r:a']);
    await use('r:b');
    await jest.advanceTimersByTimeAsync(10 * FLUSH_INTERVAL);
    expect(objectIds()).toEqual(['id-r:a']);
  });

  it('does not wait for ever for a database that does not answer when it is shut down', async () => {
    let answer = () => {};
    database.update = () => new Promise<void>(resolve => (answer = resolve));
    track();
    await use('r:a');
    const ended = jest.fn();
    void tracker.shutdown().then(ended, ended);
    await jest.advanceTimersByTimeAsync(5 * SECOND);
    expect(ended.mock.calls).toEqual([[undefined]]);
    expect(log.error).toHaveBeenCalledTimes(1);
    answer();
  });
});
