import { findingOf, LEVELS, type Finding, type Level, type Seen } from './finding';
import { lifetimes } from './lifetimes';
import { liveQuery } from './live-query';
import { names } from './names';
import { permissions } from './permissions';
import type { Patient } from './patient';
import { processes } from './processes';
import { proxy } from './proxy';
import { backlog, schedule } from './purge';
import { resets } from './resets';
import { indexes } from './tables';
import { copies, parseServer, router } from './versions';

/** What the doctor found. */
export interface DoctorReport {
  /** When it looked, in ISO 8601. */
  at: string;
  /** The worst level of all findings. */
  level: Level;
  findings: Finding[];
}

interface Check {
  name: string;
  why: string;
  look(patient: Patient): Seen | Seen[] | Promise<Seen | Seen[]>;
}

const MOUNTED = {
  name: 'mounted',
  why: 'Without what configure() answers nothing is guarded: restricted sessions write like any other.',
} as const;

/** What the doctor looks at, in the order in which it tells of it. */
const CHECKS: readonly Check[] = [
  {
    ...MOUNTED,
    look: () => ({ level: 'ok', what: 'Parse Server runs with what configure() answered.' }),
  },
  {
    name: 'parse-server',
    why: 'The rules stand on how Parse Server works, which may change with any version.',
    look: parseServer,
  },
  {
    name: 'router',
    why: 'Parse Server works with the inside of router 2.2: with a later one batches and cloud code fail.',
    look: router,
  },
  {
    name: 'sdk',
    why: 'Each copy of the SDK has classes of its own: what one makes the other does not know.',
    look: copies,
  },
  {
    name: 'names',
    why: 'A name that is misspelt guards nothing.',
    look: names,
  },
  {
    name: 'indexes',
    why: 'Every request looks its session up, and without an index the database reads the whole table for it.',
    look: indexes,
  },
  {
    name: 'permissions',
    why: 'Class-level permissions are a second lock in front of sessions, which holds whatever else fails.',
    look: permissions,
  },
  {
    name: 'backlog',
    why: 'Expired sessions are personal data that nobody needs, and make each look at the table longer.',
    look: backlog,
  },
  {
    name: 'purge',
    why: 'Parse Server never deletes a session that has expired.',
    look: schedule,
  },
  {
    name: 'processes',
    why: 'A session that is revoked must be refused by every process of the app.',
    look: processes,
  },
  {
    name: 'proxy',
    why: 'Sessions keep where they are used from. Behind a proxy only Express can tell, if it knows whom to trust.',
    look: proxy,
  },
  {
    name: 'live-query',
    why: 'A socket of LiveQuery stays open when its session ends, unless somebody closes it.',
    look: liveQuery,
  },
  {
    name: 'password-reset',
    why: 'Whoever resets his password has most often lost the old one to somebody else.',
    look: resets,
  },
  {
    name: 'lifetimes',
    why: 'A stolen token is good for as long as its session lives.',
    look: lifetimes,
  },
];

/** Looks at a server that runs. Changes nothing. A check that fails is told of as such, and keeps no other from its turn. */
export async function examine(patient: Patient): Promise<DoctorReport> {
  const findings: Finding[] = [];
  for (const { name, why, look } of CHECKS) {
    const seen = await Promise.resolve()
      .then(() => look(patient))
      .catch((error: unknown): Seen => cannotTell(error));
    findings.push(...[seen].flat().map(one => findingOf(name, why, one)));
  }
  return reportOf(findings, patient.now);
}

/** What there is to say of a server that has not started with these sessions. */
export const notMounted = (now: Date): DoctorReport =>
  reportOf(
    [
      findingOf(MOUNTED.name, MOUNTED.why, {
        level: 'error',
        what: 'Parse Server has not started with what configure() answered.',
        todo: 'Start it with new ParseServer(sessions.configure(options)), and await start().',
      }),
    ],
    now,
  );

const reportOf = (findings: Finding[], now: Date): DoctorReport => ({
  at: now.toISOString(),
  level: LEVELS[Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)))]!,
  findings,
});

const cannotTell = (error: unknown): Seen => ({
  level: 'warning',
  what: `This could not be looked at: ${error instanceof Error ? error.message : 'for no reason that it told'}.`,
  todo: 'See what the log says, and try again.',
});
