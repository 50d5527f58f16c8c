import type { ClientSession, EndedReason, EndedSession } from '../../src/client';

const REASONS: Record<EndedReason, string> = {
  logout: 'Signed out',
  revoked: 'Signed out from another device',
  sameInstallation: 'Signed in again on the same device',
  passwordChange: 'The password was changed',
  factorChange: 'How you sign in was changed',
  limit: 'Signed in on too many devices',
  invalidated: 'Signed out by the operator',
  reported: 'Reported as “this was not me”',
  userLocked: 'The account was locked',
  userDeleted: 'The account was deleted',
  orphan: 'The account was deleted',
  expired: 'Not used for too long',
};

/** "Signed out from another device, just now." */
export function whyEnded(ended: EndedSession | null): string {
  // A server of `npm start` has an empty database at every start.
  if (!ended) return 'The server does not know this session: it may have started anew since.';
  const { reason, by, endedAt } = ended;
  // Its own tabs share a session: one has signed it out, maybe with all others.
  const bySelf = reason === 'revoked' && by.kind === 'self';
  const why = bySelf ? 'You signed out in this browser' : (REASONS[reason] ?? 'Signed out');
  return `${why}, ${ago(endedAt)}.`;
}

/** What a session is called: by its user, else by what it says of itself. */
export function labelOf({ name, device: { browser, os } }: ClientSession): string {
  if (name) return name;
  return browser && os ? `${browser} on ${os}` : (browser ?? os ?? 'Unknown device');
}

const inWords = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function ago(date: Date): string {
  const minutes = Math.floor((Date.now() - date.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return inWords.format(-minutes, 'minute');
  if (minutes < 24 * 60) return inWords.format(-Math.floor(minutes / 60), 'hour');
  return inWords.format(-Math.floor(minutes / (24 * 60)), 'day');
}
