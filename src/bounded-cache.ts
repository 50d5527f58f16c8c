import { LRUCache } from 'lru-cache';

/** So many new entries have those that are over removed: the library keeps them until somebody asks for them. */
const SWEEP_AFTER = 10_000;

/**
 * A cache of at most so many entries, the least recently used of which give way. It grows with them: the library's
 * own option `max` would allocate room for all of them at once, some 50 bytes each.
 * @param ttl milliseconds until an entry is over. @default no end
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
