import { invalidSessionError, parseError } from '../errors';
import { isExpired } from '../expiry/lifetime';
import type { Database } from '../parse-server';
import type { Decision } from '../policy/decision';
import type { SessionRecord } from '../session';
import { isLegacyToken, type CallerSessions } from '../store/caller-sessions';

export function enforce(decision: Decision): void {
  if (!decision.allow) throw parseError(decision.code, decision.reason);
}

/** The session of a token, or 209: a token that Parse Server's cache still trusts may be deleted or over by now. */
export async function liveSession(callers: CallerSessions, token: string): Promise<SessionRecord | null> {
  const isOver = (found: SessionRecord) => isExpired(found) || found.invalidatedAt !== null;
  let session = await callers.find(token);
  if (session && isOver(session)) {
    // Its end may have been moved on since it was looked up.
    callers.forget(token);
    session = await callers.find(token);
  }
  if (session ? isOver(session) : !isLegacyToken(token)) throw invalidSessionError();
  return session;
}

export function bound(database: Database) {
  return {
    find: database.find.bind(database),
    create: database.create.bind(database),
    update: database.update.bind(database),
    destroy: database.destroy.bind(database),
    validateObject: database.validateObject.bind(database),
  };
}
