import type { Query, Row } from '../../parse-server';
import { factorsWritten, hasOtherFactors, locks } from '../../policy/factors';
import { endAllOfUser, type Kept } from '../../sessions/end-many';
import type { Cause } from '../../sessions/endings';
import type { Access } from '../access';
import { enderOf } from '../ender';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

const USER = '_User';

/** Ends the sessions of users who are deleted or locked, and the others of one whose factors change. */
export const usersRule: Rule = {
  covers: className => className === USER,

  async destroy(access, proceed) {
    const users = await usersAt(access);
    const by = await enderOf(access.visit);
    const destroyed = await proceed();
    await endSessions({ ending: 'userDeleted', by }, access.visit, async () => users);
    return destroyed;
  },

  async update(access, proceed) {
    const { visit, data = {} } = access;
    const [, validateOnly] = access.rest;
    const isLock = locks(data);
    const written = factorsWritten(data, visit.runtime.revokeOthersOn);
    if (validateOnly || (!isLock && written.length === 0)) return proceed();
    const by = await enderOf(visit);
    if (isLock) {
      const users = await usersAt(access);
      const locked = await proceed();
      await endSessions({ ending: 'userLocked', by }, visit, async () => users);
      return locked;
    }
    const before = await visit.pastGate.find(USER, queryOf(access), {});
    const updated = await proceed();
    // A log-in writes what it has changed itself, past the permissions of a client.
    const byLogIn = !access.byUser && visit.caller.kind !== 'session' && visit.caller.kind !== 'master';
    const changed = async () => {
      const now = await visit.runtime.database.find(USER, { objectId: { $in: idsOf(before) } }, {});
      const isChanged = (user: Row) => {
        const old = before.find(({ objectId }) => objectId === user.objectId) ?? {};
        return written.some(factor => hasOtherFactors(old, user, factor, byLogIn));
      };
      return idsOf(now.filter(isChanged));
    };
    const kept = { tokens: visit.makers, ids: by.kind === 'session' ? [by.session.objectId] : [] };
    await endSessions({ ending: 'factorChange', by }, visit, changed, kept);
    return updated;
  },
};

/** Parse Server may add to the id what must not have changed meanwhile, in terms for updates only. */
const queryOf = ({ query }: Access): Query =>
  typeof query?.objectId === 'string' ? { objectId: query.objectId } : (query ?? {});

const idsOf = (users: Row[]) => users.map(({ objectId }) => String(objectId));

/**
 * The ids of the users whom an access is about. Within a transaction a read would need a second connection, and other
 * transactions may hold all of them.
 */
async function usersAt(access: Access): Promise<string[]> {
  const query = queryOf(access);
  if (typeof query.objectId === 'string') return [query.objectId];
  return idsOf(await access.visit.pastGate.find(USER, query, { keys: ['objectId'] }));
}

/**
 * Ends the sessions of users; in a transaction once it is over.
 * @param users answers their ids.
 */
async function endSessions(
  cause: Cause,
  visit: Visit,
  users: () => Promise<string[]>,
  kept: Kept = { tokens: [] },
): Promise<void> {
  const { runtime, transaction } = visit;
  const end = async (since?: Date) => {
    for (const userId of await users()) {
      await endAllOfUser(userId, cause, kept, runtime, since);
    }
  };
  const settle = () => runtime.owedEndings.settle(cause.ending, end);
  if (transaction) transaction.afterCommit(settle);
  else await settle();
}
