import { pagesById } from '../paging';
import { ENDING_KEYS } from '../sessions/endings';
import type { Database, Query, Row } from '../parse-server';

/** Sessions whose user does not exist any more, in batches. */
export async function* orphans(
  database: Database,
  batchSize: number,
  condition: Query = {},
): AsyncGenerator<Row[]> {
  const query = () => ({ ...condition, user: { $exists: true } });
  const page = { limit: batchSize, keys: ENDING_KEYS };
  const userOf = (row: Row) => (row.user as { objectId: string }).objectId;
  for await (const sessions of pagesById(database, '_Session', query, page)) {
    const userIds = [...new Set(sessions.map(userOf))];
    const users = await database.find('_User', { objectId: { $in: userIds } }, { keys: ['objectId'] });
    const known = new Set(users.map(user => user.objectId));
    const gone = sessions.filter(session => !known.has(userOf(session)));
    if (gone.length > 0) yield gone;
  }
}
