import type { EndedReason } from '../history/record';
import type { Database, Row } from '../parse-server';
import { HISTORY_CLASS } from '../schema/own-class';
import type { Connection } from '../sessions/connection';
import type { SessionStore } from '../sessions/store';
import { countByDay, midnight, withDays, type Days, type OfDay } from './days';
import { statsOf, type SessionStats } from './stats';

/** What an operator sees of the sessions of an app: numbers, and no token. */
export interface SessionOverview {
  /** Whether it is the read-only master key that asks. */
  readOnly: boolean;
  stats: SessionStats;
  /** Sessions made on each of the last days, those that have ended included, restricted ones not counted. */
  logIns: OfDay[];
  /** Why sessions ended in the last days, most first; empty with `history: false`. */
  endings: Array<{ reason: EndedReason; count: number }>;
  /** Sessions that will expire on each of the next days, as it is now. */
  expiries: OfDay[];
  /** What sessions were refused last in this process, newest first. */
  blocked: Array<{
    /** ISO 8601. */
    at: string;
    sessionId: string;
    userId: string | null;
    operation: string;
    target: string;
  }>;
}

interface Needed extends Pick<Connection, 'database' | 'history' | 'events'> {
  store: SessionStore;
}

/** Today is one of the days. Each list takes a number of statements that does not grow with the days. */
export async function overviewOf(
  days: number,
  { database, history, events, store }: Needed,
  now: Date,
): Promise<Omit<SessionOverview, 'readOnly'>> {
  const since = midnight(now, 1 - days);
  const past: Days = { from: since, days };
  const oldest = history.oldest();
  // No list tells of records that are too old, purged or not.
  const recorded = oldest && (oldest > since ? oldest : since);
  const [stats, logIns, endings, expiries] = await Promise.all([
    statsOf(store, now),
    logInsOf(database, past, recorded),
    recorded ? endingsSince(recorded, database) : [],
    countByDay(database, '_Session', 'expiresAt', { from: now, days }),
  ]);
  return {
    stats,
    logIns: withDays(logIns, since),
    endings,
    expiries: withDays(expiries, now),
    blocked: events.newestBlocked.get().map(({ at, ...blocked }) => ({ at: at.toISOString(), ...blocked })),
  };
}

/** @param recorded the end of the oldest record that counts; none where there are no records. */
async function logInsOf(database: Database, past: Days, recorded: Date | undefined): Promise<number[]> {
  const made = (className: string, match = {}) =>
    countByDay(database, className, 'createdAt', past, { match, unrestricted: true });
  if (!recorded) return made('_Session');
  const since = { $gte: recorded.toISOString() };
  const [living, over, both] = await Promise.all([
    made('_Session'),
    made(HISTORY_CLASS, { endedAt: since }),
    // An invalidated session has its record and its row.
    made('_Session', { invalidatedAt: since }),
  ]);
  return living.map((count, day) => count + over[day]! - both[day]!);
}

async function endingsSince(since: Date, database: Database): Promise<SessionOverview['endings']> {
  const pipeline = [
    { $match: { endedAt: { $gte: since.toISOString() } } },
    { $group: { _id: '$reason', count: { $sum: 1 } } },
  ];
  const rows: Row[] = await database.find(HISTORY_CLASS, {}, { pipeline });
  return rows
    .map(({ objectId, count }) => ({ reason: objectId as EndedReason, count: Number(count) }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
