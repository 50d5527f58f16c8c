import { isIPv4 } from 'node:net';
import { addressOf, groupsOf } from '../address';

/** How much of an address is kept: all of it, the network (`/24`, `/48`), or nothing. */
export const ADDRESSES = ['full', 'truncated', 'none'] as const;

/** What is kept of where sessions are used from (the option `privacy`). */
export interface Privacy {
  ip: (typeof ADDRESSES)[number];
  /** Whether user agents are kept. */
  userAgent: boolean;
}

interface Traces {
  ip?: string | null;
  userAgent?: string | null;
}

/** The network of an address: its first three numbers (IPv4), its first three groups (IPv6). */
function truncated(text: string): string | null {
  const address = addressOf(text);
  if (!address) return null;
  const first = groupsOf(address)
    .slice(0, 3)
    .join(isIPv4(address) ? '.' : ':');
  return addressOf(isIPv4(address) ? `${first}.0` : `${first}::`);
}

/** What is kept of an address; `null` for nothing. */
export function keptAddress(ip: string | null | undefined, privacy: Pick<Privacy, 'ip'>): string | null {
  if (!ip || privacy.ip === 'none') return null;
  return privacy.ip === 'full' ? ip : truncated(ip);
}

/** What is kept of a user agent; `null` for nothing. */
export const keptAgent = (
  userAgent: string | null | undefined,
  privacy: Pick<Privacy, 'userAgent'>,
): string | null => (privacy.userAgent && userAgent ? userAgent : null);

/** The same session, request or mark with what is kept of its traces only. */
export const withKept = <Traced extends Traces>(traced: Traced, privacy: Privacy): Traced => ({
  ...traced,
  ip: keptAddress(traced.ip, privacy),
  userAgent: keptAgent(traced.userAgent, privacy),
});
