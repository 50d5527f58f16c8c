import { kindOf } from '../../expiry/kind';
import { chosenEnd, earlier } from '../../expiry/policy';
import type { Row } from '../../parse-server';
import { isCreatedByClient } from '../../policy/session-class';
import { toDate, toParseDate, type SessionRecord } from '../../record';
import type { Runtime } from '../../runtime';
import { endOf } from '../../sessions/set-end';
import type { Visit } from '../visit';

/**
 * Where a revocable session is upgraded once more, the new session takes over its end. An upgrade must not prolong
 * a session.
 */
export async function inheritEnd(session: Row, visit: Visit): Promise<void> {
  const createdWith = session.createdWith as { action?: string } | undefined;
  if (visit.caller.kind !== 'session' || createdWith?.action !== 'upgrade') return;
  const { expiryOfNew, now } = visit.runtime;
  const upgraded = await visit.ownSessionNow();
  if (!expiryOfNew(upgraded, now()) && !chosenEnd(upgraded)) return;
  const end = chosenEnd(upgraded) ?? upgraded.expiresAt;
  if (end) Object.assign(session, { expiresAt: toParseDate(end), fixedExpiry: toParseDate(end) });
}

/** A session that a client makes from one with a chosen end ends then at the latest. */
export async function boundByMaker(session: Row, visit: Visit): Promise<void> {
  if (visit.caller.kind !== 'session' || !isCreatedByClient(session.createdWith)) return;
  const chosen = chosenEnd(await visit.ownSessionNow());
  if (!chosen) return;
  const end = earlier(toDate(session.expiresAt), chosen) ?? chosen;
  Object.assign(session, { expiresAt: toParseDate(end), expiresBy: toParseDate(chosen) });
}

/**
 * The update by which the master key chooses an end. With a policy it stays, as by `setExpiry`. Without one it is as
 * Parse Server stores it, and takes the place of the end chosen before: a fixed end stays a fixed one.
 */
export function chosenAnew(data: Row, sessions: SessionRecord[], runtime: Runtime): Row {
  const date = toDate(data.expiresAt);
  // Parse Server refuses it.
  if (date && Number.isNaN(date.getTime())) return data;
  const [underPolicy] = sessions.filter(session => runtime.policy[kindOf(session)]);
  const none = { __op: 'Delete' };
  if (underPolicy) {
    return { ...data, ...endOf(underPolicy, date, runtime), ...(date && { expiresBy: none }) };
  }
  if (!sessions.some(chosenEnd)) return data;
  const isFixed = sessions.some(({ fixedExpiry }) => fixedExpiry) && date !== null;
  return { ...data, expiresBy: none, fixedExpiry: isFixed ? data.expiresAt : none };
}
