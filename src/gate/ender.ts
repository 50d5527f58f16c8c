import { BY_MASTER, BY_SERVER, bySession, type Ender } from '../history/ender';
import type { Visit } from './visit';

/** Who ends the sessions that a request ends. */
export async function enderOf(visit: Visit): Promise<Ender> {
  const { caller } = visit;
  if (caller.kind === 'master') return BY_MASTER;
  if (caller.kind !== 'session') return BY_SERVER;
  // Whoever logs out may do so with a session whose time is over.
  const session = visit.knownSession ?? (await visit.ownSessionOrExpired().catch(() => undefined));
  return session ? bySession(session, visit.entry.origin?.userAgent) : BY_SERVER;
}
