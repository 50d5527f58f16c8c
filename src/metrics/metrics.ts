import type { ActivityTracker } from '../activity/tracker';
import type { SessionEmitter } from '../events/events';
import type { Kind } from '../expiry/kind';
import type { History } from '../history/history';
import type { Refused } from '../policy/decision';
import type { CallerSessions } from '../sessions/callers';

/**
 * Numbers of one process, for whoever watches it. They tell of no user. What has happened counts up from the start of the
 * process; what waits is as it is now.
 */
export interface SessionMetrics {
  /** Sessions made, by kind. */
  created: Record<Kind, number>;
  /** Sessions that this process has ended, by reason. `expired`: those that its purges have deleted, also some that were invalidated before. */
  ended: Record<string, number>;
  /** Rows that purges of this process have deleted: expired and invalidated sessions, and those of users who are gone. */
  purged: number;
  /** What sessions were refused, by why, as `refusalOf` of the client tells it. */
  blocked: Record<Refused, number>;
  /** Last accesses that are not written yet. `null` where none are kept. */
  lastAccess: {
    /** The sessions that they are of. */
    waiting: number;
    /** How long the oldest of them has waited, in seconds. */
    lagSeconds: number;
    /** Whether the last try to write them failed. */
    failing: boolean;
  } | null;
  /** Records of ended sessions that are not written yet. */
  records: { waiting: number };
  /** Look-ups of the sessions of callers: those that this process knew, and those that took a query. */
  cache: { hits: number; misses: number };
}

interface Counted {
  events: Pick<SessionEmitter, 'counters'>;
  /** What is there once the server has started. */
  running?: {
    activity?: Pick<ActivityTracker, 'backlog'>;
    history: Pick<History, 'waiting'>;
    callers: Pick<CallerSessions, 'lookUps'>;
  };
}

/** The numbers of this process, as they are now. Asks no database. */
export function metricsOf({ events, running }: Counted): SessionMetrics {
  const { created, ended, purged, blocked } = events.counters;
  return {
    created: { ...created },
    ended: { ...ended },
    purged,
    blocked: { ...blocked },
    lastAccess: running?.activity?.backlog ?? null,
    records: { waiting: running?.history.waiting ?? 0 },
    cache: { ...(running?.callers.lookUps ?? { hits: 0, misses: 0 }) },
  };
}
