import { randomBytes, randomInt } from 'node:crypto';
import { sessionCreated } from '../events/created';
import { expiryOf, type ExpiryPolicy } from '../expiry/policy';
import type { Row, ServerConfig } from '../parse-server';
import { SCOPED_TOKEN_PREFIX } from '../policy/scopes';
import { toParseDate, toSessionRecord, userPointer, type SessionRecord } from '../record';
import { readAnonymity } from './anonymity';
import type { Connection } from './connection';

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export interface NewRestrictedSession {
  userId: string;
  name?: string;
  installationId?: string;
  /** Milliseconds; absent: as long as the expiry policy or Parse Server lets it. */
  expiresIn?: number;
  scopes?: string[];
}

/** Makes a restricted session for a device of the user, as `createRestrictedSession` does. */
export async function createRestricted(
  session: NewRestrictedSession,
  { config, database, policy, limits, events }: Connection,
  now: Date,
): Promise<SessionRecord> {
  const { userId, expiresIn, scopes } = session;
  const expiresBy = expiresIn === undefined ? null : new Date(now.getTime() + expiresIn);
  const expiresAt = endOf(expiresBy, policy, config, now);
  const row: Row = {
    objectId: newObjectId(config.objectIdSize ?? 10),
    sessionToken: `${scopes ? SCOPED_TOKEN_PREFIX : 'r:'}${randomBytes(16).toString('hex')}`,
    user: userPointer(userId),
    createdWith: { action: 'create' },
    restricted: true,
    lastAccessedAt: toParseDate(now),
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
  for (const column of ['name', 'installationId', 'scopes'] as const) {
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
  sessionCreated(record, { database, events });
  return record;
}

/** The client may choose an earlier end than the rules give, never a later one. */
function endOf(
  expiresBy: Date | null,
  policy: ExpiryPolicy,
  config: ServerConfig,
  now: Date,
): Date | undefined {
  const session = { restricted: true, anonymous: null, createdWith: null, createdAt: now };
  const byRule = expiryOf(policy, session, now) ?? config.generateSessionExpiresAt();
  return expiresBy && (!byRule || expiresBy < byRule) ? expiresBy : byRule;
}

function newObjectId(size: number): string {
  return Array.from({ length: size }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
}
