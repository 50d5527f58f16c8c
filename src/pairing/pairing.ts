import type { Device } from '../device';
import type { RestrictedSession } from '../sessions/restricted-params';

export interface PairingOptions {
  verificationUri: string;
  /** How long a code is good for, in milliseconds. */
  expiresIn: number;
  /** The most that any pairing may get. */
  scopes?: readonly string[];
}

/** Where a request comes from: what is kept of it, and the address that limits count by. */
export interface Asker {
  ip: string | undefined;
  userAgent: string | undefined;
  address: string | null;
}

/** What a device asks for. */
export interface PairingWish {
  name?: string;
  scopes?: string[];
  installationId?: string;
}

/** What its owner gives. */
export interface PairingGift {
  name?: string;
  scopes?: string[];
  /** Milliseconds. */
  expiresIn?: number;
}

/** What the device gets at the start (RFC 8628, 3.2). */
export interface StartedPairing {
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  /** With the code in the fragment, which no server sees. */
  verificationUriComplete: string;
  /** Seconds. */
  expiresIn: number;
  /** Seconds between two questions. */
  interval: number;
}

/** What asks, for its owner to judge. */
export interface PairingRequest {
  name: string | null;
  /** `null`: all that a restricted session may do. */
  scopes: readonly string[] | null;
  device: Device;
  ip: string | null;
  place: string | null;
  createdAt: string;
}

/** What the device is told when it asks. */
export type PairingAnswer =
  | { status: 'pending' | 'slowDown' | 'denied' | 'expired' }
  | { status: 'approved'; session: RestrictedSession };
