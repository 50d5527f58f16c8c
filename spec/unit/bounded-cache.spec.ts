import { boundedCache } from '../../src/bounded-cache';

type Cache = ReturnType<typeof boundedCache<any>>;

const fill = (cache: Cache, prefix: string, count: number, value: unknown = true) => {
  for (let index = 0; index < count; index += 1) cache.set(`${prefix}${index}`, value);
};

describe('a bounded cache', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    // The library's clock.
    jest.spyOn(performance, 'now').mockImplementation(() => Date.now());
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('holds no more entries than it may, and those that were asked for last', () => {
    const cache = boundedCache<true>(1000);
    fill(cache, 'a', 5000);
    expect(cache.size).toBe(1000);
    expect([cache.get('a3999'), cache.get('a4000')]).toEqual([undefined, true]);
    fill(cache, 'b', 999);
    expect(cache.get('a4000')).toBe(true);
    expect(cache.size).toBe(1000);
  });

  it.each<[string, (cache: Cache, index: number) => unknown]>([
    ['keys', (cache, index) => cache.set(`${index}`.padEnd(64_000, 'k'), 1)],
    ['texts', (cache, index) => cache.set(`${index}`, { userAgent: 'u'.repeat(64_000), at: new Date() })],
    [
      'lists',
      (cache, index) => cache.set(`${index}`, { scopes: Array.from({ length: 640 }, () => 's'.repeat(100)) }),
    ],
    ['parts', (cache, index) => cache.set(`${index}`, { createdWith: { authProvider: 'p'.repeat(64_000) } })],
  ])('holds fewer entries the longer their %s are', (_what, add) => {
    const cache = boundedCache<any>(10_000, { usual: 64 });
    for (let index = 0; index < 100; index += 1) add(cache, index);
    // There is room for 640,000 characters.
    expect(cache.size).toBeGreaterThanOrEqual(8);
    expect(cache.size).toBeLessThanOrEqual(10);
    expect(cache.has('0')).toBe(false);
  });

  it('holds as many entries as it may where they are of the usual length', () => {
    const cache = boundedCache<{ text: string }>(1000, { usual: 64 });
    fill(cache, 'key', 1000, { text: 't'.repeat(50) });
    expect(cache.size).toBe(1000);
  });

  it('holds an entry that is longer than all of it: no limit is undone by a long name', () => {
    const cache = boundedCache<number>(10, { usual: 64 });
    const long = 'k'.repeat(100_000);
    cache.set('a', 1);
    cache.set(long, 5);
    expect([cache.get(long), cache.get('a')]).toEqual([5, undefined]);
    cache.set('b', 1);
    expect([...cache.keys()]).toEqual(['b']);
  });

  it('lets go of what is over, though nobody asks it for anything', () => {
    const cache = boundedCache<true>(1_000_000, { ttl: 60_000 });
    fill(cache, 'a', 50);
    jest.advanceTimersByTime(30_000);
    fill(cache, 'b', 50);
    jest.advanceTimersByTime(29_999);
    expect(cache.size).toBe(100);
    jest.advanceTimersByTime(30_001 + 60_000);
    expect(cache.size).toBe(0);
    fill(cache, 'c', 50);
    jest.advanceTimersByTime(120_000);
    expect(cache.size).toBe(0);
  });

  it('lets go of what is over while others come, so that it grows with what it remembers and not with all it has seen', () => {
    const cache = boundedCache<true>(1_000_000, { ttl: 60_000 });
    for (let minute = 0; minute < 10; minute += 1) {
      fill(cache, `${minute} `, 1000);
      expect(cache.size).toBeLessThanOrEqual(2000);
      jest.advanceTimersByTime(60_001);
    }
  });

  it('answers nothing that is over, whether it is there still or not', () => {
    const cache = boundedCache<true>(1000, { ttl: 60_000 });
    jest.advanceTimersByTime(30_000);
    cache.set('a', true);
    jest.advanceTimersByTime(59_999);
    expect(cache.get('a')).toBe(true);
    jest.advanceTimersByTime(2);
    expect(cache.get('a')).toBeUndefined();
  });

  it('counts from the first time, where it is asked to', () => {
    const cache = boundedCache<number>(1000, { ttl: 60_000, noUpdateTTL: true });
    cache.set('a', 1);
    jest.advanceTimersByTime(40_000);
    cache.set('a', 2);
    jest.advanceTimersByTime(20_001);
    expect(cache.get('a')).toBeUndefined();
  });

  it('has nothing to do while it is empty, and for entries without an end', () => {
    const cache = boundedCache<true>(1000, { ttl: 60_000 });
    fill(boundedCache<true>(1000), 'a', 10);
    expect(jest.getTimerCount()).toBe(0);
    fill(cache, 'a', 10);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(120_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});

it('takes no memory for what it does not hold', () => {
  const before = process.memoryUsage();
  const caches = Array.from({ length: 10 }, () => boundedCache<true>(1_000_000, { ttl: 60_000 }));
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(10_000_000);
  expect(caches).toHaveLength(10);
});
