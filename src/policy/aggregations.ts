import { ErrorCode } from '../errors';
import type { DatabaseOptions, Row } from '../parse-server';
import { SECRET_COLUMNS } from './columns';
import { USER_TOKENS } from './credentials';
import { ALLOW, refuse, type Decision } from './decision';

/** Whether a read aggregates. Only the master keys may (`AggregateRouter.js` of 9.10.0). */
export const isAggregation = ({ pipeline, distinct }: DatabaseOptions): boolean =>
  Boolean(pipeline || distinct);

/** Stages that write what they answer into a class. */
const WRITING = new Set(['$out', '$merge']);

/**
 * Stages and operators by which an aggregation could read, compare or search a column without naming it, run code,
 * or show what others have asked.
 */
const EVASIVE = new Set([
  ...WRITING,
  '$objectToArray',
  '$arrayToObject',
  '$getField',
  '$setField',
  '$toString',
  '$convert',
  '$toHashedIndexKey',
  '$function',
  '$accumulator',
  '$where',
  '$jsonSchema',
  '$text',
  '$search',
  '$searchMeta',
  '$planCacheStats',
]);

/** Stages that read other collections. */
const JOINING = new Set(['$lookup', '$graphLookup', '$unionWith']);

/**
 * Collections that are joined, by the ends of their names, which may have a prefix. MongoDB's own may hold what others
 * have asked.
 */
const JOINS_SESSIONS = /_Session$|^system\./;
const JOINS_USERS = /_User$/;

/** The collections that an aggregation joins, however deep the stage is. */
function* joinedBy(value: unknown): Generator<string> {
  if (value === null || typeof value !== 'object') return;
  for (const [key, part] of Object.entries(value)) {
    if (JOINING.has(key)) yield* collectionsIn(part);
    yield* joinedBy(part);
  }
}

/** A stage names its collection by a text, or by an object that may name more, such as the database. */
function* collectionsIn(stage: unknown): Generator<string> {
  const { from, coll } = Object(stage) as { from?: unknown; coll?: unknown };
  yield* textsIn(typeof stage === 'string' ? stage : [from, coll]);
}

/** Every text in it: keys and values. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (value === null || typeof value !== 'object') return;
  for (const [key, part] of Object.entries(value)) {
    if (!Array.isArray(value)) yield key;
    yield* textsIn(part);
  }
}

export interface AggregationJudgement {
  decision: Decision;
  /** Columns to take out of what it answers: whole rows may be parts of its results. */
  hidden: readonly string[];
}

/**
 * Whether a master key may aggregate like this. Nobody reads or guesses the secret of a session. The read-only key
 * neither writes nor reads what tells tokens apart.
 */
export function judgeAggregation(
  className: string,
  { pipeline, distinct }: DatabaseOptions,
  isReadOnly: boolean,
): AggregationJudgement {
  const texts = [...textsIn([pipeline, distinct])];
  const evades = (columns: readonly string[]) => {
    const named = new RegExp(`\\b(${columns.join('|')})\\b`);
    return texts.some(text => EVASIVE.has(text) || named.test(text));
  };
  const joined = [...joinedBy(pipeline)];
  const reads = (ownName: string, names: RegExp) =>
    className === ownName || joined.some(name => names.test(name));
  const ofSessions = reads('_Session', JOINS_SESSIONS);
  const ofUsers = isReadOnly && reads('_User', JOINS_USERS);
  const decide = (): Decision => {
    if (isReadOnly && texts.some(text => WRITING.has(text)))
      return refuse(ErrorCode.OPERATION_FORBIDDEN, 'The read-only master key cannot write.');
    if (isReadOnly && ofSessions)
      return refused('Sessions cannot be explained or aggregated by this caller.');
    if (ofSessions && evades(SECRET_COLUMNS))
      return refused('Sessions cannot be aggregated by what only the server may read.');
    if (ofUsers && evades(USER_TOKENS))
      return refused('Users cannot be aggregated by tokens by this caller.');
    return ALLOW;
  };
  const hidden = [...(ofSessions ? SECRET_COLUMNS : []), ...(ofUsers ? USER_TOKENS : [])];
  return { decision: decide(), hidden };
}

const refused = (reason: string) => refuse(ErrorCode.INVALID_QUERY, reason);

/** Removes columns from what an aggregation answers, in place and at any depth. */
export function hideDeeply(value: unknown, columns: readonly string[]): void {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) for (const column of columns) delete (value as Row)[column];
  for (const part of Object.values(value)) hideDeeply(part, columns);
}
