import { ErrorCode } from './errors';
import type { Database, Query, Row } from './parse-server';

/**
 * Updates the object that meets a condition, in one step: of several that want to change the same object from the same
 * state, one does.
 * @returns whether there was such an object.
 */
export async function updateIf(
  database: Pick<Database, 'update'>,
  className: string,
  query: Query,
  data: Row,
): Promise<boolean> {
  try {
    await database.update(className, query, data, {});
    return true;
  } catch (error) {
    // So Parse Server answers where nothing matches.
    if ((error as { code?: unknown }).code === ErrorCode.OBJECT_NOT_FOUND) return false;
    throw error;
  }
}
