import { inspect } from 'node:util';
import { z } from 'zod';
import { duration } from './duration';
import { runtimeOf } from './gate/gate';
import { requireFresh, requireUnrestricted, type CloudGuard } from './gate/triggers';
import type { CloudRequest } from './parse-server';
import type { Runtime } from './runtime';

/** What `requireFreshSession` takes. */
export interface FreshSessionOptions {
  /** How recent the login must be: a duration such as `'15m'`, or seconds. @default the option `freshWithin` */
  within?: string | number;
}

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
 */
export async function requireUnrestrictedSession(request: CloudRequest): Promise<void> {
  await requireUnrestricted(request, runtimeFor(request));
}

/**
 * A validator for `Parse.Cloud.define`: only the master key and sessions with a recent login pass. The cloud function
 * `confirmPassword` makes a session fresh again.
 * @example Parse.Cloud.define('changePlan', changePlan, requireFreshSession({ within: '15m' }));
 * @throws 119 when the login is longer ago or the session is restricted, 209 when there is no session.
 * @throws TypeError at once for a wrong duration.
 */
export function requireFreshSession(options: FreshSessionOptions = {}): CloudGuard {
  const within = readWithin(options);
  return async request => {
    const runtime = runtimeFor(request);
    await requireFresh(request, within ?? runtime.writeRules.freshWithin, runtime);
  };
}

const freshOptions = z.strictObject({ within: duration.optional() });

/** @returns milliseconds; `undefined` when the option is left out. @throws TypeError for a wrong option. */
function readWithin(options: FreshSessionOptions): number | undefined {
  const parsed = freshOptions.safeParse(options);
  if (parsed.success) return parsed.data.within;
  throw new TypeError(
    `requireFreshSession: takes { within }, a duration such as "15m" or a number of seconds; got ${inspect(options)}.`,
  );
}
