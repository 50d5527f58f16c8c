import { forgetDevicesOf, knownDevicesOf } from '../events/known-devices';
import type { EndedSessionView } from '../history/record';
import { forgetPairingsOf, pairingsOf } from '../pairing/pairing-class';
import { pagesById } from '../paging';
import type { Query, Row } from '../parse-server';
import { toDate, toSessionRecord, userPointer, type CallerSession } from '../record';
import type { Connection } from '../sessions/connection';

/** How many sessions one statement reads at most. */
const PAGE = 1000;

/** The texts of a session that tell of its user, and that it works without. */
const TRACES = ['ip', 'userAgent', 'name'] as const;

type Json<Value> = Value extends Date
  ? string
  : Value extends object
    ? { [Key in keyof Value]: Json<Value[Key]> }
    : Value;

/**
 * Everything that is kept about a user: JSON without a token or a secret, dates in ISO 8601. It is for handing out to him,
 * so what operators have noted about the ends of his sessions is left out.
 */
export interface UserData {
  userId: string;
  sessions: Array<Json<CallerSession>>;
  /** The records of sessions that ended before their time. */
  endedSessions: EndedSessionView[];
  /** When each of his devices was new. They are told apart by a hash, which nobody can read. */
  devices: Array<{ firstSeenAt: string }>;
  /** The devices that he has allowed to be paired, until that is over and purged: what they are to get, and where they asked from. */
  pairings: Array<{
    name: string | null;
    scopes: string[] | null;
    ip: string | null;
    userAgent: string | null;
    createdAt: string;
  }>;
  /** The temporary files of his sessions, by the ids that the app has given them. */
  files: Array<{ sessionId: string; fileId: string }>;
}

/** Reads everything that is kept about a user. Last accesses that wait are written before. */
export async function exportUser(userId: string, connection: Connection): Promise<UserData> {
  const { database, activity, files, history } = connection;
  await activity?.flush();
  const data: UserData = { userId, sessions: [], endedSessions: [], devices: [], pairings: [], files: [] };
  const ofUser = () => ({ user: userPointer(userId) });
  for await (const rows of pagesById(database, '_Session', ofUser, { limit: PAGE })) {
    data.sessions.push(...rows.map(asJson));
    const ofSessions: Query = { sessionId: { $in: rows.map(row => row.objectId) } };
    for (const { sessionId, fileId } of await files.rows(ofSessions)) {
      data.files.push({ sessionId: String(sessionId), fileId: String(fileId) });
    }
  }
  data.endedSessions = await history.recordsOf(userId);
  const firstSeen = await knownDevicesOf(userId, database);
  data.devices = firstSeen.map(date => ({ firstSeenAt: date.toISOString() }));
  data.pairings = (await pairingsOf(userId, database)).map(pairingAsJson);
  return data;
}

const pairingAsJson = (row: Row): UserData['pairings'][number] => ({
  name: (row.givenName as string | undefined) ?? null,
  scopes: (row.givenScopes as string[] | undefined) ?? null,
  ip: (row.ip as string | undefined) ?? null,
  userAgent: (row.userAgent as string | undefined) ?? null,
  createdAt: toDate(row.createdAt)!.toISOString(),
});

function asJson(row: Row): Json<CallerSession> {
  const { sessionToken: _, ...session } = toSessionRecord(row);
  return JSON.parse(JSON.stringify(session)) as Json<CallerSession>;
}

/**
 * Removes what is kept about a user: where his sessions have been used from and their names, the records of those that
 * have ended, his known devices, the pairings that he has allowed. His sessions go on, with what they need: what they may do, and when they end.
 */
export async function eraseUser(userId: string, connection: Connection): Promise<void> {
  const { database, activity, callers, history } = connection;
  // Sessions first, or one that ends meanwhile would leave its traces in a record.
  await activity?.flush();
  const ofUser = { user: userPointer(userId) };
  const none = Object.fromEntries(TRACES.map(column => [column, { __op: 'Delete' }]));
  for await (const rows of pagesById(database, '_Session', () => ofUser, {
    limit: PAGE,
    keys: ['sessionToken'],
  })) {
    await database.update('_Session', { objectId: { $in: rows.map(row => row.objectId) } }, none, {
      many: true,
    });
    for (const { sessionToken } of rows) callers.forget(String(sessionToken));
  }
  await history.forget(userId);
  await forgetDevicesOf(userId, database);
  await forgetPairingsOf(userId, database);
}
