import type { History } from '../history/history';
import type { EndedReason, EndedSessionView, NotedEndedSessionView } from '../history/record';
import type { EnderKind } from '../history/ender';
import { MAX_LISTED, pageParams, readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import { userAndRest, type FunctionCallers } from './function-callers';
import { PARAMS } from './params';
import type { CloudFunction } from './session-functions';

/** What whoever holds the token of a session that is over is told of its end. */
export interface EndedSession {
  reason: EndedReason;
  /** ISO 8601. */
  endedAt: string;
  by: { kind: EnderKind };
}

/** The cloud functions that tell of sessions that are over. */
export function historyFunctions(callers: FunctionCallers, history: History) {
  return {
    /** Anybody may ask, because the session of whoever asks is over. */
    async endedSession({ params }: FunctionRequest): Promise<EndedSession | null> {
      const { sessionToken } = readParams(PARAMS.byToken, params);
      const ended = await history.ofToken(sessionToken);
      return ended && { reason: ended.reason, endedAt: ended.endedAt, by: { kind: ended.by.kind } };
    },

    async listEndedSessions(request: FunctionRequest): Promise<EndedSessionView[] | NotedEndedSessionView[]> {
      const caller = await callers.unrestricted(request);
      const { userId, rest } = userAndRest(caller, request.params);
      const { limit = MAX_LISTED, skip = 0 } = readParams(pageParams, rest);
      const page = { limit, skip };
      return caller.master ? history.notedOfUser(userId, page) : history.ofUser(userId, page);
    },
  } satisfies Record<string, CloudFunction>;
}
