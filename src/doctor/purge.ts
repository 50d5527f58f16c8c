import { DAY_MS } from '../duration';
import { unexpired } from '../expiry/queries';
import type { Row } from '../parse-server';
import { toDate, toParseDate } from '../record';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** So many expired sessions, and such a part of all, are a backlog. */
const MANY = 1000;
const PART = 0.1;
/** A purge that ran within so many days runs by some schedule. */
const RECENT_DAYS = 8;
/** So many of its runs are looked at: some may only have counted. */
const RUNS = 100;
const JOB = 'purgeExpiredSessions';

export async function backlog({ database, now }: Patient): Promise<Seen> {
  const count = (query: object): Promise<number> => database.find('_Session', { ...query }, { count: true });
  // Never an empty query: PostgreSQL answers that with an estimate.
  const [total, living] = await Promise.all([count({ objectId: { $exists: true } }), count(unexpired(now))]);
  const expired = total - living;
  const what = `${expired} of ${total} sessions have expired.`;
  if (expired < MANY || expired < total * PART) return { level: 'ok', what };
  return {
    level: 'warning',
    what,
    todo: `Run the job ${JOB} ("npx parse-server-sessions purge"), and schedule it.`,
  };
}

export async function schedule({ database, options, now }: Patient): Promise<Seen> {
  if (options.purge) {
    return {
      level: 'ok',
      what: `This process purges expired sessions by the schedule "${options.purge.schedule}".`,
    };
  }
  const jobName = options.functionPrefix + JOB;
  const latest = { sort: { createdAt: -1 }, limit: RUNS };
  const since = { $gte: toParseDate(new Date(now.getTime() - RECENT_DAYS * DAY_MS)) };
  const runs: Row[] = await database.find(
    '_JobStatus',
    { jobName, createdAt: since, status: 'succeeded' },
    latest,
  );
  const purge = runs.find(({ params }) => (params as { dryRun?: unknown } | undefined)?.dryRun !== true);
  const ran = toDate(purge?.createdAt);
  if (ran) return { level: 'ok', what: `The job ${jobName} ran last at ${ran.toISOString()}.` };
  return {
    level: 'warning',
    what: `No purge is scheduled in this process, and the job ${jobName} has not succeeded for ${RECENT_DAYS} days.`,
    todo: "Set the option purge: { schedule: '0 4 * * *' }, or have a scheduler of yours run the job each day.",
  };
}
