import type { LRUCache } from 'lru-cache';
import { boundedCache } from '../bounded-cache';
import { invalidSessionError } from '../errors';
import { isExpired } from '../expiry/lifetime';
import { chosenEnd } from '../expiry/policy';
import type { Database, Row } from '../parse-server';
import { toSessionRecord, type SessionRecord } from '../record';

/** How long Parse Server trusts a cached token when the option `cacheTTL` is not given, in milliseconds. */
export const DEFAULT_CACHE_TTL = 5000;

/** How many sessions are kept. Any more within one cache period cost a query each again. */
const MAX_CACHED = 50_000;

/**
 * Whether Parse Server itself makes no such tokens of sessions. One may be of the time before revocable sessions
 * (`_User._session_token`), which has no session row. The master key may save a session with any token.
 */
export const isForeignToken = (token: string) => !token.startsWith('r:');

/** A look-up under way. */
interface Loading {
  session: Promise<SessionRecord | null>;
}

/**
 * The sessions of callers. Each is looked up once per cache period, which is as long as Parse Server itself trusts
 * a token without a look (`cacheTTL`). Simultaneous look-ups of one token share one query. A token without a
 * session is not kept, because anybody can make up any number of them.
 */
export class CallerSessions {
  private readonly cache: LRUCache<string, SessionRecord>;
  private readonly loading = new Map<string, Loading>();
  /** How often any session was forgotten. */
  private forgotten = 0;
  /** How many look-ups this process could answer, and how many took a query. */
  readonly lookUps = { hits: 0, misses: 0 };

  constructor(
    private readonly database: Pick<Database, 'find'>,
    ttl: number,
    private readonly now: () => Date,
  ) {
    this.cache = boundedCache(MAX_CACHED, { ttl, usual: 512 });
  }

  /**
   * The session of this token.
   * @throws 209 when the session is gone, expired or invalidated: Parse Server's cache may still trust its token.
   */
  async live(token: string): Promise<SessionRecord> {
    const session = await this.liveOrNull(token);
    if (!session) throw invalidSessionError();
    return session;
  }

  /** The same; `null` when the session is gone, expired or invalidated. */
  async liveOrNull(token: string): Promise<SessionRecord | null> {
    let session = await this.find(token);
    if (session && this.isOver(session)) {
      // Its end may have moved since the look-up.
      this.forget(token);
      session = await this.find(token);
    }
    return session && !this.isOver(session) ? session : null;
  }

  private isOver(session: SessionRecord): boolean {
    const now = this.now();
    const chosen = chosenEnd(session);
    return isExpired(session, now) || (chosen !== null && chosen < now) || session.invalidatedAt !== null;
  }

  /** The session of this token if it is known already and not over. */
  known(token: string): SessionRecord | undefined {
    const session = this.fromCache(token);
    return session && !this.isOver(session) ? session : undefined;
  }

  /**
   * For a session that Parse Server is about to read for itself.
   * @returns a function that takes the row which was read. It ignores the row if any session was forgotten
   * meanwhile.
   */
  learner(token: string): (row: Row | undefined) => void {
    const before = this.forgotten;
    return row => {
      if (row) this.lookUps.misses += 1;
      if (row && before === this.forgotten) this.cache.set(token, toSessionRecord(row));
    };
  }

  /** The session of this token, over or not; `null` when there is none. */
  async find(token: string): Promise<SessionRecord | null> {
    const known = this.fromCache(token);
    if (known) return known;
    const underWay = this.loading.get(token);
    if (underWay) return underWay.session;
    const loading: Loading = { session: Promise.resolve(null) };
    this.loading.set(token, loading);
    return (loading.session = this.load(token, loading));
  }

  /** Forgets the session, and what a look-up under way is about to learn of it. */
  forget(token: string): void {
    this.forgotten += 1;
    this.cache.delete(token);
    this.loading.delete(token);
  }

  /** Forgets all of them, and what look-ups under way are about to learn. */
  forgetAll(): void {
    this.forgotten += 1;
    this.cache.clear();
    this.loading.clear();
  }

  private fromCache(token: string): SessionRecord | undefined {
    const session = this.cache.get(token);
    if (session) this.lookUps.hits += 1;
    return session;
  }

  private async load(token: string, own: Loading): Promise<SessionRecord | null> {
    const isWanted = () => this.loading.get(token) === own;
    try {
      this.lookUps.misses += 1;
      const [row] = await this.rowsOf(token);
      const session = row ? toSessionRecord(row) : null;
      if (session && isWanted()) this.cache.set(token, session);
      return session;
    } finally {
      if (isWanted()) this.loading.delete(token);
    }
  }

  private rowsOf(token: string): Promise<Row[]> {
    const rows = this.database.find('_Session', { sessionToken: token }, { limit: 1 });
    // PostgreSQL keeps no NUL in a text, and refuses a query that holds one.
    return token.includes('\0') ? rows.catch(() => []) : rows;
  }
}
