import { randomInt } from 'node:crypto';
import { ErrorCode, parseError } from '../errors';
import { sessionCreated } from '../events/created';
import { earlier, expiryOf, type ExpiryPolicy } from '../expiry/policy';
import { textOf } from '../in-messages';
import type { Database, Row, ServerConfig } from '../parse-server';
import { classOf } from '../policy/scopes';
import { toParseDate, toSessionRecord, userPointer, type SessionRecord } from '../record';
import { classesMissing } from '../schema/classes';
import { readAnonymity } from './anonymity';
import type { Connection } from './connection';
import { newToken } from './token';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export interface NewRestrictedSession {
  userId: string;
  name?: string;
  installationId?: string;
  /** Milliseconds; absent: as long as the expiry policy or Parse Server lets it. */
  expiresIn?: number;
  scopes?: string[];
  /** That of the session that it is made from, where one was chosen. */
  latestEnd?: Date | null;
  /** Where the device is, if it asks itself. */
  ip?: string;
  userAgent?: string;
}

/** Makes a restricted session for a device of the user, as `createRestrictedSession` does. */
export async function createRestricted(
  session: NewRestrictedSession,
  connection: Connection,
  now: Date,
): Promise<SessionRecord> {
  const { userId, expiresIn, scopes, latestEnd = null } = session;
  const { config, database, policy, limits } = connection;
  const chosen = expiresIn === undefined ? null : new Date(now.getTime() + expiresIn);
  // A client may choose an earlier end than the rules give, never a later one.
  const expiresBy = earlier(chosen, latestEnd);
  const expiresAt = earlier(expiresBy, endByRule(policy, config, now));
  const row: Row = {
    objectId: newObjectId(config.objectIdSize ?? 10),
    sessionToken: newToken(scopes !== undefined),
    user: userPointer(userId),
    createdWith: { action: 'create' },
    restricted: true,
    lastAccessedAt: toParseDate(now),
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
  for (const column of ['name', 'installationId', 'scopes', 'ip', 'userAgent'] as const) {
    if (session[column] !== undefined) row[column] = session[column];
  }
  const anonymous = await readAnonymity(userId, database);
  if (anonymous !== undefined) row.anonymous = anonymous;
  if (expiresAt) row.expiresAt = toParseDate(expiresAt);
  if (expiresBy) row.expiresBy = toParseDate(expiresBy);
  const record = toSessionRecord(row);
  await limits.beforeCreate(record, database);
  // The controller changes what it is handed.
  await database.create('_Session', structuredClone(row), {});
  await limits.afterCreate(record, database);
  sessionCreated(record, false, connection);
  return record;
}

/**
 * Whoever names a class that does not exist has made a slip, and would get a session that may do nothing.
 * @throws 142 naming the scope.
 */
export async function requireClasses(scopes: readonly string[], database: Database): Promise<void> {
  const [missing] = await classesMissing(
    database,
    scopes.flatMap(scope => classOf(scope) ?? []),
  );
  if (missing === undefined) return;
  const index = scopes.findIndex(scope => classOf(scope) === missing);
  throw parseError(
    ErrorCode.VALIDATION_ERROR,
    `scopes.${index}: there is no class "${textOf(missing)}". Make it first, or name another one.`,
  );
}

/** When a restricted session that is made now ends by the rules; `null`: never. */
function endByRule(policy: ExpiryPolicy, config: ServerConfig, now: Date): Date | null {
  const session = { restricted: true, anonymous: null, createdWith: null, createdAt: now };
  return expiryOf(policy, session, now) ?? config.generateSessionExpiresAt() ?? null;
}

function newObjectId(size: number): string {
  return Array.from({ length: size }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
}
