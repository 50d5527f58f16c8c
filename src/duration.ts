import ms, { type StringValue } from 'ms';
import * as z from 'zod';

export const DAY_MS = ms('1d');

/** Longer than any session lives, and short enough for every date that a database takes. */
const LONGEST_MS = ms('100y');

/** Ten years. A larger number is milliseconds by mistake: nobody writes a century in seconds. */
const MOST_SECONDS = ms('10y') / 1000;
const SECONDS_PER_YEAR = ms('1y') / 1000;

/** What an option takes that is a {@link duration}. */
export const DURATION =
  'a duration above 0 such as "30m" or "90d", up to 100 years, or a number of seconds, up to 10 years';

/** A text that is a number, and nothing else. */
const BARE = /^\s*[-+]?[\d.]+\s*$/;

/** Why a value is refused that is right but for its unit; `undefined` for any other. */
export function wrongUnit(value: unknown): string | undefined {
  // `ms` takes it for milliseconds, and whoever writes it means seconds.
  if (typeof value === 'string' && BARE.test(value)) return 'a text has a unit, such as "15m" or "900s"';
  if (typeof value !== 'number' || !(value > MOST_SECONDS) || value === Infinity) return undefined;
  return `a number is seconds; ${value} seconds are ${Math.round(value / SECONDS_PER_YEAR)} years`;
}

/**
 * A duration: seconds as a number, up to 10 years, or a string with its unit, as the package `ms` reads it (`'30m'`, `'90d'`). The
 * schema answers milliseconds.
 */
export const duration = z
  .union([z.number(), z.string()], {
    error: 'expected seconds as a number, or a duration such as "30m" or "90d"',
  })
  .superRefine((value, context) => {
    const message = wrongUnit(value);
    if (message)
      context.addIssue({ code: 'custom', message: `expected a duration: ${message}`, continue: false });
  })
  // `ms` throws for an empty string.
  .transform(value =>
    typeof value === 'number' ? value * 1000 : value === '' ? NaN : ms(value as StringValue),
  )
  .refine(value => Number.isFinite(value) && value > 0 && value <= LONGEST_MS, {
    error: 'expected a duration above 0 and up to 100 years, such as "30m", "90d" or a number of seconds',
  });
