import { CommandError } from './failure';
import type { Server } from './server';

/** Whom an operator means. */
export interface MeantUser {
  id: string;
  /** Whether there is such a user. One who was deleted is known by his id only, and something may be kept about him. */
  isThere: boolean;
}

/**
 * The user of this id, else the one of this user name or e-mail address. An id comes first: anybody may choose that of
 * another user for a name.
 * @throws CommandError where it means two.
 */
export async function userOf(server: Server, given: string): Promise<MeantUser> {
  const where = { $or: ['objectId', 'username', 'email'].map(column => ({ [column]: given })) };
  const query = `where=${encodeURIComponent(JSON.stringify(where))}&keys=objectId&limit=3`;
  const { body } = await server.request<{ results?: Array<{ objectId: string }> }>(
    'GET',
    `/classes/_User?${query}`,
  );
  const ids = (body.results ?? []).map(({ objectId }) => objectId);
  if (ids.includes(given)) return { id: given, isThere: true };
  if (ids.length > 1) throw new CommandError(`${given} means ${ids.join(' and ')}: give the id.`);
  return { id: ids[0] ?? given, isThere: ids.length > 0 };
}

/** @throws CommandError for nobody of whom nothing is left: a slip of the pen must not look like a success. */
export function requireUser({ isThere }: MeantUser, isSomethingKept: boolean): void {
  if (!isThere && !isSomethingKept)
    throw new CommandError('There is no such user, and nothing is kept about one of that id.');
}
