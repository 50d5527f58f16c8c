import { ErrorCode } from '../errors';
import type { DatabaseOptions, Query, Row } from '../parse-server';
import { SECRET_COLUMNS } from '../policy/columns';
import { ALLOW, refuse, type Decision } from './decision';
import { rootOf } from './keys';

const secret: ReadonlySet<string> = new Set(SECRET_COLUMNS);
/** Columns that no request may write, not even with the master key. */
const SET_BY_SERVER: ReadonlySet<string> = new Set([...SECRET_COLUMNS, 'scopes']);

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';

function filtersBySecret(query: Query): boolean {
  return Object.entries(query).some(([key, constraint]) =>
    key.startsWith('$') && Array.isArray(constraint)
      ? constraint.some(part => isObject(part) && filtersBySecret(part as Query))
      : secret.has(rootOf(key)),
  );
}

/**
 * Stages and expressions by which a query could read a column without naming it, run code, or copy rows into a
 * class.
 */
const EVASIVE = /"\$(objectToArray|arrayToObject|getField|function|accumulator|where|out|merge)"/;
const NAMES_SECRET = new RegExp(`\\b(${SECRET_COLUMNS.join('|')})\\b`);

/** Whether an aggregation reads sessions: of their class, or joined to another one. */
export function aggregatesSessions(className: string, { pipeline, distinct }: DatabaseOptions): boolean {
  if (!pipeline && !distinct) return false;
  return className === '_Session' || JSON.stringify(pipeline ?? []).includes('_Session');
}

/**
 * Whether anybody, the master key included, may ask this of sessions. Whoever filters or sorts by a secret guesses
 * it.
 */
export function mayAskSessions(query: Query, options: DatabaseOptions = {}): Decision {
  if (filtersBySecret(query)) return refused('filtered');
  if (Object.keys(options.sort ?? {}).some(key => secret.has(rootOf(key)))) return refused('sorted');
  if (!options.pipeline && !options.distinct) return ALLOW;
  const aggregation = JSON.stringify([options.pipeline, options.distinct]);
  return NAMES_SECRET.test(aggregation) || EVASIVE.test(aggregation) ? refused('aggregated') : ALLOW;
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

/** Removes the same from what an aggregation answers, at any depth: whole rows may be parts of its results. */
export function hideDeeply(value: unknown): void {
  if (!isObject(value)) return;
  if (!Array.isArray(value)) hideFromAll(value as Row);
  for (const part of Object.values(value)) hideDeeply(part);
}
