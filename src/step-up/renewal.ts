import { invalidSessionError } from '../errors';
import type { Row } from '../parse-server';
import { isScopedToken } from '../policy/scopes';
import { toParseDate, type SessionRecord } from '../record';
import type { Connection } from '../sessions/connection';
import { newToken } from '../sessions/token';
import { updateIf } from '../update-if';

/**
 * Notes that the user has just proved who he is, in this session.
 * @throws 209 where the session is over.
 */
export async function authenticated(
  { objectId, sessionToken }: SessionRecord,
  at: Date,
  { database, callers }: Connection,
): Promise<void> {
  const query = { objectId, invalidatedAt: null };
  if (!(await updateIf(database, '_Session', query, { authenticatedAt: toParseDate(at) })))
    throw invalidSessionError();
  callers.forget(sessionToken);
}

/**
 * Gives a session a new token (OWASP ASVS 5.0, 7.2.4). It is the same session: its files, secret, scopes and end stay. The
 * old token is refused at once. Of several rotations at the same time one succeeds.
 * @param authenticatedAt when the user has just proved who he is, if he has.
 * @returns the new token.
 * @throws 209 where the session is over, or has another token by now.
 */
export async function rotate(
  { objectId, sessionToken: old }: SessionRecord,
  authenticatedAt: Date | undefined,
  { database, activity, revocations }: Connection,
): Promise<string> {
  const sessionToken = newToken(isScopedToken(old));
  const unchanged = { objectId, sessionToken: old, invalidatedAt: null };
  const data: Row = { sessionToken };
  if (authenticatedAt) data.authenticatedAt = toParseDate(authenticatedAt);
  if (!(await updateIf(database, '_Session', unchanged, data))) throw invalidSessionError();
  activity?.renamed(old, sessionToken);
  await revocations.mark([old]);
  return sessionToken;
}
