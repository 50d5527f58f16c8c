import { boundedCache } from '../bounded-cache';
import type { CacheController } from '../parse-server';

/**
 * How long a revoked token is remembered, in milliseconds. A request under way may have read the session before it
 * was deleted, and put it back into Parse Server's cache afterwards: no request takes longer than this.
 */
const REMEMBER_MS = 10 * 60_000;
const MAX_REMEMBERED = 1_000_000;

const sharedKey = (token: string) => `revokedSession:${token}`;

/**
 * Has a revoked token refused at once, in this process and in every process that shares Parse Server's cache.
 * Parse Server trusts that cache for `cacheTTL`. It does not clear it on a password change or a login from the
 * same installation (`RestWrite.js#handleFollowup` and `#destroyDuplicatedSessions` of 9.10.0), and a request
 * under way may fill it again.
 */
export class Revocations {
  private readonly revoked = boundedCache<true>(MAX_REMEMBERED, { ttl: REMEMBER_MS });
  private readonly listeners = new Set<(tokens: readonly string[]) => void>();

  /** @param isShared whether other processes may use the cache. If not, the marks in memory are enough. */
  constructor(
    private readonly cache: Pick<CacheController, 'get' | 'put' | 'user'>,
    readonly isShared: boolean,
  ) {}

  /** Calls the listener with each group of tokens that end. @returns a function that removes the listener. */
  onEnded(listener: (tokens: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Marks tokens whose rows are deleted, then clears them from the caches. */
  async mark(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    for (const token of tokens) this.revoked.set(token, true);
    for (const listener of this.listeners) listener(tokens);
    await Promise.all(
      tokens.map(async token => {
        if (this.isShared) await this.cache.put(sharedKey(token), true, REMEMBER_MS);
        await this.cache.user.del(token);
      }),
    );
  }

  /** Whether this process has revoked the token. */
  isRevoked(token: string): boolean {
    return this.revoked.size > 0 && this.revoked.has(token);
  }

  /** Whether another process that shares the cache has revoked the token. */
  async isRevokedElsewhere(token: string): Promise<boolean> {
    return this.isShared && Boolean(await this.cache.get(sharedKey(token)));
  }
}
