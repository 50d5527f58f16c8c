import type { Database } from '../parse-server';

export const userExists = async (objectId: string, database: Pick<Database, 'find'>): Promise<boolean> =>
  (await database.find('_User', { objectId }, { count: true })) > 0;

/** Whether the user is locked: nobody but the master key may read or write him (an empty ACL). */
export async function isLockedUser(objectId: string, database: Pick<Database, 'find'>): Promise<boolean> {
  const [user] = await database.find('_User', { objectId }, { keys: ['ACL'] });
  return user?.ACL !== undefined && Object.keys(user.ACL as object).length === 0;
}
