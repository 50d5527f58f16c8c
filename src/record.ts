import type { Session as ParseSession, User as ParseUser } from 'parse/node';
import { addressOf } from './address';
import { cut, MAX_LENGTH } from './client-texts';
import type { Row } from './parse-server';

/** A `_Session` row as plain values: what policies, expiry rules and views work on. */
export interface SessionRecord {
  objectId: string;
  sessionToken: string;
  /** `null` for a session that is not bound to a user. */
  userId: string | null;
  restricted: boolean;
  /** Whether its user is anonymous. `null` for a session that is older than this column. */
  anonymous: boolean | null;
  createdWith: { action?: string; authProvider?: string } | null;
  createdAt: Date;
  updatedAt: Date;
  /** `null`: the session does not expire. */
  expiresAt: Date | null;
  /** The end that the app or the master key chose for this session. Use does not move it. `null`: none. */
  fixedExpiry: Date | null;
  /**
   * The latest end, chosen when the session was made (`expiresIn`). Use moves `expiresAt` no further. `null`:
   * none.
   */
  expiresBy: Date | null;
  /** `null` for a session that is older than this package's installation and has not been used since. */
  lastAccessedAt: Date | null;
  installationId: string | null;
  ip: string | null;
  userAgent: string | null;
  name: string | null;
  /** When the user last proved who he is, in this session: at its login, or by `confirmIdentity`. */
  authenticatedAt: Date | null;
  /** What a scoped session may do; `null`: not scoped. */
  scopes: string[] | null;
  /** When `invalidate` ended the session, for ever. `null`: it did not. */
  invalidatedAt: Date | null;
}

/** A session as code on the server may hand it on: without its token. */
export type CallerSession = Omit<SessionRecord, 'sessionToken'>;

/** A `Parse.Session`, a record of this package, or any object with the same fields. */
export type SessionLike = ParseSession | SessionRecord | CallerSession | { [field: string]: unknown };

/** A session by its object or its `objectId`. */
export type SessionRef = SessionLike | string;

/** A user by its object, a pointer or its `objectId`. */
export type UserRef = ParseUser | { objectId: string } | string;

/** A date in any of the shapes that Parse knows, or `null`. */
export function toDate(value: unknown): Date | null {
  if (value instanceof Date) return value;
  if (typeof value === 'string') return new Date(value);
  if (value && typeof value === 'object' && 'iso' in value) return new Date(String(value.iso));
  return null;
}

export const toParseDate = (date: Date) => ({ __type: 'Date', iso: date.toISOString() });

export const userPointer = (userId: string) => ({ __type: 'Pointer', className: '_User', objectId: userId });

const NO_SESSION = 'Expected a session: a Parse.Session, a record with an objectId, or an objectId.';

/** Reads a field of a `Parse.Session` or of a plain object. @throws TypeError for what is no object. */
export function fieldOf(session: SessionLike, field: string): unknown {
  if (session === null || typeof session !== 'object') throw new TypeError(NO_SESSION);
  if (typeof (session as ParseSession).get === 'function') {
    if (field === 'objectId') return (session as ParseSession).id;
    return (session as ParseSession).get(field);
  }
  return (session as Row)[field];
}

/** Whether an object or a pointer is of another class: its id would name somebody else, or nobody. */
function isOfOther(object: unknown, className: string): boolean {
  const { className: own = className } = Object(object) as { className?: unknown };
  return own !== className;
}

export function sessionIdOf(session: SessionRef): string {
  const id = typeof session === 'string' ? session : fieldOf(session, 'objectId');
  if (typeof id !== 'string' || id === '' || isOfOther(session, '_Session')) throw new TypeError(NO_SESSION);
  return id;
}

export function userIdOf(user: UserRef): string {
  const id =
    typeof user === 'string' ? user : ((user as ParseUser)?.id ?? (user as { objectId: string })?.objectId);
  if (typeof id !== 'string' || id === '' || isOfOther(user, '_User')) {
    throw new TypeError('Expected a user: a Parse.User, a pointer or an objectId.');
  }
  return id;
}

/** When a session was last used. Without a last access it counts from its last update. */
export const lastUseOf = ({ lastAccessedAt, updatedAt }: SessionRecord): Date => lastAccessedAt ?? updatedAt;

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

/** The columns whose texts clients choose. */
const CHOSEN = ['userAgent', 'installationId', 'name', 'ip'] as const;

/** Rows of another time, and those of the master key, may hold longer texts than a client may choose. */
function boundedText(row: Row, column: (typeof CHOSEN)[number]): string | null {
  const text = textOrNull(row[column]);
  return text && cut(text, MAX_LENGTH[column]);
}

/** Its providers are the keys of the client's `authData`, where also those count that Parse Server does not know. */
export function boundedCreatedWith(value: unknown): SessionRecord['createdWith'] {
  const createdWith = (value as SessionRecord['createdWith']) ?? null;
  const { authProvider } = createdWith ?? {};
  if (typeof authProvider !== 'string' || authProvider.length <= MAX_LENGTH.authProvider) return createdWith;
  return { ...createdWith, authProvider: cut(authProvider, MAX_LENGTH.authProvider) };
}

/** Cuts the texts of a row that clients choose, in place, for the row to be shown. */
export function boundTexts(row: Row): void {
  for (const column of CHOSEN) if (typeof row[column] === 'string') row[column] = boundedText(row, column);
  if (row.createdWith) row.createdWith = boundedCreatedWith(row.createdWith);
}

/** Turns a `_Session` row, as the database controller answers it, into a record. */
export function toSessionRecord(row: Row): SessionRecord {
  const createdAt = toDate(row.createdAt) ?? new Date(0);
  return {
    objectId: String(row.objectId),
    sessionToken: String(row.sessionToken),
    userId: textOrNull((row.user as { objectId?: unknown } | null | undefined)?.objectId),
    restricted: row.restricted === true,
    anonymous: typeof row.anonymous === 'boolean' ? row.anonymous : null,
    createdWith: boundedCreatedWith(row.createdWith),
    createdAt,
    updatedAt: toDate(row.updatedAt) ?? createdAt,
    expiresAt: toDate(row.expiresAt),
    fixedExpiry: toDate(row.fixedExpiry),
    expiresBy: toDate(row.expiresBy),
    lastAccessedAt: toDate(row.lastAccessedAt),
    installationId: boundedText(row, 'installationId'),
    ip: addressOf(textOrNull(row.ip)),
    userAgent: boundedText(row, 'userAgent'),
    name: boundedText(row, 'name'),
    authenticatedAt: toDate(row.authenticatedAt),
    scopes: Array.isArray(row.scopes) ? row.scopes.map(String) : null,
    invalidatedAt: toDate(row.invalidatedAt),
  };
}
