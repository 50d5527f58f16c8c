import { pastDeadlocks } from '../deadlock';
import { deletedBy, ENDING_KEYS, type Ending, type Endings } from '../sessions/endings';
import type { Database, Query, Row } from '../parse-server';
import { toDate, toParseDate } from '../record';

/** Expired sessions by their end: `from` is included, `to` is not. */
interface Range {
  from?: Date;
  to: Date;
  /** All of them end in the same millisecond, and they are more than one batch. */
  crowded?: boolean;
}

/** How many batches are under way at once. While the database deletes one, the next is prepared. */
const AT_ONCE = 2;

/**
 * How many ranges are cut before the first is deleted. Until rows are deleted, PostgreSQL finds them by its index
 * alone.
 */
const LOOK_AHEAD = 256;

/**
 * Deletes by range of `expiresAt`. That costs a fraction of deleting by id: no ids travel, and none is looked up.
 * @returns how many rows each batch deleted.
 */
export async function* destroyExpiredRanges(
  database: Database,
  cutoff: Date,
  batchSize: number,
): AsyncGenerator<number> {
  // Loaded once, because Parse Server would put it together anew for each statement.
  const schema = await database.loadSchema();
  let adapterCounts = false;
  const destroyRange = async (query: Query) => {
    // MongoDB's adapter does not tell how many it has deleted.
    const expected = adapterCounts ? 0 : await count(database, query, schema);
    const answer = await destroy(database, query, schema);
    adapterCounts ||= typeof answer === 'number';
    return deletedBy(answer, expected);
  };

  const running: Promise<number>[] = [];
  let hasFailed = false;
  async function* finish(left: number): AsyncGenerator<number> {
    while (running.length > left) {
      const deleted = await running.shift()!;
      if (deleted > 0) yield deleted;
    }
  }
  try {
    for await (const range of ahead(ranges(database, cutoff, batchSize, schema))) {
      if (hasFailed) break;
      if (range.crowded) {
        yield* finish(0);
        yield* destroyCrowd(database, range, batchSize);
        continue;
      }
      const batch = destroyRange(within(range));
      batch.catch(() => (hasFailed = true));
      running.push(batch);
      yield* finish(AT_ONCE - 1);
    }
    yield* finish(0);
  } finally {
    // When the purge fails, nothing of it may still be under way.
    await Promise.allSettled(running);
  }
}

/** Deletes by id, and ends each session: its files are deleted, and its event is emitted. */
export const destroyExpiredRows = (endings: Endings) =>
  async function* (database: Database, cutoff: Date, batchSize: number): AsyncGenerator<number> {
    const expired = within({ to: cutoff });
    for (;;) {
      const rows = await database.find('_Session', expired, { limit: batchSize, keys: ENDING_KEYS });
      if (rows.length === 0) return;
      const deleted = await endBatch(endings, rows, 'expired', database, expired);
      if (deleted > 0) yield deleted;
    }
  };

/** @returns how many sessions were there to end. */
export async function endBatch(
  endings: Endings,
  rows: Row[],
  ending: Ending,
  database: Database,
  expired: Query = {},
): Promise<number> {
  const query = { ...expired, objectId: { $in: rows.map(row => row.objectId) } };
  const answer = await endings.end(rows, ending, condition =>
    destroy(database, { $and: [query, condition] }),
  );
  return deletedBy(answer, rows.length);
}

/**
 * Cuts the expired sessions into ranges of `batchSize` rows at most, none of them empty. Each begins where the one
 * before ends. A look from the oldest on would meet rows that are deleted by then: PostgreSQL's statistics still
 * count them, so it would read the whole table for the few that are left.
 */
async function* ranges(
  database: Database,
  cutoff: Date,
  batchSize: number,
  schema: unknown,
): AsyncGenerator<Range, undefined> {
  /** The end of the session that `skip` others precede, from `from` on; `null` when there are not so many. */
  const endAfter = async (skip: number, from?: Date) => {
    const options = { sort: { expiresAt: 1 }, skip, limit: 1, keys: ['expiresAt'] };
    const [row] = await database.find('_Session', within({ from, to: cutoff }), options, undefined, schema);
    return toDate(row?.expiresAt);
  };
  let from = await endAfter(0);
  while (from) {
    const next = await endAfter(batchSize, from);
    if (next && next <= from) {
      const to = new Date(from.getTime() + 1);
      yield { from, to, crowded: true };
      from = await endAfter(0, to);
    } else {
      yield { from, to: next ?? cutoff };
      from = next;
    }
  }
}

/** Asks for many ranges before it hands out the first. */
async function* ahead(source: AsyncGenerator<Range, undefined>): AsyncGenerator<Range> {
  for (;;) {
    const known: Range[] = [];
    while (known.length < LOOK_AHEAD) {
      const { value, done } = await source.next();
      if (done) return yield* known;
      known.push(value);
    }
    yield* known;
  }
}

/** Deletes sessions that end in the same millisecond. No range could cut them into batches, so it goes by id. */
async function* destroyCrowd(database: Database, range: Range, batchSize: number): AsyncGenerator<number> {
  for (;;) {
    const rows = await database.find('_Session', within(range), { limit: batchSize, keys: ['objectId'] });
    if (rows.length === 0) return;
    const deleted = await destroyRows(database, rows, within(range));
    if (deleted > 0) yield deleted;
  }
}

export function within({ from, to }: Range): Query {
  return { expiresAt: { ...(from && { $gte: toParseDate(from) }), $lt: toParseDate(to) } };
}

export async function count(database: Database, query: Query, schema?: unknown): Promise<number> {
  return database.find('_Session', query, { count: true }, undefined, schema);
}

export async function destroyRows(database: Database, rows: Row[], condition: Query = {}): Promise<number> {
  const query = { ...condition, objectId: { $in: rows.map(row => row.objectId) } };
  return deletedBy(await destroy(database, query), rows.length);
}

const destroy = (database: Database, query: Query, schema?: unknown): Promise<unknown> =>
  pastDeadlocks(() => database.destroy('_Session', query, {}, schema));
