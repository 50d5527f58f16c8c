import { boundedCache } from '../bounded-cache';
import type { SessionEmitter } from '../events/events';
import { movedExpiry, type ExpiryPolicy } from '../expiry/policy';
import type { Database, Logger, Row } from '../parse-server';
import { withKept } from '../privacy/kept';
import { toParseDate, toSessionRecord, type SessionRecord } from '../record';
import type { TokenCache } from '../sessions/token-cache';
import { inTimeForShutdown } from '../shutdown';
import { tellAddresses, writeMarks, type FlushOptions } from './flush';
import { Marks, type Mark } from './marks';

/** When so many sessions are marked, the next flush comes at once. */
const MAX_MARKS = 100_000;

/** How long the end of a session is known that is not used, in milliseconds. Its next use tells it again. */
const REMEMBER_ENDS_MS = 60 * 60_000;

/**
 * Keeps last accesses. Every request marks its session in memory, and the marks are written together. Tracking
 * fails open: a flush that fails keeps its marks for the next one, and no request ever waits for it.
 */
export class ActivityTracker {
  private readonly marks = new Marks(MAX_MARKS);
  /** When sessions end, as far as this process knows; `Infinity` where no access moves the end on. */
  private readonly ends = boundedCache<number>(MAX_MARKS, { ttl: REMEMBER_ENDS_MS });
  private readonly timer: NodeJS.Timeout;
  /** A flush before the regular one. */
  private early: { due: number; timer: NodeJS.Timeout } | undefined;
  private flushing: Promise<void> | undefined;
  private writing: ReadonlyMap<string, Mark> | undefined;
  private hasFailed = false;
  private hasDropped = false;
  private isStopped = false;

  /** @param listening answers the tokens of the sessions that wait for events of LiveQuery. */
  constructor(
    private readonly database: Database,
    private readonly cache: Pick<TokenCache, 'clear'>,
    private readonly log: Logger,
    private readonly policy: ExpiryPolicy,
    private readonly options: FlushOptions,
    private readonly events: Pick<SessionEmitter, 'emit'>,
    private readonly listening: () => Iterable<string> = () => [],
  ) {
    this.timer = setInterval(() => void this.flush(), options.flushInterval);
    this.timer.unref();
  }

  mark(token: string, mark: Mark): void {
    this.marks.set(token, mark);
    if (this.marks.isFull && !this.hasFailed) void this.flush();
    const end = this.ends.get(token);
    if (end !== undefined) this.flushBefore(end, mark.at.getTime());
  }

  /** The last access of this token that is not written yet. */
  pending(token: string): Date | undefined {
    return this.unwritten(token)?.at;
  }

  /**
   * The rows of sessions that end, as the next flush would have left them. It will not find them any more, so that
   * nobody would learn where a session was used from that ends itself soon after.
   */
  settled(rows: Row[]): Row[] {
    return rows.map(row => {
      const mark = this.unwritten(String(row.sessionToken));
      if (!mark) return row;
      const session = toSessionRecord(row);
      tellAddresses(withKept(session, this.options.privacy), mark, this.events);
      const { at, ip = row.ip, userAgent = row.userAgent } = mark;
      const isLater = !session.lastAccessedAt || session.lastAccessedAt < at;
      return isLater ? { ...row, lastAccessedAt: toParseDate(at), ip, userAgent } : row;
    });
  }

  /** Hands what is not written yet of a session on to its new token. */
  renamed(from: string, to: string): void {
    const mark = this.unwritten(from);
    if (mark) this.marks.set(to, { ...mark });
    this.forget(from);
  }

  /** What waits to be written, and for how long the oldest of it has. */
  get backlog(): { waiting: number; lagSeconds: number; failing: boolean } {
    const marks = [this.writing?.values(), this.marks.values()].flatMap(some => [...(some ?? [])]);
    const oldest = marks.reduce((first, { at }) => Math.min(first, at.getTime()), Date.now());
    return {
      waiting: marks.length,
      lagSeconds: (Date.now() - oldest) / 1000,
      failing: this.hasFailed,
    };
  }

  /** Forgets a session that has ended. */
  forget(token: string): void {
    this.ends.delete(token);
  }

  /**
   * Writes the marks, and marks before that who listens to LiveQuery. Never rejects: a failure is logged once until the
   * next success.
   * @param isEarly whether those who listen can wait for the regular flush, unless their session ends before it.
   */
  async flush(isEarly = false): Promise<void> {
    // One flush at a time. The caller's marks may have come after the running one took its own, so the caller
    // waits for that and the next.
    const before = this.flushing;
    if (before) {
      await before;
      if (this.flushing) return this.flushing;
    }
    this.markListening(isEarly);
    if (this.marks.size === 0) return;
    this.flushing = this.write().finally(() => (this.flushing = undefined));
    return this.flushing;
  }

  /** Writes what is left and stops. Does not wait for a database that does not answer. */
  async shutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    clearTimeout(this.early?.timer);
    if (await inTimeForShutdown(this.flush())) return;
    this.log.error('parse-server-sessions: last accesses could not be written before the shutdown.');
  }

  /** Whether use moves ends. If not, nobody needs to know them. */
  get watchesEnds(): boolean {
    return Object.keys(this.policy).length > 0;
  }

  /**
   * Notes when a session ends, as Parse Server's cache of users tells. So a process that has not written this
   * session yet knows how much time there is to write it.
   */
  learn(token: string, end: Date): void {
    if (this.ends.get(token) !== Infinity) this.ends.set(token, end.getTime());
  }

  private unwritten(token: string): Mark | undefined {
    return this.marks.get(token) ?? this.writing?.get(token);
  }

  /** Whether an access moves this session's end: the end is neither fixed nor at the max age. */
  private isMovable(session: SessionRecord): boolean {
    return session.expiresAt !== null && movedExpiry(this.policy, session, session.expiresAt) !== undefined;
  }

  /**
   * Has an access written before its session ends, also where the regular flush would be too late: after half of
   * the time that is left. The write moves the end, so the next request needs no early flush.
   */
  private flushBefore(end: number, at: number): void {
    if (this.isStopped || !this.isNear(end, at)) return;
    const delay = (end - at) / 2;
    const due = at + delay;
    if (this.early && this.early.due <= due) return;
    clearTimeout(this.early?.timer);
    const timer = setTimeout(() => {
      this.early = undefined;
      void this.flush(true);
    }, delay);
    timer.unref();
    this.early = { due, timer };
  }

  /** Whether the regular flush would be too late to move this end. */
  private isNear(end: number, at: number): boolean {
    return end >= at && (end - at) / 2 < this.options.flushInterval;
  }

  private markListening(isEarly: boolean): void {
    const at = new Date();
    for (const token of this.listening()) {
      const end = this.ends.get(token);
      if (!isEarly || (end !== undefined && this.isNear(end, at.getTime()))) this.marks.set(token, { at });
    }
  }

  /** Whoever only listens sends no request that would have the next access written in time. */
  private flushBeforeListeningEnds(): void {
    if (!this.watchesEnds) return;
    const at = Date.now();
    for (const token of this.listening()) {
      const end = this.ends.get(token);
      if (end !== undefined) this.flushBefore(end, at);
    }
  }

  private async write(): Promise<void> {
    const marks = this.marks.take();
    let dropped = 0;
    this.writing = marks;
    try {
      const { sessions, moved } = await writeMarks(
        this.database,
        marks,
        this.options,
        this.policy,
        this.events,
        token => {
          marks.delete(token);
          dropped += 1;
        },
      );
      for (const session of sessions) {
        const end = this.isMovable(session) ? session.expiresAt?.getTime() : undefined;
        this.ends.set(session.sessionToken, end ?? Infinity);
      }
      // Parse Server keeps the former end beside the cached user, and would refuse the token by it
      // (`Auth.js#getAuthForSessionToken` of 9.10.0).
      await this.cache.clear(moved);
      this.flushBeforeListeningEnds();
      this.hasFailed = false;
    } catch (error) {
      this.marks.restore(marks);
      if (!this.hasFailed) {
        this.log.error(
          `parse-server-sessions: last accesses could not be written, they are kept: ${(error as Error).message}`,
        );
      }
      this.hasFailed = true;
    } finally {
      this.writing = undefined;
      this.tellDropped(dropped);
    }
  }

  /** Once, until a flush drops nothing. Parse Server logs what the database says. */
  private tellDropped(count: number): void {
    if (count > 0 && !this.hasDropped) {
      this.log.error(
        `parse-server-sessions: ${count} last accesses are dropped, which the database does not take.`,
      );
    }
    this.hasDropped = count > 0;
  }
}
