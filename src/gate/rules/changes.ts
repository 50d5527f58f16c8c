import { isDeepStrictEqual } from 'node:util';
import type { Row } from '../../parse-server';
import type { Access } from '../access';

/**
 * What a write changes: without the defaults of the schema, which Parse Server adds to each new object
 * (`RestWrite.js#setRequiredFieldsIfNeeded` of 9.10.0), and without an ACL that the object has already, which an app's
 * `beforeSave` may set each time.
 */
export async function changesOf({ visit, className, operation, query, data = {} }: Access): Promise<Row> {
  if (operation === 'create') {
    const schema = await visit.database.loadSchema();
    // A class that does not exist has no defaults.
    const known = await schema.getOneSchema(className).catch(() => undefined);
    const isDefault = (key: string) => {
      const { defaultValue } = (known?.fields[key] ?? {}) as { defaultValue?: unknown };
      return defaultValue !== undefined && isDeepStrictEqual(data[key], defaultValue);
    };
    return Object.fromEntries(Object.entries(data).filter(([key]) => !isDefault(key)));
  }
  if (operation === 'update' && data.ACL !== undefined && typeof query?.objectId === 'string') {
    const rows = await visit.pastGate.find(className, { objectId: query.objectId }, {});
    const { ACL, ...others } = data;
    if (rows.length > 0 && rows.every(row => isDeepStrictEqual(row.ACL, ACL))) return others;
  }
  return data;
}
