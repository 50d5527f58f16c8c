import { deviceOf, type Device } from '../device';
import { isExpired } from '../expiry/lifetime';
import type { Places } from '../places/places';
import { scopesOf } from '../policy/scopes';
import { lastUseOf, type SessionRecord } from '../record';

/** A session as its user sees it: no token, dates in ISO 8601. */
export interface SessionView {
  objectId: string;
  /** Whether it is the session that asks. */
  current: boolean;
  restricted: boolean;
  /** What a scoped session may do; `null` for one that is not scoped. */
  scopes: readonly string[] | null;
  /** Whether it has not expired. */
  active: boolean;
  createdAt: string;
  lastAccessedAt: string | null;
  expiresAt: string | null;
  /** When the user last proved who he is, in this session: at its login, or by `confirmIdentity`. */
  authenticatedAt: string | null;
  createdWith: { action?: string; authProvider?: string } | null;
  installationId: string | null;
  ip: string | null;
  /** Where the address is, as the option `locate` tells; `null` where it is not known. */
  place: string | null;
  userAgent: string | null;
  device: Device;
  name: string | null;
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function toView(
  session: SessionRecord,
  currentId: string | null,
  now: Date,
  places: Pick<Places, 'known'>,
): SessionView {
  return {
    objectId: session.objectId,
    current: session.objectId === currentId,
    restricted: session.restricted,
    scopes: scopesOf(session),
    active: !isExpired(session, now),
    createdAt: session.createdAt.toISOString(),
    lastAccessedAt: iso(session.lastAccessedAt),
    expiresAt: iso(session.expiresAt),
    authenticatedAt: iso(session.authenticatedAt),
    createdWith: session.createdWith,
    installationId: session.installationId,
    ip: session.ip,
    place: places.known(session.ip),
    userAgent: session.userAgent,
    device: deviceOf(session.userAgent),
    name: session.name,
  };
}

/** Last accessed first. A sort by it leaves sessions of the same time in their order. */
export const byLastAccess = (a: SessionRecord, b: SessionRecord): number =>
  lastUseOf(b).getTime() - lastUseOf(a).getTime();
