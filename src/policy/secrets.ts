import { ErrorCode } from '../errors';
import type { DatabaseOptions, Query, Row } from '../parse-server';
import { SECRET_COLUMNS } from './columns';
import { ALLOW, refuse, type Decision } from './decision';
import { conditionsOf, isForeignOperator, rootOf } from './keys';

const secret: ReadonlySet<string> = new Set(SECRET_COLUMNS);
/** Columns that no request may write, not even with the master key. */
const SET_BY_SERVER: ReadonlySet<string> = new Set([...SECRET_COLUMNS, 'scopes']);

/**
 * Whether anybody, the master key included, may ask this of sessions. Whoever filters or sorts by a secret guesses
 * it. An operator of the database's own is refused as Parse Server does.
 */
export function mayAskSessions(query: Query, { sort }: DatabaseOptions = {}): Decision {
  for (const [key] of conditionsOf(query)) {
    if (secret.has(rootOf(key))) return refused('filtered');
    if (isForeignOperator(key)) return refuse(ErrorCode.INVALID_KEY_NAME, `Invalid key name: ${key}`);
  }
  return Object.keys(sort ?? {}).some(key => secret.has(rootOf(key))) ? refused('sorted') : ALLOW;
}

const refused = (how: string) =>
  refuse(ErrorCode.INVALID_QUERY, `Sessions cannot be ${how} by what only the server may read.`);

/** Whether anybody may write these keys of a session. */
export function mayWriteKeys(data: Row): Decision {
  const key = Object.keys(data).find(name => SET_BY_SERVER.has(rootOf(name)));
  return key
    ? refuse(ErrorCode.INVALID_KEY_NAME, `Invalid key name: ${key} of a session is the server's own.`)
    : ALLOW;
}

/** Removes from a session row, in place, what nobody outside of the server may see. */
export function hideFromAll(row: Row): void {
  for (const column of SECRET_COLUMNS) delete row[column];
}
