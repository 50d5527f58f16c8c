import type { Database, Row } from '../parse-server';

export const userExists = async (objectId: string, database: Pick<Database, 'find'>): Promise<boolean> =>
  (await database.find('_User', { objectId }, { count: true })) > 0;

/** Whether nobody but the master key may read or write a user (an empty ACL). */
export const isLocked = ({ ACL }: Row) => ACL !== undefined && Object.keys(ACL as object).length === 0;

/** Whether nobody may log in as this user: he is locked, or not there. */
export async function isBarredUser(objectId: string, database: Pick<Database, 'find'>): Promise<boolean> {
  const users = await database.find('_User', { objectId }, { keys: ['ACL'] });
  return users.length === 0 || users.some(isLocked);
}
