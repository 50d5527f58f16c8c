import type { SessionEmitter } from '../events/events';
import { movedExpiry, type ExpiryPolicy } from '../expiry/policy';
import type { Database, Row } from '../parse-server';
import { toParseDate, toSessionRecord, type SessionRecord } from '../session';
import type { Mark } from './marks';

/** How many sessions one statement reads or writes at most. */
const CHUNK = 10_000;

interface Update {
  data: Row;
  objectIds: string[];
  tokens: string[];
}

export interface Written {
  /** The sessions as they are now, for the tracker to know when they end. */
  sessions: SessionRecord[];
  /** The tokens of those whose end has moved on. */
  movedOn: string[];
}

/**
 * Writes last accesses: one read and, as a rule, one bulk update. Sessions that were used within one interval get the
 * same time, the latest of them, because one statement sets one value for all of its rows.
 */
export async function writeMarks(
  database: Database,
  marks: ReadonlyMap<string, Mark>,
  interval: number,
  policy: ExpiryPolicy,
  events: Pick<SessionEmitter, 'emit'>,
): Promise<Written> {
  const written: Written = { sessions: [], movedOn: [] };
  for (const [at, tokens] of byInterval(marks, interval)) {
    for (let start = 0; start < tokens.length; start += CHUNK) {
      const chunk = tokens.slice(start, start + CHUNK);
      const rows = await database.find('_Session', { sessionToken: { $in: chunk } }, {});
      const sessions = rows.map(toSessionRecord);
      for (const { data, objectIds, tokens } of updatesOf(sessions, marks, at, policy)) {
        const movesEnd = data.expiresAt !== undefined;
        const query = {
          objectId: { $in: objectIds },
          // Another process may have written a later access meanwhile: it never goes backwards.
          $or: [{ lastAccessedAt: { $lt: toParseDate(at) } }, { lastAccessedAt: null }],
          // And the end may have been fixed meanwhile, or the session invalidated.
          ...(movesEnd && { expiryFixed: { $ne: true } }),
        };
        await database.update('_Session', query, data, { many: true });
        if (movesEnd) written.movedOn.push(...tokens);
      }
      for (const session of sessions) tellAddress(session, marks.get(session.sessionToken)?.ip, events);
      written.sessions.push(...sessions);
    }
  }
  return written;
}

function tellAddress(
  { objectId, userId, ip: previousIp }: SessionRecord,
  ip: string | undefined,
  events: Pick<SessionEmitter, 'emit'>,
): void {
  if (ip && previousIp && ip !== previousIp) {
    events.emit('addressChanged', { sessionId: objectId, userId, previousIp, ip });
  }
}

/** Tokens by the latest access of their interval, counted back from the newest mark. */
function byInterval(marks: ReadonlyMap<string, Mark>, interval: number): Map<Date, string[]> {
  let newest = 0;
  for (const { at } of marks.values()) newest = Math.max(newest, at.getTime());
  const groups = new Map<number, { at: Date; tokens: string[] }>();
  for (const [token, { at }] of marks) {
    const age = Math.floor((newest - at.getTime()) / interval);
    const group = groups.get(age) ?? { at, tokens: [] };
    if (at > group.at) group.at = at;
    group.tokens.push(token);
    groups.set(age, group);
  }
  return new Map([...groups.values()].map(({ at, tokens }) => [at, tokens]));
}

/** The updates that these sessions need, those with the same values in one. */
function updatesOf(
  sessions: SessionRecord[],
  marks: ReadonlyMap<string, Mark>,
  at: Date,
  policy: ExpiryPolicy,
): Iterable<Update> {
  const updates = new Map<string, Update>();
  for (const session of sessions) {
    const mark = marks.get(session.sessionToken);
    // Only an access before the end counts, whenever it gets written.
    if (!mark || (session.expiresAt && session.expiresAt < mark.at)) continue;
    const data: Row = { lastAccessedAt: toParseDate(at) };
    const end = movedExpiry(policy, session, at);
    if (end) {
      data.expiresAt = toParseDate(end);
      session.expiresAt = end;
    }
    const { ip, userAgent } = mark;
    if (ip && ip !== session.ip) data.ip = ip;
    if (userAgent && userAgent !== session.userAgent) data.userAgent = userAgent;
    const key = JSON.stringify(data);
    const update = updates.get(key) ?? { data, objectIds: [], tokens: [] };
    update.objectIds.push(session.objectId);
    update.tokens.push(session.sessionToken);
    updates.set(key, update);
  }
  return updates.values();
}
