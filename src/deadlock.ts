import type { Query, Row } from './parse-server';

/** PostgreSQL's code for a statement that it undid, because it had met another process's in a deadlock. */
const DEADLOCK = '40P01';
/** Only two others that lock rows against each other can have one row's statement undone, and one of them goes, too. */
const ATTEMPTS = 10;

/** A statement on many rows; on those of them that meet the condition, where there is one. */
type Statement = (condition?: Query) => Promise<unknown>;

const isDeadlock = (error: unknown) => (error as { code?: unknown } | null)?.code === DEADLOCK;

/**
 * Runs a statement on many rows; where it is undone for a deadlock, row by row. Others may lock the same rows in
 * another order: another process, or a client that deletes sessions of his own in a batch with `transaction: true`,
 * again and again, to keep them from being revoked. Whoever waits for one row holds none that others wait for.
 * @param rows with their ids.
 * @returns what the statement answers; row by row the sum of what PostgreSQL's adapter counts.
 */
export async function pastDeadlocks(
  rows: Row[] | (() => Promise<Row[]>),
  statement: Statement,
): Promise<unknown> {
  try {
    return await statement();
  } catch (error) {
    if (!isDeadlock(error)) throw error;
  }
  let changed = 0;
  for (const { objectId } of Array.isArray(rows) ? rows : await rows()) {
    const answer = await persistently(() => statement({ objectId }));
    if (typeof answer === 'number') changed += answer;
  }
  return changed;
}

async function persistently(statement: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      if (!isDeadlock(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Both conditions; the first alone where there is no second. */
export const also = (query: Query, condition: Query | undefined): Query =>
  condition ? { $and: [query, condition] } : query;
