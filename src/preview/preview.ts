import { DAY_MS } from '../duration';
import { KINDS, OF_KIND, type Kind } from '../expiry/kind';
import type { ExpiryPolicy, Lifetime } from '../expiry/policy';
import { unexpired } from '../expiry/queries';
import type { Database, Query } from '../parse-server';
import { toParseDate } from '../record';
import type { Connection } from '../sessions/connection';

/** Where the groups of ages begin, in days. */
const AGES = [0, 1, 7, 30, 90, 365];

/** How many sessions a policy would end of those that were made in the same span of time. */
export interface PreviewOfAge {
  /** They are so many days old, or older, and younger than those of the next group. */
  fromDays: number;
  /** Those that have not expired. */
  sessions: number;
  /** Those of them whose time would be over. */
  ends: number;
}

/** How many sessions of a kind a policy would end. */
export interface PreviewOfKind {
  /** Those that have not expired. */
  sessions: number;
  /** Those of them whose time would be over: `tooOld` and `unused`. */
  ends: number;
  /** Older than `maxAge`. */
  tooOld: number;
  /** Not that old, and not used for longer than `idle`. */
  unused: number;
  /** The youngest first. */
  byAge: PreviewOfAge[];
}

/** How many sessions a policy would end. */
export interface ExpiryPreview {
  sessions: number;
  ends: number;
  byKind: Record<Kind, PreviewOfKind>;
}

type Needed = Pick<Connection, 'database' | 'activity'>;

/**
 * Counts the sessions whose time would be over by a policy. It changes nothing, and takes a number of statements that does
 * not grow with the sessions.
 */
export async function previewOf(
  policy: ExpiryPolicy,
  { database, activity }: Needed,
  now: Date,
): Promise<ExpiryPreview> {
  // Last accesses that wait.
  await activity?.flush();
  const byKind = {} as Record<Kind, PreviewOfKind>;
  for (const kind of KINDS) byKind[kind] = await previewOfKind(kind, policy[kind], database, now);
  const sum = (of: 'sessions' | 'ends') => KINDS.reduce((total, kind) => total + byKind[kind][of], 0);
  return { sessions: sum('sessions'), ends: sum('ends'), byKind };
}

async function previewOfKind(
  kind: Kind,
  lifetime: Lifetime | undefined,
  database: Database,
  now: Date,
): Promise<PreviewOfKind> {
  const count = (...conditions: Query[]): Promise<number> =>
    database.find('_Session', { $and: [OF_KIND[kind], unexpired(now), ...conditions] }, { count: true });
  const over = lifetime && overBy(lifetime, now);
  const byAge: PreviewOfAge[] = [];
  for (const [place, fromDays] of AGES.entries()) {
    const ofAge = madeBetween(now, fromDays, AGES[place + 1]);
    const sessions = await count(ofAge);
    const ends = over && sessions > 0 ? await count(ofAge, over.either) : 0;
    byAge.push({ fromDays, sessions, ends });
  }
  const sum = (of: 'sessions' | 'ends') => byAge.reduce((total, group) => total + group[of], 0);
  const ends = sum('ends');
  const tooOld = over?.tooOld && ends > 0 ? await count(over.tooOld) : 0;
  return { sessions: sum('sessions'), ends, tooOld, unused: ends - tooOld, byAge };
}

/** The sessions whose time is over by a lifetime. Ends that were chosen stay. */
function overBy({ idle, maxAge }: Lifetime, now: Date): { either: Query; tooOld?: Query } {
  const before = (milliseconds: number) => ({ $lt: toParseDate(new Date(now.getTime() - milliseconds)) });
  const notChosen = (query: Query): Query => ({ $and: [{ fixedExpiry: null }, query] });
  // As `toSessionRecord` reads a session that has not been used since this package is there.
  const unused = [
    { lastAccessedAt: before(idle) },
    { lastAccessedAt: null, updatedAt: before(idle) },
    { lastAccessedAt: null, updatedAt: null, createdAt: before(idle) },
  ];
  if (maxAge === Infinity) return { either: notChosen({ $or: unused }) };
  const tooOld = { createdAt: before(maxAge) };
  return { either: notChosen({ $or: [tooOld, ...unused] }), tooOld: notChosen(tooOld) };
}

/** The sessions that were made so many days ago, or longer, and not as many as others. */
function madeBetween(now: Date, fromDays: number, toDays?: number): Query {
  const daysAgo = (days: number) => toParseDate(new Date(now.getTime() - days * DAY_MS));
  return {
    createdAt: {
      // The clock may have stepped back since the youngest was made.
      ...(fromDays > 0 && { $lte: daysAgo(fromDays) }),
      ...(toDays !== undefined && { $gt: daysAgo(toDays) }),
    },
  };
}
