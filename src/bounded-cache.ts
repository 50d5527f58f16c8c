import { LRUCache } from 'lru-cache';

interface Options {
  /** Milliseconds that an entry is kept. @default 0: no end */
  ttl?: number;
  /** Whether a new value of an entry leaves its end as it is. @default false */
  noUpdateTTL?: boolean;
  /** How many characters an entry usually has, its key included. @default 64: a token and no text */
  usual?: number;
}

/**
 * A cache that drops the least recently used entry when it is full. A longer entry than usual counts as several, so
 * clients who choose long texts do not make it hold more. It takes memory as it fills: the library's own option `max`
 * would allocate some 50 bytes for every possible entry at once.
 */
export function boundedCache<Value extends object | number | true>(
  maxEntries: number,
  { ttl = 0, noUpdateTTL = false, usual = 64 }: Options = {},
): LRUCache<string, Value> {
  let sweep: NodeJS.Timeout | undefined;
  // The library keeps what is over until somebody asks for it, or sets a timer for each entry.
  const sweepLater = () => {
    if (ttl === 0 || sweep) return;
    sweep = setTimeout(() => {
      sweep = undefined;
      cache.purgeStale();
      if (cache.size > 0) sweepLater();
    }, ttl);
    sweep.unref();
  };
  const cache = new LRUCache<string, Value>({
    maxSize: maxEntries,
    // The library would not take an entry that is longer than all of it.
    sizeCalculation: (value, key) =>
      Math.min(maxEntries, Math.ceil((key.length + lengthOf(value) || 1) / usual)),
    ttl,
    // Without a resolution of 0 the library sets a timer for each millisecond in which it is asked.
    ttlResolution: 0,
    noUpdateTTL,
    onInsert: sweepLater,
  });
  return cache;
}

/** How many characters of text a value holds. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 0;
  let length = 0;
  for (const part of Object.values(value)) length += lengthOf(part);
  return length;
}
