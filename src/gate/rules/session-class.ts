import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import { sessionCreated } from '../../events/created';
import type { RevokeReason } from '../../events/events';
import { chosenEnd } from '../../expiry/policy';
import type { Database, DatabaseOptions, Query, Row } from '../../parse-server';
import { rootOf } from '../../policy/keys';
import {
  isCreatedByClient,
  isMadeFromAnother,
  mayChangeForEver,
  mayCreateWithKeys,
  mayUpdateKeys,
} from '../../policy/session-class';
import { toDate, toParseDate, toSessionRecord, type SessionRecord } from '../../record';
import { ENDING_KEYS, type Destroy } from '../../sessions/endings';
import type { Rule } from '../rule';
import type { Visit } from '../visit';
import { stamp } from './new-session';
import { findForClient, findForServer } from './session-reads';

const SESSION = '_Session';

/** How often sessions that appear while others end are looked for: a user may go on logging in. */
const MAX_ROUNDS = 10;

/** Columns by which a session is judged; only the server and the master key write them. */
const JUDGED: ReadonlySet<string> = new Set([
  'user',
  'restricted',
  'scopes',
  'expiresAt',
  'fixedExpiry',
  'expiresBy',
  'invalidatedAt',
  'authenticatedAt',
]);

/** The rules of the `_Session` class. */
export const sessionClassRule: Rule = {
  covers: ({ className }) => className === SESSION,

  async validateObject({ visit, query, data, byClient }, proceed) {
    if (query) {
      if (byClient) enforce(mayUpdateKeys(data ?? {}));
    } else await judgeCreation(visit, data ?? {});
    return proceed();
  },

  async create(access, proceed) {
    const { visit } = access;
    const { runtime, pastGate, transaction } = visit;
    if (visit.caller.kind === 'unknown') await judgeCreation(visit, access.data ?? {});
    const session = stamp(access.data ?? {}, visit);
    await inheritEnd(session, visit);
    access.data = session;
    const record = toSessionRecord(session);
    await runtime.limits.beforeCreate(record, pastGate, transaction);
    const created = await proceed();
    await runtime.limits.afterCreate(record, pastGate);
    // Whoever logs out everywhere ends the sessions, too, that one of his sessions makes meanwhile.
    const isOrphaned = isMadeFromAnother(session.createdWith) && makerIsGone(visit);
    if (isOrphaned && (await isOrphaned(pastGate))) {
      await pastGate.destroy(SESSION, { objectId: record.objectId }, {});
      throw invalidSessionError();
    }
    visit.ownTokens.add(record.sessionToken);
    if (!visit.isServer && isCreatedByClient(session.createdWith)) visit.show(session);
    if (!transaction) sessionCreated(record, runtime);
    else {
      transaction.afterCommit(async () => {
        // Before the commit a revocation cannot see the new one.
        if (!isOrphaned || !(await isOrphaned(runtime.database))) return sessionCreated(record, runtime);
        await runtime.database.destroy(SESSION, { objectId: record.objectId }, {});
      });
    }
    return created;
  },

  async update(access, proceed) {
    const { visit, byClient } = access;
    const query = access.query ?? {};
    const data = access.data ?? {};
    if (byClient) enforce(mayUpdateKeys(data));
    const keys = Object.keys(data).map(rootOf);
    const rows = keys.some(key => JUDGED.has(key)) ? await visit.pastGate.find(SESSION, query, {}) : [];
    const sessions = rows.map(toSessionRecord);
    // `extendSessionOnUse` knows nothing of ends that were chosen. It is at work, too, where no door has told who asks.
    const isRenewal = visit.caller.kind !== 'master' && !byClient && keys.includes('expiresAt');
    const condition = isRenewal
      ? { fixedExpiry: null, expiresBy: null, invalidatedAt: null }
      : setOnce(sessions, data, keys);
    if (condition) access.query = { $and: [query, condition] };
    if (!isRenewal && keys.includes('expiresAt')) access.data = chosenAnew(data, sessions);
    const updated = await proceed();
    // What the guard remembers of these sessions is over.
    for (const { sessionToken } of sessions) visit.runtime.callers.forget(sessionToken);
    return updated;
  },

  find: (access, proceed) =>
    access.byClient ? findForClient(access, proceed) : findForServer(access, proceed),

  // Parse Server leaves deleted tokens in its cache after a password change and a login from the same installation,
  // and cannot find the token to clear once clients do not see it.
  async destroy(access, proceed) {
    const { visit, options } = access;
    const { runtime, pastGate, transaction } = visit;
    const query = access.query ?? {};
    const destroy: Destroy = condition => {
      access.query = { $and: [query, condition] };
      return proceed();
    };
    let result: unknown;
    // Until none is left: one of a user's sessions may have been making another one meanwhile.
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
      const rows = await pastGate.find(SESSION, query, { keys: ENDING_KEYS });
      if (rounds > 0 && rows.length === 0) break;
      const reason = reasonOf(query, options, visit, rows);
      const answer = await runtime.endings.end(rows, reason, destroy, transaction);
      result = rounds === 0 ? answer : result;
      if (transaction || !('user' in query)) break;
    }
    return result;
  },
};

/** Whether a client may create a session with what it sent. Parse Server's own log-ins name themselves otherwise. */
async function judgeCreation(visit: Visit, data: Row): Promise<void> {
  if (visit.caller.kind === 'master' || !isCreatedByClient(data.createdWith)) return;
  if (visit.caller.kind === 'unknown') throw invalidSessionError();
  enforce(mayCreateWithKeys(data));
  // Parse Server checks this permission only after it has inserted the row, as master.
  const aclGroup = await visit.aclGroup();
  if (aclGroup) (await visit.database.loadSchema()).validatePermission(SESSION, aclGroup, 'create');
}

/** Tells whether the session that makes another one is gone; `undefined` where none makes it. */
function makerIsGone({ caller }: Visit) {
  if (caller.kind !== 'session') return undefined;
  return async (rows: Pick<Database, 'find'>) =>
    (await rows.find(SESSION, { sessionToken: caller.token }, { count: true })) === 0;
}

/** A revocable session that is upgraded once more gets no longer life by it, nor another kind. */
async function inheritEnd(session: Row, visit: Visit): Promise<void> {
  const createdWith = session.createdWith as { action?: string } | undefined;
  if (visit.caller.kind !== 'session' || createdWith?.action !== 'upgrade') return;
  const { expiryOfNew, now } = visit.runtime;
  const upgraded = await visit.ownSessionNow();
  const { expiresAt, createdWith: former } = upgraded;
  if (former?.authProvider) session.createdWith = { ...createdWith, authProvider: former.authProvider };
  if (!expiryOfNew(upgraded, now()) && !chosenEnd(upgraded)) return;
  const end = chosenEnd(upgraded) ?? expiresAt;
  if (end) Object.assign(session, { expiresAt: toParseDate(end), fixedExpiry: toParseDate(end) });
}

/** What not even the master key changes: the user, once there is one, and the end of an invalidated session. */
function setOnce(sessions: SessionRecord[], data: Row, keys: string[]): Query | undefined {
  for (const session of sessions) enforce(mayChangeForEver(session, data));
  // Two requests may bind an unbound session at the same time.
  const binds = keys.includes('user') && sessions.some(({ userId }) => userId === null);
  return binds ? { user: null } : undefined;
}

/** The master key chooses another end than the one that was chosen before: a fixed one stays fixed. */
function chosenAnew(data: Row, sessions: SessionRecord[]): Row {
  if (!sessions.some(chosenEnd)) return data;
  const isFixed = sessions.some(({ fixedExpiry }) => fixedExpiry) && toDate(data.expiresAt) !== null;
  const none = { __op: 'Delete' };
  return { ...data, expiresBy: none, fixedExpiry: isFixed ? data.expiresAt : none };
}

/** Why Parse Server deletes sessions: it does not say, but each of its ways asks in its own form. */
function reasonOf(
  query: Query,
  options: DatabaseOptions | undefined,
  { caller }: Visit,
  rows: Row[],
): RevokeReason {
  if (options?.acl !== undefined) return 'revoked';
  if ('installationId' in query) return 'sameInstallation';
  if ('user' in query) return 'passwordChange';
  const isOwn = caller.kind === 'session' && rows[0]?.sessionToken === caller.token;
  return isOwn ? 'logout' : 'revoked';
}
