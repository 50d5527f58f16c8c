/** What Express's request and a trigger's have in common: where the request comes from. */
interface FromSomewhere {
  ip?: string;
  headers?: Record<string, string | string[] | undefined>;
}

export interface Origin {
  ip?: string;
  userAgent?: string;
}

/** What Node puts before an IPv4 address on a socket that takes IPv4 and IPv6. */
const MAPPED = /^::ffff:(?=\d+\.)/;

export function originOf({ ip, headers }: FromSomewhere): Origin {
  const userAgent = headers?.['user-agent'];
  return {
    ip: ip?.startsWith('::') ? ip.replace(MAPPED, '') : ip,
    userAgent: Array.isArray(userAgent) ? userAgent[0] : userAgent,
  };
}
