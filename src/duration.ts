import ms, { type StringValue } from 'ms';
import { z } from 'zod';

/** Longer than any session lives, and short enough for every date that a database takes. */
const LONGEST_MS = ms('100y');

/** Ten years. A larger number is milliseconds by mistake: nobody writes a century in seconds. */
const MOST_SECONDS = ms('10y') / 1000;
const SECONDS_PER_YEAR = ms('1y') / 1000;

/** Why a number is refused that is right but for its unit; `undefined` for any other value. */
export function wrongUnit(value: unknown): string | undefined {
  if (typeof value !== 'number' || !(value > MOST_SECONDS) || value === Infinity) return undefined;
  return `a number is seconds; ${value} seconds are ${Math.round(value / SECONDS_PER_YEAR)} years`;
}

/**
 * A duration: seconds as a number, up to 10 years, or a string as the package `ms` reads it (`'30m'`, `'90d'`). The
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
