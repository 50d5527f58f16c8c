import type { RevokeReason } from '../../events/events';
import type { Database, Query, Row } from '../../parse-server';
import { factorsWritten, hasOtherFactors, locks } from '../../policy/factors';
import { endAllOfUser } from '../../sessions/end-many';
import type { Access } from '../access';
import { enderOf } from '../ender';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

const USER = '_User';

/** Ends the sessions of users who are deleted or locked, and the others of one whose factors change. */
export const usersRule: Rule = {
  covers: className => className === USER,

  async destroy(access, proceed) {
    const { visit } = access;
    const query = queryOf(access);
    // Within a transaction a read would need a second connection, and other transactions may hold all of them.
    const users =
      typeof query.objectId === 'string'
        ? [query.objectId]
        : idsOf(await read(query, visit.pastGate, ['objectId']));
    const destroyed = await proceed();
    await endSessions('userDeleted', visit, async () => users);
    return destroyed;
  },

  async update(access, proceed) {
    const { visit, data = {} } = access;
    const [, validateOnly] = access.rest;
    const isLock = locks(data);
    const written = factorsWritten(data, visit.runtime.revokeOthersOn);
    if (validateOnly || (!isLock && written.length === 0)) return proceed();
    const before = await read(queryOf(access), visit.pastGate);
    const updated = await proceed();
    if (isLock) {
      await endSessions('userLocked', visit, async () => idsOf(before));
      return updated;
    }
    const byLogIn = visit.caller.kind !== 'session' && visit.caller.kind !== 'master';
    const changed = async (database: Pick<Database, 'find'>) => {
      const now = await read({ objectId: { $in: idsOf(before) } }, database);
      const isChanged = (user: Row) => {
        const old = before.find(({ objectId }) => objectId === user.objectId) ?? {};
        return written.some(factor => hasOtherFactors(old, user, factor, byLogIn));
      };
      return idsOf(now.filter(isChanged));
    };
    await endSessions('factorChange', visit, changed, visit.makers);
    return updated;
  },
};

/** Parse Server may add to the id what must not have changed meanwhile, in terms for updates only. */
const queryOf = ({ query }: Access): Query =>
  typeof query?.objectId === 'string' ? { objectId: query.objectId } : (query ?? {});

const read = (query: Query, rows: Pick<Database, 'find'>, keys?: string[]) =>
  rows.find(USER, query, keys ? { keys } : {});

const idsOf = (users: Row[]) => users.map(({ objectId }) => String(objectId));

/**
 * Ends the sessions of users; in a transaction once it is over. What they end for is done, so a failure stands in the
 * log only.
 * @param users answers their ids.
 * @param except the tokens of the sessions to keep.
 */
async function endSessions(
  ending: RevokeReason,
  visit: Visit,
  users: (database: Pick<Database, 'find'>) => Promise<string[]>,
  except: readonly string[] = [],
): Promise<void> {
  const { runtime, transaction } = visit;
  const by = await enderOf(visit);
  const end = async (database: Pick<Database, 'find'>) => {
    for (const userId of await users(database)) await endAllOfUser(userId, { ending, by }, except, runtime);
  };
  const endOrTell = (database: Pick<Database, 'find'>) =>
    end(database).catch(error =>
      runtime.events.report(`sessions could not be ended (${ending}): ${(error as Error)?.message}`),
    );
  if (transaction) transaction.afterCommit(() => endOrTell(runtime.database));
  else await endOrTell(visit.pastGate);
}
