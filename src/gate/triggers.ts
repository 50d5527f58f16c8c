import { invalidSessionError, restrictedError } from '../errors';
import { silence } from '../log';
import type { CloudRequest } from '../parse-server';
import type { Runtime } from '../runtime';
import { classNameOf, FILES, operationOf } from '../class-name';
import type { Composer, Register } from '../parse-cloud';
import { originOf } from './origin';
import { authorizeFile, authorizeLogin, tokenOf } from './scope-checks';

/** A trigger or a validator: throws what it refuses. */
export type CloudGuard = (request: CloudRequest) => Promise<void>;

/**
 * The guard as a trigger or a validator. The master key, and a caller without a session, pass.
 * @throws 119 when the caller's session is restricted, 209 when it is over.
 */
export async function guardCall(request: CloudRequest, { callers, events }: Runtime): Promise<void> {
  const { functionName, object } = request;
  const token = tokenOf(request);
  if (!token) return;
  const session = await callers.live(token);
  if (!session.restricted) return;
  events.blocked(session, operationOf(request), object?.className ?? functionName ?? FILES);
  throw restrictedError();
}

/**
 * As a validator of `Parse.Cloud.define`. The master key passes.
 * @throws 119 when the caller's session is restricted, 209 when it is over or when there is none.
 */
export async function requireUnrestricted(request: CloudRequest, runtime: Runtime): Promise<void> {
  if (!request.master && !tokenOf(request)) throw invalidSessionError();
  await guardCall(request, runtime);
}

/**
 * As a validator of `Parse.Cloud.define`. The master key passes.
 * @param within how long ago the last login in this session may be, in milliseconds.
 * @throws 119 when it is longer ago or the session is restricted, 209 when there is no session.
 */
export async function requireFresh(request: CloudRequest, within: number, runtime: Runtime): Promise<void> {
  await requireUnrestricted(request, runtime);
  const { object, functionName } = request;
  await authorizeLogin(request, object?.className ?? functionName ?? '', within, runtime);
}

/**
 * Puts the guard in front of each trigger that the app registers on a guarded class: Parse Server keeps one
 * handler per class and trigger. Where the app registers none, neither does this package, because Parse Server
 * writes differently with a trigger (`RestWrite.js#runBeforeSaveTrigger` of 9.10.0).
 */
export function composeTrigger(runtime: Runtime): Composer {
  const guard: CloudGuard = request => guardCall(request, runtime);
  return (register, parseClass, handler, validator) => {
    const isGuarded = runtime.writeRules.isGuarded(classNameOf(parseClass));
    const composed = isGuarded && typeof handler === 'function' ? inFrontOf(handler, guard) : handler;
    return register(parseClass, composed, validator);
  };
}

const inFrontOf =
  (handler: (request: CloudRequest) => unknown, guard: CloudGuard) => async (request: CloudRequest) => {
    await guard(request);
    return handler(request);
  };

/**
 * The locks of files. They pass neither the doors nor the database, so the triggers on `@File` are the only ones.
 * @param guardFiles whether restricted sessions write no files; scopes are judged in any case.
 */
export function fileLocks(runtime: Runtime, guardFiles: boolean) {
  /** The triggers on files that the app has itself. */
  const ofApp = new Set<string>();

  const guardFile: CloudGuard = async request => {
    await markAccess(request, runtime);
    const isGuarded = guardFiles && operationOf(request) !== 'read';
    await (isGuarded ? guardCall(request, runtime) : authorizeFile(request, runtime));
  };

  return {
    /** Puts the guard in front of a trigger of the app on files, and hands any other on to `others`. */
    compose:
      (name: string, others: Composer): Composer =>
      (register, parseClass, handler, validator) => {
        if (classNameOf(parseClass) !== FILES || typeof handler !== 'function')
          return others(register, parseClass, handler, validator);
        ofApp.add(name);
        return register(parseClass, inFrontOf(handler, guardFile), validator);
      },
    /** Registers the guard itself where the app has no such trigger. */
    lock(name: string, register: Register): void {
      if (!ofApp.has(name)) register(FILES, quietly(guardFile));
    },
  };
}

/**
 * Marks the session that uses a file as used. A user whom the app's own middleware has made may carry any text as his
 * token, so the session is looked up. A look-up that fails refuses no file.
 */
async function markAccess(
  request: CloudRequest,
  { activity, callers, privacy, now }: Runtime,
): Promise<void> {
  const token = tokenOf(request);
  if (!token || !activity) return;
  const session = await callers.find(token).catch(() => null);
  if (session && session.userId === request.user?.id)
    activity.mark(token, { at: now(), ...originOf(request, privacy) });
}

/** A guard of files whose trigger leaves no lines in the log. */
function quietly(guard: CloudGuard): CloudGuard {
  return async function guardQuietly(request) {
    try {
      await guard(request);
    } finally {
      // Parse Server logs each file as soon as there is a trigger. An app that registered none does not expect
      // that.
      silence(request.config, 'triggerBeforeSuccess', 'triggerBeforeError');
    }
  };
}
