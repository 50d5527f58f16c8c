import { networkOf } from '../address';
import { deviceOf, formerNamesOf } from '../device';
import type { Database } from '../parse-server';
import type { NeededClass } from '../schema/columns';
import { createOnce, destroyRows, DEVICE_CLASS, hasOwnClass, type OwnClasses } from '../schema/own-class';
import { toDate, toParseDate, toSessionRecord, userPointer, type SessionRecord } from '../record';
import { sha256 } from '../sha256';

/** A device is forgotten so long after it was new, because data about people must not grow for ever. */
const REMEMBER_MS = 400 * 24 * 60 * 60_000;

/** Longer than it takes to store the device of a new session. */
const MOMENT_MS = 60_000;

type Traces = Pick<SessionRecord, 'userAgent' | 'ip'>;

/** Browser, operating system and IP network: what tells devices apart without marking them. */
function fingerprintOf({ userAgent, ip }: Traces): string {
  const { browser, os } = deviceOf(userAgent);
  return JSON.stringify([browser, os, networkOf(ip)]);
}

/** The same as versions of this package took it that did not know apps: what they remember stays known. */
const formerFingerprintOf = ({ userAgent, ip }: Traces): string =>
  JSON.stringify([...formerNamesOf(userAgent), networkOf(ip)]);

/** The owner is the user, as a hash as well, by which his devices are exported and erased. */
export const DEVICES: NeededClass = {
  className: DEVICE_CLASS,
  columns: { owner: 'String' },
  indexed: ['owner'],
};

/** The id of a user's device in the class of devices. */
const idOf = (userId: string | null, fingerprint: string): string => sha256(`${userId} ${fingerprint}`);

/**
 * Whether this is the user's first session from its device. The device is remembered as a hash, because sessions
 * end and devices stay known. When several sessions of one device are made at once, in whatever processes, the
 * first is the one whose row the database takes.
 */
export async function isFirstFromDevice(
  session: SessionRecord,
  database: Database,
  ownClasses: OwnClasses,
): Promise<boolean> {
  const { userId, objectId, createdAt } = session;
  const fingerprint = fingerprintOf(session);
  await ownClasses.ensure(DEVICES);
  const now = new Date().toISOString();
  const row = {
    objectId: idOf(userId, fingerprint),
    owner: sha256(`${userId}`),
    createdAt: now,
    updatedAt: now,
  };
  if (!(await createOnce(database, DEVICE_CLASS, row))) return false;
  const former = formerFingerprintOf(session);
  if (former !== fingerprint) {
    const query = { objectId: idOf(userId, former) };
    if ((await database.find(DEVICE_CLASS, query, { count: true })) > 0) return false;
  }
  // Sessions from this device that were made while nobody listened left no row. Later ones do not count: whoever uses a
  // stolen one from his own device must not make that a known one. Nor do those of the last minute, which have lost the
  // race for the row.
  const listened = (await listenedSince(row, database)) ?? createdAt;
  const before = new Date(Math.min(createdAt.getTime(), listened.getTime()) - MOMENT_MS);
  const rows = await database.find('_Session', {
    user: userPointer(userId ?? ''),
    objectId: { $ne: objectId },
  });
  return !rows
    .map(toSessionRecord)
    .some(other => other.createdAt < before && fingerprintOf(other) === fingerprint);
}

/** When the first of a user's other devices that are known was new; `null` for none. */
async function listenedSince(
  { owner, objectId }: { owner: string; objectId: string },
  database: Database,
): Promise<Date | null> {
  const others = { owner, objectId: { $ne: objectId } };
  const [first] = await database.find(DEVICE_CLASS, others, { sort: { createdAt: 1 }, limit: 1 });
  return toDate(first?.createdAt);
}

/** Forgets devices that were first seen very long ago. */
export async function forgetOldDevices(database: Database, now: Date): Promise<void> {
  const before = toParseDate(new Date(now.getTime() - REMEMBER_MS));
  await destroyRows(database, DEVICE_CLASS, { createdAt: { $lt: before } });
}

/** When each device of a user was new: no more of it is kept that can be read. */
export async function knownDevicesOf(userId: string, database: Database): Promise<Date[]> {
  if (!(await hasOwnClass(database, DEVICE_CLASS))) return [];
  const rows = await database.find(DEVICE_CLASS, { owner: sha256(userId) }, { sort: { createdAt: 1 } });
  return rows.map(row => toDate(row.createdAt)!);
}

/** The id of the device that a session is used from now. */
export const deviceIdOf = (session: SessionRecord): string => idOf(session.userId, fingerprintOf(session));

/** Forgets devices: the next log-in from one is from a new device. */
export const forgetDevices = (ids: readonly string[], database: Database): Promise<void> =>
  destroyRows(database, DEVICE_CLASS, { objectId: { $in: ids } });

/** Forgets the devices of a user. */
export const forgetDevicesOf = (userId: string, database: Database): Promise<void> =>
  destroyRows(database, DEVICE_CLASS, { owner: sha256(userId) });
