import type { Query, Row } from '../parse-server';
import { toParseDate, userPointer } from '../record';
import type { Connection } from './connection';
import { destroyById, ENDING_KEYS, type Cause } from './endings';

/** How many rows one statement deletes at most. */
const DELETE_CHUNK = 1000;
/** How many times sessions are looked for that appeared while others ended: a user may log in again and again. */
const MAX_ROUNDS = 10;

type Needed = Pick<Connection, 'database' | 'endings' | 'revocations'>;

/**
 * Ends these sessions, in a number of statements that does not grow with them.
 * @param rows with `ENDING_KEYS`.
 */
async function endRows(rows: Row[], cause: Cause, { database, endings }: Needed): Promise<void> {
  for (let start = 0; start < rows.length; start += DELETE_CHUNK) {
    const chunk = rows.slice(start, start + DELETE_CHUNK);
    await endings.end(chunk, cause, destroyById(chunk, database));
  }
}

/** Ends the sessions that match. @returns how many there were. */
export async function endWhere(query: Query, cause: Cause, connection: Needed): Promise<number> {
  let ended = 0;
  // Goes on until none is left: a session that ends may have made another one meanwhile.
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    const rows = await connection.database.find('_Session', query, { keys: ENDING_KEYS });
    if (rows.length === 0) break;
    await endRows(rows, cause, connection);
    ended += rows.length;
  }
  return ended;
}

/**
 * Leaves out whoever has logged in since; it is no log-in when one of the sessions that are to end makes another one.
 */
export const notLoggedInSince = (date: Date): Query => ({
  $or: [
    { createdAt: { $lte: toParseDate(date) } },
    // PostgreSQL's adapter knows no `$nin` inside of a column.
    { $and: ['login', 'signup'].map(action => ({ 'createdWith.action': { $ne: action } })) },
  ],
});

/** The sessions that stay: by their tokens, and by their ids, which a session keeps when its token is replaced. */
export interface Kept {
  tokens: readonly string[];
  ids?: readonly string[];
}

/**
 * Ends the sessions of a user.
 * @param since whoever has logged in since keeps his session. @default nobody
 * @returns how many ended.
 */
export async function endAllOfUser(
  userId: string,
  cause: Cause,
  { tokens, ids = [] }: Kept,
  connection: Needed,
  since?: Date,
): Promise<number> {
  const { revocations } = connection;
  const query: Query = { user: userPointer(userId), ...(since && notLoggedInSince(since)) };
  if (tokens.length > 0) query.sessionToken = { $nin: [...tokens] };
  if (ids.length > 0) query.objectId = { $nin: [...ids] };
  // Before and after: a session that is made meanwhile may be seen by no look of this revocation.
  const revokes = () => revocations.revokesUser(userId, tokens.at(-1));
  revokes();
  const ended = await endWhere(query, cause, connection);
  revokes();
  return ended;
}
