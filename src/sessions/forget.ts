import type { Connection } from './connection';

/**
 * Has this process forget what it knows of sessions whose rows have changed: when they end, and of which kind they
 * are. Where the cache fails (Redis is down), Parse Server's entries are gone within `cacheTTL`.
 */
export async function forgetSessions(
  tokens: readonly string[],
  { callers, activity, cacheController }: Pick<Connection, 'callers' | 'activity' | 'cacheController'>,
): Promise<void> {
  for (const token of tokens) {
    callers.forget(token);
    activity?.forget(token);
  }
  // Parse Server keeps the end beside the cached user (`Auth.js#getAuthForSessionToken` of 9.10.0).
  await Promise.allSettled(tokens.map(token => cacheController.user.del(token)));
}
