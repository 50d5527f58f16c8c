import type { Database, Row } from '../../parse-server';
import { ENDING_KEYS } from '../../sessions/endings';
import type { Access } from '../access';
import type { Visit } from '../visit';

/**
 * Whether this package ends the sessions that a new one replaces. Parse Server deletes them before the insert, and
 * once more for a session that a client saves: then those of whichever user and installation the client names
 * (`RestWrite.js#destroyDuplicatedSessions` of 9.10.0). Nobody's log-in, and the master key, it may serve so.
 */
const replacesByItself = ({ caller }: Visit) => caller.kind === 'session' || caller.kind === 'user';

/** Whether Parse Server deletes what a new session replaces, where this package does that. */
export const isForestalled = ({ visit, query, byClient }: Access): boolean =>
  !byClient && 'installationId' in (query ?? {}) && replacesByItself(visit);

/** The sessions that a new one is to replace, once it is made: those of its user on its installation. */
export async function replacedBy({ user, installationId }: Row, visit: Visit): Promise<Row[]> {
  const userId = (user as { objectId?: unknown } | null | undefined)?.objectId;
  if (!replacesByItself(visit) || !userId || !installationId) return [];
  return visit.pastGate.find('_Session', { user, installationId }, { keys: ENDING_KEYS });
}

/**
 * Ends what a new session replaces. If that is the session that has made it, the new one takes its place.
 * @param database the request's own, or once a transaction is over the app's.
 */
export async function replace(
  rows: Row[],
  newToken: string,
  visit: Visit,
  database: Pick<Database, 'destroy'>,
): Promise<void> {
  if (rows.length === 0) return;
  const { makers, runtime } = visit;
  if (rows.some(({ sessionToken }) => makers.includes(String(sessionToken)))) makers.push(newToken);
  const replaced = { objectId: { $in: rows.map(({ objectId }) => objectId) } };
  await runtime.endings.end(rows, 'sameInstallation', condition =>
    database.destroy('_Session', { $and: [replaced, condition] }, {}),
  );
}
