import type { Database, Query, Row } from './parse-server';

interface Page {
  /** How many rows at most. */
  limit: number;
  /** @default all columns */
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
  let after = '';
  for (;;) {
    // PostgreSQL's adapter takes no comparison with an empty text.
    const further: Query = after ? { ...query(), objectId: { $gt: after } } : query();
    const rows = await database.find(className, further, { ...page, sort: { objectId: 1 } });
    if (rows.length > 0) yield rows;
    if (rows.length < page.limit) return;
    after = String(rows.at(-1)!.objectId);
  }
}
