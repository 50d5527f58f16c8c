import type { Connection } from './connection';

/**
 * Has this process forget what it knows of sessions whose rows have changed: when they end, and of which kind they
 * are.
 */
export async function forgetSessions(
  tokens: readonly string[],
  { callers, activity, tokenCache }: Pick<Connection, 'callers' | 'activity' | 'tokenCache'>,
): Promise<void> {
  for (const token of tokens) {
    callers.forget(token);
    activity?.forget(token);
  }
  // Parse Server keeps the end beside the cached user (`Auth.js#getAuthForSessionToken` of 9.10.0).
  await tokenCache.clear(tokens);
}
