import { MAX_LENGTH } from '../client-texts';
import { ErrorCode } from '../errors';
import type { Query, Row } from '../parse-server';
import type { SessionRecord } from '../record';
import { OWNED_COLUMNS, STORED_TOKEN, TOKEN_COLUMN } from './columns';
import { ALLOW, refuse, type Decision } from './decision';
import { conditionsOf, isOfDatabase, rootOf } from './keys';

/** Columns of `_Session` that Parse Server keeps and no client may write (Parse guide, "Session Properties"). */
const READ_ONLY = ['user', 'createdWith', 'expiresAt', 'sessionToken', 'objectId', 'ACL', 'installationId'];
/** Parse Server ignores these when a client sends them; only a dotted key would get through. */
const IGNORED_UNLESS_DOTTED = ['createdAt', 'updatedAt'];

const owned: ReadonlySet<string> = new Set(OWNED_COLUMNS);
const readOnly: ReadonlySet<string> = new Set([...READ_ONLY, ...OWNED_COLUMNS]);
const neverDotted: ReadonlySet<string> = new Set([...readOnly, ...IGNORED_UNLESS_DOTTED]);

const isDotted = (key: string) => key.includes('.');
const invalidKey = (key: string) =>
  refuse(ErrorCode.INVALID_KEY_NAME, `Invalid key name: ${key} is read-only on a session.`);

/**
 * Whether a client may update a session with these keys. A dotted one, such as `createdWith.action`, is judged as
 * its column: it would forge as well.
 */
export function mayUpdateKeys(data: Row): Decision {
  for (const key of Object.keys(data)) {
    if (readOnly.has(key) || (isDotted(key) && neverDotted.has(rootOf(key)))) return invalidKey(key);
  }
  return ALLOW;
}

/**
 * Whether a client may create a session with this data. Parse Server itself replaces `user`, `createdWith`,
 * `expiresAt` and `sessionToken` (`RestWrite.js#handleSession` of 9.10.0), and this package replaces `restricted`.
 */
export function mayCreateWith(data: Row): Decision {
  for (const key of Object.keys(data)) {
    const root = rootOf(key);
    if (isDotted(key) ? neverDotted.has(root) : owned.has(key) && key !== 'restricted')
      return invalidKey(key);
  }
  if (isTooLong(data.installationId)) {
    const reason = `Invalid key name: installationId has ${MAX_LENGTH.installationId} characters at most.`;
    return refuse(ErrorCode.INVALID_KEY_NAME, reason);
  }
  return ALLOW;
}

/** Whether an installation's id is longer than a client may choose it. Sessions would be as big as a client likes. */
export const isTooLong = (installationId: unknown): boolean =>
  typeof installationId === 'string' && installationId.length > MAX_LENGTH.installationId;

/** A caller learns nothing from a filter by equality with a token that he holds. */
function isEqualityWithOwn(key: string, constraint: unknown, ownTokens: ReadonlySet<string>): boolean {
  if (key !== TOKEN_COLUMN) return false;
  if (typeof constraint === 'string') return ownTokens.has(constraint);
  if (constraint === null || typeof constraint !== 'object') return false;
  const [operator, ...more] = Object.keys(constraint);
  return operator === '$eq' && more.length === 0 && ownTokens.has((constraint as { $eq: string }).$eq);
}

/**
 * Whether a client, or the read-only master key, may filter sessions like this: a filter on tokens would let him
 * guess them bit by bit. What names no column is refused as Parse Server does.
 */
export function mayFilter(query: Query, ownTokens: ReadonlySet<string>): Decision {
  for (const [key, constraint] of conditionsOf(query)) {
    if (rootOf(key) === TOKEN_COLUMN && !isEqualityWithOwn(key, constraint, ownTokens)) {
      return refuse(ErrorCode.INVALID_QUERY, `Sessions cannot be filtered by ${TOKEN_COLUMN}.`);
    }
    if (isOfDatabase(key)) return refuse(ErrorCode.INVALID_KEY_NAME, `Invalid key name: ${key}`);
  }
  return ALLOW;
}

/** Whether he may have sessions sorted like this. */
export function maySort(sort: Record<string, unknown> | undefined): Decision {
  const key = Object.keys(sort ?? {}).find(name => [TOKEN_COLUMN, STORED_TOKEN].includes(rootOf(name)));
  return key ? refuse(ErrorCode.INVALID_QUERY, `Sessions cannot be sorted by ${TOKEN_COLUMN}.`) : ALLOW;
}

/** Removes from a session row the token of another session, in place. */
export function hideForeignToken(row: Row, ownTokens: ReadonlySet<string>): void {
  if (!ownTokens.has(row[TOKEN_COLUMN] as string)) delete row[TOKEN_COLUMN];
}

/**
 * Whether anybody, the master key included, may change a session like this. Its user is set once (RapidContext's
 * `setUserId`), and an invalidated session stays invalid.
 */
export function mayChangeForEver(session: SessionRecord, data: Row): Decision {
  for (const key of Object.keys(data)) {
    if (rootOf(key) === 'user' && session.userId !== null) {
      const isSame =
        key === 'user' && (data.user as { objectId?: unknown } | null)?.objectId === session.userId;
      if (!isSame) return refuse(ErrorCode.OPERATION_FORBIDDEN, 'A session cannot be bound to another user.');
    }
    if (['expiresAt', 'invalidatedAt'].includes(rootOf(key)) && session.invalidatedAt !== null) {
      return refuse(ErrorCode.OPERATION_FORBIDDEN, 'An invalidated session stays invalid.');
    }
  }
  return ALLOW;
}

/**
 * What Parse Server writes into `createdWith.action` of its own sessions: at a login, a sign-up, the upgrade of a
 * legacy token. Its session after a password change has no `createdWith`. Any other session is one that a client
 * saves.
 */
const UNRESTRICTED_ACTIONS = ['login', 'signup', 'upgrade'];

export function isCreatedByClient(createdWith: unknown): boolean {
  if (createdWith === undefined || createdWith === null) return false;
  return !UNRESTRICTED_ACTIONS.includes((createdWith as { action?: string }).action ?? '');
}

/** Whether a session is made from another one: by a client's save, or by the upgrade of a token. */
export function isMadeFromAnother(createdWith: unknown): boolean {
  return isCreatedByClient(createdWith) || (createdWith as { action?: string } | null)?.action === 'upgrade';
}

/**
 * Whether a session is the one of its user's sign-up. Where he signs up by `authData`, Parse Server calls that a login
 * (`RestWrite.js#createSessionToken` of 9.10.0).
 * @param isOfNewUser whether the same request made the user.
 */
export function isMadeAtSignUp(createdWith: SessionRecord['createdWith'], isOfNewUser: boolean): boolean {
  const { action, authProvider } = createdWith ?? {};
  if (action === 'signup') return true;
  // In a batch, a log-in by `/login` or `/loginAs` can follow a sign-up.
  return isOfNewUser && action === 'login' && authProvider !== 'password' && authProvider !== 'masterkey';
}
