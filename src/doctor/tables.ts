import type { Database, Row } from '../parse-server';
import { isMongo } from '../schema/database-kind';
import { SESSIONS } from '../schema/columns';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** How columns are called in MongoDB, where they are called otherwise. */
const IN_MONGO: Readonly<Record<string, string>> = { sessionToken: '_session_token', user: '_p_user' };

/** Sessions are purged by a range of this column, which needs an index that is sorted. The others are only looked up. */
const RANGED = 'expiresAt';

/** Whether `_Session` has the indexes that it needs, and the database uses them. */
export async function indexes({ database, options }: Patient): Promise<Seen> {
  const { className, indexed } = SESSIONS;
  const known = isMongo(database) ? await inMongo(database) : await inPostgres(database);
  const serves = (index: Index, column: string) =>
    index.column === column && (index.isSorted || column !== RANGED);
  // Nothing tells which schema is the app's, where several have the table.
  const schemas = [...new Set(known.map(({ schema }) => schema))];
  const lacking = indexed.filter(
    column =>
      known.length === 0 ||
      schemas.some(schema => !known.some(index => index.schema === schema && serves(index, column))),
  );
  if (lacking.length === 0) {
    return { level: 'ok', what: `${className} has an index on ${indexed.join(', ')}.` };
  }
  // One that has the name of one that is lacking is in its way. Others may be good for something else.
  const broken = known
    .filter(({ name, isHalfMade }) => isHalfMade || lacking.some(one => name === `${className}_${one}`))
    .map(({ name }) => name);
  return {
    level: 'error',
    what:
      `${className} has no index that works on ${lacking.join(', ')}.` +
      (broken.length > 0 ? ` Not valid: ${broken.join(', ')}.` : ''),
    todo:
      broken.length > 0
        ? 'Drop what is not valid, and make it anew with the statements that the documents have.'
        : options.indexes
          ? 'Restart the server, which makes them, or use the statements that the documents have.'
          : 'Make them with the statements that the documents have: the option indexes is false.',
  };
}

interface Index {
  name: string;
  /** Of PostgreSQL. */
  schema: string;
  /** Its first column. `null` where the database finds not every row by it: it is half-made, hidden, partial and the like. */
  column: string | null;
  isHalfMade: boolean;
  isSorted: boolean;
}

async function rowsOf({ adapter }: Database): Promise<Row[]> {
  if (!adapter.getIndexes) throw new Error('the database adapter tells of no indexes');
  return adapter.getIndexes(SESSIONS.className);
}

async function inMongo(database: Database): Promise<Index[]> {
  const found = await rowsOf(database);
  // The index that each collection has is as its queries are, which have no collation of their own.
  const { collation: usual } = found.find(({ name }) => name === '_id_') ?? {};
  return found.map(({ name, key, hidden, partialFilterExpression, collation }) => {
    const [[first, order] = []] = Object.entries(Object(key) as object);
    const isSorted = typeof order === 'number';
    const isUsed =
      (isSorted || order === 'hashed') &&
      !hidden &&
      !partialFilterExpression &&
      JSON.stringify(collation) === JSON.stringify(usual);
    const column = SESSIONS.indexed.find(one => (IN_MONGO[one] ?? one) === first);
    return {
      name: String(name),
      schema: '',
      column: isUsed ? (column ?? String(first)) : null,
      isHalfMade: false,
      isSorted,
    };
  });
}

/** `… USING btree ("sessionToken")`, as PostgreSQL tells of an index. One by a value that is computed has brackets there. */
const BY_COLUMN = /USING (btree|hash) \("?(\w+)"?(?! COLLATE)[ ,)]/;

async function inPostgres(database: Database): Promise<Index[]> {
  const found = await rowsOf(database);
  const invalid = await invalidOf(
    database.adapter,
    found.map(({ indexname }) => String(indexname)),
  );
  return found.map(({ indexname, schemaname, indexdef }) => {
    const [, method, column] = BY_COLUMN.exec(String(indexdef)) ?? [];
    const isHalfMade = invalid.has(String(indexname));
    const isUsed = !isHalfMade && !/ WHERE /.test(String(indexdef));
    return {
      name: String(indexname),
      schema: String(schemaname),
      column: isUsed ? (column ?? null) : null,
      isHalfMade,
      isSorted: method === 'btree',
    };
  });
}

/** Those of these indexes that PostgreSQL does not use: a `CREATE INDEX CONCURRENTLY` of theirs has failed. */
async function invalidOf(adapter: Database['adapter'], names: string[]): Promise<Set<string>> {
  const table = (fields: Record<string, string>) => ({
    fields: Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }])),
  });
  // PostgreSQL tells of its indexes by tables of its own.
  const broken: Row[] = await adapter.find(
    'pg_index',
    table({ indisvalid: 'Boolean' }),
    { indisvalid: false },
    {},
  );
  if (broken.length === 0) return new Set();
  const ids = new Set(broken.map(({ indexrelid }) => String(indexrelid)));
  const called: Row[] = await adapter.find(
    'pg_class',
    table({ relname: 'String' }),
    { relname: { $in: names } },
    {},
  );
  return new Set(called.filter(({ oid }) => ids.has(String(oid))).map(({ relname }) => String(relname)));
}
