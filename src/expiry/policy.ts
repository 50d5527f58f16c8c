import type { SessionRecord } from '../record';

/** How long sessions of one kind live, in milliseconds. */
export interface Lifetime {
  /** After the last access. */
  idle: number;
  /** After the creation, whatever the use; `Infinity` for no limit. */
  maxAge: number;
}

export const KINDS = ['authenticated', 'anonymous', 'restricted'] as const;
export type Kind = (typeof KINDS)[number];

/** Lifetimes by kind of session; a kind without one keeps Parse Server's own rule (`sessionLength`). */
export type ExpiryPolicy = Readonly<Partial<Record<Kind, Lifetime>>>;

type Expiring = Pick<SessionRecord, 'restricted' | 'createdWith' | 'createdAt'> &
  Partial<Pick<SessionRecord, 'expiresBy'>>;

/** A restricted session is of that kind whoever its user is. */
export function kindOf({ restricted, createdWith }: Pick<SessionRecord, 'restricted' | 'createdWith'>): Kind {
  if (restricted) return 'restricted';
  return createdWith?.authProvider === 'anonymous' ? 'anonymous' : 'authenticated';
}

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

/** The latest end that was chosen for a session, whatever its use; `null`: none. */
export const chosenEnd = ({ fixedExpiry, expiresBy }: Pick<SessionRecord, 'fixedExpiry' | 'expiresBy'>) =>
  fixedExpiry ?? expiresBy;

/**
 * Where an access moves a session's end to, or `undefined` when it stays. An access never brings the end nearer: a
 * session that was there before the policy keeps the idle period that it was given at the start.
 */
export function movedExpiry(
  policy: ExpiryPolicy,
  session: SessionRecord,
  lastAccess: Date,
): Date | undefined {
  const { expiresAt } = session;
  const chosen = chosenEnd(session);
  // A process without this package may have moved it on, for `extendSessionOnUse` knows of no chosen end: back to it.
  if (chosen && expiresAt && expiresAt > chosen) return chosen;
  if (session.fixedExpiry) return undefined;
  const end = expiryOf(policy, session, lastAccess);
  return end && (expiresAt === null || end > expiresAt) ? end : undefined;
}

/**
 * The lifetimes of RapidContext's sessions: anonymous users 30 minutes and signed-in users 30 days after the last
 * access, 90 days at most. Pass it as `parseSessions({ expiry: rapidContextExpiry })`.
 */
export const rapidContextExpiry = {
  anonymous: { idle: '30m', maxAge: '90d' },
  authenticated: { idle: '30d', maxAge: '90d' },
  restricted: { idle: '30d', maxAge: '90d' },
} as const;
