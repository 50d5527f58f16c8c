import type { Database } from '../parse-server';
import { classesMissing } from './classes';

/** Which file belongs to which session. */
export const FILE_CLASS = 'ParseSessionFile';
/** The devices that users have had sessions from. */
export const DEVICE_CLASS = 'ParseSessionDevice';

const OWN_CLASSES: ReadonlySet<string> = new Set([FILE_CLASS, DEVICE_CLASS]);
export const isOwnClass = (className: string): boolean => OWN_CLASSES.has(className);

/** Class-level permissions for nobody but the server. */
const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

/** Whether a class of this package exists. Each one is made only when it is needed. */
export const hasOwnClass = async (database: Database, className: string): Promise<boolean> =>
  (await classesMissing(database, [className])).length === 0;

/** Makes a class that no client can read or write, if it does not exist. @param indexed a field to index. */
export async function ensureOwnClass(
  database: Database,
  className: string,
  fieldTypes: Readonly<Record<string, string>>,
  indexed?: string,
): Promise<void> {
  if (await hasOwnClass(database, className)) return;
  const schema = await database.loadSchema();
  const fields = Object.fromEntries(Object.entries(fieldTypes).map(([name, type]) => [name, { type }]));
  await schema.addClassIfNotExists(className, fields, CLOSED).catch(async error => {
    if (!(await hasOwnClass(database, className))) throw error;
  });
  await schema.reloadData({ clearCache: true });
  if (indexed === undefined) return;
  await database.adapter
    .ensureIndex(className, { fields }, [indexed], `${className}_${indexed}`, false, {})
    .catch(error => {
      // Another process has just made it.
      if (error?.code !== '23505' && error?.code !== '42P07') throw error;
    });
}
