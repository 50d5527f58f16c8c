import { deviceOf, type Device } from '../device';
import type { RevokeReason } from '../events/events';
import { isExpired } from '../expiry/lifetime';
import type { Row } from '../parse-server';
import { toDate, toParseDate, toSessionRecord, type SessionRecord } from '../record';
import type { NeededClass } from '../schema/columns';
import { HISTORY_CLASS } from '../schema/own-class';
import { sha256 } from '../sha256';
import { BY_SERVER, type Ender, type EnderKind } from './ender';

/** Records are looked up by the token's hash, the user, and for the purge their age. */
export const RECORDS: NeededClass = {
  className: HISTORY_CLASS,
  // `objectId` and `createdAt` are those of the session, so that a session has one record.
  columns: {
    userId: 'String',
    /** Tokens are random, so their plain SHA-256 tells nobody what they were. */
    tokenHash: 'String',
    reason: 'String',
    endedAt: 'Date',
    by: 'String',
    byName: 'String',
    byDevice: 'Object',
    lastAccessedAt: 'Date',
    restricted: 'Boolean',
    ip: 'String',
    device: 'Object',
    name: 'String',
    note: 'String',
  },
  indexed: ['tokenHash', 'userId', 'endedAt'],
};

/** Its columns that tell devices. */
export const HISTORY_DEVICES = ['device', 'byDevice'];

/** Why a session ended. */
export type EndedReason = RevokeReason | 'expired';

/** Who ended a session. The name and the device are those of another session of the same user. */
export interface EndedBy {
  kind: EnderKind;
  name: string | null;
  device: Device | null;
}

/** A session that is over, as its user sees it: no token, dates in ISO 8601. */
export interface EndedSessionView {
  objectId: string;
  reason: EndedReason;
  endedAt: string;
  by: EndedBy;
  createdAt: string;
  lastAccessedAt: string | null;
  restricted: boolean;
  ip: string | null;
  /** Where the address is, as the option `locate` tells; `null` where it is not known. */
  place: string | null;
  device: Device;
  name: string | null;
}

/** The same, as the holder of the master key sees it. */
export interface NotedEndedSessionView extends EndedSessionView {
  /** Why an operator has ended it, in his words; `null` where he has not said. */
  note: string | null;
}

export type Unplaced = Omit<EndedSessionView, 'place'>;

/** A device of which anything is known, else `null`. */
function knownDevice(userAgent: string | null): Device | null {
  const device = deviceOf(userAgent);
  return Object.values(device).some(Boolean) ? device : null;
}

function endedByOf(by: Ender, { objectId, userId }: SessionRecord): EndedBy {
  if (by.kind !== 'session') return { kind: by.kind, name: null, device: null };
  if (by.session.objectId === objectId) return { kind: 'self', name: null, device: null };
  const isOwn = by.session.userId !== null && by.session.userId === userId;
  const { name, userAgent } = by.session;
  return { kind: 'session', name: isOwn ? name : null, device: isOwn ? knownDevice(userAgent) : null };
}

/** How a session had ended before its row was deleted; `undefined` when it had not. */
function earlierEnd(session: SessionRecord, now: Date): { reason: EndedReason; at: Date } | undefined {
  if (session.invalidatedAt) return { reason: 'invalidated', at: session.invalidatedAt };
  return isExpired(session, now) ? { reason: 'expired', at: session.expiresAt! } : undefined;
}

/**
 * The record of a session that ends.
 * @param row with `ENDING_KEYS`.
 * @param note why, in the words of whoever ends it.
 */
export function recordOf(row: Row, reason: RevokeReason, by: Ender, at: Date, note?: string): Row {
  const session = toSessionRecord(row);
  const earlier = earlierEnd(session, at);
  const endedAt = toParseDate(earlier?.at ?? at);
  const endedBy = endedByOf(earlier ? BY_SERVER : by, session);
  const record: Row = {
    objectId: session.objectId,
    createdAt: session.createdAt.toISOString(),
    updatedAt: endedAt.iso,
    userId: session.userId,
    tokenHash: sha256(session.sessionToken),
    reason: earlier?.reason ?? reason,
    endedAt,
    by: endedBy.kind,
    byName: endedBy.name,
    byDevice: endedBy.device,
    lastAccessedAt: session.lastAccessedAt && toParseDate(session.lastAccessedAt),
    restricted: session.restricted,
    ip: session.ip,
    device: knownDevice(session.userAgent),
    name: session.name,
    // Nobody ends what had ended before.
    note: earlier ? null : (note ?? null),
  };
  // The adapters take no empty columns.
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

const iso = (value: unknown) => toDate(value)?.toISOString() ?? null;

/** A record as its user sees it. */
export function viewOfRecord(row: Row): Unplaced {
  return {
    objectId: String(row.objectId),
    reason: row.reason as EndedReason,
    endedAt: iso(row.endedAt)!,
    by: {
      kind: row.by as EnderKind,
      name: (row.byName as string | undefined) ?? null,
      device: (row.byDevice as Device | undefined) ?? null,
    },
    createdAt: iso(row.createdAt)!,
    lastAccessedAt: iso(row.lastAccessedAt),
    restricted: row.restricted === true,
    ip: (row.ip as string | undefined) ?? null,
    device: (row.device as Device | undefined) ?? deviceOf(null),
    name: (row.name as string | undefined) ?? null,
  };
}

/** A session that has expired is its own record, until the purge deletes it. */
export function viewOfExpired(session: SessionRecord): Unplaced {
  return {
    objectId: session.objectId,
    reason: 'expired',
    endedAt: session.expiresAt!.toISOString(),
    by: { kind: 'server', name: null, device: null },
    createdAt: session.createdAt.toISOString(),
    lastAccessedAt: session.lastAccessedAt?.toISOString() ?? null,
    restricted: session.restricted,
    ip: session.ip,
    device: deviceOf(session.userAgent),
    name: session.name,
  };
}
