import { docs } from '../docs';

/** From what is well to what must be mended: `error` where nothing is guarded or ended sessions may go on. */
export const LEVELS = ['ok', 'notice', 'warning', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** What the doctor has seen of one thing. */
export interface Finding {
  /** Which check it is of, such as `indexes`: its name stays the same. */
  check: string;
  level: Level;
  /** What it saw. */
  what: string;
  /** Why it matters. */
  why: string;
  /** What to do; `null` where all is well. */
  todo: string | null;
  /** Where the documents tell more. */
  link: string;
}

/** A finding without what all of its check have in common. */
export type Seen =
  { level: 'ok'; what: string } | { level: Exclude<Level, 'ok'>; what: string; todo: string };

export const findingOf = (check: string, why: string, seen: Seen): Finding => ({
  check,
  why,
  todo: null,
  ...seen,
  link: docs('doctor', check),
});
