import { isAnonymousUser, OF_ANONYMITY } from '../expiry/kind';
import { endOfChangedKind } from '../expiry/policy';
import type { Database } from '../parse-server';
import { toParseDate, toSessionRecord, userPointer } from '../record';
import type { Connection } from './connection';
import { forgetSessions } from './forget';

/** Whether a user is anonymous; `undefined` when nothing is known of him, or there is no such user. */
export async function readAnonymity(
  objectId: string,
  rows: Pick<Database, 'find'>,
): Promise<boolean | undefined> {
  const [user] = await rows.find('_User', { objectId }, { limit: 1 });
  return user && isAnonymousUser(user);
}

/**
 * Has the sessions of a user follow him when he becomes anonymous, or is it no longer: their column, and their
 * end.
 */
export async function followUser(
  userId: string,
  anonymous: boolean,
  connection: Connection,
  now: Date,
): Promise<void> {
  const { database, policy, config } = connection;
  const others = OF_ANONYMITY[anonymous ? 'authenticated' : 'anonymous'];
  const rows = await database.find('_Session', { $and: [{ user: userPointer(userId) }, others] }, {});
  if (rows.length === 0) return;
  const sessions = rows.map(toSessionRecord);
  const all = { objectId: { $in: sessions.map(({ objectId }) => objectId) } };
  await database.update('_Session', all, { anonymous }, { many: true });

  const byServer = config.generateSessionExpiresAt();
  /** The ids of the sessions that get the same end, by its time. */
  const ids = new Map<number | null, string[]>();
  for (const session of sessions) {
    const end = endOfChangedKind(policy, session, anonymous, now, byServer);
    if (end === undefined) continue;
    const time = end && end.getTime();
    ids.set(time, [...(ids.get(time) ?? []), session.objectId]);
  }
  for (const [time, objectIds] of ids) {
    // An end that was fixed meanwhile stays, and so does a session that was invalidated.
    const query = { objectId: { $in: objectIds }, fixedExpiry: null, invalidatedAt: null };
    const expiresAt = time === null ? { __op: 'Delete' } : toParseDate(new Date(time));
    await database.update('_Session', query, { expiresAt }, { many: true });
  }
  await forgetSessions(
    sessions.map(({ sessionToken }) => sessionToken),
    connection,
  );
}
