import type { ClassSchema, Query, Row } from '../parse-server';
import { storedName } from './stored-names';

/** The table of a relation (`DatabaseController.js#joinTableName` of 9.10.0). */
const joinTable = (key: string, className: string) => `_Join:${key}:${className}`;
/** How much of the name of a table is neither the key nor the class. */
const SURROUNDINGS = joinTable('', '').length;
const JOIN_TABLE = /^_Join:([^:]+):(.+)$/;

/** The class that has the relation of this table: a role's members are in `_Join:users:_Role`. */
export const owningClass = (table: string): string => JOIN_TABLE.exec(table)?.[2] ?? table;

/** The column that is this relation; `undefined` for what is no relation's table. */
export const relationOf = (table: string): string | undefined => JOIN_TABLE.exec(table)?.[1];

/** Whether other classes could have a relation in the same table, because its name is cut. */
export const isShared = (table: string, maxBytes: number): boolean => Buffer.byteLength(table) >= maxBytes;

const RELATION_OPS = ['AddRelation', 'RemoveRelation', 'Batch'];
const isRelationOp = (value: unknown) =>
  RELATION_OPS.includes(String((value as { __op?: unknown } | null | undefined)?.__op));

const NONE: readonly string[] = [];

/** The tables that a write of relations shares with other classes. Asked for every write: mostly there is none. */
export function sharedTablesWritten(
  className: string,
  data: Row | undefined,
  maxBytes: number,
): readonly string[] {
  if (maxBytes === Infinity) return NONE;
  const longestKey = maxBytes - SURROUNDINGS - className.length;
  let tables: string[] | undefined;
  for (const key in data) {
    if (key.length < longestKey || !isRelationOp(data[key])) continue;
    tables ??= [];
    tables.push(storedName(joinTable(key, className), maxBytes));
  }
  return tables ?? NONE;
}

/** The object whose relation a query follows (`$relatedTo`), as a client names it. */
interface RelatedTo {
  key?: unknown;
  object?: { className?: unknown };
}

/** The queries within a part of a query. */
const queriesIn = (value: unknown): Query[] =>
  (Array.isArray(value) ? value : [value]).filter(part => part !== null && typeof part === 'object');

/** The classes whose relations a query follows. Its answer shows what is in them, so they are judged as well. */
export function relationsIn(query: Query): string[] {
  return Object.entries(query).flatMap(([key, value]) =>
    key === '$relatedTo'
      ? [String((value as RelatedTo | null)?.object?.className)]
      : queriesIn(value).flatMap(relationsIn),
  );
}

/** The tables that a query may read relations from, and that other classes share. */
export function sharedTablesAsked(className: string, query: Query, maxBytes: number): readonly string[] {
  if (maxBytes === Infinity) return NONE;
  return Object.entries(query).flatMap(([key, value]) => {
    const related = key === '$relatedTo' ? (value as RelatedTo | null) : undefined;
    const table = related
      ? joinTable(String(related.key), String(related.object?.className))
      : joinTable(key, className);
    const inside = queriesIn(value).flatMap(part => sharedTablesAsked(className, part, maxBytes));
    return isShared(table, maxBytes) ? [storedName(table, maxBytes), ...inside] : inside;
  });
}

/** The classes that have a relation in one of these tables. */
export function classesIn(
  tables: readonly string[],
  schemas: readonly ClassSchema[],
  maxBytes: number,
): string[] {
  const isIn = (className: string, key: string) =>
    tables.includes(storedName(joinTable(key, className), maxBytes));
  return schemas
    .filter(({ className, fields }) =>
      Object.entries(fields).some(([key, { type }]) => type === 'Relation' && isIn(className, key)),
    )
    .map(({ className }) => className);
}
