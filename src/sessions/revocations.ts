import { boundedCache } from '../bounded-cache';
import { REMEMBER_MS, type TokenCache } from './token-cache';

const MAX_REMEMBERED = 1_000_000;

/** How many users are remembered whose sessions were revoked. */
const MAX_USERS = 100_000;

interface UserRevocation {
  number: number;
  /** The token of the session that was kept; empty for none. */
  except: string;
}

/**
 * Has a revoked token refused at once, in this process and in every process that shares Parse Server's cache.
 * Parse Server trusts that cache for `cacheTTL`. It does not clear it on a password change or a login from the
 * same installation (`RestWrite.js#handleFollowup` and `#destroyDuplicatedSessions` of 9.10.0), and a request
 * under way may fill it again.
 */
export class Revocations {
  private readonly revoked = boundedCache<true>(MAX_REMEMBERED, { ttl: REMEMBER_MS });
  private readonly users = boundedCache<UserRevocation>(MAX_USERS, { ttl: REMEMBER_MS });
  /** How many revocations of all sessions of a user there were in this process. */
  userRevocations = 0;
  private readonly listeners = new Set<(tokens: readonly string[]) => void>();

  constructor(private readonly cache: Pick<TokenCache, 'revoke'>) {}

  /** Calls the listener with each group of tokens that end. @returns a function that removes the listener. */
  onEnded(listener: (tokens: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Marks tokens whose rows are deleted, then clears them from the caches. Never rejects. */
  async mark(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    for (const token of tokens) this.revoked.set(token, true);
    for (const listener of this.listeners) listener(tokens);
    await this.cache.revoke(tokens);
  }

  /** Notes that this process revokes all sessions of a user, save one. */
  revokesUser(userId: string, except = ''): void {
    this.userRevocations += 1;
    this.users.set(userId, { number: this.userRevocations, except });
  }

  /** Whether this process has revoked the user's sessions, this one among them, since {@link userRevocations} was so. */
  hasRevokedUser(userId: string, token: string, since: number): boolean {
    const last = this.users.get(userId);
    return last !== undefined && last.number > since && last.except !== token;
  }

  /** Whether this process has revoked the token. */
  isRevoked(token: string): boolean {
    return this.revoked.size > 0 && this.revoked.has(token);
  }
}
