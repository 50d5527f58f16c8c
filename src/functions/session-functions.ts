import { ErrorCode, invalidSessionError, notFoundError, parseError, restrictedError } from '../errors';
import type { User } from 'parse/node';
import type { SessionEmitter } from '../events/events';
import { OF_KIND } from '../expiry/kind';
import { unexpired } from '../expiry/queries';
import type { FunctionRequest, Query } from '../parse-server';
import { userPointer, type SessionRecord } from '../record';
import type { CallerSessions } from '../sessions/callers';
import type { SessionStore } from '../sessions/store';
import { readParams } from '../params';
import { PARAMS } from './params';
import { PasswordAttempts } from './password-attempts';
import { byLastAccess, toView, type SessionView } from './view';

export interface FunctionDependencies {
  store: SessionStore;
  callers: CallerSessions;
  events: SessionEmitter;
  /** Asks Parse Server whether this is the user's password. @throws 101 when it is not. */
  verifyPassword(user: User, password: string): Promise<{ objectId?: string }>;
  now(): Date;
}

/** How many sessions a list has at most, the caller's own aside. A user could have any number of them. */
const MAX_LISTED = 1000;

export type CloudFunction = (request: FunctionRequest) => Promise<unknown>;

/** Who calls a function: the master key, or a session of its own user. */
type FunctionCaller = { master: true } | { master: false; session: SessionRecord; userId: string };

/**
 * The cloud functions that manage sessions. Each answers 209 without a session, 142 for a wrong parameter and 119 for
 * a change by a restricted session or by the read-only master key.
 */
export function sessionFunctions(dependencies: FunctionDependencies) {
  const { store, callers, events, now } = dependencies;
  const attempts = new PasswordAttempts();

  async function callerOf({ master, user }: FunctionRequest): Promise<FunctionCaller> {
    if (master) return { master: true };
    const token = user?.getSessionToken();
    const session = token ? await callers.live(token) : null;
    if (!session?.userId) throw invalidSessionError();
    return { master: false, session, userId: session.userId };
  }

  async function changingCallerOf(request: FunctionRequest): Promise<FunctionCaller> {
    const caller = await callerOf(request);
    if (caller.master && request.isReadOnly) {
      throw parseError(ErrorCode.OPERATION_FORBIDDEN, 'The read-only master key cannot change sessions.');
    }
    if (!caller.master && caller.session.restricted) {
      events.blocked(caller.session, 'call', request.functionName ?? '');
      throw restrictedError();
    }
    return caller;
  }

  /** The user whose sessions are meant: the caller's own, or for the master key the parameter `userId`. */
  function userOf(caller: FunctionCaller, params: unknown): string {
    if (caller.master) return readParams(PARAMS.ofUser, params).userId;
    readParams(PARAMS.none, params);
    return caller.userId;
  }

  const view = (session: SessionRecord, caller: FunctionCaller): SessionView =>
    toView(session, caller.master ? null : caller.session.objectId, now());

  /** The session with this id, if the caller may manage it. @throws 101 for another user's session as for none. */
  async function manageable(caller: FunctionCaller, objectId: string): Promise<SessionRecord> {
    const [session] = await store.records({ objectId });
    if (!session || (!caller.master && session.userId !== caller.userId)) throw notFoundError();
    return session;
  }

  /**
   * The sessions that were accessed last, then those that never were. It takes two queries, because databases
   * differ in where they sort what is empty.
   */
  async function latest(query: Query): Promise<SessionRecord[]> {
    const accessed = { ...query, lastAccessedAt: { $exists: true } };
    const sessions = await store.records(accessed, { sort: { lastAccessedAt: -1 }, limit: MAX_LISTED });
    const left = MAX_LISTED - sessions.length;
    if (left <= 0) return sessions;
    const never = { ...query, lastAccessedAt: null };
    return [...sessions, ...(await store.records(never, { sort: { updatedAt: -1 }, limit: left }))];
  }

  return {
    async listSessions(request: FunctionRequest): Promise<SessionView[]> {
      const caller = await callerOf(request);
      const user = userPointer(userOf(caller, request.params));
      const onlyRestricted = !caller.master && caller.session.restricted;
      const query = onlyRestricted ? { user, restricted: true } : { user };
      const sessions = await latest(query);
      if (!caller.master && !sessions.some(({ objectId }) => objectId === caller.session.objectId)) {
        sessions.push(...(await store.records({ objectId: caller.session.objectId })));
      }
      return sessions.sort(byLastAccess).map(session => view(session, caller));
    },

    async getSession(request: FunctionRequest): Promise<SessionView | null> {
      const caller = await callerOf(request);
      if (!caller.master) {
        readParams(PARAMS.none, request.params);
        return view(await manageable(caller, caller.session.objectId), caller);
      }
      const { sessionToken } = readParams(PARAMS.byToken, request.params);
      const [session] = await store.records({ sessionToken });
      return session ? view(session, caller) : null;
    },

    async countSessions(request: FunctionRequest): Promise<{ active: number }> {
      const caller = await callerOf(request);
      const user = userPointer(userOf(caller, request.params));
      const onlyRestricted = !caller.master && caller.session.restricted;
      const active = await store.count({
        user,
        ...(onlyRestricted && { restricted: true }),
        ...unexpired(now()),
      });
      return { active };
    },

    async revokeSession(request: FunctionRequest): Promise<{ revoked: 1 }> {
      const caller = await changingCallerOf(request);
      const { objectId } = readParams(PARAMS.byId, request.params);
      const session = await manageable(caller, objectId);
      if (!(await store.revoke(session))) throw notFoundError();
      return { revoked: 1 };
    },

    async revokeOtherSessions(request: FunctionRequest): Promise<{ revoked: number }> {
      const caller = await changingCallerOf(request);
      if (caller.master) {
        const { userId, except } = readParams(PARAMS.exceptOfUser, request.params);
        return { revoked: await store.revokeAllForUser(userId, { except }) };
      }
      readParams(PARAMS.none, request.params);
      const except = caller.session.sessionToken;
      return { revoked: await store.revokeAllForUser(caller.userId, { except }) };
    },

    async revokeSessions(request: FunctionRequest): Promise<{ revoked: number }> {
      const caller = await changingCallerOf(request);
      return { revoked: await store.revokeAllForUser(userOf(caller, request.params)) };
    },

    async createRestrictedSession(request: FunctionRequest): Promise<{
      objectId: string;
      sessionToken: string;
      restricted: true;
      expiresAt: string | null;
    }> {
      const caller = await changingCallerOf(request);
      const { userId: ofUser, ...rest } = request.params;
      const userId = userOf(
        caller,
        caller.master ? { userId: ofUser } : ofUser === undefined ? {} : { userId: ofUser },
      );
      const { name, installationId, expiresIn, scopes } = readParams(PARAMS.createRestricted, rest);
      if (caller.master && !(await store.hasUser(userId))) throw notFoundError();
      const maker = caller.master ? undefined : caller.session;
      const created = await store.createRestricted(
        { userId, name, installationId, expiresIn, scopes },
        maker,
      );
      const { objectId, sessionToken, expiresAt } = created;
      return { objectId, sessionToken, restricted: true, expiresAt: expiresAt?.toISOString() ?? null };
    },

    async renameSession(request: FunctionRequest): Promise<SessionView> {
      const caller = await changingCallerOf(request);
      const { objectId, name } = readParams(PARAMS.rename, request.params);
      const session = await manageable(caller, objectId);
      await store.rename(objectId, name);
      return view({ ...session, name }, caller);
    },

    async confirmPassword(request: FunctionRequest): Promise<{ authenticatedAt: string }> {
      const caller = await changingCallerOf(request);
      if (caller.master || !request.user) throw invalidSessionError();
      const { password } = readParams(PARAMS.confirm, request.params);
      attempts.count(caller.userId);
      const verified = await dependencies.verifyPassword(request.user, password);
      // Parse Server looks the user up by name, and the name may be somebody else's by now.
      if (verified?.objectId !== caller.userId) throw notFoundError();
      attempts.forget(caller.userId);
      const authenticatedAt = now();
      await store.authenticated(caller.session, authenticatedAt);
      callers.forget(caller.session.sessionToken);
      return { authenticatedAt: authenticatedAt.toISOString() };
    },

    async sessionStats(request: FunctionRequest) {
      const caller = await callerOf(request);
      if (!caller.master)
        throw parseError(ErrorCode.OPERATION_FORBIDDEN, 'sessionStats needs the master key.');
      readParams(PARAMS.none, request.params);
      // Never an empty query: PostgreSQL answers that with an estimate.
      const every = { objectId: { $exists: true } };
      const [total, active, restricted, anonymous] = await Promise.all([
        store.count(every),
        store.count(unexpired(now())),
        store.count(OF_KIND.restricted),
        store.count(OF_KIND.anonymous),
      ]);
      return { total, active, expired: total - active, restricted, anonymous };
    },
  } satisfies Record<string, CloudFunction>;
}
