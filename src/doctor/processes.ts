import { DEFAULT_CACHE_TTL } from '../sessions/callers';
import type { Seen } from './finding';
import type { Patient } from './patient';

export function processes({ sharesCache, config }: Patient): Seen {
  if (sharesCache) {
    return {
      level: 'ok',
      what: 'Parse Server has a cache adapter of yours: each process that shares that cache refuses a revoked token at once.',
    };
  }
  const seconds = (config.cacheTTL ?? DEFAULT_CACHE_TTL) / 1000;
  return {
    level: 'notice',
    what: `No cache is shared: a token that this process revokes is refused by others within ${seconds} seconds.`,
    todo: 'If the app has more than one process, give all of them the same RedisCacheAdapter. If it has one, all is well.',
  };
}
