import { isIPv4, SocketAddress } from 'node:net';
import { addressOf } from '../address';

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
  if (isIPv4(address)) return address.replace(/\d+$/, '0');
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // What `::` stands for is zeros: three groups of them are enough.
  const first = (tail === undefined ? groups : [...groups, '0', '0', '0']).slice(0, 3);
  return new SocketAddress({ address: `${first.join(':')}::`, family: 'ipv6' }).address;
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
