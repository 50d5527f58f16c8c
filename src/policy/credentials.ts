import { ErrorCode } from '../errors';
import type { DatabaseOptions, Query, Row } from '../parse-server';
import { STORED_AUTH_DATA, STORED_PASSWORD, STORED_TOKEN, TOKEN_COLUMN } from './columns';
import { ALLOW, refuse, type Decision } from './decision';
import { conditionsOf, isForeignOperator, rootOf } from './keys';

/**
 * The column that logs its user in without a password. For an anonymous user its id is all it takes; for others it
 * may hold a token of their provider. Parse Server shows it to the user himself, so to each of his sessions.
 */
const CREDENTIAL = 'authData';

export const hasCredentials = (row: Row): boolean => row[CREDENTIAL] !== undefined;

export function hideCredentials(row: Row): void {
  delete row[CREDENTIAL];
}

/** The columns of users that Parse Server shows to nobody, and by which it lets somebody in or changes a user. */
export const USER_TOKENS: readonly string[] = [
  TOKEN_COLUMN,
  STORED_TOKEN,
  '_perishable_token',
  '_email_verify_token',
];

/** Whether a query of users asks for credentials: for `authData`, or for the token of a legacy session. */
export function asksForCredentials(query: Query, { sort }: DatabaseOptions = {}): boolean {
  return someKey(
    query,
    sort,
    key =>
      [CREDENTIAL, TOKEN_COLUMN, STORED_TOKEN].includes(rootOf(key)) ||
      key.startsWith(STORED_AUTH_DATA) ||
      isForeignOperator(key),
  );
}

function someKey(query: Query, sort: DatabaseOptions['sort'], matches: (key: string) => boolean): boolean {
  for (const [key] of conditionsOf(query)) if (matches(key)) return true;
  return Object.keys(sort ?? {}).some(matches);
}

/** Whether a session may ask for credentials: a restricted one could guess them bit by bit. */
export function mayAskForCredentials({ restricted }: { restricted: boolean }): Decision {
  return restricted
    ? refuse(
        ErrorCode.INVALID_QUERY,
        `A restricted session cannot filter or sort users by ${CREDENTIAL} or tokens.`,
      )
    : ALLOW;
}

/** Whether the read-only master key may ask this of users: with a token that it has guessed somebody could write. */
export function mayAskUsers(query: Query, { sort, hint }: DatabaseOptions = {}): Decision {
  // By an index on tokens users come in the order of their tokens.
  if (hint) return refuse(ErrorCode.INVALID_QUERY, 'Users take no hint by this caller.');
  return someKey(query, sort, key => USER_TOKENS.includes(rootOf(key)) || isForeignOperator(key))
    ? refuse(ErrorCode.INVALID_QUERY, 'Users cannot be filtered or sorted by tokens by this caller.')
    : ALLOW;
}

/** Whether a write changes a user's password, before Parse Server has hashed it or after. */
export const changesPassword = (data: Row | undefined): boolean =>
  data !== undefined && ('password' in data || STORED_PASSWORD in data);
