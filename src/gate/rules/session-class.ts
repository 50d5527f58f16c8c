import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import { sessionCreated } from '../../events/created';
import type { RevokeReason } from '../../events/events';
import type { Database, DatabaseOptions, Query, Row } from '../../parse-server';
import { rootOf } from '../../policy/keys';
import {
  isCreatedByClient,
  isMadeAtSignUp,
  isMadeFromAnother,
  mayChangeForEver,
  mayCreateWith,
  mayUpdateKeys,
} from '../../policy/session-class';
import { toSessionRecord, type SessionRecord } from '../../record';
import { ENDING_KEYS, type Destroy } from '../../sessions/endings';
import { forgetSessions } from '../../sessions/forget';
import { isBarredUser } from '../../sessions/users';
import { enderOf } from '../ender';
import type { Rule } from '../rule';
import type { Visit } from '../visit';
import { follow, followMeanwhile } from './anonymity';
import { boundByMaker, chosenAnew, inheritEnd } from './chosen-ends';
import { stamp } from './new-session';
import { isOvertaken, noteOwnEnd } from './password-change';
import { isForestalled, replace, replacedBy, upgradeTold } from './same-installation';
import { findForClient, findForServer } from './session-reads';

const SESSION = '_Session';

/** How many times sessions are looked for that appeared while others ended: a user may log in again and again. */
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
  covers: className => className === SESSION,

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
    const session = await stamp(access.data ?? {}, visit);
    await inheritEnd(session, visit);
    await boundByMaker(session, visit);
    access.data = session;
    const record = toSessionRecord(session);
    const replaced = await replacedBy(session, visit);
    const replacedIds = replaced.map(row => String(row.objectId));
    await runtime.limits.beforeCreate(record, pastGate, replacedIds, transaction);
    const created = await proceed();
    await runtime.limits.afterCreate(record, pastGate, replacedIds);
    // The user may have logged out everywhere while one of his sessions was making this one. Then that one is
    // gone, and this one has to go as well.
    const isFromAnother = visit.caller.kind === 'session' && isMadeFromAnother(session.createdWith);
    const isOrphaned = async (rows: Pick<Database, 'find'>) =>
      isOvertaken(record, visit) ||
      (isFromAnother ? visit.makersAreGone(rows) : isLateLogIn(record, visit, rows));
    if (await isOrphaned(pastGate)) {
      await pastGate.destroy(SESSION, { objectId: record.objectId }, {});
      throw invalidSessionError();
    }
    visit.ownTokens.add(record.sessionToken);
    if (!visit.isServer && isCreatedByClient(session.createdWith)) visit.show(session);
    const signUp = isMadeAtSignUp(record.createdWith, visit.isFirstSessionOf(record.userId));
    const isMade = async (database: Pick<Database, 'destroy'>) => {
      await replace(replaced, session, visit, database);
      await followMeanwhile(record, visit);
      sessionCreated(record, signUp, runtime);
    };
    if (!transaction) await isMade(pastGate);
    else {
      transaction.afterCommit(async () => {
        const { database } = runtime;
        // A revocation before the commit could not see the new session.
        if (!(await isOrphaned(database))) return isMade(database);
        await database.destroy(SESSION, { objectId: record.objectId }, {});
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
    // Parse Server renews (`Auth.js#renewSessionIfNeeded` of 9.10.0) without knowing of ends that were chosen.
    const isRenewal = visit.caller.kind !== 'master' && !byClient && keys.includes('expiresAt');
    const condition = isRenewal
      ? { fixedExpiry: null, expiresBy: null, invalidatedAt: null }
      : setOnce(sessions, data, keys);
    if (condition) access.query = { $and: [query, condition] };
    if (!isRenewal && keys.includes('expiresAt')) access.data = chosenAnew(data, sessions, visit.runtime);
    const updated = await proceed();
    const { objectId: userId } = (data.user ?? {}) as { objectId?: string };
    if (keys.includes('user') && userId) await follow([userId], visit);
    // What is cached of these sessions is no longer true.
    const tokens = sessions.map(({ sessionToken }) => sessionToken);
    if (isRenewal) tokens.forEach(token => visit.runtime.callers.forget(token));
    else if (visit.transaction) visit.transaction.afterCommit(() => forgetSessions(tokens, visit.runtime));
    else await forgetSessions(tokens, visit.runtime);
    return updated;
  },

  async find(access, proceed) {
    if (!access.byClient) return findForServer(access, proceed);
    const rows = await findForClient(access, proceed);
    await upgradeTold(rows, access.visit);
    return rows;
  },

  // Parse Server leaves the tokens of deleted sessions in its cache after a password change and after a login from
  // the same installation (`RestWrite.js#handleFollowup` and `#destroyDuplicatedSessions` of 9.10.0). After a
  // client's delete it clears the token that the client sees (`rest.js#del`), and clients see no foreign one.
  async destroy(access, proceed) {
    if (isForestalled(access)) return {};
    const { visit, options } = access;
    const { runtime, pastGate, transaction } = visit;
    const query = access.query ?? {};
    const destroy: Destroy = condition => {
      access.query = { $and: [query, condition] };
      return proceed();
    };
    const by = await enderOf(visit);
    let result: unknown;
    // Goes on until none is left: one of the user's sessions may have made another one meanwhile.
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
      const rows = await pastGate.find(SESSION, query, { keys: ENDING_KEYS });
      if (rounds > 0 && rows.length === 0) break;
      const reason = reasonOf(query, options, visit, rows);
      if (rounds === 0 && reason === 'passwordChange') noteOwnEnd(rows, visit);
      const answer = await runtime.endings.end(rows, { ending: reason, by }, destroy, transaction);
      result = rounds === 0 ? answer : result;
      if (transaction || !('user' in query)) break;
    }
    return result;
  },
};

/**
 * Whether a user logs in who was locked or deleted meanwhile. Parse Server has looked at him before it compared the
 * password, and that takes a while.
 */
const isLateLogIn = async ({ userId }: SessionRecord, visit: Visit, rows: Pick<Database, 'find'>) =>
  userId !== null && !visit.isServer && !visit.signedUp.has(userId) && (await isBarredUser(userId, rows));

/**
 * Judges what a client sent for a new session. Log-ins by Parse Server itself have another `createdWith`, and
 * pass.
 */
async function judgeCreation(visit: Visit, data: Row): Promise<void> {
  if (visit.caller.kind === 'master' || !isCreatedByClient(data.createdWith)) return;
  if (visit.caller.kind === 'unknown') throw invalidSessionError();
  enforce(mayCreateWith(data));
  // Parse Server inserts the row as master before it checks this permission (`RestWrite.js#handleSession` and
  // `#validateCreatePermission` of 9.10.0).
  const aclGroup = await visit.aclGroup();
  if (aclGroup) (await visit.database.loadSchema()).validatePermission(SESSION, aclGroup, 'create');
}

/**
 * Refuses what not even the master key may change: a session's user, and the end of an invalidated session.
 * @returns a condition for the update; `undefined` for none.
 */
function setOnce(sessions: SessionRecord[], data: Row, keys: string[]): Query | undefined {
  for (const session of sessions) enforce(mayChangeForEver(session, data));
  // Two requests may bind a session without a user at the same time. Only one of them may match.
  const binds = keys.includes('user') && sessions.some(({ userId }) => userId === null);
  return binds ? { user: null } : undefined;
}

/**
 * Why Parse Server deletes sessions. It does not say, but each of its ways (9.10.0) has its own query: the
 * client's delete has permissions, `RestWrite.js#destroyDuplicatedSessions` names an installation,
 * `#handleFollowup` after a password change the user only, `UsersRouter.js#handleLogOut` the caller's session.
 */
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
