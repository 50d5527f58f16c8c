import type { Database, Query, Row } from '../parse-server';
import { classesMissing } from './classes';

/** Which file belongs to which session. */
export const FILE_CLASS = 'ParseSessionFile';
/** The devices that users have had sessions from. */
export const DEVICE_CLASS = 'ParseSessionDevice';
/** The records of sessions that ended before their time. */
export const HISTORY_CLASS = 'ParseEndedSession';

/** Parse's `DUPLICATE_VALUE`. */
const EXISTS = 137;

const OWN_CLASSES: ReadonlySet<string> = new Set([FILE_CLASS, DEVICE_CLASS, HISTORY_CLASS]);
export const isOwnClass = (className: string): boolean => OWN_CLASSES.has(className);

/** Class-level permissions for nobody but the server. */
const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

/** Whether a class of this package exists. Each one is made only when it is needed. */
export const hasOwnClass = async (database: Database, className: string): Promise<boolean> =>
  (await classesMissing(database, [className])).length === 0;

/** Makes a class that no client can read or write, and what it lacks of its fields. @param indexed those to index. */
export async function ensureOwnClass(
  database: Database,
  className: string,
  fieldTypes: Readonly<Record<string, string>>,
  indexed: readonly string[] = [],
): Promise<void> {
  const schema = await database.loadSchema();
  const fields = Object.fromEntries(Object.entries(fieldTypes).map(([name, type]) => [name, { type }]));
  if (await hasOwnClass(database, className)) {
    // A version of this package may have made it that kept less.
    const { fields: known } = await schema.getOneSchema(className);
    const missing = Object.entries(fields).filter(([name]) => !known[name]);
    if (missing.length === 0) return;
    for (const [name, type] of missing) await schema.enforceFieldExists(className, name, type, true);
  } else {
    await schema.addClassIfNotExists(className, fields, CLOSED).catch(async error => {
      if (!(await hasOwnClass(database, className))) throw error;
    });
  }
  await schema.reloadData({ clearCache: true });
  for (const field of indexed) {
    await database.adapter
      .ensureIndex(className, { fields }, [field], `${className}_${field}`, false, {})
      .catch(error => {
        // Another process has just made it.
        if (error?.code !== '23505' && error?.code !== '42P07') throw error;
      });
  }
}

/** Adds a row to a class of this package. @returns false when there is one with its id, whoever added it. */
export async function createOnce(
  database: Pick<Database, 'create'>,
  className: string,
  row: Row,
): Promise<boolean> {
  try {
    await database.create(className, row, {});
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === EXISTS) return false;
    throw error;
  }
}

/** Deletes what matches in a class of this package, if it exists. Parse Server answers 101 when that is nothing. */
export async function destroyRows(database: Database, className: string, query: Query): Promise<void> {
  if (!(await hasOwnClass(database, className))) return;
  await database.destroy(className, query, {}).catch(error => {
    if (error?.code !== 101) throw error;
  });
}
