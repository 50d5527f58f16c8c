import type { SessionEmitter } from '../events/events';
import { movedExpiry, type ExpiryPolicy } from '../expiry/policy';
import type { Database, Query, Row } from '../parse-server';
import { withKept, type Privacy } from '../privacy/kept';
import { toDate, toParseDate, toSessionRecord, type SessionRecord } from '../record';
import type { Mark } from './marks';

/** How many sessions one statement reads or writes at most. */
const CHUNK = 1_000;

/** How many updates run at once. More of them could take all the connections that requests need. */
const AT_ONCE = 5;

/** When the database has refused so many marks of one flush, it is not because of the marks. */
const MAX_REFUSED = 20;

export interface FlushOptions {
  /** Between two flushes, in milliseconds. */
  flushInterval: number;
  privacy: Privacy;
}

interface Update {
  data: Row;
  sessions: SessionRecord[];
}

export interface Written {
  /** The sessions as they are now, for the tracker to know when they end. */
  sessions: SessionRecord[];
  /** The tokens of those whose end has moved. */
  moved: string[];
}

/** Called with the token of a mark that the database does not take. */
type Refuse = (token: string) => void;

/**
 * Writes last accesses: per chunk of sessions one read, then one bulk update for all sessions that need the same
 * values. Sessions used within two intervals get the same time, that of their latest access: as a rule that is one
 * update per kind. A session with a new address takes an update of its own, and so does the last move of an end,
 * which stops at the max age.
 * @throws what the database answers when it takes no marks at all.
 */
export async function writeMarks(
  database: Database,
  marks: ReadonlyMap<string, Mark>,
  { flushInterval: interval, privacy }: FlushOptions,
  policy: ExpiryPolicy,
  events: Pick<SessionEmitter, 'emit'>,
  refuse: Refuse,
): Promise<Written> {
  const written: Written = { sessions: [], moved: [] };
  const write = async ({ data, sessions }: Update) => {
    await database.update('_Session', conditionOf(data, sessions), data, { many: true });
    if (!data.expiresAt) return;
    for (const session of sessions) {
      session.expiresAt = toDate(data.expiresAt);
      written.moved.push(session.sessionToken);
    }
  };
  const writeChunk = async (tokens: string[], at: Date) => {
    const rows = await database.find('_Session', { sessionToken: { $in: tokens } }, {});
    const sessions = rows.map(toSessionRecord);
    // An access after the session's end does not count. One before it does, however late it is written.
    const used = sessions.filter(({ sessionToken, expiresAt }) => {
      const mark = marks.get(sessionToken);
      return mark && !(expiresAt && expiresAt < mark.at);
    });
    const updates = updatesOf(used, marks, at, policy);
    for (let next = 0; next < updates.length; next += AT_ONCE) {
      await Promise.all(updates.slice(next, next + AT_ONCE).map(write));
    }
    for (const session of sessions) {
      const mark = marks.get(session.sessionToken);
      if (mark) tellAddresses(withKept(session, privacy), mark, events);
    }
    written.sessions.push(...sessions);
  };
  let refused = 0;
  /** Divides a chunk that fails, down to the marks for which it does. The others are written. */
  const writeDivided = async (tokens: string[], at: Date): Promise<void> => {
    try {
      return await writeChunk(tokens, at);
    } catch (error) {
      if (!(await takesWrites(database, at))) throw error;
      if (tokens.length === 1) {
        refuse(tokens[0]!);
        refused += 1;
        if (refused === MAX_REFUSED) throw error;
        return;
      }
    }
    const half = Math.ceil(tokens.length / 2);
    await writeDivided(tokens.slice(0, half), at);
    await writeDivided(tokens.slice(half), at);
  };
  for (const [at, tokens] of byInterval(marks, interval)) {
    for (let start = 0; start < tokens.length; start += CHUNK) {
      await writeDivided(tokens.slice(start, start + CHUNK), at);
    }
  }
  return written;
}

/** Whether the database takes an update such as those of a flush. This one changes nothing. */
async function takesWrites(database: Database, at: Date): Promise<boolean> {
  const update = { lastAccessedAt: toParseDate(at) };
  return database.update('_Session', { objectId: { $in: [] } }, update, { many: true }).then(
    () => true,
    () => false,
  );
}

const dateOrNull = (date: Date | null | undefined) => (date ? toParseDate(date) : null);

/**
 * Matches sessions that have changed no further since they were read. A last access never goes backwards: another
 * process may have written a later one. An end that was fixed meanwhile, or given back to the policy, stays, and so
 * does that of a session whose kind has changed meanwhile.
 */
function conditionOf({ lastAccessedAt, expiresAt }: Row, sessions: SessionRecord[]): Query {
  const [first] = sessions;
  return {
    objectId: { $in: sessions.map(session => session.objectId) },
    $or: [{ lastAccessedAt: { $lt: lastAccessedAt } }, { lastAccessedAt: null }],
    ...(expiresAt !== undefined && {
      fixedExpiry: dateOrNull(first?.fixedExpiry),
      anonymous: first?.anonymous ?? null,
    }),
  };
}

/** Tells that a session was used from other addresses than it was stored with. */
export function tellAddresses(
  { objectId, userId, ip: previousIp }: SessionRecord,
  { ip, otherIps = [] }: Mark,
  events: Pick<SessionEmitter, 'emit'>,
): void {
  if (!previousIp) return;
  for (const next of [...otherIps, ip]) {
    if (next && next !== previousIp) {
      events.emit('addressChanged', { sessionId: objectId, userId, previousIp, ip: next });
    }
  }
}

/**
 * Groups tokens by time, counted back from the newest mark, under the latest access of their group. A group spans
 * two intervals, so that a late flush writes as few statements as a punctual one.
 */
function byInterval(marks: ReadonlyMap<string, Mark>, interval: number): Map<Date, string[]> {
  let newest = 0;
  for (const { at } of marks.values()) newest = Math.max(newest, at.getTime());
  const groups = new Map<number, { at: Date; tokens: string[] }>();
  for (const [token, { at }] of marks) {
    const age = Math.floor((newest - at.getTime()) / (2 * interval));
    const group = groups.get(age) ?? { at, tokens: [] };
    if (at > group.at) group.at = at;
    group.tokens.push(token);
    groups.set(age, group);
  }
  return new Map([...groups.values()].map(({ at, tokens }) => [at, tokens]));
}

/** The updates that these sessions need. Sessions that need the same values share one. */
function updatesOf(
  sessions: SessionRecord[],
  marks: ReadonlyMap<string, Mark>,
  at: Date,
  policy: ExpiryPolicy,
): Update[] {
  const updates = new Map<string, Update>();
  for (const session of sessions) {
    const end = movedExpiry(policy, session, at);
    const { ip, userAgent } = marks.get(session.sessionToken) ?? {};
    const data: Row = {
      lastAccessedAt: toParseDate(at),
      ...(end && { expiresAt: toParseDate(end) }),
      ...(ip && ip !== session.ip && { ip }),
      ...(userAgent && userAgent !== session.userAgent && { userAgent }),
    };
    const key = JSON.stringify([data, session.fixedExpiry, session.anonymous]);
    const update = updates.get(key) ?? { data, sessions: [] };
    update.sessions.push(session);
    updates.set(key, update);
  }
  return [...updates.values()];
}
