import { withDates, type Json } from './dates';
import { inTime } from './in-time';
import type { ParseSdk } from './sdk';

/** Why a session is over. Servers of a later version may have further reasons. */
export type EndedReason =
  | 'logout'
  | 'revoked'
  | 'sameInstallation'
  | 'passwordChange'
  | 'factorChange'
  | 'limit'
  | 'invalidated'
  | 'reported'
  | 'userLocked'
  | 'userDeleted'
  | 'orphan'
  | 'expired';

/** How a session ended: before its time, or because it expired. */
export interface EndedSession {
  reason: EndedReason;
  endedAt: Date;
  /** Who ended it: it itself, another session of the user, the holder of the master key, or the server. */
  by: { kind: 'self' | 'session' | 'master' | 'server' };
}

/**
 * Asks the server how the session of this token ended. Never rejects.
 * @returns `null` where the server does not know, or does not answer within 3 seconds
 */
export async function endedSession(
  { Cloud }: Pick<ParseSdk, 'Cloud'>,
  sessionToken: string,
  functionPrefix = '',
): Promise<EndedSession | null> {
  const ended = (await inTime(() =>
    // Nobody asks: with an empty token the SDK sends neither the dead session nor that of whoever has signed in since.
    Cloud.run(functionPrefix + 'endedSession', { sessionToken }, { sessionToken: '' }),
  )) as Json<EndedSession> | null | undefined;
  // On a server without this package a function of that name is the app's own, and may answer anything.
  const isEnd =
    typeof ended?.reason === 'string' && typeof ended.by?.kind === 'string' && Date.parse(ended.endedAt);
  return isEnd ? withDates(ended) : null;
}
