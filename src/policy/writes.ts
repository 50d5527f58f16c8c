import { ErrorCode, RESTRICTED_MESSAGE } from '../errors';
import { plainName, withDetail } from '../in-messages';
import type { Query, Row } from '../parse-server';
import type { SessionRecord } from '../record';
import { ALLOW, refuse, type Decision, type Refusal } from './decision';
import type { FreshRules, FreshWrite } from './fresh';
import { ALWAYS_GUARDED, type IsGuarded } from './guarded-classes';
import { mayAccess, scopesOf } from './scopes';

export interface Write extends FreshWrite {
  query?: Query | null;
}

const onlyKeys = (data: Row | undefined, keys: readonly string[]) =>
  data !== undefined && Object.keys(data).every(key => keys.includes(key));

/**
 * Writes that Parse Server makes by itself while it serves a restricted session. Any other is refused, because
 * some inner writes carry out what the client asked for: `POST /sessions` inserts as master, and the older session
 * of the same installation is deleted as master (`RestWrite.js#handleSession` and `#destroyDuplicatedSessions` of
 * 9.10.0).
 */
const OWN_WRITES: ReadonlyArray<(write: Write, sessionId: string) => boolean> = [
  // Logout deletes the caller's own session.
  ({ className, operation, query }, sessionId) =>
    className === '_Session' && operation === 'delete' && query?.objectId === sessionId,
  // `extendSessionOnUse` moves the end of the caller's own session.
  ({ className, operation, query, data }, sessionId) =>
    className === '_Session' &&
    operation === 'update' &&
    query?.objectId === sessionId &&
    onlyKeys(data, ['expiresAt', 'updatedAt']),
  // `/verifyPassword` counts failures. If the count were refused, guesses would be free.
  ({ className, operation, data }) =>
    className === '_User' &&
    operation === 'update' &&
    onlyKeys(data, ['_failed_login_count', '_account_lockout_expires_at']),
  // A log-in notes when the password was first seen (`passwordPolicy.maxPasswordAge`, `UsersRouter.js#handleLogIn`
  // of 9.10.0).
  ({ className, operation, data }) =>
    className === '_User' && operation === 'update' && onlyKeys(data, ['_password_changed_at']),
  // Idempotency records a request id before the request itself is judged.
  ({ className, operation }) => className === '_Idempotency' && operation === 'create',
];

/** What the app's options say of writes. */
export interface WriteRules {
  isGuarded: IsGuarded;
  /** What only a session with a recent login may write and call. */
  fresh: FreshRules;
  /** How recent, in milliseconds. */
  freshWithin: number;
}

export const STALE_LOGIN_MESSAGE = 'not allowed: the last login is too long ago, confirm your identity first';

const refuseStale = (target: string): Refusal =>
  refuse(ErrorCode.OPERATION_FORBIDDEN, withDetail(STALE_LOGIN_MESSAGE, plainName(target)), 'stale');

/** Whether this refusal is for a login that is too long ago. */
export const isStale = (decision: Decision): boolean => !decision.allow && decision.because === 'stale';

/** Whether the user has logged in, or confirmed his identity, in this session within so many milliseconds. */
export function isFresh({ authenticatedAt }: SessionRecord, within: number, now: Date): boolean {
  return authenticatedAt !== null && now.getTime() - authenticatedAt.getTime() <= within;
}

/**
 * Whether this session may write, or call, what needs a recent login.
 * @param target the class or function. @param within how recent, in milliseconds.
 */
export function mayAsFresh(session: SessionRecord, target: string, within: number, now: Date): Decision {
  if (isFresh(session, within, now)) return ALLOW;
  // Nobody can prove himself in a restricted session: to be told to would not help.
  return session.restricted ? refuseRestricted(target, 'it needs a recent login') : refuseStale(target);
}

/**
 * Whether an anonymous user writes himself: he signs up, say. All that he can prove himself by is his id, which whoever has
 * his session knows, so a proof would hold up nobody but him.
 */
const isAnonymousOwn = ({ anonymous, userId }: SessionRecord, { className, operation, query }: Write) =>
  anonymous === true && className === '_User' && operation === 'update' && query?.objectId === userId;

/** Whether this session's request may make this write. */
export function mayWrite(session: SessionRecord, write: Write, rules: WriteRules, now: Date): Decision {
  if (!write.byClient && OWN_WRITES.some(matches => matches(write, session.objectId))) return ALLOW;
  const scopes = scopesOf(session);
  const inScope = scopes ? mayAccess(scopes, write, rules.isGuarded) : ALLOW;
  if (session.restricted && rules.isGuarded(write.className)) {
    // Whoever made the scopes may wonder why they do not help.
    return refuseGuarded(scopes && inScope.allow ? write.className : '');
  }
  if (!inScope.allow) return inScope;
  if (!rules.fresh.needs(write) || isAnonymousOwn(session, write)) return ALLOW;
  return mayAsFresh(session, write.className, rules.freshWithin, now);
}

/** @param className what a scope names, and the guard covers all the same; empty where none does. */
const refuseGuarded = (className: string): Refusal =>
  refuseRestricted(
    className,
    ALWAYS_GUARDED.includes(className) ? 'always guarded' : 'the option guard covers it',
  );

const refuseRestricted = (target: string, why: string): Refusal =>
  refuse(
    ErrorCode.OPERATION_FORBIDDEN,
    withDetail(RESTRICTED_MESSAGE, plainName(target) && `${plainName(target)}: ${why}`),
    'restricted',
  );
