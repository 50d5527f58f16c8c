import { enforce } from '../enforce';
import { notFoundError } from '../errors';
import { expiryOf } from '../expiry/policy';
import { BY_SERVER } from '../history/ender';
import type { Row } from '../parse-server';
import { mayChangeForEver } from '../policy/session-class';
import { lastUseOf, toParseDate, toSessionRecord, type SessionRecord } from '../record';
import type { Connection } from './connection';
import { ENDING_KEYS } from './endings';
import { forgetSessions } from './forget';
import { newToken } from './token';

/** As `SessionStore#setExpiry`. */
export async function setExpiry(objectId: string, date: Date | null, connection: Connection): Promise<void> {
  if (date !== null && (!(date instanceof Date) || Number.isNaN(date.getTime()))) {
    throw new TypeError('setExpiry takes a valid Date, or null.');
  }
  const { database } = connection;
  const [row] = await database.find('_Session', { objectId });
  if (!row) throw notFoundError();
  const record = toSessionRecord(row);
  enforce(mayChangeForEver(record, { expiresAt: date }));
  const data = endOf(record, date, connection);
  // A session that was invalidated meanwhile stays invalid.
  await database.update('_Session', { objectId, invalidatedAt: null }, data);
  await forgetSessions([record.sessionToken], connection);
}

/** What is stored for the end of a session. @param date `null` gives it back to the rules. */
export function endOf(session: SessionRecord, date: Date | null, connection: Connection): Row {
  const { config, policy, activity } = connection;
  const stored = lastUseOf(session);
  const pending = activity?.pending(session.sessionToken);
  const byRule = expiryOf(policy, session, pending && pending > stored ? pending : stored);
  const expiresAt = date ?? byRule ?? config.generateSessionExpiresAt();
  return {
    expiresAt: expiresAt ? toParseDate(expiresAt) : { __op: 'Delete' },
    fixedExpiry: date ? toParseDate(date) : { __op: 'Delete' },
  };
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
  const data = {
    sessionToken: newToken(),
    expiresAt: end,
    fixedExpiry: end,
    invalidatedAt: toParseDate(now),
  };
  await endings.invalidate(row, data, BY_SERVER);
}
