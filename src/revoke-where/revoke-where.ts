import * as z from 'zod';
import type { Ender } from '../history/ender';
import { pagesById } from '../paging';
import { readParams, requireValues } from '../params';
import type { Database, Query, Row } from '../parse-server';
import { toDate } from '../record';
import type { Connection, RevokeWhereResult } from '../sessions/connection';
import { notLoggedInSince } from '../sessions/end-many';
import { destroyById, ENDING_KEYS, type Cause } from '../sessions/endings';
import { logNote, noteParam } from '../sessions/note';
import { count, destroyByIds, destroyRanges, fromTo } from '../sessions/ranges';
import { queryOf, type KeptOfUse } from './filter';
import { progressOf } from './progress';

/**
 * Rows that one statement looks at. Each that deletes is a transaction, so few large ones are quicker, and small enough
 * that others do not wait for them.
 */
const RANGE = 10_000;
/** Rows per statement where each session is ended by itself. */
const PAGE = 1000;
/** How many times it goes through the sessions: those that end may make others meanwhile. */
const MAX_ROUNDS = 10;

const options = z.strictObject({
  dryRun: z.boolean({ error: 'expected true or false' }).default(false),
  note: noteParam.optional(),
});

type Needed = Pick<Connection, 'config' | 'database' | 'endings' | 'history' | 'revocations' | 'tokenCache'> &
  KeptOfUse & { now(): Date };
type Progress = ((text: string) => unknown) | undefined;

/**
 * Ends the sessions that a filter means, in bounded batches. Each statement repeats the filter, so a session that does
 * not meet it any more stays. If it is killed half-way, the next run ends what is left.
 * @throws 142 for a wrong filter or option, naming it.
 */
export async function revokeWhere(
  filter: unknown,
  given: unknown,
  by: Ender,
  progress: Progress,
  needed: Needed,
): Promise<RevokeWhereResult> {
  const { database, revocations, now } = needed;
  const meant = queryOf(filter, needed);
  requireValues(given);
  const { dryRun, note } = readParams(options, given);
  const started = now().getTime();
  // The filter may ask for last accesses that wait.
  await needed.activity?.flush();
  const result: RevokeWhereResult = { revoked: 0, batches: 0, durationMs: 0 };
  const query = { $and: [meant, await untilNow(database, now())] };
  const total = dryRun || progress ? await count(database, query) : 0;
  const tell = progress && progressOf(total, progress);
  if (dryRun) result.revoked = total;
  else {
    const cause: Cause = { ending: 'revoked', by, note, mayStay: true };
    // Before and after: a change of a password may be under way, and make a session.
    revocations.revokesEverybody();
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
      const before = result.revoked;
      for await (const revoked of batches(query, cause, needed)) {
        result.revoked += revoked;
        result.batches += 1;
        await tell?.(result.revoked);
      }
      if (result.revoked === before) break;
    }
    revocations.revokesEverybody();
    const what = `${result.revoked} sessions by ${Object.keys(Object(filter) as object).join(', ')}`;
    logNote(note, what, by, needed.config.loggerController);
  }
  result.durationMs = now().getTime() - started;
  return result;
}

/** Leaves out whoever logs in while it runs. The clock may have stepped back since the newest session was made. */
async function untilNow(database: Database, now: Date): Promise<Query> {
  const newest = { sort: { createdAt: -1 }, limit: 1, keys: ['createdAt'] };
  const [row] = await database.find('_Session', { objectId: { $exists: true } }, newest);
  const last = toDate(row?.createdAt);
  const until = last && last > now ? last : now;
  return notLoggedInSince(until);
}

/**
 * Ends the sessions that match; answers how many, batch by batch. Few of them are ended one by one, whatever the size of
 * the table. Many go by range, unless each has an event, a record or files to see to, or another process has to know its
 * token.
 */
async function* batches(query: Query, cause: Cause, needed: Needed): AsyncGenerator<number> {
  const { database, endings, tokenCache } = needed;
  const rows = await database.find('_Session', query, { limit: PAGE + 1, keys: ENDING_KEYS });
  if (rows.length === 0) return;
  if (rows.length <= PAGE) yield* endRows(rows, query, cause, needed);
  else if (tokenCache.isShared || (await endings.areFollowed('revoked')))
    yield* eachOne(query, cause, needed);
  else yield* wholeRanges(query, needed);
}

async function* wholeRanges(
  query: Query,
  { database, endings, revocations }: Needed,
): AsyncGenerator<number> {
  const sources = [
    destroyRanges(database, { matching: query }, RANGE),
    destroyByIds(database, { expiresAt: null }, query, RANGE),
  ];
  try {
    for (const source of sources) {
      for await (const revoked of source) {
        await revocations.markUnnamed();
        endings.count('revoked', revoked);
        yield revoked;
      }
    }
  } finally {
    // Where a statement fails, another one may have deleted sessions meanwhile.
    await revocations.markUnnamed();
  }
}

/**
 * Goes through all sessions by their ids, and ends those that match. The database could take each look for the next ones
 * that match for a reason to read the whole table.
 */
async function* eachOne(query: Query, cause: Cause, needed: Needed): AsyncGenerator<number> {
  const { database } = needed;
  const range = { limit: RANGE, keys: ['objectId'] };
  for await (const some of pagesById(database, '_Session', () => ({}), range)) {
    const rows = await database.find('_Session', { $and: [fromTo(some), query] }, { keys: ENDING_KEYS });
    yield* endRows(rows, query, cause, needed);
  }
}

/** Ends those of these sessions that still match, page by page. @returns how many of each page. */
async function* endRows(
  rows: Row[],
  query: Query,
  cause: Cause,
  { database, endings, history }: Needed,
): AsyncGenerator<number> {
  for (let start = 0; start < rows.length; start += PAGE) {
    const page = rows.slice(start, start + PAGE);
    const ids = { objectId: { $in: page.map(row => row.objectId) } };
    await endings.end(page, cause, destroyById(page, database, query));
    // Records are written as fast as sessions end, or they would pile up.
    await history.keepPace();
    const gone = page.length - (await count(database, ids));
    if (gone > 0) yield gone;
  }
}
