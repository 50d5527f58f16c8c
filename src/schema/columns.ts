import type { Logger, ServerConfig } from '../parse-server';
import { COLUMNS } from '../policy/columns';

/**
 * Every request looks a session up by token, lists go by user, the purge goes by end. Parse Server has an index on
 * none.
 */
const INDEXED = ['sessionToken', 'user', 'expiresAt'] as const;

/** MongoDB: an index with the same keys is there under another name, or with other options. It serves as well. */
const MONGO_SAME_KEYS = 85;
/** MongoDB: an index of the same name is there, with other options, or other keys: then it does not serve. */
const MONGO_SAME_NAME = 86;
/** PostgreSQL: another process has just made this index; `IF NOT EXISTS` does not see it before it is committed. */
const POSTGRES_INDEX_APPEARED = '23505';

/**
 * Adds the columns that are not there yet. Class-level permissions stay as the app made them.
 * @throws Error when the app has a column of that name with another type.
 */
export async function ensureColumns({ database }: ServerConfig): Promise<void> {
  const schema = await database.loadSchema({ clearCache: true });
  await schema.enforceClassExists('_Session');
  const { fields } = await schema.getOneSchema('_Session');
  for (const [name, type] of Object.entries(COLUMNS)) {
    const found = fields[name]?.type;
    if (found !== undefined && found !== type) {
      throw new Error(
        `parse-server-sessions needs the column _Session.${name} as ${type}, and this database has it as ${found}. ` +
          'Rename that column, or delete it.',
      );
    }
    // Without the last argument Parse Server would wipe the app's own field options (`required`, `defaultValue`).
    await schema.enforceFieldExists('_Session', name, { type }, true);
  }
  await schema.reloadData({ clearCache: true });
}

type IndexContext = Pick<ServerConfig, 'database'> & { loggerController: Pick<Logger, 'warn'> };

/**
 * Makes the indexes that are not there yet.
 * @throws Error when the database refuses one.
 */
export async function ensureIndexes({ database, loggerController: log }: IndexContext): Promise<void> {
  const schema = await database.loadSchema();
  const { fields } = await schema.getOneSchema('_Session');
  for (const field of INDEXED) {
    const make = () =>
      database.adapter.ensureIndex('_Session', { fields }, [field], `_Session_${field}`, false, {});
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
          `parse-server-sessions: the index _Session_${field} is there with other keys or options than this package ` +
            `would give it. Make sure that it is on ${field}.`,
        );
        continue;
      }
      throw new Error(
        `parse-server-sessions could not make the index on _Session.${field} (${(error as Error).message}). ` +
          'Make the indexes yourself, as the README tells, and set the option indexes: false.',
        { cause: error },
      );
    }
  }
}
