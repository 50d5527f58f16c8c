import { ErrorCode, invalidSessionError, parseError, restrictedError } from '../errors';
import { silence } from '../log';
import type { CloudRequest } from '../parse-server';
import { isFresh, STALE_LOGIN_MESSAGE } from '../policy/writes';
import type { Runtime } from '../runtime';
import { classNameOf, FILES, operationOf } from '../class-name';
import type { Composer } from '../parse-cloud';
import { originOf } from './origin';
import { refuseScopedFiles, tokenOf } from './rules/scopes';

/** A trigger or a validator: throws what it refuses. */
export type CloudGuard = (request: CloudRequest) => Promise<void>;

/**
 * The guard as a trigger or a validator: throws 119 when the caller's session is restricted. The master key, and a
 * caller without a session, pass.
 */
export async function guardCall(request: CloudRequest, { callers, events }: Runtime): Promise<void> {
  const { functionName, object } = request;
  const token = tokenOf(request);
  if (!token) return;
  const session = await callers.live(token);
  if (!session?.restricted) return;
  events.blocked(session, operationOf(request), object?.className ?? functionName ?? FILES);
  throw restrictedError();
}

/**
 * As a validator of `Parse.Cloud.define`: throws 119 when the caller's session is restricted, and 209 when there is
 * none. The master key passes.
 */
export async function requireUnrestricted(request: CloudRequest, runtime: Runtime): Promise<void> {
  if (!request.master && !tokenOf(request)) throw invalidSessionError();
  await guardCall(request, runtime);
}

/**
 * As a validator of `Parse.Cloud.define`: throws 119 when the user's last login in this session is longer ago than so
 * many milliseconds, and 209 when there is no session. The master key passes.
 */
export async function requireFresh(request: CloudRequest, within: number, runtime: Runtime): Promise<void> {
  await requireUnrestricted(request, runtime);
  if (request.master) return;
  const { callers, events, now } = runtime;
  const token = tokenOf(request) ?? '';
  let session = await callers.live(token);
  if (session && !isFresh(session, within, now())) {
    // The password may have been confirmed in another process meanwhile.
    callers.forget(token);
    session = await callers.live(token);
  }
  if (session && isFresh(session, within, now())) return;
  const { object, functionName } = request;
  const target = object?.className ?? functionName ?? '';
  if (session) events.blocked(session, operationOf(request), target);
  throw parseError(ErrorCode.OPERATION_FORBIDDEN, STALE_LOGIN_MESSAGE);
}

/**
 * Puts the guard in front of each trigger that the app registers on a guarded class: Parse Server keeps one handler per
 * class and trigger. Where the app has registered none, this package registers none: with a trigger, Parse Server
 * writes differently (`RestWrite.js#runBeforeSaveTrigger` of 9.10.0).
 */
export function composeTrigger(runtime: Runtime, guardFile: CloudGuard): Composer {
  const guardOf = (className: string): CloudGuard | undefined => {
    if (className === FILES) return guardFile;
    return runtime.writeRules.isGuarded(className) ? request => guardCall(request, runtime) : undefined;
  };
  return (register, parseClass, handler, validator) => {
    const guard = guardOf(classNameOf(parseClass));
    const composed =
      guard && typeof handler === 'function'
        ? async (request: CloudRequest) => {
            await guard(request);
            return handler(request);
          }
        : handler;
    register(parseClass, composed, validator);
  };
}

/** The guard of files, which pass neither the doors nor the database: a trigger on `@File` is the only lock on them. */
export function fileGuard(runtime: Runtime, guardFiles: boolean): CloudGuard {
  return async function guardFile(request) {
    const token = tokenOf(request);
    if (token) runtime.activity?.mark(token, { at: runtime.now(), ...originOf(request) });
    await (guardFiles ? guardCall(request, runtime) : refuseScopedFiles(request, runtime));
  };
}

/** The same where the app has no trigger of its own on files. */
export function quietly(guard: CloudGuard): CloudGuard {
  return async function guardQuietly(request) {
    try {
      await guard(request);
    } finally {
      // With a trigger, Parse Server logs each file: too much to start with for this package's sake.
      silence(request.config, 'triggerBeforeSuccess', 'triggerBeforeError');
    }
  };
}
