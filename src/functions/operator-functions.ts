import type { DoctorReport } from '../doctor/doctor';
import { ErrorCode, parseError } from '../errors';
import type { ExpiryPolicy } from '../expiry/policy';
import { overviewOf, type SessionOverview } from '../overview/overview';
import { statsOf, type SessionStats } from '../overview/stats';
import { readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import type { ExpiryPreview } from '../preview/preview';
import type { Places } from '../places/places';
import type { Privacy } from '../privacy/kept';
import { search, searchParams } from '../search/search';
import type { Connection } from '../sessions/connection';
import type { SessionStore } from '../sessions/store';
import type { UserData } from '../user-data/user-data';
import { refuseReadOnly, type FunctionCallers } from './function-callers';
import { PARAMS } from './params';
import type { CloudFunction } from './session-functions';
import { toView, type SessionView } from './view';

/** What `sessions` does on the server as well. */
export interface OperatorCalls {
  doctor(): Promise<DoctorReport>;
  preview(policy: ExpiryPolicy): Promise<ExpiryPreview>;
  exportUser(userId: string): Promise<UserData>;
  eraseUser(userId: string): Promise<void>;
}

interface Dependencies {
  calls: OperatorCalls;
  store: SessionStore;
  connection: Pick<Connection, 'database' | 'history' | 'events'>;
  callers: FunctionCallers;
  places: Pick<Places, 'known'>;
  privacy: Privacy;
  now(): Date;
}

/** A session as an operator finds it, and whose it is. */
export interface FoundSessionView extends SessionView {
  /** `null` for a session that is not bound to a user. */
  userId: string | null;
  /** `null` where there is no such user any more. */
  username: string | null;
}

/**
 * The cloud functions by which an operator sees all sessions, and what is kept of users. They are for the master key, those
 * that change nothing also for the read-only one; a session gets 119.
 */
export function operatorFunctions({ calls, store, connection, callers, places, privacy, now }: Dependencies) {
  async function requireMaster(request: FunctionRequest, name: string): Promise<void> {
    if ((await callers.of(request)).master) return;
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, `${name} needs the master key.`);
  }

  return {
    async sessionStats(request: FunctionRequest): Promise<SessionStats> {
      await requireMaster(request, 'sessionStats');
      readParams(PARAMS.none, request.params);
      return statsOf(store, now());
    },

    /** Each list takes a number of statements that does not grow with its days, nor an answer with the sessions. */
    async sessionOverview(request: FunctionRequest): Promise<SessionOverview> {
      await requireMaster(request, 'sessionOverview');
      const { days } = readParams(PARAMS.overview, request.params);
      const overview = await overviewOf(days, { ...connection, store }, now());
      return { readOnly: request.isReadOnly === true, ...overview };
    },

    async sessionDoctor(request: FunctionRequest): Promise<DoctorReport> {
      await requireMaster(request, 'sessionDoctor');
      readParams(PARAMS.none, request.params);
      return calls.doctor();
    },

    async sessionPreview(request: FunctionRequest): Promise<ExpiryPreview> {
      await requireMaster(request, 'sessionPreview');
      return calls.preview(readParams(PARAMS.preview, request.params).expiry);
    },

    async sessionExport(request: FunctionRequest): Promise<UserData> {
      await requireMaster(request, 'sessionExport');
      return calls.exportUser(readParams(PARAMS.ofUser, request.params).userId);
    },

    async sessionErase(request: FunctionRequest): Promise<{ erased: true }> {
      await requireMaster(request, 'sessionErase');
      refuseReadOnly(request);
      await calls.eraseUser(readParams(PARAMS.ofUser, request.params).userId);
      return { erased: true };
    },

    async searchSessions(
      request: FunctionRequest,
    ): Promise<{ results: FoundSessionView[]; next: string | null }> {
      await requireMaster(request, 'searchSessions');
      const wanted = readParams(searchParams, request.params);
      const { sessions, next } = await search(wanted, connection.database, privacy);
      const at = now();
      const results = sessions.map(({ session, username }) => ({
        ...toView(session, null, at, places),
        userId: session.userId,
        username,
      }));
      return { results, next };
    },
  } satisfies Record<string, CloudFunction>;
}
