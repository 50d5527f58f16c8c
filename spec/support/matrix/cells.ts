import { COLLECTIONS, transactionalBatch, WAYS_IN, type WayIn } from '../ways-in';
import { CALLERS, type Caller } from './callers';
import { OWN_CLASSES } from './groups';
import { ROLE_MEMBERS, SUBJECTS, subjectOf, type MatrixOperation, type SubjectName } from './subjects';

export type Database = 'postgresql' | 'mongodb';

const {
  REST,
  'REST, /classes/': classes,
  batch,
  'method override': override,
  'token in the body': body,
  GraphQL,
  'SDK in cloud code': sdk,
} = WAYS_IN;

export const MATRIX_WAYS = {
  REST,
  'REST, /classes/': classes,
  batch,
  'batch, one transaction': transactionalBatch,
  'method override': override,
  'token in the body': body,
  GraphQL,
  'SDK in cloud code': sdk,
} satisfies Record<string, WayIn>;

export type Way = keyof typeof MATRIX_WAYS;

export interface Cell {
  subject: SubjectName;
  caller: Caller;
  operation: MatrixOperation;
  way: Way;
}

/** The spec files, `spec/matrix/<name>.spec.ts`, and what is in each. */
export const FILES = {
  users: ['the own user', 'another user', 'a hidden column of the user'],
  roles: ['a role', 'the members of a role', 'the users in a role', ROLE_MEMBERS],
  sessions: ['another session of the user', 'the own session'],
  'other-sessions': [
    'a restricted session of the user',
    'a session of another user',
    'a column that is the package’s',
  ],
  'app-classes': ['Invoice', 'Reading', 'PaymentMethod'],
  'built-in-classes': ['_Installation', ...OWN_CLASSES],
} satisfies Record<string, SubjectName[]>;

export type File = keyof typeof FILES;

/** Why there is no such cell; `undefined` when there is. */
export function notApplicable({ subject, way }: Pick<Cell, 'subject' | 'way'>, database: Database) {
  if (way === 'batch, one transaction' && database === 'mongodb') return 'no transactions on this MongoDB';
  if (way === 'REST, /classes/' && !COLLECTIONS[subjectOf(subject).className])
    return 'the same as REST: the class has no other route';
  if (way === 'GraphQL' && subject === ROLE_MEMBERS) return 'GraphQL has no join tables';
  if (way === 'GraphQL' && subject === 'the users in a role') return 'GraphQL has no $relatedTo';
  if (way === 'GraphQL' && subject === 'a hidden column of the user') return 'GraphQL has no hidden columns';
  return undefined;
}

const keysOf = <K extends string>(of: Record<K, unknown>) => Object.keys(of) as K[];

export const callers = keysOf(CALLERS);

/** Every combination of these subjects, those that are not applicable too. */
export function combinations(subjects: readonly SubjectName[] = keysOf(SUBJECTS)): Cell[] {
  return subjects.flatMap(subject =>
    callers.flatMap(caller =>
      subjectOf(subject).operations.flatMap(operation =>
        keysOf(MATRIX_WAYS).map(way => ({ subject, caller, operation, way })),
      ),
    ),
  );
}

export const cellsOf = (database: Database, subjects?: readonly SubjectName[]): Cell[] =>
  combinations(subjects).filter(cell => notApplicable(cell, database) === undefined);

export const nameOf = ({ operation, way }: Pick<Cell, 'operation' | 'way'>) => `${operation} by ${way}`;
