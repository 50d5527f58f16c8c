import { addressOf } from '../address';
import { cut, MAX_LENGTH } from '../client-texts';
import { keptAddress, keptAgent, type Privacy } from '../privacy/kept';

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
 * Where a request comes from, as much of it as is kept. The client chooses its user agent, which is cut. Behind a proxy it
 * may choose what stands for its address, too: that is left out where it is none.
 */
export function originOf({ ip, headers }: FromSomewhere, privacy: Privacy): Origin {
  const header = headers?.['user-agent'];
  const userAgent = keptAgent(Array.isArray(header) ? header[0] : header, privacy);
  return {
    ip: keptAddress(addressOf(ip), privacy) ?? undefined,
    userAgent: userAgent ? cut(userAgent, MAX_LENGTH.userAgent) : undefined,
  };
}
