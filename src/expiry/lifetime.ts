import { fieldOf, toDate, type SessionLike, type SessionRecord } from '../record';
import { isAnonymous } from './kind';

/** A session counts as active for this long after its last access (RapidContext's `ACTIVE_MILLIS`). */
const ACTIVE_MS = 5 * 60_000;

/** Whether the session has expired. One without `expiresAt` never does (`Parse::Session#expired?`). */
export function isExpired(session: SessionLike, now: Date = new Date()): boolean {
  const expiresAt = toDate(fieldOf(session, 'expiresAt'));
  return expiresAt !== null && expiresAt < now;
}

/** The opposite of {@link isExpired} (`Parse::Session#valid?`). */
export const isValid = (session: SessionLike, now: Date = new Date()): boolean => !isExpired(session, now);

/**
 * Whether the session expires within so many seconds, or has expired already. One without `expiresAt` never does
 * (`Parse::Session#expires_within?`).
 */
export function expiresWithin(session: SessionLike, seconds: number, now: Date = new Date()): boolean {
  const expiresAt = toDate(fieldOf(session, 'expiresAt'));
  return expiresAt !== null && expiresAt.getTime() < now.getTime() + seconds * 1000;
}

/** Seconds until the session expires: `null` without `expiresAt`, 0 when over (`Parse::Session#time_remaining`). */
export function timeRemaining(session: SessionLike, now: Date = new Date()): number | null {
  const expiresAt = toDate(fieldOf(session, 'expiresAt'));
  return expiresAt && Math.max(0, (expiresAt.getTime() - now.getTime()) / 1000);
}

/** Whether the session was accessed within the last 5 minutes (RapidContext's `Session#isActive`). */
export function isActive(session: SessionLike, now: Date = new Date()): boolean {
  const lastAccessedAt = toDate(fieldOf(session, 'lastAccessedAt'));
  return lastAccessedAt !== null && now.getTime() - lastAccessedAt.getTime() <= ACTIVE_MS;
}

/** Whether the session's user has signed in. An anonymous user has not. */
export function isAuthenticated(session: SessionLike): boolean {
  const user = fieldOf(session, 'user') ?? fieldOf(session, 'userId');
  const createdWith = (fieldOf(session, 'createdWith') ?? null) as SessionRecord['createdWith'];
  const anonymous = (fieldOf(session, 'anonymous') ?? null) as SessionRecord['anonymous'];
  return Boolean(user) && !isAnonymous({ anonymous, createdWith });
}
