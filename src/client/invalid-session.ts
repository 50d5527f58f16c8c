import { findError } from './find-error';

const INVALID_SESSION_TOKEN = 209;
/** With which `saveAll` rejects where a whole batch is refused. */
export const INCORRECT_TYPE = 111;

/** What Parse Server says of a token that it no longer takes. */
const DEAD_TOKEN_MESSAGES = new Set([
  'Invalid session token',
  'Session token is expired.',
  'invalid legacy session token',
]);

export const isDeadTokenMessage = (message: unknown) => DEAD_TOKEN_MESSAGES.has(message as string);

/** The first error with code 209 in what the SDK, REST or GraphQL has rejected or answered with. */
export const findInvalidSession = (error: unknown) =>
  findError(
    error,
    // When a whole batch is refused, saveAll makes each error anew with code 111: only the message is left of the 209.
    ({ code, message }) =>
      code === INVALID_SESSION_TOKEN || (code === INCORRECT_TYPE && isDeadTokenMessage(message)),
  );

/**
 * Whether Parse Server has refused the session token: error 209, which the Parse guide's chapter on sessions tells
 * every app to handle.
 *
 * Looks also into the arrays with which `Parse.Object.saveAll` rejects (they may have holes, and the SDK turns a 209 of
 * the whole batch into code 111 with the server's message), into the `errors` of `Parse.Object.destroyAll` (code 600)
 * and of an `AggregateError`, and into the answers of `/batch` (`{ error: { code } }`).
 *
 * @param error - anything: what a promise of the SDK rejected with, or the JSON of a REST answer
 * @returns `false` for every other error and for what is no error; never throws
 */
export function isInvalidSessionError(error: unknown): boolean {
  return findInvalidSession(error) !== undefined;
}
