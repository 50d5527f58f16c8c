import { LRUCache } from 'lru-cache';

/** So many new entries have those that are over removed: the library keeps them until somebody asks for them. */
const SWEEP_AFTER = 10_000;

/**
 * A cache that drops the least recently used entry when it is full. It takes memory as it fills: the library's own
 * option `max` would allocate some 50 bytes for every possible entry at once.
 * @param ttl milliseconds that an entry is kept. @default 0: no end
 */
export function boundedCache<Value extends object | number | true>(
  maxEntries: number,
  ttl = 0,
  options: { noUpdateTTL?: boolean } = {},
): LRUCache<string, Value> {
  let inserted = 0;
  const onInsert = () => {
    inserted += 1;
    if (ttl > 0 && inserted % SWEEP_AFTER === 0) cache.purgeStale();
  };
  // Without a resolution of 0 the library sets a timer for each millisecond in which it is asked.
  const cache = new LRUCache<string, Value>({
    maxSize: maxEntries,
    sizeCalculation: () => 1,
    ttl,
    ttlResolution: 0,
    onInsert,
    ...options,
  });
  return cache;
}
