import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { also, pastDeadlocks } from '../deadlock';
import type { SessionEmitter, RevokeReason } from '../events/events';
import type { Ender } from '../history/ender';
import type { History } from '../history/history';
import { reportLeftFiles, type SessionFiles } from '../files/session-files';
import type { Database, Logger, Query, Row } from '../parse-server';
import type { Revocations } from './revocations';
import { updateIf } from '../update-if';
import type { Transaction } from './transaction';

/** What is read of a session that is about to end. */
export const ENDING_KEYS = [
  'objectId',
  'sessionToken',
  'user',
  'hasFiles',
  'invalidatedAt',
  // What a record of it tells.
  'createdAt',
  'expiresAt',
  'lastAccessedAt',
  'restricted',
  'ip',
  'userAgent',
  'name',
];

/** Why a session ends: revoked for a reason, or its time was over. */
export type Ending = RevokeReason | 'expired';

/** Why sessions end, and who ends them. */
export interface Cause {
  ending: Ending;
  by: Ender;
  /** Why, in the words of whoever ends them; their records keep it. */
  note?: string;
  /** Whether some of the rows may stay, because they do not meet the condition of `destroy` any more. @default false */
  mayStay?: boolean;
}

/** Deletes sessions, those that meet the condition. */
export type Destroy = (condition: Query) => Promise<unknown>;

/**
 * Deletes these rows by their ids.
 * @param database the request's own, or the app's.
 * @param matching only those that still match.
 */
export const destroyById =
  (rows: Row[], database: Pick<Database, 'destroy'>, matching?: Query): Destroy =>
  condition => {
    const ofRows = { objectId: { $in: rows.map(row => row.objectId) } };
    return database.destroy('_Session', { $and: [also(ofRows, matching), condition] }, {});
  };

/** Pauses while another process finishes its work on the same sessions, in milliseconds: 1.5 s in all. */
const LOOK_AGAIN_MS = [10, 20, 40, 80, 150, 300, 400, 500];

/** Matches a session whose event no process has emitted, or claimed for itself. */
const UNTOLD: Query = { endedBy: null, invalidatedAt: null };

const eventOf = (ending: Ending) => (ending === 'expired' ? 'expired' : 'revoked');

/**
 * How many rows a delete has deleted. PostgreSQL's adapter answers a count. MongoDB's answers `undefined` when it
 * was more than none. Both answer an object for none.
 * @param some the number to take for `undefined`.
 */
export function deletedBy(answer: unknown, some = 1): number {
  if (typeof answer === 'number') return answer;
  return answer === undefined ? some : 0;
}

/** Knows accesses that are not written yet. */
interface Activity {
  settled(rows: Row[]): Row[];
}

const userIdOfRow = (row: Row) => (row.user as { objectId?: string } | undefined)?.objectId ?? null;

/**
 * All sessions end here. Their rows are deleted, their tokens are refused at once, their files are deleted, one process
 * emits one event for each, and those that end before their time leave a record.
 */
export class Endings {
  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly files: SessionFiles,
    private readonly events: SessionEmitter,
    private readonly history: History,
    private readonly log: Logger,
    private readonly activity?: Activity,
  ) {}

  /**
   * Ends sessions.
   * @param rows with {@link ENDING_KEYS}.
   * @param destroy deletes those of the rows that meet the condition; answers what Parse Server's database
   * controller does.
   * @param transaction the one that `destroy` is a part of.
   */
  async end(rows: Row[], cause: Cause, destroy: Destroy, transaction?: Transaction): Promise<unknown> {
    if (transaction) {
      const result = await destroy({});
      transaction.afterCommit(async () => {
        this.tell(rows, cause.ending);
        await this.ended(rows, cause);
      });
      return result;
    }
    const persistently: Destroy = condition => pastDeadlocks(rows, one => destroy(also(condition, one)));
    if (this.events.has(eventOf(cause.ending))) {
      return rows.length === 1
        ? this.endOne(rows, cause, persistently)
        : this.endMany(rows, cause, persistently);
    }
    const result = await persistently({});
    this.count(cause.ending, deletedBy(result, rows.length));
    await this.ended(rows, cause);
    return result;
  }

  /** Counts sessions that have ended. */
  count(ending: Ending, sessions: number): void {
    this.events.counters.haveEnded(ending, sessions);
  }

  /** Those of these sessions whose rows are not there any more. */
  private async goneOf(rows: Row[]): Promise<Row[]> {
    const all = { objectId: { $in: rows.map(row => row.objectId) } };
    const left = await this.database.find('_Session', all, { keys: ['objectId'] });
    const isLeft = new Set(left.map(row => row.objectId));
    return rows.filter(row => !isLeft.has(row.objectId));
  }

  /**
   * Ends one session. The database tells which of several processes has deleted the row, and that process emits
   * the event.
   */
  private async endOne(rows: Row[], cause: Cause, destroy: Destroy): Promise<unknown> {
    const told = deletedBy(await destroy(UNTOLD));
    if (told > 0) this.tell(rows, cause.ending);
    else await this.letOthersFinish(rows);
    // The row is still there where its event was emitted before (`invalidate`), or its process has died over it.
    const result = await destroy({});
    await this.ended(rows, cause);
    return told > 0 ? told : result;
  }

  /**
   * Ends many sessions, in a number of statements that does not grow with them. A process claims sessions, deletes
   * them, and emits their events. If it dies in between, another process deletes them, and nobody emits their
   * events.
   */
  private async endMany(rows: Row[], cause: Cause, destroy: Destroy): Promise<unknown> {
    const claim = randomUUID();
    const all = { objectId: { $in: rows.map(row => row.objectId) } };
    const own = { ...all, endedBy: claim };
    const update = (query: Query, data: Row) =>
      pastDeadlocks(rows, one => this.database.update('_Session', also(query, one), data, { many: true }));
    const release = () => update(own, { endedBy: { __op: 'Delete' } });
    await update({ ...all, endedBy: null }, { endedBy: claim });
    const claimed = await this.database.find('_Session', own, { keys: ENDING_KEYS });
    let result: unknown;
    try {
      result = await destroy({ endedBy: claim });
    } catch (error) {
      await release();
      throw error;
    }
    // Sessions that were extended meanwhile do not meet the condition of a purge any more.
    const left = await this.database.find('_Session', own, { keys: ['objectId'] });
    if (left.length > 0) await release();
    const isLeft = new Set(left.map(row => row.objectId));
    const gone = claimed.filter(row => !isLeft.has(row.objectId));
    this.tell(
      gone.filter(row => !row.invalidatedAt),
      cause.ending,
    );
    if (claimed.length < rows.length) {
      await this.letOthersFinish(rows);
      await destroy({});
    }
    await this.ended(rows, cause);
    // `undefined`: MongoDB's adapter does not count.
    return result === undefined ? gone.length : result;
  }

  /** Waits for other processes to delete what they have claimed. One that takes longer than this has died. */
  private async letOthersFinish(rows: Row[]): Promise<void> {
    const claimed = { objectId: { $in: rows.map(row => row.objectId) }, endedBy: { $exists: true } };
    for (const pause of LOOK_AGAIN_MS) {
      if ((await this.database.find('_Session', claimed, { count: true })) === 0) return;
      await sleep(pause);
    }
  }

  /** Ends a session for ever without deleting it. @param data what marks it. */
  async invalidate(row: Row, data: Row, by: Ender): Promise<void> {
    const mark = (condition: Query) =>
      updateIf(this.database, '_Session', { objectId: row.objectId, ...condition }, data);
    if (await mark(UNTOLD)) this.tell([row], 'invalidated');
    // Another process is ending it and emits that event, or has died over it.
    else await mark({ invalidatedAt: null });
    await this.ended([row], { ending: 'invalidated', by });
  }

  /** Whether the ends of sessions take more than the delete of their rows: events, records, or their files. */
  async areFollowed(ending: Ending): Promise<boolean> {
    const isRecorded = ending !== 'expired' && this.history.isKept;
    return isRecorded || this.events.has(eventOf(ending)) || (await this.files.isInUse());
  }

  private async ended(all: Row[], { ending, by, note, mayStay }: Cause): Promise<void> {
    const rows = mayStay ? await this.goneOf(all) : all;
    // Parse Server itself refuses expired tokens, cached or not. An expired session is its own record.
    if (ending !== 'expired') {
      const recorded = this.history.add(this.activity?.settled(rows) ?? rows, ending, by, note);
      await this.revocations.mark(rows.map(row => String(row.sessionToken)));
      await recorded;
    }
    // A failure here changes nothing: the sessions have ended, and the next purge tries their files again.
    await this.files.sessionsEnded(rows).catch(error => reportLeftFiles(this.log, error));
  }

  private tell(rows: Row[], ending: Ending): void {
    this.count(ending, rows.length);
    for (const row of rows) {
      const payload = { sessionId: String(row.objectId), userId: userIdOfRow(row) };
      if (ending === 'expired') this.events.emit('expired', payload);
      else this.events.emit('revoked', { ...payload, reason: ending });
    }
  }
}
