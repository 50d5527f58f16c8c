import { TokenCache } from '../../../src/sessions/token-cache';
import { MINUTE, SECOND } from '../../support/time';

type Mode = 'works' | 'rejects' | 'throws' | 'hangs';

/** What waits for the cache is kept for a time: the timer for that keeps no process alive. */
const OF_CACHE = 1;

describe('what the cache is told of tokens', () => {
  let mode: Mode;
  let marks: Map<string, number>;
  let cleared: string[];
  let calls: number;
  let hanging: Array<() => void>;
  let log: { info: jest.Mock; warn: jest.Mock; error: jest.Mock };
  let cache: TokenCache;

  /** An operation of the cache, in the mode that it is in. */
  function does(key: string, what: () => void): Promise<void> {
    calls += 1;
    if (mode === 'throws') throw new Error('thrown');
    if (mode === 'rejects') return Promise.reject(new Error(`offline: ${key}`));
    if (mode === 'hangs') {
      return new Promise(resolve =>
        hanging.push(() => {
          what();
          resolve();
        }),
      );
    }
    what();
    return Promise.resolve();
  }

  function make(isShared = true): void {
    const controller = {
      get: async (key: string) => marks.has(key) || null,
      put: (key: string, _value: unknown, ttl?: number) => does(key, () => marks.set(key, ttl!)),
      user: { del: (token: string) => does(token, () => cleared.push(token)) },
    };
    cache = new TokenCache(controller as never, isShared, log);
  }

  const isMarked = (token: string) => cache.isRevokedElsewhere(token);
  const messages = (level: 'info' | 'error') => log[level].mock.calls.map(([message]) => String(message));

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    mode = 'works';
    marks = new Map();
    cleared = [];
    calls = 0;
    hanging = [];
    log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    make();
  });

  afterEach(() => {
    cache.stop();
    jest.useRealTimers();
  });

  it('is there when revoke() resolves, and nothing is left to do', async () => {
    await cache.revoke(['r:a', 'r:b']);
    expect([await isMarked('r:a'), await isMarked('r:b'), await isMarked('r:c')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(cleared).toEqual(['r:a', 'r:b']);
    expect(jest.getTimerCount()).toBe(0);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('holds no marks where no other process reads them', async () => {
    make(false);
    await cache.revoke(['r:a']);
    expect(marks.size).toBe(0);
    expect(cleared).toEqual(['r:a']);
    expect(await isMarked('r:a')).toBe(false);
  });

  it.each<Mode>(['rejects', 'throws'])(
    'follows when a cache that %s works again, and the log tells both once, without a token',
    async failing => {
      mode = failing;
      await cache.revoke(['r:a']);
      await cache.revoke(['r:b']);
      await cache.clear(['r:c']);
      await jest.advanceTimersByTimeAsync(20 * SECOND);
      expect(messages('error')).toHaveLength(1);
      expect(messages('error')[0]).toContain(failing === 'throws' ? 'thrown' : 'offline');
      expect(messages('error')[0]).not.toContain('r:a');
      mode = 'works';
      await jest.advanceTimersByTimeAsync(30 * SECOND);
      expect([await isMarked('r:a'), await isMarked('r:b'), await isMarked('r:c')]).toEqual([
        true,
        true,
        false,
      ]);
      expect(cleared.sort()).toEqual(['r:a', 'r:b', 'r:c']);
      expect(messages('info')).toEqual(['parse-server-sessions: the cache works again.']);
      expect(messages('error')).toHaveLength(1);
      expect(jest.getTimerCount()).toBe(OF_CACHE);
    },
  );

  it('is marked for what is left of its time', async () => {
    mode = 'rejects';
    await cache.revoke(['r:a']);
    await jest.advanceTimersByTimeAsync(4 * MINUTE);
    mode = 'works';
    await jest.advanceTimersByTimeAsync(MINUTE);
    const [ttl] = marks.values();
    expect(ttl).toBeGreaterThan(5 * MINUTE - SECOND);
    expect(ttl).toBeLessThanOrEqual(6 * MINUTE);
  });

  it('is tried less and less often, a part of what waits at a time', async () => {
    mode = 'rejects';
    await cache.revoke(Array.from({ length: 5000 }, (_, i) => `r:${i}`));
    calls = 0;
    await jest.advanceTimersByTimeAsync(5 * MINUTE);
    // After 1, 2, 5, 10 and then every 30 seconds, a hundred each.
    expect(calls).toBeLessThanOrEqual(14 * 100);
    mode = 'works';
    await jest.advanceTimersByTimeAsync(30 * SECOND);
    expect(marks.size).toBe(5000);
  });

  it('is given up for the oldest where too many wait', async () => {
    mode = 'rejects';
    await cache.revoke(Array.from({ length: 12_000 }, (_, i) => `r:${i}`));
    mode = 'works';
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(marks.size).toBeLessThanOrEqual(10_000);
    expect([await isMarked('r:0'), await isMarked('r:11999')]).toEqual([false, true]);
  });

  it('is revoked though it was only to be cleared before, whatever comes first', async () => {
    mode = 'rejects';
    await cache.clear(['r:a']);
    await cache.revoke(['r:a']);
    await cache.clear(['r:a']);
    mode = 'works';
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(await isMarked('r:a')).toBe(true);
  });

  it('keeps nobody waiting for long where the cache hangs, and nobody else at all', async () => {
    mode = 'hangs';
    await cache.revoke(['r:a']);
    const began = performance.now();
    await cache.revoke(['r:b']);
    expect(performance.now() - began).toBeLessThan(900);
    expect(messages('error')).toHaveLength(1);
    expect(messages('error')[0]).toContain('it does not answer');
    mode = 'works';
    for (const answer of hanging.splice(0)) answer();
    await jest.advanceTimersByTimeAsync(0);
    expect([await isMarked('r:a'), await isMarked('r:b')]).toEqual([true, true]);
    expect(messages('info')).toHaveLength(1);
  });

  it('is tried no more once it is stopped', async () => {
    mode = 'rejects';
    await cache.revoke(['r:a']);
    cache.stop();
    expect(jest.getTimerCount()).toBe(OF_CACHE);
    await cache.revoke(['r:b']);
    expect(jest.getTimerCount()).toBe(OF_CACHE);
    calls = 0;
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(calls).toBe(0);
  });
});
