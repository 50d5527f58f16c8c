import { DAY_MS } from '../duration';
import type { Database, Query, Row } from '../parse-server';
import { isMongo } from '../schema/database-kind';

/** How many there are on each day. */
export interface OfDay {
  /** `YYYY-MM-DD`, in UTC. */
  day: string;
  count: number;
}

/** The day of the year, under a name that no column has: PostgreSQL would group by that column. */
const DAY_OF_YEAR = 'parseSessionsDayOfYear';

/** Midnight (UTC), so many days after that of the date; before it for a negative number. */
export function midnight(date: Date, days: number): Date {
  return new Date(Math.floor(date.getTime() / DAY_MS + days) * DAY_MS);
}

/**
 * The name of a date's column for `$group`. PostgreSQL's adapter groups by what it reads the parts of a date from, so it
 * would answer a row for each millisecond (`PostgresStorageAdapter.js#aggregate` of 9.10.0). So the column calls itself
 * by the name of the part where it stands in `GROUP BY`, and by its own where it is read: an object may tell
 * PostgreSQL's driver by `toPostgres` what it is. Should that change, the rows are more, and the sums the same.
 */
const dateColumn = (column: string, database: Database): unknown =>
  isMongo(database) ? `$${column}` : { toPostgres: () => column, toString: () => DAY_OF_YEAR };

/** The days that a list tells of: so many, from the day of a date on. */
export interface Days {
  from: Date;
  days: number;
}

/**
 * Counts rows by the day of a date, by one statement that answers a row for each day.
 * @param column of a date.
 * @param given.match further bounds of dates: `$gt`, `$gte`, `$lt`, `$lte`, with texts in ISO 8601.
 * @param given.unrestricted leaves out the rows of restricted sessions.
 * @returns how many there are on each of the days, none included.
 */
export async function countByDay(
  database: Database,
  className: string,
  column: string,
  { from, days }: Days,
  { match = {}, unrestricted = false }: { match?: Query; unrestricted?: boolean } = {},
): Promise<number[]> {
  const first = midnight(from, 0);
  const bounds = { $gte: from.toISOString(), $lt: midnight(from, days).toISOString() };
  const rows: Row[] = await database.find(
    className,
    {},
    {
      pipeline: [
        { $match: { [column]: bounds, ...match } },
        {
          $group: {
            _id: {
              [DAY_OF_YEAR]: { $dayOfYear: dateColumn(column, database) },
              // Neither adapter matches what is false or not there.
              ...(unrestricted && { restricted: '$restricted' }),
            },
            count: { $sum: 1 },
          },
        },
      ],
    },
  );
  const places = new Map(Array.from({ length: days }, (_, day) => [dayOfYear(midnight(first, day)), day]));
  const counts = Array<number>(days).fill(0);
  for (const { objectId, count } of rows) {
    const group = objectId as Record<string, unknown>;
    const place = places.get(Number(group[DAY_OF_YEAR]));
    if (place !== undefined && group.restricted !== true) counts[place]! += Number(count);
  }
  return counts;
}

/** From 1 on. */
const dayOfYear = (date: Date): number =>
  (midnight(date, 0).getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;

/** The counts with their days. */
export const withDays = (counts: readonly number[], from: Date): OfDay[] =>
  counts.map((count, day) => ({ day: midnight(from, day).toISOString().slice(0, 10), count }));
