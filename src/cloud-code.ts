import { FILES } from './class-name';
import { docs } from './docs';
import { registerJobs, sessionJobs } from './functions/jobs';
import { registerFunctions } from './functions/register';
import { FunctionCallers } from './functions/function-callers';
import { historyFunctions } from './functions/history-functions';
import { operatorFunctions, type OperatorCalls } from './functions/operator-functions';
import { pairingFunctions } from './functions/pairing-functions';
import { reportFunctions } from './functions/report-functions';
import { sessionFunctions } from './functions/session-functions';
import { stepUpFunctions } from './functions/step-up-functions';
import { registrationOf, wrapCloud, type Composer } from './parse-cloud';
import { runtimeOf } from './gate/gate';
import { liveQueryDoor } from './gate/live-query-door';
import { authorizeCall } from './gate/scope-checks';
import { composeTrigger, fileLocks } from './gate/triggers';
import type { ResolvedOptions } from './options';
import { Pairings } from './pairing/pairings';
import type { CloudRequest, ParseSdk } from './parse-server';
import { freshFunctions } from './policy/fresh';
import type { Runtime } from './runtime';
import type { SessionStore } from './sessions/store';
import { Identity } from './step-up/identity';
import { webhooksOf } from './webhooks';

interface AppCloud {
  options: ResolvedOptions;
  store: SessionStore;
  runtime: Runtime;
  /** The classes that the app offers to LiveQuery. */
  liveClasses: readonly string[];
  operatorCalls: OperatorCalls;
  loadCloud(Parse: ParseSdk): Promise<void>;
}

/**
 * Registers this package's cloud code, then loads the app's with the guards in front of it.
 * @returns the names of the cloud functions that are there now and whose calls are judged, and how many this package has.
 */
export async function startCloudCode(
  Parse: ParseSdk,
  { options, store, runtime, liveClasses, operatorCalls, loadCloud }: AppCloud,
): Promise<{ defined: string[]; own: number }> {
  const { functionPrefix, guardFiles } = options;
  const webhooks = await webhooksOf(runtime.database);
  const hasWebhook = (name: string) => webhooks.hasTrigger(FILES, name);
  if (guardFiles && ['beforeSave', 'beforeDelete'].some(hasWebhook)) {
    throw new Error(
      'parse-server-sessions: a webhook on @File takes the place of guardFiles. Remove one of the two. ' +
        `See ${docs('errors', 'webhook-on-files')}`,
    );
  }
  const unjudged = freshFunctions(options.fresh).find(name => webhooks.hasFunction(name));
  if (unjudged !== undefined) {
    throw new Error(
      `parse-server-sessions: the function "${unjudged}", which the option fresh names, is a webhook, whose calls nobody ` +
        `can judge. Define it in cloud code, or remove one of the two. See ${docs('errors', 'webhook-in-fresh')}`,
    );
  }

  const files = fileLocks(runtime, guardFiles);
  const lockFiles = FILE_TRIGGERS.filter(name => !hasWebhook(name)).map(name => {
    const register = registrationOf(Parse, name);
    return () => files.lock(name, register);
  });
  const liveQuery = liveQueryDoor(runtime, liveClasses);
  const openLiveQuery = registrationOf(Parse, 'beforeConnect');

  const composeGuard = composeTrigger(runtime);
  const defined = new Set<string>();
  const judged = composeCalls(runtime, defined);
  const define = registrationOf(Parse, 'define');
  const callers = new FunctionCallers(runtime.callers, runtime.events, runtime.privacy);
  const functions = {
    ...sessionFunctions({ store, connection: runtime, callers, places: runtime.places, now: runtime.now }),
    ...operatorFunctions({ ...runtime, calls: operatorCalls, connection: runtime, store, callers }),
    ...historyFunctions(callers, runtime.history),
    ...reportFunctions(runtime, runtime.now),
    ...pairingFunctionsOf(callers, options, store, runtime),
    ...stepUpFunctions({
      connection: runtime,
      callers,
      attempts: runtime.attempts,
      identity: new Identity(Parse, runtime.database),
      now: runtime.now,
    }),
  };
  // By `ownSessionFunctions` a session only asks for itself, so no scope has to name them.
  const keepNames = registerFunctions(
    (name, ...args) =>
      runtime.ownSessionFunctions.includes(String(name))
        ? define(name, ...args)
        : judged(define, name, ...args),
    functionPrefix,
    functions,
    webhooks,
  );
  wrapCloud(
    Parse,
    {
      define: (register, ...args) => keepNames((...passed) => judged(register, ...passed), ...args),
      job: registerJobs(runtime, functionPrefix, sessionJobs(runtime)),
      beforeSave: files.compose('beforeSave', composeGuard),
      beforeDelete: files.compose('beforeDelete', composeGuard),
      beforeFind: files.compose('beforeFind', asItIs),
      beforeConnect: liveQuery.composeConnect,
    },
    () => runtimeOf(Parse.Server) === runtime,
  );
  await loadCloud(Parse);
  liveQuery.openDoor(openLiveQuery);
  lockFiles.forEach(lock => lock());
  return { defined: [...defined], own: Object.keys(functions).length };
}

/** The triggers that Parse Server runs before it stores, deletes or hands out a file. */
const FILE_TRIGGERS = ['beforeSave', 'beforeDelete', 'beforeFind'] as const;

const asItIs: Composer = (register, ...args) => register(...args);

function pairingFunctionsOf(
  callers: FunctionCallers,
  { pairing }: ResolvedOptions,
  store: SessionStore,
  runtime: Runtime,
) {
  return pairing && pairingFunctions(callers, new Pairings(pairing, { ...runtime, store }), runtime.privacy);
}

type Handler = (request: CloudRequest, response?: unknown) => unknown;

/** Has each call of a cloud function judged, whatever the way in. @param defined takes their names. */
const composeCalls =
  (runtime: Runtime, defined: Set<string>): Composer =>
  (register, name, handler: Handler, validator) => {
    defined.add(String(name));
    const authorize = (request: CloudRequest) => authorizeCall(request, String(name), runtime);
    // Parse Server takes a function of two parameters for an Express-style one
    // (`FunctionsRouter.js#handleCloudFunction` of 9.10.0), so the wrapper has as many as the function.
    const guarded: Handler =
      typeof handler === 'function' && handler.length >= 2
        ? async (request, response) => {
            await authorize(request);
            return handler(request, response);
          }
        : async request => {
            await authorize(request);
            return handler(request);
          };
    return register(name, typeof handler === 'function' ? guarded : handler, validator);
  };
