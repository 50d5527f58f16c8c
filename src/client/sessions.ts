import type { EndedReason, EndedSession } from './ended-session';

/** A session as its user sees it. It never holds a session token. */
export interface ClientSession {
  objectId: string;
  /** Whether it is the session of this client. */
  current: boolean;
  /** Whether it may not write `_User`, `_Session`, `_Role` and the classes that the server guards. */
  restricted: boolean;
  /** All that a scoped session may do; `null` for one that is not scoped. */
  scopes: readonly string[] | null;
  /** Whether it has not expired. */
  active: boolean;
  createdAt: Date;
  /** `null` for a session that has not been used since the server keeps last accesses. */
  lastAccessedAt: Date | null;
  /** `null` for a session that does not expire. */
  expiresAt: Date | null;
  /** When the user last logged in or confirmed his password in it; `null` where he never did. */
  authenticatedAt: Date | null;
  createdWith: { action?: string; authProvider?: string } | null;
  installationId: string | null;
  ip: string | null;
  /** Where the address is, if the server looks places up and knows this one; else `null`. */
  place: string | null;
  userAgent: string | null;
  device: { browser: string | null; os: string | null; type: string | null };
  name: string | null;
}

/** A session that is over, as its user sees it. */
export interface ClientEndedSession {
  objectId: string;
  reason: EndedReason;
  endedAt: Date;
  /** Who ended it; with the name and the device, if it was another session of the user. */
  by: EndedSession['by'] & { name: string | null; device: ClientSession['device'] | null };
  createdAt: Date;
  lastAccessedAt: Date | null;
  restricted: boolean;
  ip: string | null;
  place: string | null;
  device: ClientSession['device'];
  name: string | null;
}

/** A session made for a device. It is the only answer with a token, its own, given this one time. */
export interface RestrictedSession {
  objectId: string;
  sessionToken: string;
  restricted: true;
  expiresAt: Date | null;
}

export interface RestrictedSessionOptions {
  /** What the list of devices shows, up to 128 characters. */
  name?: string;
  installationId?: string;
  /** Seconds, or a duration such as `'30d'`. @default the server's rule for restricted sessions */
  expiresIn?: number | string;
  /** What the session may do, such as `['Telemetry:create', 'function:report']`. @default all but guarded writes */
  scopes?: readonly string[];
}

/** A session under a new token. */
export interface RotatedSession {
  sessionToken: string;
  /** `null` for a session that does not expire. */
  expiresAt: Date | null;
}

/** A device that asks for a session, for its user to judge. Its name and device are what it says of itself. */
export interface PairingRequest {
  name: string | null;
  /** All that it wants to do; `null`: all that a restricted session may do. */
  scopes: readonly string[] | null;
  device: ClientSession['device'];
  /** Where it has asked from. */
  ip: string | null;
  place: string | null;
  createdAt: Date;
}

/** What a device is given. */
export interface PairingApproval {
  /** What the list of devices shows, up to 128 characters. @default what the device has named itself */
  name?: string;
  /** What the session may do: some of what the device asks for. @default all of that */
  scopes?: readonly string[];
  /** Seconds, or a duration such as `'30d'`. @default the server's rule for restricted sessions */
  expiresIn?: number | string;
}

/** A session: one of a list, a `Parse.Session`, or an `objectId`. */
export type SessionOrId = string | { objectId: string } | { id?: string };

/** A part of a list. */
export interface Page {
  /** How many sessions at most, 1 to 1000. @default 1000 */
  limit?: number;
  /** How many sessions come before it. @default 0 */
  skip?: number;
}

/** A session under a new token, in which the user has just proved who he is. */
export interface ConfirmedSession extends RotatedSession {
  authenticatedAt: Date;
}
