import { ErrorCode, invalidSessionError, parseError, restrictedError } from '../errors';
import type { SessionEmitter } from '../events/events';
import { originOf } from '../gate/origin';
import { readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import type { Privacy } from '../privacy/kept';
import type { SessionRecord } from '../record';
import type { CallerSessions } from '../sessions/callers';
import { PARAMS } from './params';

/** Who calls a function: the master key, or a session of its own user. */
export type FunctionCaller =
  { master: true } | { master: false; session: SessionRecord; userId: string; userAgent: string | undefined };

/** Tells who calls a function, and whose sessions he means. */
export class FunctionCallers {
  constructor(
    private readonly callers: CallerSessions,
    private readonly events: SessionEmitter,
    private readonly privacy: Privacy,
  ) {}

  /** @throws 209 without a session. */
  async of(request: FunctionRequest): Promise<FunctionCaller> {
    const { master, user } = request;
    if (master) return { master: true };
    const token = user?.getSessionToken();
    const session = token ? await this.callers.live(token) : null;
    if (!session?.userId) throw invalidSessionError();
    const { userAgent } = originOf(request, this.privacy);
    return { master: false, session, userId: session.userId, userAgent };
  }

  /** The same, who is not restricted. @throws 119 for a restricted session. */
  async unrestricted(request: FunctionRequest): Promise<FunctionCaller> {
    const caller = await this.of(request);
    if (!caller.master && caller.session.restricted) {
      this.events.blocked(caller.session, 'call', request.functionName ?? '');
      throw restrictedError();
    }
    return caller;
  }

  /** The same, who changes something. @throws 119 for a restricted session and for the read-only master key. */
  async changing(request: FunctionRequest): Promise<FunctionCaller> {
    const caller = await this.unrestricted(request);
    refuseReadOnly(request);
    return caller;
  }
}

/** @throws 119 for the read-only master key. */
export function refuseReadOnly({ master, isReadOnly }: Pick<FunctionRequest, 'master' | 'isReadOnly'>): void {
  if (!master || !isReadOnly) return;
  throw parseError(ErrorCode.OPERATION_FORBIDDEN, 'The read-only master key cannot change sessions.');
}

/** The user whose sessions are meant: the caller's own, or for the master key the parameter `userId`. */
export function userOf(caller: FunctionCaller, params: unknown): string {
  if (caller.master) return readParams(PARAMS.ofUser, params).userId;
  readParams(PARAMS.none, params);
  return caller.userId;
}

/** Why the holder of the master key ends sessions, if he says so, and what else was given. To others it is no parameter. */
export function noteAndRest(caller: FunctionCaller, params: Record<string, unknown>) {
  if (!caller.master) return { note: undefined, rest: params };
  const { note, ...rest } = params;
  return { ...readParams(PARAMS.note, { note }), rest };
}

/** The user whose sessions are meant, as by `userOf`, and what else was given. */
export function userAndRest(caller: FunctionCaller, { userId, ...rest }: Record<string, unknown>) {
  return { userId: userOf(caller, { userId }), rest };
}
