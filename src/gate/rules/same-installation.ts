import type { Database, Row } from '../../parse-server';
import { destroyById, ENDING_KEYS } from '../../sessions/endings';
import type { Access } from '../access';
import { enderOf } from '../ender';
import type { Visit } from '../visit';

/**
 * Whether this package ends the sessions that a new one replaces. Parse Server deletes them before the insert, and
 * once more for a session that a client saves: then those of whichever user and installation the client names
 * (`RestWrite.js#destroyDuplicatedSessions` of 9.10.0). It still does so for the log-in of a client without a
 * session, and for the master key.
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
 * Ends what a new session replaces. If that is the session that has made it, the new one takes its place. An upgrade
 * may still fail (on PostgreSQL it does, where no user ever had a token of the time before): then the client never
 * gets the new token, so what he has stays until he does.
 * @param database the request's own, or once a transaction is over the app's.
 */
export async function replace(
  rows: Row[],
  { sessionToken, createdWith }: Row,
  visit: Visit,
  database: Pick<Database, 'destroy'>,
): Promise<void> {
  if (rows.length === 0) return;
  const newToken = String(sessionToken);
  const { makers, upgrades, runtime } = visit;
  const by = await enderOf(visit);
  const end = async () => {
    if (rows.some(row => makers.includes(String(row.sessionToken)))) makers.push(newToken);
    await runtime.endings.end(rows, { ending: 'sameInstallation', by }, destroyById(rows, database));
  };
  if ((createdWith as { action?: string } | undefined)?.action === 'upgrade') upgrades.set(newToken, end);
  else await end();
}

/**
 * Ends what an upgrade replaces, once Parse Server has read the new session for the client, its last step
 * (`SessionsRouter.js#handleUpdateToRevocableSession` of 9.10.0).
 * @param rows what the client is about to see.
 */
export async function upgradeTold(rows: unknown, { upgrades }: Visit): Promise<void> {
  if (upgrades.size === 0 || !Array.isArray(rows)) return;
  for (const { sessionToken } of rows as Row[]) {
    const end = upgrades.get(String(sessionToken));
    upgrades.delete(String(sessionToken));
    await end?.();
  }
}
