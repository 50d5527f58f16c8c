import { boundedCache } from '../bounded-cache';
import { REMEMBER_MS, type TokenCache } from './token-cache';

/** How many revoked tokens are remembered one by one: some 40 MB. */
const MAX_REMEMBERED = 100_000;

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
  private readonly listenersToUnnamed = new Set<() => unknown>();
  /** Which revocation of {@link userRevocations} was the last one of everybody's sessions. */
  private lastOfEverybody = 0;
  /** Until when a cached token may be one of those that were revoked without being read, or that are not remembered. */
  private unnamedUntil = 0;

  constructor(private readonly cache: Pick<TokenCache, 'revoke'>) {}

  /** Calls the listener with each group of tokens that end. @returns a function that removes the listener. */
  onEnded(listener: (tokens: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls the listener when sessions end whose tokens nobody has read. @returns a function that removes it. */
  onUnnamed(listener: () => unknown): () => void {
    this.listenersToUnnamed.add(listener);
    return () => this.listenersToUnnamed.delete(listener);
  }

  /**
   * Has every token looked up anew that this process knows: some are of sessions whose rows are deleted, and whose
   * tokens nobody has read. Only where no other process shares the cache.
   */
  async markUnnamed(): Promise<void> {
    this.suspectAll();
    await Promise.all([...this.listenersToUnnamed].map(listener => listener()));
  }

  private suspectAll(): void {
    this.unnamedUntil = Date.now() + REMEMBER_MS;
  }

  /** Whether a cached token has to be compared with the sessions that there are. */
  get isAnyoneSuspect(): boolean {
    return this.unnamedUntil > 0 && Date.now() < this.unnamedUntil;
  }

  /** Marks tokens whose rows are deleted, then clears them from the caches. Never rejects. */
  async mark(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    // Any more drive out the oldest, which have to be refused all the same.
    if (this.revoked.size + tokens.length > MAX_REMEMBERED) this.suspectAll();
    for (const token of tokens) this.revoked.set(token, true);
    for (const listener of this.listeners) listener(tokens);
    await this.cache.revoke(tokens);
  }

  /** Notes that this process revokes all sessions of a user, save one. */
  revokesUser(userId: string, except = ''): void {
    this.userRevocations += 1;
    this.users.set(userId, { number: this.userRevocations, except });
  }

  /** Notes that this process revokes sessions of whichever users. */
  revokesEverybody(): void {
    this.userRevocations += 1;
    this.lastOfEverybody = this.userRevocations;
  }

  /** Whether this process has revoked the user's sessions, this one among them, since {@link userRevocations} was so. */
  hasRevokedUser(userId: string, token: string, since: number): boolean {
    if (this.lastOfEverybody > since) return true;
    const last = this.users.get(userId);
    return last !== undefined && last.number > since && last.except !== token;
  }

  /** Whether this process has revoked the token. */
  isRevoked(token: string): boolean {
    return this.revoked.size > 0 && this.revoked.has(token);
  }
}
