import { LRUCache } from 'lru-cache';

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
  // With any other resolution the library sets a timer for each millisecond in which it is asked.
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: () => 1, ttl, ttlResolution: 0, ...options });
}
