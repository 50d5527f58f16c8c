import type Parse from 'parse/node';
import type { Installation, Session } from 'parse/node';
import { invalidSessionError, notFoundError } from '../errors';
import * as lifetime from '../expiry/lifetime';
import { chosenEnd } from '../expiry/policy';
import { unexpired } from '../expiry/queries';
import { BY_SERVER, type Ender } from '../history/ender';
import type { EndedSessionView } from '../history/record';
import { MAX_LISTED, pageParams, readParams } from '../params';
import type { DatabaseOptions, Query } from '../parse-server';
import {
  fieldOf,
  sessionIdOf,
  toSessionRecord,
  userIdOf,
  userPointer,
  type SessionLike,
  type SessionRecord,
  type SessionRef,
  type UserRef,
} from '../record';
import type { Connection, PurgeOptions, PurgeResult, RevokeWhereResult, SessionFilter } from './connection';
import { endAllOfUser, endWhere } from './end-many';
import type { Cause } from './endings';
import { createRestricted, requireClasses, type NewRestrictedSession } from './restricted';
import { restrictedParams, type RestrictedSession, type RestrictedSessionOptions } from './restricted-params';
import { invalidate, setExpiry } from './set-end';
import { userExists } from './users';

/** A query for sessions. Run it with `{ useMasterKey: true }`. */
export type SessionQuery = InstanceType<typeof Parse.Query<Session>>;

/** Where a device is, as much of it as is kept. */
type DeviceTraces = Pick<NewRestrictedSession, 'ip' | 'userAgent'>;

const REVOKED: Cause = { ending: 'revoked', by: BY_SERVER };

/** @param takes what the call takes beside it. @throws TypeError for what is neither a function nor left out. */
function requireProgress(progress: unknown, takes: string): void {
  if (progress === undefined || typeof progress === 'function') return;
  throw new TypeError(`${takes}, and a function that is told of the progress.`);
}

/** The sessions, for code on the server, as the Ruby class `Parse::Session` has them. */
export class SessionStore {
  constructor(
    private readonly connect: () => Connection,
    private readonly now: () => Date,
  ) {}

  /** The session of a token, expired or not, or `null` (`Parse::Session.session`). */
  async find(token: string): Promise<Session | null> {
    if (typeof token !== 'string' || token === '') return null;
    const query = this.query().equalTo('sessionToken', token);
    return ((await query.first({ useMasterKey: true })) as Session | undefined) ?? null;
  }

  /** Sessions that have not expired, those without expiry included. Run it with `{ useMasterKey: true }`. */
  active(): SessionQuery {
    const { Parse } = this.connect();
    const notOver = this.query().greaterThanOrEqualTo('expiresAt', this.now());
    return Parse.Query.or(notOver, this.query().equalTo('expiresAt', null as never)) as SessionQuery;
  }

  /** Sessions that have expired and are not purged yet. Run it with `{ useMasterKey: true }`. */
  expired(): SessionQuery {
    return this.query().lessThan('expiresAt', this.now());
  }

  /** The sessions of a user. Run it with `{ useMasterKey: true }`. @throws TypeError for what is no user. */
  forUser(user: UserRef): SessionQuery {
    return this.query().equalTo('user', userPointer(userIdOf(user)) as never);
  }

  /** How many sessions of this user have not expired, those without expiry included. */
  async countActive(user: UserRef): Promise<number> {
    return this.count({ user: userPointer(userIdOf(user)), ...unexpired(this.now()) });
  }

  /**
   * Deletes a session, so that its token answers 209 at once.
   * @returns false when there was no such session.
   * @throws TypeError for what is no session.
   */
  async revoke(session: SessionRef): Promise<boolean> {
    return (await endWhere({ objectId: sessionIdOf(session) }, REVOKED, this.connect())) > 0;
  }

  /**
   * Deletes the sessions of a user, in a number of statements that does not grow with them.
   * @param options.except the token of a session to keep; `null` or an empty text keeps none.
   * @returns how many were deleted.
   * @throws TypeError for what is no user, for what is no token, and for any other option.
   */
  async revokeAllForUser(user: UserRef, options: { except?: string | null } = {}): Promise<number> {
    const { except: given, ...unknown } = Object(options) as { except?: unknown };
    const except = given ?? '';
    if (Object(options) !== options || typeof except !== 'string' || Object.keys(unknown).length > 0) {
      throw new TypeError('revokeAllForUser takes a user and { except }, the token of a session.');
    }
    return endAllOfUser(userIdOf(user), REVOKED, { tokens: except ? [except] : [] }, this.connect());
  }

  /**
   * Ends the sessions that a filter means, in bounded batches: last Tuesday's, those of a provider, those of an address.
   * Whoever logs in while it runs keeps his session.
   * @param options.dryRun only count what would be revoked. @default false
   * @param options.note why: 1 to 500 characters, which the log tells and the records of the sessions keep.
   * @param progress is called with a line of text after each batch.
   * @throws 142 for a wrong condition or option, naming it, for one that is `undefined`, and for a filter without any
   * condition, unless it is `{ all: true }`; TypeError for a progress that is no function.
   */
  async revokeWhere(
    filter: SessionFilter,
    options: { dryRun?: boolean; note?: string } = {},
    progress?: (text: string) => unknown,
  ): Promise<RevokeWhereResult> {
    requireProgress(progress, 'revokeWhere takes a filter, options');
    return this.connect().revokeWhere(filter, options, BY_SERVER, progress);
  }

  /**
   * Makes a restricted session for a device of the user, as the cloud function `createRestrictedSession` does.
   * @returns the only copy of its token.
   * @throws TypeError for what is no user, 142 for a wrong option, naming it, also for a scope of a class that does not
   * exist, 101 when there is no such user, 119 above the limit (`onLimit: 'refuse'`).
   */
  createRestricted(user: UserRef, options?: RestrictedSessionOptions): Promise<RestrictedSession>;
  /**
   * @internal
   * @param maker the session that it is made from.
   * @param device where the device is, if it asks itself.
   * @throws 209 when the maker ended meanwhile.
   */
  createRestricted(
    user: UserRef,
    options: unknown,
    maker: SessionRecord | undefined,
    device?: DeviceTraces,
  ): Promise<RestrictedSession>;
  async createRestricted(
    user: UserRef,
    options: unknown = {},
    maker?: SessionRecord,
    device: DeviceTraces = {},
  ): Promise<RestrictedSession> {
    const session = { userId: userIdOf(user), ...readParams(restrictedParams, options) };
    const { userId, installationId, scopes: named = [] } = session;
    const { database } = this.connect();
    await requireClasses(named, database);
    if (!maker && !(await userExists(userId, database))) throw notFoundError();
    if (installationId) {
      // Restricted ones only: an unrestricted session of the same installation is the user's own, on his phone.
      const query = { user: userPointer(userId), installationId, restricted: true };
      const by: Ender = maker ? { kind: 'session', session: maker } : BY_SERVER;
      await endWhere(query, { ending: 'sameInstallation', by }, this.connect());
    }
    const latestEnd = maker && chosenEnd(maker);
    const created = await createRestricted({ ...session, ...device, latestEnd }, this.connect(), this.now());
    // The user may have logged out everywhere while this session was being made. Then its maker is gone, and it
    // has to go as well.
    if (maker && (await this.count({ objectId: maker.objectId })) === 0) {
      await this.revoke(created);
      throw invalidSessionError();
    }
    const { objectId, sessionToken, scopes, expiresAt } = created;
    return { objectId, sessionToken, restricted: true, scopes, expiresAt };
  }

  /**
   * The sessions of a user that are over, newest end first: those that ended before their time, for as long as
   * `history.keep`, and those that have expired and are not purged yet.
   * @throws TypeError for what is no user, 142 for a wrong option, naming it.
   */
  async ended(user: UserRef, page: { limit?: number; skip?: number } = {}): Promise<EndedSessionView[]> {
    const { limit = MAX_LISTED, skip = 0 } = readParams(pageParams, page);
    return this.connect().history.ofUser(userIdOf(user), { limit, skip });
  }

  /** The installation that the session was made on, or `null`. */
  async installation(session: SessionRef): Promise<Installation | null> {
    const known = typeof session === 'string' ? (await this.records({ objectId: session }))[0] : session;
    const installationId = known && fieldOf(known, 'installationId');
    if (typeof installationId !== 'string' || installationId === '') return null;
    const { Parse } = this.connect();
    const query = new Parse.Query(Parse.Installation).equalTo('installationId', installationId as never);
    return ((await query.first({ useMasterKey: true })) as Installation | undefined) ?? null;
  }

  /**
   * Fixes when one session ends, whatever its use (RapidContext's `setDestroyTime`).
   * @param date `null` gives the session back to the expiry policy, or without one to Parse Server's
   * `sessionLength`.
   * @throws 101 when there is no such session, 119 when it was invalidated, TypeError for what is no date.
   */
  async setExpiry(session: SessionRef, date: Date | null): Promise<void> {
    await setExpiry(sessionIdOf(session), date, this.connect());
  }

  /**
   * Ends a session for ever without deleting it (RapidContext's `invalidate`): its token is refused at once, nothing
   * makes it valid again, and the purge removes it.
   * @throws 101 when there is no such session.
   */
  async invalidate(session: SessionRef): Promise<void> {
    await invalidate(sessionIdOf(session), this.connect(), this.now());
  }

  /**
   * Deletes expired sessions in bounded batches.
   * @param progress is called with a line of text after each batch.
   * @throws 142 for a wrong option, naming it, TypeError for a progress that is no function.
   */
  async purgeExpired(options: PurgeOptions = {}, progress?: (text: string) => unknown): Promise<PurgeResult> {
    requireProgress(progress, 'purgeExpired takes options');
    return this.connect().purge(options, progress);
  }

  isExpired = (session: SessionLike): boolean => lifetime.isExpired(session, this.now());
  isValid = (session: SessionLike): boolean => lifetime.isValid(session, this.now());
  expiresWithin = (session: SessionLike, seconds: number): boolean =>
    lifetime.expiresWithin(session, seconds, this.now());
  timeRemaining = (session: SessionLike): number | null => lifetime.timeRemaining(session, this.now());
  /** As the helper of that name. On the process that saw them, accesses that are not written yet count as well. */
  isActive = (session: SessionLike): boolean => {
    const pending = this.connect().activity?.pending(String(fieldOf(session, 'sessionToken')));
    const now = this.now();
    return lifetime.isActive(session, now) || lifetime.isActive({ lastAccessedAt: pending }, now);
  };
  isAuthenticated = (session: SessionLike): boolean => lifetime.isAuthenticated(session);

  /** @internal The records that match, read past the client rules. */
  async records(query: Query, options: DatabaseOptions = {}): Promise<SessionRecord[]> {
    const rows = await this.connect().database.find('_Session', query, options);
    return rows.map(toSessionRecord);
  }

  /** @internal */
  async count(query: Query): Promise<number> {
    return this.connect().database.find('_Session', query, { count: true });
  }

  /** @internal */
  async rename(session: SessionRecord, name: string): Promise<void> {
    const { database, callers } = this.connect();
    await database.update('_Session', { objectId: session.objectId }, { name });
    // It may be about to write something or to end another one, under its new name.
    callers.forget(session.sessionToken);
  }

  private query(): SessionQuery {
    const { Parse } = this.connect();
    return new Parse.Query('_Session') as unknown as SessionQuery;
  }
}
