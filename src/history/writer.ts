import type { Database, Logger, Row } from '../parse-server';
import { pauseAfter } from '../retry';
import { createOnce, HISTORY_CLASS } from '../schema/own-class';
import { inTimeForShutdown } from '../shutdown';

/** How long a record waits for others, in milliseconds. */
const DELAY_MS = 100;
/** How many records are written together, and bring the next write at once. */
export const BATCH = 500;
/** How many records wait at most. Those that come while so many do are dropped. */
export const MAX_WAITING = 20_000;
/** How many are created at once. More of them could take all the connections that requests need. */
const AT_ONCE = 5;
/** How often the database refuses a record, while it takes others beside it, before it is dropped. */
const MAX_REFUSALS = 3;

interface Waiting {
  id: string;
  record: Row;
  refusals: number;
}

/**
 * Writes records of ended sessions behind the requests that end them: no request waits for a write, or fails because
 * of one. A write that fails keeps its records for the next one. What waits in a process that is killed is lost: the
 * records of its last 100 ms, or all of them while the database takes none, up to `MAX_WAITING`.
 */
export class RecordWriter {
  /** By session, in the order in which they are tried. One that is noted twice keeps its first record. */
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private failures = 0;
  /** Because too many waited. */
  private dropped = 0;
  /** Because the database does not take them. */
  private refused = 0;
  private isStopped = false;

  constructor(
    private readonly database: Pick<Database, 'create' | 'find'>,
    private readonly log: Pick<Logger, 'error' | 'info'>,
    private readonly ensureClass: () => Promise<unknown>,
  ) {}

  add(records: readonly Row[]): void {
    for (const record of records) {
      const id = String(record.objectId);
      if (this.waiting.has(id)) continue;
      if (this.waiting.size >= MAX_WAITING) this.dropped += 1;
      else this.waiting.set(id, { id, record, refusals: 0 });
    }
    // A server that is shut down may still answer requests. There is nothing left to wait for then.
    if (this.isStopped) void this.flush();
    else this.wake();
  }

  /** How many records wait. */
  get size(): number {
    return this.waiting.size;
  }

  /**
   * The records that wait and match; also those of sessions that something has failed to end, which are never written.
   */
  waitingOf(matches: (record: Row) => boolean): Row[] {
    return [...this.waiting.values()].map(({ record }) => record).filter(matches);
  }

  /** Drops those that match. What is under way is written or dropped when this resolves. */
  async forget(matches: (record: Row) => boolean): Promise<void> {
    for (const { id, record } of this.waiting.values()) if (matches(record)) this.waiting.delete(id);
    await this.writing;
  }

  /** Waits until what waits now is written, while the database takes records. Never rejects. */
  async keepPace(): Promise<void> {
    if (this.failures === 0) await this.flush();
  }

  /** Writes all that waits. Never rejects: a failure is logged once until the next success. */
  async flush(): Promise<void> {
    // One write at a time. What the caller waits for may have come after the running one took its own.
    await this.writing;
    if (this.waiting.size === 0 || this.writing) return this.writing;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.write().finally(() => {
      this.writing = undefined;
      this.wake();
    });
    return this.writing;
  }

  /** Writes what is left, and stops. Never rejects, and does not wait for a database that does not answer. */
  async shutdown(): Promise<void> {
    this.isStopped = true;
    await inTimeForShutdown(this.writeLeft());
    clearTimeout(this.timer);
    const lost = this.waiting.size + this.dropped;
    if (lost > 0) {
      this.log.error(
        `parse-server-sessions: ${lost} sessions ended without a record: none could be written before the shutdown.`,
      );
    }
    this.dropped = 0;
  }

  private async writeLeft(): Promise<void> {
    do await this.flush();
    while (this.waiting.size > 0 && this.failures === 0);
  }

  /** Has what waits written soon. What comes during a write is looked for at its end. */
  private wake(): void {
    if (this.isStopped || this.writing || this.waiting.size === 0) return;
    if (this.waiting.size >= BATCH && this.failures === 0) {
      void this.flush();
      return;
    }
    if (this.timer) return;
    const pause = this.failures === 0 ? DELAY_MS : pauseAfter(this.failures);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, pause);
    this.timer.unref();
  }

  private async write(): Promise<void> {
    // What comes meanwhile is for the next write, or whoever waits for this one could wait for ever.
    const all = [...this.waiting.values()];
    let failure: unknown;
    try {
      // Whoever holds the master key may have deleted the class, or a column of it.
      if (this.failures > 0) await this.ensureClass();
      for (let next = 0; next < all.length; next += BATCH) {
        failure = (await this.writeBatch(all.slice(next, next + BATCH))) ?? failure;
      }
    } catch (error) {
      failure = error;
    }
    if (failure) this.fails(failure as Error);
    else this.succeeds();
    this.tellRefused();
  }

  /**
   * @returns why the database does not take some of these, if it does not.
   * @throws what it answers when it takes none.
   */
  private async writeBatch(batch: Waiting[]): Promise<unknown> {
    const isLeft = await sessionsLeft(
      this.database,
      batch.map(({ id }) => id),
    );
    // What is not over has no record. Something that should have ended it has not.
    for (const { id } of batch) if (isLeft.has(id)) this.waiting.delete(id);
    const over = batch.filter(({ id }) => !isLeft.has(id));
    let failure: unknown;
    for (let next = 0; next < over.length; next += AT_ONCE) {
      // Some may have been forgotten meanwhile.
      const some = over.slice(next, next + AT_ONCE).filter(({ id }) => this.waiting.has(id));
      if (some.length === 0) continue;
      const failed: Waiting[] = [];
      let error: unknown;
      await Promise.all(
        some.map(one =>
          // Another process may have ended the same session, and recorded it.
          createOnce(this.database, HISTORY_CLASS, one.record).then(
            () => this.waiting.delete(one.id),
            reason => {
              failed.push(one);
              error = reason;
            },
          ),
        ),
      );
      for (const one of failed) this.putLast(one);
      if (failed.length === some.length) throw error;
      for (const one of failed) if (!this.isRefused(one)) failure = error;
    }
    return failure;
  }

  /** The others are tried before it the next time, so that it does not keep them from being written. */
  private putLast(one: Waiting): void {
    if (this.waiting.delete(one.id)) this.waiting.set(one.id, one);
  }

  /** Drops a record that has failed beside others that were taken, when it has done so too often. */
  private isRefused(one: Waiting): boolean {
    one.refusals += 1;
    if (one.refusals < MAX_REFUSALS) return false;
    this.waiting.delete(one.id);
    this.refused += 1;
    return true;
  }

  private fails(error: Error): void {
    if (this.failures === 0) {
      this.log.error(
        `parse-server-sessions: records of ended sessions could not be written, they are kept: ${error.message}`,
      );
    }
    this.failures += 1;
  }

  private succeeds(): void {
    if (this.dropped > 0) {
      this.log.error(
        `parse-server-sessions: ${this.dropped} sessions ended without a record: more than ${MAX_WAITING} waited.`,
      );
    }
    if (this.failures > 0)
      this.log.info('parse-server-sessions: records of ended sessions are written again.');
    this.dropped = 0;
    this.failures = 0;
  }

  private tellRefused(): void {
    if (this.refused > 0) {
      this.log.error(
        `parse-server-sessions: ${this.refused} records of ended sessions are dropped, which the database does not take.`,
      );
    }
    this.refused = 0;
  }
}

/** Those of these sessions that are there still, save those that were invalidated: they are over, too. */
export async function sessionsLeft(database: Pick<Database, 'find'>, ids: string[]): Promise<Set<string>> {
  const query = { objectId: { $in: ids }, invalidatedAt: null };
  const rows = await database.find('_Session', query, { keys: ['objectId'] });
  return new Set(rows.map(row => String(row.objectId)));
}
