import { BY_SERVER } from '../history/ender';
import type { Database, Query, Row } from '../parse-server';
import { deletedBy, destroyById, ENDING_KEYS, type Ending, type Endings } from '../sessions/endings';
import { destroyRanges, within } from '../sessions/ranges';

/** Deletes by range: nobody asks after each session. */
export async function* destroyExpiredRanges(
  endings: Endings,
  database: Database,
  cutoff: Date,
  batchSize: number,
): AsyncGenerator<number> {
  for await (const deleted of destroyRanges(database, { to: cutoff }, batchSize)) {
    endings.count('expired', deleted);
    yield deleted;
  }
}

/** Deletes by id, and ends each session: its files are deleted, and its event is emitted. */
export async function* destroyExpiredRows(
  endings: Endings,
  database: Database,
  cutoff: Date,
  batchSize: number,
): AsyncGenerator<number> {
  const expired = within({ to: cutoff });
  for (;;) {
    const rows = await database.find('_Session', expired, { limit: batchSize, keys: ENDING_KEYS });
    if (rows.length === 0) return;
    const deleted = await endBatch(endings, rows, 'expired', database, expired);
    if (deleted > 0) yield deleted;
  }
}

/** @returns how many sessions were there to end. */
export async function endBatch(
  endings: Endings,
  rows: Row[],
  ending: Ending,
  database: Database,
  expired?: Query,
): Promise<number> {
  const cause = { ending, by: BY_SERVER };
  const answer = await endings.end(rows, cause, destroyById(rows, database, expired));
  return deletedBy(answer, rows.length);
}
