import { ErrorCode, invalidSessionError, parseError, restrictedError } from '../errors';
import type { CloudRequest, ParseSdk } from '../parse-server';
import type { IsGuarded } from '../policy/guarded-classes';
import { isFresh, STALE_LOGIN_MESSAGE } from '../policy/writes';
import { silence } from '../log';
import type { Webhooks } from '../webhooks';
import { classNameOf, FILES, operationOf } from './class-name';
import { guardUnseen, type Enforcement } from './request-database';

export type TriggerGuard = (request: CloudRequest) => Promise<void>;

type TriggerHandler = (request: CloudRequest) => unknown;

type Register = (parseClass: unknown, handler: unknown, validator?: unknown) => void;

const TRIGGERS = ['beforeSave', 'beforeDelete'] as const;
/** Classes with a second, independent lock beside the request database; and files, which do not pass that at all. */
const LOCKED = ['_User', '_Role', FILES];

/**
 * The guard as a trigger or a validator: throws 119 when the caller's session is restricted. The master key, and a
 * caller without a session, pass.
 */
export function sessionGuard(enforcement: Enforcement): TriggerGuard {
  return async function guard(request) {
    const { master, user, config, functionName, object } = request;
    guardUnseen(config, enforcement);
    const token = master ? undefined : user?.getSessionToken();
    if (!token) return;
    const session = await enforcement.callers.live(token);
    if (!session?.restricted) return;
    const target = object?.className ?? functionName ?? FILES;
    enforcement.events.blocked(session, operationOf(request), target);
    throw restrictedError();
  };
}

/**
 * The guard as a validator of `Parse.Cloud.define`: throws 119 when the caller's session is restricted, and 209 when
 * there is none. The master key passes.
 */
export function unrestrictedSessionValidator(guard: TriggerGuard): TriggerGuard {
  return async function requireUnrestrictedSession(request) {
    if (!request.master && !request.user?.getSessionToken()) throw invalidSessionError();
    await guard(request);
  };
}

/**
 * A validator of `Parse.Cloud.define`: throws 119 when the user's last login in this session is longer ago, and 209
 * when there is no session. The master key passes.
 */
export function freshSessionValidator(
  guard: TriggerGuard,
  within: number,
  enforcement: Enforcement,
): TriggerGuard {
  const requireUnrestricted = unrestrictedSessionValidator(guard);
  return async function requireFreshSession(request) {
    await requireUnrestricted(request);
    if (request.master) return;
    const { callers, now } = enforcement;
    const token = request.user?.getSessionToken() ?? '';
    let session = await callers.live(token);
    if (session && !isFresh(session, within, now())) {
      // The password may have been confirmed in another process meanwhile.
      callers.forget(token);
      session = await callers.live(token);
    }
    if (session && isFresh(session, within, now())) return;
    const { object, functionName } = request;
    const target = object?.className ?? functionName ?? '';
    if (session) enforcement.events.blocked(session, operationOf(request), target);
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, STALE_LOGIN_MESSAGE);
  };
}

/**
 * Puts the guard in front of each trigger that the app registers on a guarded class. Parse Server keeps one handler
 * per class and trigger, so the two are composed, whichever comes first.
 * @returns a function that guards the classes of the second lock on which the app has registered nothing.
 */
export function composeTriggers(
  Parse: ParseSdk,
  guard: TriggerGuard,
  isGuarded: IsGuarded,
  guardFiles: TriggerGuard,
  webhooks: Webhooks,
): () => void {
  const guardOf = (className: string): TriggerGuard | undefined => {
    if (className === FILES) return guardFiles;
    return isGuarded(className) ? guard : undefined;
  };
  const finish: Array<() => void> = [];

  for (const trigger of TRIGGERS) {
    const register = (Parse.Cloud[trigger] as Register).bind(Parse.Cloud);
    const registered = new Set<string>();
    const compose: Register = (parseClass, handler, validator) => {
      const className = classNameOf(parseClass);
      const classGuard = guardOf(className);
      registered.add(className);
      const composed =
        classGuard && typeof handler === 'function'
          ? async (request: CloudRequest) => {
              await classGuard(request);
              return (handler as TriggerHandler)(request);
            }
          : handler;
      register(parseClass, composed, validator);
    };
    Parse.Cloud[trigger] = compose as never;
    finish.push(() => {
      for (const className of LOCKED) {
        // A webhook of the app was there before, and would be replaced.
        if (registered.has(className) || webhooks.hasTrigger(className, trigger)) continue;
        register(className, async (request: CloudRequest) => {
          try {
            await guardOf(className)?.(request);
          } finally {
            // With a trigger, Parse Server logs each saved user: too much to start with for this package's sake.
            silence(request.config, 'triggerBeforeSuccess', 'triggerBeforeError');
          }
        });
      }
    });
  }
  return () => finish.forEach(run => run());
}
