import { randomUUID } from 'node:crypto';
import type { CacheController } from '../parse-server';
import { toDate } from '../record';
import type { Runtime } from '../runtime';

interface Probe {
  token: string;
  runtime?: Runtime;
}

/** Probes that the SDK door has under way, by their token. */
const probes = new Map<string, Probe>();

/** Makes a token that nobody has. `seenBy()` answers the mounted app whose cache of users was asked for it. */
export function expectProbe(): { token: string; seenBy(): Runtime | undefined } {
  const probe: Probe = { token: `r:probe-${randomUUID()}` };
  probes.set(probe.token, probe);
  return {
    token: probe.token,
    seenBy() {
      probes.delete(probe.token);
      return probe.runtime;
    },
  };
}

/**
 * Wraps Parse Server's cache of users by token, which every request asks first. A revoked token is not found in
 * it, whoever puts it there and when. The mark is looked at on every read, and after every write as well, because
 * a cache may keep an entry longer than the mark is kept. The tracker of last accesses learns here when sessions
 * end.
 */
export function guardUserCache({ user }: CacheController, runtime: Runtime): void {
  const { revocations, tokenCache, activity, callers } = runtime;
  const get = user.get.bind(user);
  const put = user.put.bind(user);
  const del = user.del.bind(user);
  const learn = (token: string, entry: unknown) => {
    const end = toDate((entry as { expiresAt?: unknown } | null | undefined)?.expiresAt);
    if (end) activity?.learn(token, end);
  };
  const tell = activity?.watchesEnds ? learn : undefined;

  const getShared = async (token: string) => {
    const [entry, revoked] = await Promise.all([get(token), tokenCache.isRevokedElsewhere(token)]);
    return revoked ? null : entry;
  };
  const read = tokenCache.isShared ? getShared : get;

  /** An entry whose session is still there. */
  const readProven = async (token: string) => {
    const entry = await read(token);
    return entry && (await callers.find(token)) ? entry : null;
  };

  user.get = token => {
    if (probes.size > 0) {
      const probe = probes.get(token);
      if (probe) {
        probe.runtime = runtime;
        // The cache itself may hang.
        return Promise.resolve(null);
      }
    }
    if (revocations.isRevoked(token)) return Promise.resolve(null);
    const entry = revocations.isAnyoneSuspect ? readProven(token) : read(token);
    if (!tell) return entry;
    return entry.then(found => {
      tell(token, found);
      return found;
    });
  };
  const putUnrevoked = async (token: string, value: unknown, ttl?: number) => {
    if (revocations.isRevoked(token)) return undefined;
    tell?.(token, value);
    const result = await put(token, value, ttl);
    if (revocations.isRevoked(token) || (await tokenCache.isRevokedElsewhere(token))) await del(token);
    return result;
  };
  // Parse Server does not await these (`Auth.js#getAuthForSessionToken` and `rest.js#del` of 9.10.0). A failure must not
  // end the process: what follows the end of a session has to be done.
  user.put = (token, value, ttl) => handled(putUnrevoked(token, value, ttl));
  user.del = token => handled(del(token));
}

/** Gives a promise a handler. An app's cache may answer something else. */
function handled<Answer>(answer: Promise<Answer>): Promise<Answer> {
  Promise.resolve(answer).catch(() => undefined);
  return answer;
}
