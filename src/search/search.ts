import * as z from 'zod';
import { KINDS, OF_KIND } from '../expiry/kind';
import { oneOf, text, wholeNumber } from '../params';
import type { Database, Query, Row } from '../parse-server';
import { toParseDate, toSessionRecord, userPointer, type SessionRecord } from '../record';
import { address, ofAddress, type KeptOfUse } from '../revoke-where/filter';
import { cursorText, readCursor, SORTED, type Cursor, type Order } from './cursor';

/** How many sessions a page has, if nothing else is said. */
const DEFAULT_LIMIT = 25;

/** Which sessions are searched, and which page of them is meant. */
export const searchParams = z.strictObject({
  user: text(512).optional(),
  ip: address.optional(),
  kind: oneOf(KINDS).optional(),
  sort: oneOf(SORTED).default('lastAccessedAt'),
  order: oneOf(['desc', 'asc']).default('desc'),
  limit: wholeNumber(1, 100).default(DEFAULT_LIMIT),
  after: text(2048).optional(),
});

/** A session that was found, and whose it is. */
interface FoundSession {
  session: SessionRecord;
  /** `null` where there is no such user any more, or one without a name. */
  username: string | null;
}

/** A page of what was found. */
export interface Found {
  sessions: FoundSession[];
  /** Where the next page begins; `null` after the last one. */
  next: string | null;
}

/**
 * Searches sessions, page by page. A page begins at a session, not after so many: what is made or ends meanwhile moves none.
 * @throws 142 for an address where none are kept, and for a cursor that is none, naming it.
 */
export async function search(
  { user, ip, kind, limit, after, ...order }: z.output<typeof searchParams>,
  database: Database,
  privacy: KeptOfUse['privacy'],
): Promise<Found> {
  const conditions: Query[] = [];
  if (ip) conditions.push(ofAddress(ip, privacy));
  if (kind) conditions.push(OF_KIND[kind]);
  const cursor = after === undefined ? undefined : readCursor(after, order);
  if (user !== undefined) {
    const ids = await usersKnownAs(user, database);
    if (ids.length === 0) return { sessions: [], next: null };
    conditions.push({ $or: ids.map(id => ({ user: userPointer(id) })) });
  }
  // One more tells whether there is a further page.
  const rows = await pageOf(conditions, order, cursor, limit + 1, database);
  const page = rows.slice(0, limit).map(toSessionRecord);
  const names = await usernamesOf(page, database);
  return {
    sessions: page.map(session => ({ session, username: names.get(session.userId ?? '') ?? null })),
    next: rows.length > limit ? cursorText(page.at(-1)!, order) : null,
  };
}

/** The ids of the users whose id, name or e-mail address this is. */
async function usersKnownAs(name: string, database: Database): Promise<string[]> {
  const query = { $or: [{ objectId: name }, { username: name }, { email: name }] };
  const users = await database.find('_User', query, { keys: ['objectId'] });
  return users.map(({ objectId }) => String(objectId));
}

async function usernamesOf(
  sessions: readonly SessionRecord[],
  database: Database,
): Promise<Map<string, string>> {
  const ids = [...new Set(sessions.flatMap(({ userId }) => userId ?? []))];
  if (ids.length === 0) return new Map();
  const query = { objectId: { $in: ids } };
  const users = await database.find('_User', query, { keys: ['objectId', 'username'] });
  return new Map(users.map(({ objectId, username }) => [String(objectId), username as string]));
}

/**
 * The sessions that follow on a place, those without a value of the column last. It takes two queries, because databases
 * differ in where they sort what is empty.
 */
async function pageOf(
  conditions: readonly Query[],
  { sort, order }: Order,
  cursor: Cursor | undefined,
  limit: number,
  database: Database,
): Promise<Row[]> {
  const find = (place: Query, by: Record<string, 1 | -1>, most: number) =>
    database.find(
      '_Session',
      { $and: [place, ...conditions] },
      { sort: { ...by, objectId: 1 }, limit: most },
    );
  const rows: Row[] = [];
  if (cursor?.at !== null) {
    const place = cursor ? following(cursor.at, cursor.id, { sort, order }) : { [sort]: { $exists: true } };
    rows.push(...(await find(place, { [sort]: order === 'desc' ? -1 : 1 }, limit)));
  }
  // Every session has been made at some time.
  if (rows.length === limit || sort === 'createdAt') return rows;
  const further = cursor?.at === null ? { objectId: { $gt: cursor.id } } : {};
  rows.push(...(await find({ [sort]: null, ...further }, {}, limit - rows.length)));
  return rows;
}

/** What follows on a session. The first bound alone is one that an index serves. */
function following(at: Date, id: string, { sort, order }: Order): Query {
  const [upTo, beyond] = order === 'desc' ? ['$lte', '$lt'] : ['$gte', '$gt'];
  const date = toParseDate(at);
  return { [sort]: { [upTo!]: date }, $or: [{ [sort]: { [beyond!]: date } }, { objectId: { $gt: id } }] };
}
