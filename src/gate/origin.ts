import { addressOf } from '../address';
import { cut, MAX_LENGTH } from '../client-texts';

/** What Express's request and a trigger's have in common: where the request comes from. */
interface FromSomewhere {
  ip?: string;
  headers?: Record<string, string | string[] | undefined>;
}

export interface Origin {
  ip?: string;
  userAgent?: string;
}

/**
 * Where a request comes from. The client chooses its user agent, which is cut. Behind a proxy it may choose what stands
 * for its address, too: that is left out where it is none.
 */
export function originOf({ ip, headers }: FromSomewhere): Origin {
  const header = headers?.['user-agent'];
  const userAgent = Array.isArray(header) ? header[0] : header;
  return {
    ip: addressOf(ip) ?? undefined,
    userAgent: userAgent && cut(userAgent, MAX_LENGTH.userAgent),
  };
}
