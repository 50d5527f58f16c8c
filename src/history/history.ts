import type { RevokeReason } from '../events/events';
import { isExpired } from '../expiry/lifetime';
import { pagesById } from '../paging';
import type { Database, Logger, Query, Row } from '../parse-server';
import type { Places } from '../places/places';
import { withKept, type Privacy } from '../privacy/kept';
import { toDate, toParseDate, toSessionRecord, userPointer } from '../record';
import { destroyRows, hasOwnClass, HISTORY_CLASS, type OwnClasses } from '../schema/own-class';
import { sha256 } from '../sha256';
import type { Ender } from './ender';
import {
  recordOf,
  RECORDS,
  viewOfExpired,
  viewOfRecord,
  type EndedSessionView,
  type NotedEndedSessionView,
  type Unplaced,
} from './record';
import { RecordWriter, sessionsLeft } from './writer';

export interface HistoryOptions {
  /** How long records are kept, in milliseconds. `false`: no session leaves a record. */
  history: { keep: number } | false;
  privacy: Privacy;
}

/** How many records one statement reads at most. */
const MANY = 1000;
/** Whoever ends so many sessions at once waits for their records, or they would keep those of others waiting. */
const CROWD = 1000;

/** A part of a list: so many after the first so many. */
export interface Page {
  limit: number;
  skip: number;
}

/**
 * The sessions that are over: those that ended before their time by their records, those that have expired by
 * themselves, until the purge deletes them.
 */
export class History {
  private readonly writer: RecordWriter | undefined;

  constructor(
    private readonly database: Database,
    log: Pick<Logger, 'error' | 'info'>,
    private readonly options: HistoryOptions,
    private readonly places: Pick<Places, 'known'>,
    ownClasses: Pick<OwnClasses, 'ensure'>,
    private readonly now: () => Date,
  ) {
    if (options.history) this.writer = new RecordWriter(database, log, () => ownClasses.ensure(RECORDS));
  }

  /** Whether sessions leave records. */
  get isKept(): boolean {
    return this.options.history !== false;
  }

  /** How many records are not written yet. */
  get waiting(): number {
    return this.writer?.size ?? 0;
  }

  /**
   * Notes sessions that have ended before their time; those of an ordinary user before it first waits. Never rejects.
   * @param rows with `ENDING_KEYS`.
   * @param note why, in the words of whoever ends them.
   */
  async add(rows: readonly Row[], reason: RevokeReason, by: Ender, note?: string): Promise<void> {
    if (!this.writer) return;
    const at = this.now();
    const { privacy } = this.options;
    for (let start = 0; start < rows.length; start += CROWD) {
      const some = rows.slice(start, start + CROWD);
      this.writer.add(some.map(row => recordOf(withKept(row, privacy), reason, by, at, note)));
      if (some.length === CROWD) await this.keepPace();
    }
  }

  /** For whoever ends sessions on and on: waits until their records are written. Never rejects. */
  async keepPace(): Promise<void> {
    await this.writer?.keepPace();
  }

  async shutdown(): Promise<void> {
    await this.writer?.shutdown();
  }

  /**
   * The session of a token that is over; `null` for one that is not, and for an unknown token. It takes as long for
   * either.
   */
  async ofToken(sessionToken: string): Promise<Unplaced | null> {
    const tokenHash = sha256(sessionToken);
    const [waiting] = this.waitingOf(record => record.tokenHash === tokenHash);
    const [[session], [record = waiting]] = await Promise.all([
      this.database.find('_Session', { sessionToken }, { limit: 1 }),
      this.records({ tokenHash }, { limit: 1, skip: 0 }),
    ]);
    if (!session) return record ? viewOfRecord(record) : null;
    const found = toSessionRecord(session);
    return isExpired(found, this.now()) ? viewOfExpired(found) : null;
  }

  /** The sessions of a user that are over, newest end first, as he sees them. */
  async ofUser(userId: string, page: Page): Promise<EndedSessionView[]> {
    const noted = await this.notedOfUser(userId, page);
    return noted.map(({ note: _, ...view }) => view);
  }

  /** The same, for the holder of the master key. */
  async notedOfUser(userId: string, { limit, skip }: Page): Promise<NotedEndedSessionView[]> {
    const waiting = await this.waitingOfUser(userId);
    const expired = {
      user: userPointer(userId),
      expiresAt: { $lt: toParseDate(this.now()) },
      // These have records.
      invalidatedAt: null,
    };
    const sort = { expiresAt: -1, objectId: 1 };
    const sessions = await this.database.find('_Session', expired, { limit: skip + limit, sort });
    // So many of the records come before the page in any case.
    const before = Math.max(0, skip - sessions.length - waiting.length);
    const written = await this.records({ userId }, { limit: skip + limit - before, skip: before });
    const records = withWaiting(written, waiting);
    const ended = [...sessions.map(toSessionRecord).map(viewOfExpired), ...records.map(viewOfRecord)];
    const notes = new Map(records.map(row => [row.objectId, row.note as string | undefined]));
    return ended
      .sort((a, b) => (a.endedAt < b.endedAt ? 1 : a.endedAt > b.endedAt ? -1 : 0))
      .slice(skip - before, skip - before + limit)
      .map(one => ({ ...this.view(one), note: notes.get(one.objectId) ?? null }));
  }

  /** All records of a user that are there, also those that wait for the purge: too old, or from before `history: false`. Without notes. */
  async recordsOf(userId: string): Promise<EndedSessionView[]> {
    const waiting = await this.waitingOfUser(userId);
    const written: Row[] = [];
    if (await hasOwnClass(this.database, HISTORY_CLASS)) {
      const page = { limit: MANY };
      for await (const rows of pagesById(this.database, HISTORY_CLASS, () => ({ userId }), page)) {
        written.push(...rows);
      }
    }
    return withWaiting(written, waiting).map(row => this.view(viewOfRecord(row)));
  }

  /** Deletes the records of a user. */
  async forget(userId: string): Promise<void> {
    await this.writer?.forget(record => record.userId === userId);
    await destroyRows(this.database, HISTORY_CLASS, { userId });
  }

  /** Deletes the records that are older than they are kept, in batches; all of them where none are kept. */
  async purge(batchSize: number): Promise<void> {
    if (!(await hasOwnClass(this.database, HISTORY_CLASS))) return;
    const oldest = this.oldest();
    // All of them: the clock may have stepped back since they ended.
    const old = oldest ? { $lt: toParseDate(oldest) } : { $exists: true };
    // Each batch begins where the one before ends: PostgreSQL's index still knows the rows that are deleted.
    let from: Date | null = null;
    do {
      const endedAt = { ...old, ...(from && { $gte: toParseDate(from) }) };
      const options = { sort: { endedAt: 1 }, skip: batchSize, limit: 1, keys: ['endedAt'] };
      const [next] = await this.database.find(HISTORY_CLASS, { endedAt }, options);
      let to = toDate(next?.endedAt);
      // More than a batch ended in the same millisecond.
      if (to && from && to <= from) to = new Date(from.getTime() + 1);
      await destroyRows(this.database, HISTORY_CLASS, {
        endedAt: to ? { ...endedAt, $lt: toParseDate(to) } : endedAt,
      });
      from = to;
    } while (from);
  }

  private waitingOf(matches: (record: Row) => boolean): Row[] {
    return this.writer?.waitingOf(matches) ?? [];
  }

  /** The records of a user that cannot be written now. Whoever has none that wait does not wait for those of others. */
  private async waitingOfUser(userId: string): Promise<Row[]> {
    const isOfUser = (record: Row) => record.userId === userId;
    // Pages keep an order only in the database.
    if (this.waitingOf(isOfUser).length > 0) await this.keepPace();
    const waiting = this.waitingOf(isOfUser);
    if (waiting.length === 0) return [];
    const isLeft = await sessionsLeft(
      this.database,
      waiting.map(({ objectId }) => String(objectId)),
    );
    return waiting.filter(({ objectId }) => !isLeft.has(String(objectId)));
  }

  private async records(query: Query, { limit, skip }: Page): Promise<Row[]> {
    if (!this.isKept) return [];
    const options = { limit, skip, sort: { endedAt: -1, objectId: 1 } };
    return this.database.find(HISTORY_CLASS, this.kept(query), options);
  }

  /** Leaves out records that are too old, which the next purge deletes. */
  private kept(query: Query): Query {
    const oldest = this.oldest();
    return oldest ? { ...query, endedAt: { $gte: toParseDate(oldest) } } : query;
  }

  /** When those ended that are just about kept; none with `history: false`. */
  oldest(): Date | undefined {
    const { history } = this.options;
    return history ? new Date(this.now().getTime() - history.keep) : undefined;
  }

  private view(ended: Unplaced): EndedSessionView {
    return { ...ended, place: this.places.known(ended.ip) };
  }
}

/** Both; those that were written meanwhile once. */
function withWaiting(written: Row[], waiting: Row[]): Row[] {
  const isWritten = new Set(written.map(({ objectId }) => objectId));
  return [...written, ...waiting.filter(({ objectId }) => !isWritten.has(objectId))];
}
