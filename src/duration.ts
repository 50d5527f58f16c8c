import ms, { type StringValue } from 'ms';
import { z } from 'zod';

/** Longer than any session lives, and short enough for every date that a database takes. */
const LONGEST_MS = ms('100y');

/**
 * A duration: seconds as a number, or a string as the package `ms` reads it (`'30m'`, `'90d'`). The schema answers
 * milliseconds.
 */
export const duration = z
  .union(
    [
      z.number().transform(seconds => seconds * 1000),
      // `ms` throws for an empty string.
      z.string().transform(text => (text === '' ? NaN : ms(text as StringValue))),
    ],
    {
      error: 'expected seconds as a number, or a duration such as "30m" or "90d"',
    },
  )
  .refine(value => Number.isFinite(value) && value > 0 && value <= LONGEST_MS, {
    error: 'expected a duration above 0 and up to 100 years, such as "30m", "90d" or a number of seconds',
  });
