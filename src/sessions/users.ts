import type { Database, Row } from '../parse-server';

export const userExists = async (objectId: string, database: Pick<Database, 'find'>): Promise<boolean> =>
  (await database.find('_User', { objectId }, { count: true })) > 0;

const isLocked = ({ ACL }: Row) => ACL !== undefined && Object.keys(ACL as object).length === 0;

const readAcl = (objectId: string, database: Pick<Database, 'find'>) =>
  database.find('_User', { objectId }, { keys: ['ACL'] });

/** Whether the user is locked: nobody but the master key may read or write him (an empty ACL). */
export async function isLockedUser(objectId: string, database: Pick<Database, 'find'>): Promise<boolean> {
  return (await readAcl(objectId, database)).some(isLocked);
}

/** Whether nobody may log in as this user: he is locked, or not there. */
export async function isBarredUser(objectId: string, database: Pick<Database, 'find'>): Promise<boolean> {
  const users = await readAcl(objectId, database);
  return users.length === 0 || users.some(isLocked);
}
