import { LRUCache } from 'lru-cache';
import type { CacheController } from '../parse-server';

/**
 * How long a revoked token is remembered: longer than any request can be under way that has read the session
 * before it was deleted, and would put it back into Parse Server's cache afterwards.
 */
const REMEMBER_MS = 10 * 60_000;
const MAX_REMEMBERED = 1_000_000;

const sharedKey = (token: string) => `revokedSession:${token}`;

/**
 * Makes a revoked token end at once: in this process, and in every process that shares Parse Server's cache. Parse
 * Server trusts that cache for `cacheTTL`, forgets to clear it on a password change and on a login from the same
 * installation, and a request under way can fill it again.
 */
export class Revocations {
  private readonly revoked = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: REMEMBER_MS });
  private readonly listeners = new Set<(tokens: readonly string[]) => void>();

  /** @param isShared whether other processes may use the cache: an own one need not hold what is known here. */
  constructor(private readonly isShared: boolean) {}

  /** Calls the listener with each group of tokens that end; answers a function that stops it. */
  onEnded(listener: (tokens: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Closes Parse Server's token cache for revoked tokens. The mark is asked for on every read, so it does not matter
   * who fills the cache when; it is asked for after a write too, for caches that keep entries longer than the mark.
   */
  protect(cache: CacheController): void {
    const { user } = cache;
    const get = user.get.bind(user);
    const put = user.put.bind(user);
    user.get = async token => {
      if (this.revoked.has(token)) return null;
      const [entry, revoked] = await Promise.all([get(token), this.isRevokedElsewhere(token, cache)]);
      return revoked ? null : entry;
    };
    user.put = async (token, value, ttl) => {
      if (this.revoked.has(token)) return undefined;
      const result = await put(token, value, ttl);
      if (this.revoked.has(token) || (await this.isRevokedElsewhere(token, cache))) await user.del(token);
      return result;
    };
  }

  /** Marks tokens whose rows are deleted, then clears them from the caches. */
  async end(tokens: readonly string[], cache: CacheController): Promise<void> {
    if (tokens.length === 0) return;
    for (const token of tokens) this.revoked.set(token, true);
    for (const listener of this.listeners) listener(tokens);
    await Promise.all(
      tokens.map(async token => {
        if (this.isShared) await cache.put(sharedKey(token), true, REMEMBER_MS);
        await cache.user.del(token);
      }),
    );
  }

  private async isRevokedElsewhere(token: string, cache: CacheController): Promise<boolean> {
    return this.isShared && Boolean(await cache.get(sharedKey(token)));
  }
}
