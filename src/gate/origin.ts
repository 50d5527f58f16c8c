/** What a request tells of where it comes from, whether Express or a trigger holds it. */
interface FromSomewhere {
  ip?: string;
  headers?: Record<string, string | string[] | undefined>;
}

export interface Origin {
  ip?: string;
  userAgent?: string;
}

/** How Node writes an IPv4 address on a socket that takes both kinds. */
const MAPPED = /^::ffff:(?=\d+\.)/;

export function originOf({ ip, headers }: FromSomewhere): Origin {
  const userAgent = headers?.['user-agent'];
  return {
    ip: ip?.startsWith('::') ? ip.replace(MAPPED, '') : ip,
    userAgent: Array.isArray(userAgent) ? userAgent[0] : userAgent,
  };
}
