import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** An IPv6 address with a zone and a port is shorter. Behind a proxy the client may choose any text. */
const MAX_LENGTH = 100;

const MAPPED = '::ffff:';
/** What proxies write: brackets, a port, or both. */
const IN_BRACKETS = /^\[([^\]]+)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;

/**
 * The one way to write an IP address: without brackets, port and zone, IPv6 short and in small letters, an IPv4 address
 * that is mapped into IPv6 as IPv4. So the same address is the same text.
 * @returns `null` for what is no address.
 */
export function addressOf(text: string | null | undefined): string | null {
  if (!text) return null;
  if (isIPv4(text)) return text;
  if (text.length > MAX_LENGTH) return null;
  // What Node answers on a socket that takes IPv4 and IPv6.
  if (text.startsWith(MAPPED) && isIPv4(text.slice(MAPPED.length))) return text.slice(MAPPED.length);
  const bare = (IN_BRACKETS.exec(text) ?? IPV4_WITH_PORT.exec(text))?.[1] ?? text;
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return null;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

/** The four numbers of an IPv4 address, or the eight groups of an IPv6 one. @param address as `addressOf` answers it. */
export function groupsOf(address: string): string[] {
  if (isIPv4(address)) return address.split('.');
  const [head = '', tail = ''] = address.split('::');
  const [first = [], last = []] = [head, tail].map(part => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...zeros, ...last];
}

/** The network of an address: the first three numbers of IPv4, the first four groups (a site) of IPv6. */
export function networkOf(ip: string | null): string | null {
  const address = addressOf(ip);
  if (!address) return null;
  const groups = groupsOf(address);
  return isIPv4(address) ? groups.slice(0, 3).join('.') : groups.slice(0, 4).join(':');
}

/**
 * By what a client is told from others: the address of IPv4, the network (/64) of IPv6. Such a network is in one place, and
 * its devices choose the rest of their addresses anew as often as they like.
 */
export function clientOf(ip: string): string {
  const address = addressOf(ip) ?? ip;
  return (isIPv6(address) && networkOf(address)) || address;
}
