import { ErrorCode, parseError } from '../errors';
import type { Database, Row } from '../parse-server';
import { toParseDate } from '../record';
import type { NeededClass } from '../schema/columns';
import { ATTEMPT_CLASS, createOnce, destroyRows, type OwnClasses } from '../schema/own-class';
import { sha256 } from '../sha256';
import { updateIf } from '../update-if';

/** `objectId` is the hash of what is counted: it may hold an address or a user's id. */
export const ATTEMPTS: NeededClass = {
  className: ATTEMPT_CLASS,
  columns: { count: 'Number', resetAt: 'Date' },
  indexed: ['resetAt'],
};

const MINUTE_MS = 60_000;

/** How often something may be tried. */
export interface AttemptLimit {
  attempts: number;
  /** From the first attempt on, in milliseconds. */
  within: number;
}

/**
 * Counts attempts in the database, so that they count in all processes. Whoever guesses may ask several of them at once:
 * each attempt is counted before it is made, by a statement of its own.
 */
export class Attempts {
  constructor(
    private readonly database: Database,
    private readonly ownClasses: Pick<OwnClasses, 'ensure'>,
    private readonly now: () => Date,
  ) {}

  /**
   * Counts one more attempt.
   * @param what is tried, and by whom or from where.
   * @throws 155 where there were as many as may be.
   */
  async count(what: string, { attempts, within }: AttemptLimit): Promise<void> {
    await this.ownClasses.ensure(ATTEMPTS);
    const objectId = sha256(what);
    const now = this.now();
    const running = { objectId, resetAt: { $gt: toParseDate(now) }, count: { $lt: attempts } };
    const more: Row = { count: { __op: 'Increment', amount: 1 } };
    if (await updateIf(this.database, ATTEMPT_CLASS, running, more)) return;
    const [full] = await this.database.find(ATTEMPT_CLASS, { ...running, count: { $gte: attempts } }, {});
    if (full) throw tooMany(within);
    // Its own count may be over, and those of addresses that never come back.
    await this.purge();
    const at = now.toISOString();
    const resetAt = toParseDate(new Date(now.getTime() + within));
    const first: Row = { objectId, count: 1, resetAt, createdAt: at, updatedAt: at };
    if (await createOnce(this.database, ATTEMPT_CLASS, first)) return;
    // Another attempt may just have been the first one.
    if (await updateIf(this.database, ATTEMPT_CLASS, running, more)) return;
    throw tooMany(within);
  }

  /**
   * Counts one more attempt of each.
   * @throws 155 where there were as many as may be of one; then it counts for none.
   */
  async countAll(limits: ReadonlyArray<readonly [what: string, limit: AttemptLimit]>): Promise<void> {
    const counted: string[] = [];
    try {
      for (const [what, limit] of limits) {
        await this.count(what, limit);
        counted.push(what);
      }
    } catch (error) {
      await this.giveBack(counted);
      throw error;
    }
  }

  /** Takes one attempt of each back: it was right, and those before it stay. */
  async giveBack(counted: readonly string[]): Promise<void> {
    for (const what of counted) {
      const query = { objectId: sha256(what), count: { $gt: 0 } };
      await updateIf(this.database, ATTEMPT_CLASS, query, { count: { __op: 'Increment', amount: -1 } });
    }
  }

  /** Forgets the attempts so far: one of them was right. */
  async forget(what: string): Promise<void> {
    await destroyRows(this.database, ATTEMPT_CLASS, { objectId: sha256(what) });
  }

  /** Deletes the counts whose time is over. */
  async purge(): Promise<void> {
    await destroyRows(this.database, ATTEMPT_CLASS, { resetAt: { $lte: toParseDate(this.now()) } });
  }
}

function tooMany(within: number): Error {
  const minutes = Math.ceil(within / MINUTE_MS);
  return parseError(
    ErrorCode.REQUEST_LIMIT_EXCEEDED,
    `Too many attempts: try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`,
  );
}
