import { ErrorCode } from '../errors';
import type { SessionEmitter, RevokeReason } from '../events/events';
import { warn, type SessionFiles } from '../files/session-files';
import type { CacheController, Database, Logger, Query, Row } from '../parse-server';
import type { Revocations } from '../store/revocations';
import type { Transaction } from './transaction';

/** What is read of a session that is about to end. */
export const ENDING_KEYS = ['objectId', 'sessionToken', 'user', 'hasFiles'];

/** Why a session ends: revoked for a reason, or its time was over. */
export type Ending = RevokeReason | 'expired';

/** Deletes sessions, those that meet the condition. */
export type Destroy = (condition: Query) => Promise<unknown>;

/** As many connections as an adapter has by default would leave none for others. */
const AT_ONCE = 5;

const eventOf = (ending: Ending) => (ending === 'expired' ? 'expired' : 'revoked');

/** PostgreSQL's adapter answers a count, MongoDB's undefined for "some"; both an object for "none". */
export function deletedBy(answer: unknown, some = 1): number {
  if (typeof answer === 'number') return answer;
  return answer === undefined ? some : 0;
}

const userIdOf = (row: Row) => (row.user as { objectId?: string } | undefined)?.objectId ?? null;

/**
 * The one way in which sessions end: rows are deleted, tokens refused at once, files removed, and one event told by
 * one process.
 */
export class Endings {
  constructor(
    private readonly database: Database,
    private readonly cache: CacheController,
    private readonly revocations: Revocations,
    private readonly files: SessionFiles,
    private readonly events: SessionEmitter,
    private readonly log: Logger,
  ) {}

  /**
   * Ends sessions.
   * @param rows with {@link ENDING_KEYS}.
   * @param destroy deletes the rows, or those of them that meet the condition; answers what Parse Server's database
   * controller does.
   * @param transaction the one that `destroy` is a part of.
   */
  async end(rows: Row[], ending: Ending, destroy: Destroy, transaction?: Transaction): Promise<unknown> {
    if (transaction) {
      const result = await destroy({});
      transaction.afterCommit(async () => {
        this.tell(rows, ending);
        await this.ended(rows, ending);
      });
      return result;
    }
    const told = this.events.has(eventOf(ending)) ? await this.endEach(rows, ending, destroy) : 0;
    // What came in between, and what had been told before it ended.
    const result = await destroy({});
    await this.ended(rows, ending);
    return told > 0 ? told + deletedBy(result, rows.length - told) : result;
  }

  /**
   * One by one: the database tells which of several processes has deleted a row, and that one tells its end.
   * @returns how many.
   */
  private async endEach(rows: Row[], ending: Ending, destroy: Destroy): Promise<number> {
    const deleted: Row[] = [];
    const failures: unknown[] = [];
    const endOne = async (row: Row) => {
      try {
        const answer = await destroy({ objectId: row.objectId, invalidatedAt: null });
        if (deletedBy(answer) > 0) deleted.push(row);
      } catch (error) {
        failures.push(error);
      }
    };
    for (let start = 0; start < rows.length && failures.length === 0; start += AT_ONCE) {
      await Promise.all(rows.slice(start, start + AT_ONCE).map(endOne));
    }
    this.tell(deleted, ending);
    if (failures.length > 0) {
      await this.ended(deleted, ending);
      throw failures[0];
    }
    return deleted.length;
  }

  /** Ends a session for ever without deleting it. @param data what marks it. */
  async invalidate(row: Row, data: Row): Promise<void> {
    const query = { objectId: row.objectId, invalidatedAt: null };
    const isFirst = await this.database.update('_Session', query, data, {}).then(
      () => true,
      error => {
        if (error.code === ErrorCode.OBJECT_NOT_FOUND) return false;
        throw error;
      },
    );
    if (isFirst) this.tell([row], 'invalidated');
    await this.ended([row], 'invalidated');
  }

  /** Whether anything follows from the end of expired sessions but that their rows go. */
  async isFollowed(): Promise<boolean> {
    return this.events.has('expired') || (await this.files.isInUse());
  }

  private async ended(rows: Row[], ending: Ending): Promise<void> {
    // Parse Server refuses expired tokens by itself, cached or not.
    if (ending !== 'expired') {
      const tokens = rows.map(row => String(row.sessionToken));
      await this.revocations.end(tokens, this.cache);
    }
    // The sessions have ended; the next purge tries their files again.
    await this.files.sessionsEnded(rows).catch(error => warn(this.log, error));
  }

  private tell(rows: Row[], ending: Ending): void {
    for (const row of rows) {
      const payload = { sessionId: String(row.objectId), userId: userIdOf(row) };
      if (ending === 'expired') this.events.emit('expired', payload);
      else this.events.emit('revoked', { ...payload, reason: ending });
    }
  }
}
