import type { SessionRecord } from '../record';
import { kindOf, type Kind, type OfAKind } from './kind';
import { isExpired } from './lifetime';

/** How long sessions of one kind live, in milliseconds. */
export interface Lifetime {
  /** After the last access. */
  idle: number;
  /** After the creation, whatever the use; `Infinity` for no limit. */
  maxAge: number;
}

/** Lifetimes by kind of session; a kind without one keeps Parse Server's own rule (`sessionLength`). */
export type ExpiryPolicy = Readonly<Partial<Record<Kind, Lifetime>>>;

type Expiring = OfAKind & Pick<SessionRecord, 'createdAt'> & Partial<Pick<SessionRecord, 'expiresBy'>>;

/**
 * When a session ends: `min(lastAccess + idle, createdAt + maxAge)`, or `undefined` when the policy says nothing
 * about its kind (RapidContext's `EXPIRY_AUTH_MILLIS`, `EXPIRY_ANON_MILLIS` and `MAX_AGE_MILLIS`).
 */
export function expiryOf(policy: ExpiryPolicy, session: Expiring, lastAccess: Date): Date | undefined {
  const lifetime = policy[kindOf(session)];
  if (!lifetime) return undefined;
  return new Date(
    Math.min(
      lastAccess.getTime() + lifetime.idle,
      session.createdAt.getTime() + lifetime.maxAge,
      session.expiresBy?.getTime() ?? Infinity,
    ),
  );
}

/** The earlier of two ends. `null` never comes. */
export const earlier = (a: Date | null, b: Date | null): Date | null => (a && b ? (a < b ? a : b) : (a ?? b));

/** The latest end that was chosen for a session. Use does not move it. `null`: none. */
export const chosenEnd = ({ fixedExpiry, expiresBy }: Pick<SessionRecord, 'fixedExpiry' | 'expiresBy'>) =>
  fixedExpiry ?? expiresBy;

/**
 * Where an access moves a session's end to; `undefined` when it stays. An access never brings the end nearer: a
 * session older than the policy keeps the idle period that `adoptSessions` gave it.
 */
export function movedExpiry(
  policy: ExpiryPolicy,
  session: SessionRecord,
  lastAccess: Date,
): Date | undefined {
  const { expiresAt } = session;
  const chosen = chosenEnd(session);
  // A Parse Server without this package, on the same database, renews sessions without knowing of chosen ends.
  if (chosen && expiresAt && expiresAt > chosen) return chosen;
  if (session.fixedExpiry) return undefined;
  const end = expiryOf(policy, session, lastAccess);
  return end && (expiresAt === null || end > expiresAt) ? end : undefined;
}

/**
 * When a session ends whose user becomes anonymous, or is it no longer: by the policy of its new kind, counted from
 * now. `null`: never; `undefined`: as before.
 * @param byServer when Parse Server has a session end that is made now.
 */
export function endOfChangedKind(
  policy: ExpiryPolicy,
  session: SessionRecord,
  anonymous: boolean,
  now: Date,
  byServer: Date | undefined,
): Date | null | undefined {
  const changed = { ...session, anonymous };
  const [before, after] = [kindOf(session), kindOf(changed)];
  if (before === after || (!policy[before] && !policy[after])) return undefined;
  if (chosenEnd(session) || session.invalidatedAt || isExpired(session, now)) return undefined;
  return expiryOf(policy, changed, now) ?? byServer ?? null;
}
