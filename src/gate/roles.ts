import type { Database, Row } from '../parse-server';
import { userPointer } from '../record';

const pointerTo = ({ objectId }: Row) => ({ __type: 'Pointer', className: '_Role', objectId });

/**
 * The roles of a user, and those that they are a part of, as permissions name them (`Auth.js#_loadRoles` of 9.10.0). It
 * is asked where Parse Server's cache has none: it may be away, or none at all.
 */
export async function readRoles(userId: string, database: Pick<Database, 'find'>): Promise<string[]> {
  const names = new Map<unknown, string>();
  let rows: Row[] = await database.find('_Role', { users: userPointer(userId) });
  while (rows.length > 0) {
    const added = rows.filter(({ objectId }) => !names.has(objectId));
    for (const { objectId, name } of added) names.set(objectId, `role:${String(name)}`);
    rows = added.length > 0 ? await database.find('_Role', { roles: { $in: added.map(pointerTo) } }) : [];
  }
  return [...names.values()];
}
