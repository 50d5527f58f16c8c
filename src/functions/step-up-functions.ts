import type { Attempts } from '../attempts/attempts';
import { invalidSessionError } from '../errors';
import { readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import type { SessionRecord } from '../record';
import type { Connection } from '../sessions/connection';
import type { Identity } from '../step-up/identity';
import { authenticated, rotate } from '../step-up/renewal';
import type { FunctionCallers } from './function-callers';
import { PARAMS } from './params';
import type { CloudFunction } from './session-functions';

/** A thief with a session's token must not guess the password, nor the code of a second factor. */
const CONFIRMATIONS = { attempts: 5, within: 15 * 60_000 };

/** A session under a new token. */
export interface RotatedSession {
  sessionToken: string;
  /** ISO 8601; `null`: it does not expire. */
  expiresAt: string | null;
}

interface Dependencies {
  connection: Connection;
  callers: FunctionCallers;
  attempts: Attempts;
  identity: Pick<Identity, 'check'>;
  now(): Date;
}

/** The cloud functions by which a session proves itself anew. */
export function stepUpFunctions({ connection, callers, attempts, identity, now }: Dependencies) {
  const rotated = (sessionToken: string, { expiresAt }: SessionRecord): RotatedSession => ({
    sessionToken,
    expiresAt: expiresAt?.toISOString() ?? null,
  });

  return {
    async confirmIdentity(
      request: FunctionRequest,
    ): Promise<{ authenticatedAt: string } & Partial<RotatedSession>> {
      const caller = await callers.changing(request);
      if (caller.master || !request.user) throw invalidSessionError();
      const { rotate: rotates, ...proof } = readParams(PARAMS.confirm, request.params);
      const what = `confirmIdentity:${caller.userId}`;
      await attempts.count(what, CONFIRMATIONS);
      await identity.check(request.user, proof, request.config);
      await attempts.forget(what);
      const { session } = caller;
      const authenticatedAt = now();
      const answer = { authenticatedAt: authenticatedAt.toISOString() };
      if (rotates)
        return { ...answer, ...rotated(await rotate(session, authenticatedAt, connection), session) };
      await authenticated(session, authenticatedAt, connection);
      return answer;
    },

    /** A restricted or scoped session may do so as well: it becomes no more than it was. */
    async rotateSession(request: FunctionRequest): Promise<RotatedSession> {
      const caller = await callers.of(request);
      if (caller.master) throw invalidSessionError();
      readParams(PARAMS.none, request.params);
      return rotated(await rotate(caller.session, undefined, connection), caller.session);
    },
  } satisfies Record<string, CloudFunction>;
}
