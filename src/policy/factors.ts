import type { Row } from '../parse-server';
import { columnOf } from './keys';

/** What of a user can be changed so that his other sessions end (`revokeOthersOn`). */
export const FACTORS = ['authData', 'email'] as const;
export type Factor = (typeof FACTORS)[number];

/**
 * What Parse Server's adapter for MFA changes by itself in a log-in, or before a new factor is confirmed
 * (`Adapters/Auth/mfa.js` of 9.10.0).
 */
const PASSING = new Set(['token', 'expiry', 'recovery', 'pending']);

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null;

/**
 * Whether an update locks its user: nobody but the master key may read or write him. Parse Server takes an ACL that is
 * deleted for an empty one (`DatabaseController.js#transformObjectACL` of 9.10.0).
 */
export function locks({ ACL }: Row): boolean {
  // What is no object at all names nobody, either.
  return Boolean(ACL) && Object.values(ACL as object).every(may => !may?.read && !may?.write);
}

/** Which of these an update writes. */
export const factorsWritten = (data: Row, factors: readonly Factor[]): Factor[] =>
  factors.filter(factor => Object.keys(data).some(key => columnOf(key) === factor));

/**
 * What tells a provider's factor from another one of it: its id, if it has one, because its tokens change in each
 * log-in. `undefined` for none.
 */
function identityOf(data: unknown, byLogIn: boolean): string | undefined {
  if (!isObject(data)) return undefined;
  if (typeof data.id === 'string' || typeof data.id === 'number') return String(data.id);
  const lasting = Object.entries(data).filter(([key]) => !PASSING.has(key));
  if (lasting.length === 0) return undefined;
  return byLogIn ? '' : JSON.stringify(lasting.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Whether a user has other factors than before: another e-mail address, or a provider or a second factor that is new,
 * another one, or gone.
 * @param byLogIn a log-in may change what a provider without an id keeps, and is no change of factors.
 */
export function hasOtherFactors(before: Row, after: Row, factor: Factor, byLogIn: boolean): boolean {
  if (factor === 'email') return (before.email ?? null) !== (after.email ?? null);
  const [old, young] = [before, after].map(({ authData }) => (isObject(authData) ? authData : {}));
  const providers = new Set([...Object.keys(old!), ...Object.keys(young!)]);
  return [...providers].some(name => identityOf(old![name], byLogIn) !== identityOf(young![name], byLogIn));
}
