import type { Query } from '../parse-server';
import { STORED_AUTH_DATA, STORED_PASSWORD } from './columns';

/** The column that a key of a query or an update is about: a dotted one names a part of it. */
export const rootOf = (key: string): string => key.split('.', 1)[0] ?? key;

/** The column that a key of a write to users or other objects is about, by any name under which Parse Server writes it. */
export const columnOf = (key: string): string => {
  const root = rootOf(key);
  if (root.startsWith(STORED_AUTH_DATA)) return 'authData';
  return root === STORED_PASSWORD ? 'password' : root;
};

/** The operators that combine parts of a query. */
const COMBINING = ['$and', '$or', '$nor'];

/** The conditions of a query by their keys, also those that are combined. */
export function* conditionsOf(query: Query): Generator<[key: string, constraint: unknown]> {
  for (const [key, constraint] of Object.entries(query)) {
    if (!COMBINING.includes(key) || !Array.isArray(constraint)) yield [key, constraint];
    else for (const part of constraint) yield* conditionsOf((part ?? {}) as Query);
  }
}

/** Keys that Parse Server reads as something else than a column (`DatabaseController.js#validateQuery` of 9.10.0). */
const KNOWN = [...COMBINING, '$relatedTo', '_rperm', '_wperm'];

/** Whether a key of a query is an operator of the database's own, such as `$expr`. Parse Server refuses them to all. */
export const isForeignOperator = (key: string): boolean => key.startsWith('$') && !KNOWN.includes(key);

/**
 * Whether a key of a query is the database's own: such an operator, or the name under which it stores a column, such
 * as `_session_token`. Parse Server itself asks by some of those names, and lets the master keys do so.
 */
export const isOfDatabase = (key: string): boolean =>
  isForeignOperator(key) || (key.startsWith('_') && !KNOWN.includes(key));
