import type { Row } from '../../parse-server';
import type { SessionRecord } from '../../record';
import type { Visit } from '../visit';

/**
 * Whether a new session follows a change of the password, and somebody has revoked the session that asked for the
 * change before it was over.
 */
export function isOvertaken(
  { userId, createdWith }: SessionRecord,
  { caller, passwordChange, runtime }: Visit,
): boolean {
  if (createdWith || !passwordChange || caller.kind !== 'session' || userId !== caller.userId) return false;
  const { since, hasEndedOwn } = passwordChange;
  return hasEndedOwn === false || runtime.revocations.hasRevokedUser(caller.userId!, caller.token, since);
}

/** Notes whether a change of the password ends the session that asks for it, or comes too late for that. */
export function noteOwnEnd(rows: Row[], { caller, passwordChange }: Visit): void {
  if (!passwordChange || passwordChange.hasEndedOwn || caller.kind !== 'session') return;
  passwordChange.hasEndedOwn = rows.some(row => row.sessionToken === caller.token);
}
