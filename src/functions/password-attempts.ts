import { boundedCache } from '../bounded-cache';
import { ErrorCode, parseError } from '../errors';

const WINDOW_MS = 15 * 60_000;
const MAX_ATTEMPTS = 5;

/**
 * Limits how often `confirmPassword` may try a user's password, per process: a thief with a session token must not
 * guess it. Parse Server's own `rateLimit` does not see calls by GraphQL.
 */
export class PasswordAttempts {
  private readonly byUser = boundedCache<number>(100_000, { ttl: WINDOW_MS, noUpdateTTL: true });

  /** @throws 155 after 5 attempts within 15 minutes. */
  count(userId: string): void {
    const made = this.byUser.get(userId) ?? 0;
    if (made >= MAX_ATTEMPTS) {
      throw parseError(ErrorCode.REQUEST_LIMIT_EXCEEDED, 'Too many attempts: try again in 15 minutes.');
    }
    this.byUser.set(userId, made + 1);
  }

  forget(userId: string): void {
    this.byUser.delete(userId);
  }
}
