/** What a request tells of where it comes from, whether Express or a trigger holds it. */
interface FromSomewhere {
  ip?: string;
  headers?: Record<string, string | string[] | undefined>;
}

export interface Origin {
  ip?: string;
  userAgent?: string;
}

export function originOf({ ip, headers }: FromSomewhere): Origin {
  const userAgent = headers?.['user-agent'];
  return {
    // An IPv4 address on a socket for both kinds.
    ip: ip?.replace(/^::ffff:(?=\d+\.)/, ''),
    userAgent: Array.isArray(userAgent) ? userAgent[0] : userAgent,
  };
}
