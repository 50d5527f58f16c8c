import { docs } from '../docs';
import type { Logger, SchemaController, ServerConfig } from '../parse-server';
import { COLUMNS } from '../policy/columns';

/** What this package needs of a class. */
export interface NeededClass {
  className: string;
  /** The types of columns, by name. */
  columns: Readonly<Record<string, string>>;
  /** The columns that have an index. */
  indexed: readonly string[];
}

/**
 * Every request looks a session up by token, lists go by user, the purge goes by end. Parse Server has an index on
 * none.
 */
export const SESSIONS: NeededClass = {
  className: '_Session',
  columns: COLUMNS,
  indexed: ['sessionToken', 'user', 'expiresAt'],
};

/** MongoDB: an index with the same keys is there under another name, or with other options. It serves as well. */
const MONGO_SAME_KEYS = 85;
/** MongoDB: an index of the same name is there, with other options, or other keys: then it does not serve. */
const MONGO_SAME_NAME = 86;
/** PostgreSQL: another process has just made this index; `IF NOT EXISTS` does not see it before it is committed. */
const POSTGRES_INDEX_APPEARED = '23505';

/**
 * Adds the columns of `_Session` that are not there yet. Class-level permissions stay as the app made them.
 * @throws Error when the app has a column of that name with another type.
 */
export async function ensureColumns({ database }: Pick<ServerConfig, 'database'>): Promise<void> {
  const schema = await database.loadSchema({ clearCache: true });
  await schema.enforceClassExists('_Session');
  await addColumns(schema, SESSIONS);
  await schema.reloadData({ clearCache: true });
}

/**
 * Adds the columns of a class that are not there yet.
 * @returns whether there were any.
 * @throws Error when one is there with another type.
 */
export async function addColumns(
  schema: SchemaController,
  { className, columns }: NeededClass,
): Promise<boolean> {
  const { fields } = await schema.getOneSchema(className);
  const missing: string[] = [];
  for (const [name, type] of Object.entries(columns)) {
    const found = fields[name]?.type;
    if (found === undefined) missing.push(name);
    else if (found !== type) throw otherType(`${className}.${name}`, type, found);
  }
  for (const name of missing) {
    // Without the last argument Parse Server would wipe the app's own field options (`required`, `defaultValue`), should
    // the column be there by now.
    await schema.enforceFieldExists(className, name, { type: columns[name]! }, true);
  }
  return missing.length > 0;
}

const otherType = (column: string, needed: string, found: string) =>
  new Error(
    `parse-server-sessions needs the column ${column} as ${needed}, and this database has it as ${found}. ` +
      `Rename that column, or delete it. See ${docs('errors', 'column-of-another-type')}`,
  );

export type IndexContext = Pick<ServerConfig, 'database'> & { loggerController: Pick<Logger, 'warn'> };

/**
 * Makes the indexes of a class that are not there yet.
 * @throws Error when the database refuses one.
 */
export async function ensureIndexes(
  { database, loggerController: log }: IndexContext,
  { className, indexed }: NeededClass = SESSIONS,
): Promise<void> {
  const schema = await database.loadSchema();
  const { fields } = await schema.getOneSchema(className);
  for (const field of indexed) {
    const name = `${className}_${field}`;
    const make = () => database.adapter.ensureIndex(className, { fields }, [field], name, false, {});
    try {
      await make().catch(error => {
        if (error.code !== POSTGRES_INDEX_APPEARED) throw error;
        return make();
      });
    } catch (error) {
      const { code } = error as { code?: number };
      if (code === MONGO_SAME_KEYS) continue;
      if (code === MONGO_SAME_NAME) {
        log.warn(
          `parse-server-sessions: the index ${name} is there with other keys or options than this package ` +
            `would give it. Make sure that it is on ${field}.`,
        );
        continue;
      }
      throw new Error(
        `parse-server-sessions could not make the index on ${className}.${field} (${(error as Error).message}). ` +
          `Make the indexes yourself, and set the option indexes: false. See ${docs('errors', 'index-not-made')}`,
        { cause: error },
      );
    }
  }
}
