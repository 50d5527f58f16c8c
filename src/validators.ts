import * as z from 'zod';
import { duration, wrongUnit } from './duration';
import { runtimeOf } from './gate/gate';
import { requireFresh, requireUnrestricted, type CloudGuard } from './gate/triggers';
import { shown, typeOf } from './in-messages';
import type { CloudRequest } from './parse-server';
import type { Runtime } from './runtime';

/** What `requireFreshSession` takes. */
export interface FreshSessionOptions {
  /** How recent the login must be: a duration such as `'15m'`, or seconds. @default the option `freshWithin` */
  within?: string | number;
}

/** A guard that Parse Server calls itself, or that cloud code calls first: `guard` and `guard()` are the same. */
export interface HandedOrCalled {
  (request: CloudRequest): Promise<void>;
  (): CloudGuard;
}

/** The same with options. */
export interface FreshSessionValidator {
  (request: CloudRequest): Promise<void>;
  (options?: FreshSessionOptions): CloudGuard;
}

/**
 * Whether Parse Server calls. Its requests hold the configuration of the app, which no options do. Those of LiveQuery
 * hold none, but what the client wants (`ParseLiveQueryServer.js#_handleConnect` and `#_handleSubscribe` of 9.10.0).
 */
function isRequest(given: unknown): given is CloudRequest {
  const { config, op, event } = (given ?? {}) as { config?: unknown; op?: unknown; event?: unknown };
  return (
    (typeof config === 'object' && config !== null) || typeof op === 'string' || typeof event === 'string'
  );
}

/** A guard that works handed over as it is, and called with nothing. */
export function handedOrCalled(name: string, guard: CloudGuard): HandedOrCalled {
  const takesRequest = requestOnly(`${name} takes a request of Parse Server, or nothing`, guard);
  return ((given?: CloudRequest) =>
    given === undefined ? takesRequest : takesRequest(given)) as HandedOrCalled;
}

/** @param takes what the error says of anything but a request. */
const requestOnly =
  (takes: string, guard: CloudGuard): CloudGuard =>
  async request => {
    if (!isRequest(request)) throw new TypeError(`${takes}; got ${typeOf(request)}.`);
    return guard(request);
  };

/**
 * The parts of the mounted app that a request belongs to.
 * @throws Error when this package is not mounted in that app.
 */
function runtimeFor({ config }: CloudRequest): Runtime {
  const runtime = runtimeOf(config);
  // Nobody could tell whether the session is restricted, so the call is refused.
  if (!runtime) throw new Error('parse-server-sessions is not mounted in this Parse Server.');
  return runtime;
}

/**
 * A validator for `Parse.Cloud.define`: only the master key and unrestricted sessions pass.
 * @example Parse.Cloud.define('transfer', transfer, requireUnrestrictedSession);
 * @throws 119 when the caller's session is restricted, 209 when it is revoked or when there is none.
 * @throws TypeError for what is no request.
 */
export const requireUnrestrictedSession: HandedOrCalled = handedOrCalled(
  'requireUnrestrictedSession',
  async request => requireUnrestricted(request, runtimeFor(request)),
);

/**
 * A validator for `Parse.Cloud.define`: only the master key and sessions with a recent login pass. The cloud function
 * `confirmIdentity` makes a session fresh again.
 * @example Parse.Cloud.define('changePlan', changePlan, requireFreshSession({ within: '15m' }));
 * @example Parse.Cloud.define('changePlan', changePlan, requireFreshSession);
 * @throws 119 when the login is longer ago or the session is restricted, 209 when there is no session.
 * @throws TypeError at once for a wrong duration, and for what is neither a request nor options.
 */
export const requireFreshSession = ((given?: unknown) => {
  const isHandedOver = isRequest(given);
  const within = isHandedOver ? undefined : readWithin(given === undefined ? {} : given);
  const guard = requestOnly('requireFreshSession() takes a request of Parse Server', async request => {
    const runtime = runtimeFor(request);
    await requireFresh(request, within ?? runtime.writeRules.freshWithin, runtime);
  });
  return isHandedOver ? guard(given) : guard;
}) as FreshSessionValidator;

const freshOptions = z.strictObject({ within: duration.optional() });

/** @returns milliseconds; `undefined` when the option is left out. @throws TypeError for a wrong option. */
function readWithin(options: unknown): number | undefined {
  const parsed = freshOptions.safeParse(options);
  if (parsed.success) return parsed.data.within;
  const { within } = (options ?? {}) as FreshSessionOptions;
  const unit = wrongUnit(within);
  throw new TypeError(
    'requireFreshSession takes { within }, a duration such as "15m" or a number of seconds, or a request of Parse ' +
      `Server; got ${within === undefined ? typeOf(options) : shown(within)}${unit ? `: ${unit}` : ''}.`,
  );
}
