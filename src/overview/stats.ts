import { OF_KIND } from '../expiry/kind';
import { unexpired } from '../expiry/queries';
import type { SessionStore } from '../sessions/store';

/** How many sessions there are. */
export interface SessionStats {
  total: number;
  active: number;
  /** Not purged yet. */
  expired: number;
  restricted: number;
  anonymous: number;
}

export async function statsOf(store: Pick<SessionStore, 'count'>, now: Date): Promise<SessionStats> {
  // Never an empty query: PostgreSQL answers that with an estimate.
  const every = { objectId: { $exists: true } };
  const [total, active, restricted, anonymous] = await Promise.all([
    store.count(every),
    store.count(unexpired(now)),
    store.count(OF_KIND.restricted),
    store.count(OF_KIND.anonymous),
  ]);
  return { total, active, expired: total - active, restricted, anonymous };
}
