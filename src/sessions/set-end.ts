import { randomBytes } from 'node:crypto';
import { enforce } from '../enforce';
import { notFoundError } from '../errors';
import { expiryOf } from '../expiry/policy';
import type { Row } from '../parse-server';
import { mayChangeForEver } from '../policy/session-class';
import { lastUseOf, toParseDate, toSessionRecord } from '../record';
import type { Connection } from './connection';
import { ENDING_KEYS } from './endings';

/** As `SessionStore#setExpiry`. */
export async function setExpiry(objectId: string, date: Date | null, connection: Connection): Promise<void> {
  if (date !== null && (!(date instanceof Date) || Number.isNaN(date.getTime()))) {
    throw new TypeError('setExpiry takes a valid Date, or null.');
  }
  const { database, tokenCache, config, policy, activity } = connection;
  const [row] = await database.find('_Session', { objectId });
  if (!row) throw notFoundError();
  const record = toSessionRecord(row);
  enforce(mayChangeForEver(record, { expiresAt: date }));
  const stored = lastUseOf(record);
  const pending = activity?.pending(record.sessionToken);
  const byRule = expiryOf(policy, record, pending && pending > stored ? pending : stored);
  const expiresAt = date ?? byRule ?? config.generateSessionExpiresAt();
  const data: Row = {
    expiresAt: expiresAt ? toParseDate(expiresAt) : { __op: 'Delete' },
    fixedExpiry: date ? toParseDate(date) : { __op: 'Delete' },
  };
  // A session that was invalidated meanwhile stays invalid.
  await database.update('_Session', { objectId, invalidatedAt: null }, data);
  // The tracker still knows the former end, and so does Parse Server's cache beside the user.
  activity?.forget(record.sessionToken);
  await tokenCache.clear([record.sessionToken]);
}

/**
 * As `SessionStore#invalidate`. The token is replaced by one that nobody has ever seen. So the old one stays dead,
 * even if something moves the end of the row later.
 */
export async function invalidate(objectId: string, connection: Connection, now: Date): Promise<void> {
  const { database, endings } = connection;
  const [row] = await database.find('_Session', { objectId }, { keys: ENDING_KEYS });
  if (!row) throw notFoundError();
  // Parse Server refuses a token whose end is before now, not one whose end is now.
  const end = toParseDate(new Date(now.getTime() - 1));
  await endings.invalidate(row, {
    sessionToken: `r:${randomBytes(16).toString('hex')}`,
    expiresAt: end,
    fixedExpiry: end,
    invalidatedAt: toParseDate(now),
  });
}
