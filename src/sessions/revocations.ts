import { boundedCache } from '../bounded-cache';
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
  private readonly revoked = boundedCache<true>(MAX_REMEMBERED, REMEMBER_MS);
  private readonly listeners = new Set<(tokens: readonly string[]) => void>();

  /** @param isShared whether other processes may use the cache: an own one need not hold what is known here. */
  constructor(
    private readonly cache: Pick<CacheController, 'get' | 'put' | 'user'>,
    readonly isShared: boolean,
  ) {}

  /** Calls the listener with each group of tokens that end; answers a function that stops it. */
  onEnded(listener: (tokens: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Marks tokens whose rows are deleted, then clears them from the caches. */
  async end(tokens: readonly string[]): Promise<void> {
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

  /** Whether another process has, of those that share the cache. */
  async isRevokedElsewhere(token: string): Promise<boolean> {
    return this.isShared && Boolean(await this.cache.get(sharedKey(token)));
  }
}
