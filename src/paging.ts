import type { Database, Query, Row } from './parse-server';

interface Page {
  /** How many rows at most. */
  limit: number;
  /** Columns that are read beside the id. @default all */
  keys?: string[];
}

/**
 * Rows that match, in pages by their ids. What is deleted or added meanwhile moves no page.
 * @param query asked anew for each page.
 */
export async function* pagesById(
  database: Pick<Database, 'find'>,
  className: string,
  query: () => Query,
  page: Page,
): AsyncGenerator<Row[]> {
  const { limit, keys } = page;
  const options = {
    limit,
    sort: { objectId: 1 },
    ...(keys && { keys: [...new Set(['objectId', ...keys])] }),
  };
  let after = '';
  for (;;) {
    // PostgreSQL's adapter takes no comparison with an empty text.
    const further: Query = after ? { ...query(), objectId: { $gt: after } } : query();
    const rows = await database.find(className, further, options);
    if (rows.length > 0) yield rows;
    if (rows.length < limit) return;
    after = String(rows.at(-1)!.objectId);
  }
}
