import { findError } from './find-error';
import { INCORRECT_TYPE } from './invalid-session';

const OPERATION_FORBIDDEN = 119;

/**
 * Why the server has refused a request:
 * - `restricted`: the session is restricted, and the class or function is guarded,
 * - `scope`: it is outside the session's scopes,
 * - `stale`: it needs a recent log-in: have the user confirm his identity, and send it again,
 * - `limit`: the user has as many sessions as he may have.
 */
export type Refusal = 'restricted' | 'scope' | 'stale' | 'limit';

/** What the server says, each beginning as it does in every version. */
const MESSAGES: ReadonlyArray<[refusal: Refusal, message: RegExp]> = [
  ['restricted', /not allowed: restricted session/],
  ['scope', /^not allowed: outside the scopes/],
  ['stale', /^not allowed: the last login is too long ago/],
  ['limit', /^This user has as many sessions as allowed/],
];

const kindOf = ({ code, message, error }: { code?: unknown; message?: unknown; error?: unknown }) => {
  if (code !== OPERATION_FORBIDDEN && code !== INCORRECT_TYPE) return undefined;
  // An answer of REST has its message in `error`.
  const text = String(message ?? error);
  return MESSAGES.find(([, pattern]) => pattern.test(text))?.[0];
};

/** The first refusal in what the SDK has rejected with, or in an answer of REST. */
export const findRefusal = (error: unknown) => findError(error, one => kindOf(one) !== undefined);

/**
 * Tells the refusals of this package apart: their code is 119, as that of every other thing that Parse Server forbids.
 * Looks where {@link isInvalidSessionError} looks.
 *
 * @param error - anything: what a promise of the SDK rejected with, or the JSON of a REST answer
 * @returns `null` for every other error and for what is no error; never throws
 */
export function refusalOf(error: unknown): Refusal | null {
  const found = findRefusal(error);
  return (found && kindOf(found)) ?? null;
}
