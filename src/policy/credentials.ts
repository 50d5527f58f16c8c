import { ErrorCode } from '../errors';
import type { DatabaseOptions, Query, Row } from '../parse-server';
import { ALLOW, refuse, type Decision } from './decision';
import { rootOf } from './keys';

/**
 * The column that logs its user in without a password. For an anonymous user its id is all it takes; for others it
 * may hold a token of their provider. Parse Server shows it to the user himself, so to each of his sessions.
 */
const CREDENTIAL = 'authData';

export const hasCredentials = (row: Row): boolean => row[CREDENTIAL] !== undefined;

export function hideCredentials(row: Row): void {
  delete row[CREDENTIAL];
}

/** Whether a query of users asks for credentials. */
export function asksForCredentials(query: Query, { sort }: DatabaseOptions = {}): boolean {
  const asks = (part: Query): boolean =>
    Object.entries(part).some(([key, constraint]) =>
      key.startsWith('$') && Array.isArray(constraint)
        ? constraint.some(one => asks((one ?? {}) as Query))
        : rootOf(key) === CREDENTIAL,
    );
  return asks(query) || Object.keys(sort ?? {}).some(key => rootOf(key) === CREDENTIAL);
}

/** Whether a session may ask for credentials: a restricted one could guess them bit by bit. */
export function mayAskForCredentials({ restricted }: { restricted: boolean }): Decision {
  return restricted
    ? refuse(ErrorCode.INVALID_QUERY, `A restricted session cannot filter or sort users by ${CREDENTIAL}.`)
    : ALLOW;
}

/** Whether a write changes a user's password, before Parse Server has hashed it (`password`) or after. */
export const changesPassword = (data: Row | undefined): boolean =>
  data !== undefined && ('password' in data || '_hashed_password' in data);
