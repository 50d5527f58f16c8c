import { notFoundError } from '../errors';
import { unexpired } from '../expiry/queries';
import { BY_MASTER, bySession } from '../history/ender';
import { textOf } from '../in-messages';
import type { FunctionRequest, Query } from '../parse-server';
import type { Places } from '../places/places';
import { userPointer, type SessionRecord } from '../record';
import type { Connection } from '../sessions/connection';
import { endAllOfUser, endWhere, type Kept } from '../sessions/end-many';
import type { Cause } from '../sessions/endings';
import { logNote } from '../sessions/note';
import type { SessionStore } from '../sessions/store';
import { MAX_LISTED, pageParams, readParams } from '../params';
import {
  noteAndRest,
  userAndRest,
  userOf,
  type FunctionCaller,
  type FunctionCallers,
} from './function-callers';
import { PARAMS } from './params';
import { byLastAccess, toView, type SessionView } from './view';

export interface FunctionDependencies {
  store: SessionStore;
  /** What ends sessions. */
  connection: Connection;
  callers: FunctionCallers;
  places: Pick<Places, 'known'>;
  now(): Date;
}

/** Why the sessions end that a caller revokes. */
const revokedBy = (caller: FunctionCaller, note: string | undefined): Cause => ({
  ending: 'revoked',
  by: caller.master ? BY_MASTER : bySession(caller.session, caller.userAgent),
  note,
});

export type CloudFunction = (request: FunctionRequest) => Promise<unknown>;

/**
 * The cloud functions that manage sessions. Each answers 209 without a session, 142 for a wrong parameter and 119 for
 * a change by a restricted session or by the read-only master key.
 */
export function sessionFunctions(dependencies: FunctionDependencies) {
  const { store, connection, callers, places, now } = dependencies;
  const log = connection.config.loggerController;

  const view = (session: SessionRecord, caller: FunctionCaller): SessionView =>
    toView(session, caller.master ? null : caller.session.objectId, now(), places);

  /** The session with this id, if the caller may manage it. @throws 101 for another user's session as for none. */
  async function manageable(caller: FunctionCaller, objectId: string): Promise<SessionRecord> {
    const [session] = await store.records({ objectId });
    if (!session || (!caller.master && session.userId !== caller.userId)) throw notFoundError();
    return session;
  }

  /**
   * A part of the user's sessions, last accessed first. One without a last access stands where its last update is. It
   * takes two queries, because databases differ in where they sort what is empty. Few sessions have no last access: those
   * that are older than this package and have not been used since.
   */
  async function latest(query: Query, skip: number, limit: number): Promise<SessionRecord[]> {
    // Sessions of the same time keep an order, so that no two pages hold the same one.
    const never = await store.records(
      { ...query, lastAccessedAt: null },
      { sort: { updatedAt: -1, objectId: 1 }, limit: skip + limit },
    );
    // So many of the accessed ones come before the page in any case.
    const before = Math.max(0, skip - never.length);
    const accessed = await store.records(
      { ...query, lastAccessedAt: { $exists: true } },
      { sort: { lastAccessedAt: -1, objectId: 1 }, skip: before, limit: skip + limit - before },
    );
    return [...accessed, ...never].sort(byLastAccess).slice(skip - before, skip - before + limit);
  }

  /** Ends the sessions of a user, but for that with the token `except`. */
  async function revokeAll(userId: string, cause: Cause, kept: Kept = { tokens: [] }) {
    const revoked = await endAllOfUser(userId, cause, kept, connection);
    logNote(cause.note, `${revoked} sessions of the user ${textOf(userId)}`, cause.by, log);
    return { revoked };
  }

  return {
    async listSessions(request: FunctionRequest): Promise<SessionView[]> {
      const caller = await callers.of(request);
      const { userId, rest } = userAndRest(caller, request.params);
      const { limit, skip } = readParams(pageParams, rest);
      const user = userPointer(userId);
      const onlyRestricted = !caller.master && caller.session.restricted;
      const query = onlyRestricted ? { user, restricted: true } : { user };
      const sessions = await latest(query, skip ?? 0, limit ?? MAX_LISTED);
      // Whoever does not turn pages finds his own session in any case.
      const isWhole = limit === undefined && skip === undefined;
      if (
        isWhole &&
        !caller.master &&
        !sessions.some(({ objectId }) => objectId === caller.session.objectId)
      ) {
        sessions.push(...(await store.records({ objectId: caller.session.objectId })));
      }
      return sessions.map(session => view(session, caller));
    },

    async getSession(request: FunctionRequest): Promise<SessionView | null> {
      const caller = await callers.of(request);
      if (!caller.master) {
        readParams(PARAMS.none, request.params);
        return view(await manageable(caller, caller.session.objectId), caller);
      }
      const { sessionToken } = readParams(PARAMS.byToken, request.params);
      const [session] = await store.records({ sessionToken });
      return session ? view(session, caller) : null;
    },

    async countSessions(request: FunctionRequest): Promise<{ active: number }> {
      const caller = await callers.of(request);
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
      const caller = await callers.changing(request);
      const { note, rest } = noteAndRest(caller, request.params);
      const { objectId } = readParams(PARAMS.byId, rest);
      const session = await manageable(caller, objectId);
      const cause = revokedBy(caller, note);
      const ended = await endWhere({ objectId: session.objectId }, cause, connection);
      if (ended === 0) throw notFoundError();
      logNote(note, `the session ${session.objectId} of the user ${session.userId}`, cause.by, log);
      return { revoked: 1 };
    },

    async revokeOtherSessions(request: FunctionRequest): Promise<{ revoked: number }> {
      const caller = await callers.changing(request);
      const { note, rest } = noteAndRest(caller, request.params);
      const cause = revokedBy(caller, note);
      if (caller.master) {
        const { userId, except } = readParams(PARAMS.exceptOfUser, rest);
        return revokeAll(userId, cause, { tokens: except ? [except] : [] });
      }
      readParams(PARAMS.none, rest);
      const { sessionToken, objectId } = caller.session;
      return revokeAll(caller.userId, cause, { tokens: [sessionToken], ids: [objectId] });
    },

    async revokeSessions(request: FunctionRequest): Promise<{ revoked: number }> {
      const caller = await callers.changing(request);
      const { note, rest } = noteAndRest(caller, request.params);
      return revokeAll(userOf(caller, rest), revokedBy(caller, note));
    },

    async createRestrictedSession(request: FunctionRequest): Promise<{
      objectId: string;
      sessionToken: string;
      restricted: true;
      expiresAt: string | null;
    }> {
      const caller = await callers.changing(request);
      const { userId, rest } = userAndRest(caller, request.params);
      const maker = caller.master ? undefined : caller.session;
      const created = await store.createRestricted(userId, rest, maker);
      const { objectId, sessionToken, restricted, expiresAt } = created;
      return { objectId, sessionToken, restricted, expiresAt: expiresAt?.toISOString() ?? null };
    },

    async renameSession(request: FunctionRequest): Promise<SessionView> {
      const caller = await callers.changing(request);
      const { objectId, name } = readParams(PARAMS.rename, request.params);
      const session = await manageable(caller, objectId);
      await store.rename(session, name);
      return view({ ...session, name }, caller);
    },
  } satisfies Record<string, CloudFunction>;
}
