import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, parseError } from '../errors';
import { kindOf, OF_KIND, type Kind, type OfAKind } from '../expiry/kind';
import { unexpired } from '../expiry/queries';
import type { Counters } from '../events/counters';
import { BY_SERVER } from '../history/ender';
import type { Database, Row } from '../parse-server';
import { toSessionRecord, userPointer, type SessionRecord } from '../record';
import { destroyById, type Endings } from './endings';
import type { Transaction } from './transaction';

export type SessionLimits = Readonly<Partial<Record<Kind, number>>>;
export type OnLimit = 'revoke-oldest' | 'refuse';

/** How long a new session waits for younger ones, made at the same time, to give way; in milliseconds. */
const GIVE_WAY_MS = 3_000;
const TAKE_TURNS_MS = 5_000;
const LOOK_AGAIN_MS = [25, 50, 100, 200];

/** The request's own database, past the rules that clients are held to. */
type SessionRows = Pick<Database, 'find' | 'destroy'>;

type NewSession = OfAKind & Pick<SessionRecord, 'objectId' | 'userId'>;

/**
 * Keeps the number of sessions per user and kind within its limit. There are no locks across processes. Each new
 * session counts after its own insert, so the last one to be inserted sees all of them.
 */
export class LimitKeeper {
  constructor(
    private readonly limits: SessionLimits,
    private readonly onLimit: OnLimit,
    private readonly now: () => Date,
    private readonly endings: Endings,
    private readonly counters: Pick<Counters, 'hasBlocked'>,
  ) {}

  /**
   * Called before a session is inserted.
   * @param replaced the ids of those that it is to replace. They do not count.
   * @throws 119 when the user has as many as he may, and in a transaction.
   */
  async beforeCreate(
    session: NewSession,
    database: SessionRows,
    replaced: readonly string[] = [],
    transaction?: Transaction,
  ): Promise<void> {
    const limit = this.limitOf(session);
    if (limit !== undefined && transaction) {
      // Parse Server's reads do not see what its transaction has inserted, so nobody could count.
      throw parseError(
        ErrorCode.OPERATION_FORBIDDEN,
        'Sessions with a limit cannot be made in a transaction.',
      );
    }
    if (limit === undefined || this.onLimit !== 'refuse') return;
    if ((await this.sessionsLike(session, database, replaced)).length >= limit) this.refuse();
  }

  /**
   * Called after the insert, before those that the session replaces are ended.
   * @throws 119 when others came first: then the session is deleted again.
   */
  async afterCreate(
    session: NewSession,
    database: SessionRows,
    replaced: readonly string[] = [],
  ): Promise<void> {
    const limit = this.limitOf(session);
    if (limit === undefined) return;
    if (this.onLimit === 'revoke-oldest') {
      const sessions = await this.sessionsLike(session, database, replaced);
      const over = sessions.slice(0, Math.max(0, sessions.length - limit));
      if (over.length === 0) return;
      await this.endings.end(over, { ending: 'limit', by: BY_SERVER }, destroyById(over, database));
      return;
    }
    for (let tries = 0, waited = 0; ; tries += 1) {
      const sessions = await this.sessionsLike(session, database, replaced);
      if (sessions.length <= limit) return;
      const rank = sessions.findIndex(row => row.objectId === session.objectId);
      // As many older ones were there first.
      if (rank < 0 || rank >= limit) break;
      // Younger ones give way, unless they were answered before this one's insert. Then this one gives way after
      // its wait. The younger a session is, the shorter it waits, so they go one by one.
      if (waited > GIVE_WAY_MS + TAKE_TURNS_MS * (1 - rank / limit)) break;
      const pause = LOOK_AGAIN_MS[Math.min(tries, LOOK_AGAIN_MS.length - 1)] ?? 0;
      await sleep(pause);
      waited += pause;
    }
    await database.destroy('_Session', { objectId: session.objectId }, {});
    this.refuse();
  }

  private refuse(): never {
    this.counters.hasBlocked('limit');
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, 'This user has as many sessions as allowed.');
  }

  private limitOf(session: NewSession): number | undefined {
    return session.userId === null ? undefined : this.limits[kindOf(session)];
  }

  /** The unexpired sessions of this user and kind, oldest first, without those that are to be replaced. */
  private async sessionsLike(
    session: NewSession,
    database: SessionRows,
    replaced: readonly string[],
  ): Promise<Row[]> {
    const user = userPointer(session.userId ?? '');
    const rows = await database.find('_Session', {
      $and: [{ user }, OF_KIND[kindOf(session)], unexpired(this.now())],
    });
    const age = (row: Row) => toSessionRecord(row).createdAt.getTime();
    const counted = rows.filter(row => !replaced.includes(String(row.objectId)));
    return counted.sort((a, b) => age(a) - age(b) || (String(a.objectId) < String(b.objectId) ? -1 : 1));
  }
}
