import { boundedCache } from '../../src/bounded-cache';

describe('a bounded cache', () => {
  const fill = (cache: ReturnType<typeof boundedCache<true>>, prefix: string, count: number) => {
    for (let index = 0; index < count; index += 1) cache.set(`${prefix}${index}`, true);
  };

  it('holds no more entries than it may', () => {
    const cache = boundedCache<true>(1000);
    fill(cache, 'a', 5000);
    expect(cache.size).toBe(1000);
  });

  it('lets go of what is over while others come, so that it grows with what it remembers and not with all it has seen', () => {
    let now = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const cache = boundedCache<true>(1_000_000, 60_000);
    fill(cache, 'a', 50_000);
    now += 61_000;
    fill(cache, 'b', 10_000);
    expect(cache.size).toBe(10_000);
    expect(cache.get('b0')).toBe(true);
    jest.restoreAllMocks();
  });
});
