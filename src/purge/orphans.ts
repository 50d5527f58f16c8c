import { ENDING_KEYS } from '../sessions/endings';
import type { Database, Query, Row } from '../parse-server';

/** Sessions whose user does not exist any more, in batches. */
export async function* orphans(
  database: Database,
  batchSize: number,
  condition: Query = {},
): AsyncGenerator<Row[]> {
  let after = '';
  for (;;) {
    const sessions = await database.find(
      '_Session',
      // PostgreSQL's adapter takes no comparison with an empty string.
      { ...condition, ...(after && { objectId: { $gt: after } }), user: { $exists: true } },
      { limit: batchSize, sort: { objectId: 1 }, keys: ENDING_KEYS },
    );
    const last = sessions.at(-1);
    if (!last) return;
    after = String(last.objectId);
    const userOf = (row: Row) => (row.user as { objectId: string }).objectId;
    const userIds = [...new Set(sessions.map(userOf))];
    const users = await database.find('_User', { objectId: { $in: userIds } }, { keys: ['objectId'] });
    const known = new Set(users.map(user => user.objectId));
    const gone = sessions.filter(session => !known.has(userOf(session)));
    if (gone.length > 0) yield gone;
  }
}
