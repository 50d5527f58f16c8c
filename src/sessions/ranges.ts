import { also, pastDeadlocks } from '../deadlock';
import { pagesById } from '../paging';
import type { Database, Query, Row } from '../parse-server';
import { toDate, toParseDate } from '../record';
import { deletedBy } from './endings';

/** Sessions by their end: `from` is included, `to` is not. Without both: those that have an end. */
interface Range {
  from?: Date;
  to?: Date;
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

/** Which sessions to delete, of those that have an end. */
interface Which {
  /** Those that meet this condition. @default all */
  matching?: Query;
  /** Those that end before this. @default whenever they end */
  to?: Date;
}

/**
 * Deletes sessions by range of `expiresAt`. That costs a fraction of deleting by id: no ids travel, and none is looked
 * up.
 * @returns how many rows each batch deleted.
 */
export async function* destroyRanges(
  database: Database,
  which: Which,
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
    for await (const range of ahead(ranges(database, which.to, batchSize, schema))) {
      if (hasFailed) break;
      if (range.crowded) {
        yield* finish(0);
        yield* destroyByIds(database, within(range), which.matching, batchSize);
        continue;
      }
      const query = within(range, which.matching);
      const batch = destroyRange(query);
      batch.catch(() => (hasFailed = true));
      running.push(batch);
      yield* finish(AT_ONCE - 1);
    }
    yield* finish(0);
  } finally {
    // When it fails, nothing of it may still be under way.
    await Promise.allSettled(running);
  }
}

/**
 * Cuts sessions into ranges of `batchSize` rows at most, none of them empty, by the index alone: a further condition
 * would have each cut read the rows themselves. Each range begins where the one before ends. A look from the oldest on
 * would meet rows that are deleted by then: PostgreSQL's statistics still count them, so it would read the whole table
 * for the few that are left.
 */
async function* ranges(
  database: Database,
  to: Date | undefined,
  batchSize: number,
  schema: unknown,
): AsyncGenerator<Range, undefined> {
  /** The end of the session that `skip` others precede, from `from` on; `null` when there are not so many. */
  const endAfter = async (skip: number, from?: Date) => {
    const options = { sort: { expiresAt: 1 }, skip, limit: 1, keys: ['expiresAt'] };
    const [row] = await database.find('_Session', within({ from, to }), options, undefined, schema);
    return toDate(row?.expiresAt);
  };
  let from = await endAfter(0);
  while (from) {
    const next = await endAfter(batchSize, from);
    if (next && next <= from) {
      const after = new Date(from.getTime() + 1);
      yield { from, to: after, crowded: true };
      from = await endAfter(0, after);
    } else {
      yield { from, to: next ?? to };
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

/** Deletes sessions that no range could cut into batches, those that match: they end in the same millisecond, or never. */
export async function* destroyByIds(
  database: Database,
  crowd: Query,
  matching: Query | undefined,
  batchSize: number,
): AsyncGenerator<number> {
  const page = { limit: batchSize, keys: ['objectId'] };
  for await (const rows of pagesById(database, '_Session', () => crowd, page)) {
    const query = { $and: [crowd, fromTo(rows), ...(matching ? [matching] : [])] };
    const expected = matching ? await count(database, query) : rows.length;
    const deleted = deletedBy(await destroy(database, query), expected);
    if (deleted > 0) yield deleted;
  }
}

/** The sessions from the first of a page to its last. */
export const fromTo = (page: Row[]): Query => ({
  objectId: { $gte: page[0]!.objectId, $lte: page.at(-1)!.objectId },
});

/** The sessions of a range, those that meet a condition. */
export function within({ from, to }: Range, matching?: Query): Query {
  const bounds = { ...(from && { $gte: toParseDate(from) }), ...(to && { $lt: toParseDate(to) }) };
  const expiresAt = from || to ? bounds : { $exists: true };
  return also({ expiresAt }, matching);
}

export async function count(database: Database, query: Query, schema?: unknown): Promise<number> {
  return database.find('_Session', query, { count: true }, undefined, schema);
}

const destroy = (database: Database, query: Query, schema?: unknown): Promise<unknown> =>
  pastDeadlocks(
    () => database.find('_Session', query, { keys: ['objectId'] }, undefined, schema),
    one => database.destroy('_Session', also(query, one), {}, schema),
  );
