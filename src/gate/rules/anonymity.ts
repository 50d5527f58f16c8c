import {
  endsAnonymity,
  isAnonymous,
  isAnonymousUser,
  mayChangeAnonymity,
  provesAuthenticated,
} from '../../expiry/kind';
import type { Row } from '../../parse-server';
import type { SessionRecord } from '../../record';
import { followUser, readAnonymity } from '../../sessions/anonymity';
import type { Access } from '../access';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

/** Notes whom a request signs up, and has the kind of sessions follow their user: whether he is anonymous. */
export const anonymityRule: Rule = {
  covers: className => className === '_User',

  async create({ visit, data = {}, rest: [validateOnly] }, proceed) {
    const { objectId, authData, _hashed_password: password } = data;
    const created = await proceed();
    const anonymous = isAnonymousUser({ authData, password });
    if (!validateOnly) visit.signedUp.set(String(objectId), { anonymous, hasSession: false });
    return created;
  },

  async update(access, proceed) {
    const { visit, data = {} } = access;
    const [, validateOnly] = access.rest;
    if (validateOnly || !mayChangeAnonymity(data)) return proceed();
    // Where they cannot be read, the update most likely fails, and Parse Server says why.
    const users = await updatedUsers(access).catch((error: Error) => error);
    const updated = await proceed();
    if (users instanceof Error) reportFailure(users, visit);
    else await follow(users, visit, endsAnonymity(data) ? false : undefined);
    return updated;
  },
};

const reportFailure = (error: Error | undefined, { runtime }: Visit) =>
  runtime.events.report(`sessions could not follow their user: ${error?.message}`);

async function updatedUsers({ visit, query }: Access): Promise<string[]> {
  if (typeof query?.objectId === 'string') return [query.objectId];
  const users = await visit.pastGate.find('_User', query ?? {}, { keys: ['objectId'] });
  return users.map(user => String(user.objectId));
}

/**
 * Has the sessions of users follow them; in a transaction once it is over. What they follow is done, so a failure
 * stands in the log only.
 * @param known whether they are anonymous, if that is known.
 */
export async function follow(userIds: readonly string[], visit: Visit, known?: boolean): Promise<void> {
  const { runtime, transaction } = visit;
  const followAll = async () => {
    for (const userId of userIds) {
      const anonymous = known ?? (await readAnonymity(userId, runtime.database));
      if (anonymous !== undefined) await followUser(userId, anonymous, runtime, runtime.now());
    }
  };
  for (const userId of userIds) {
    const signedUp = visit.signedUp.get(userId);
    if (signedUp) signedUp.anonymous = undefined;
  }
  if (transaction) transaction.afterCommit(followAll);
  else {
    await followAll().catch(error => reportFailure(error, visit));
  }
}

/** Has a new session follow its user if he has signed up, by another request, while it was made. */
export async function followMeanwhile({ anonymous, userId }: SessionRecord, visit: Visit): Promise<void> {
  if (!anonymous || !userId || visit.signedUp.get(userId)?.anonymous !== undefined) return;
  if ((await readAnonymity(userId, visit.pastGate)) === false) await follow([userId], visit, false);
}

/** Whether the user of a new session is anonymous; `undefined` for none. */
export async function anonymityOfNew(session: Row, visit: Visit): Promise<boolean | undefined> {
  if (!visit.isServer && provesAuthenticated(session.createdWith)) return false;
  const userId = (session.user as { objectId?: unknown } | null | undefined)?.objectId;
  if (typeof userId !== 'string') return undefined;
  return (
    visit.signedUp.get(userId)?.anonymous ??
    (await readAnonymity(userId, visit.pastGate)) ??
    (await inherited(userId, visit))
  );
}

/** Of a user of whom nothing is known, a session that is made from another one is as anonymous as that. */
async function inherited(userId: string, visit: Visit): Promise<boolean | undefined> {
  if (visit.caller.kind !== 'session' || visit.caller.userId !== userId) return undefined;
  return isAnonymous(await visit.ownSession());
}
