import type { Database, Row } from '../parse-server';
import { toParseDate } from '../record';
import type { NeededClass } from '../schema/columns';
import { destroyRows, hasOwnClass, PAIRING_CLASS } from '../schema/own-class';

/** Where a pairing stands. `collected`: the device has its session. */
export type PairingStatus = 'pending' | 'approved' | 'denied' | 'collected';

/** A device that asks to be paired. Its `objectId` is the hash of the user's code, so that no two have the same one. */
export const PAIRINGS: NeededClass = {
  className: PAIRING_CLASS,
  columns: {
    deviceCodeHash: 'String',
    status: 'String',
    /** What the device asks for. */
    name: 'String',
    scopes: 'Array',
    installationId: 'String',
    ip: 'String',
    userAgent: 'String',
    expiresAt: 'Date',
    /** When the device has asked last. */
    polledAt: 'Date',
    /** Who has approved it, in which session, and what he gives. */
    userId: 'String',
    sessionId: 'String',
    /** Of that session's token: a new token is for its owner, who may not know what was approved with the old one. */
    tokenHash: 'String',
    givenName: 'String',
    givenScopes: 'Array',
    givenTime: 'Number',
  },
  indexed: ['deviceCodeHash', 'expiresAt'],
};

/** Deletes the pairings that are over. */
export async function forgetOldPairings(database: Database, now: Date): Promise<void> {
  await destroyRows(database, PAIRING_CLASS, { expiresAt: { $lte: toParseDate(now) } });
}

/** Those that a user has approved. */
export async function pairingsOf(userId: string, database: Database): Promise<Row[]> {
  if (!(await hasOwnClass(database, PAIRING_CLASS))) return [];
  return database.find(PAIRING_CLASS, { userId }, { sort: { createdAt: 1 } });
}

/** Deletes those that a user has approved. */
export async function forgetPairingsOf(userId: string, database: Database): Promise<void> {
  await destroyRows(database, PAIRING_CLASS, { userId });
}
