import { forApp } from '../current-app';
import { docs } from '../docs';
import type { ParseSdk, ServerConfig } from '../parse-server';
import type { Runtime } from '../runtime';
import { callerOfCall, type CallOptions } from './caller';
import { routesOfCall } from './routes';
import { authorizeRoutes } from './scope-checks';
import { expectProbe } from './user-cache';
import { enter, Visit } from './visit';

type Request = (
  method: string,
  path: string,
  data: unknown,
  options?: CallOptions,
  config?: ServerConfig,
) => Promise<unknown>;

interface RestController {
  request: Request;
  [method: string]: unknown;
}

interface Core {
  getRESTController(): RestController;
  setRESTController(controller: RestController): void;
}

/** The SDKs whose door is open already: all apps of a process share one. */
const open = new WeakSet<Core>();

/**
 * The gate's door for cloud code. Inside the server the SDK does not go through HTTP (`directAccess`), so no
 * `requestContextMiddleware` sees its calls. Parse Server's REST controller takes the configuration to work on as
 * a fifth argument, undocumented (`ParseServerRESTController.js#handleRequest` of 9.10.0): the door passes one
 * whose database carries the visit.
 * @throws Error when this version of the SDK cannot be wrapped: nobody would know who asks.
 */
export function openSdkDoor(Parse: ParseSdk): void {
  const core = Parse.CoreManager as unknown as Core;
  if (open.has(core)) return;
  // Parse Server sets a controller whenever it builds an app (`ParseServer.js#app` of 9.10.0), before this or
  // after.
  const original = core.setRESTController;
  const set: Core['setRESTController'] = controller => original.call(core, guarded(controller, Parse));
  core.setRESTController = set;
  const before = core.getRESTController();
  set(before);
  if (core.setRESTController !== set || core.getRESTController() === before) {
    throw new Error(
      'parse-server-sessions cannot guard cloud code: this version of the Parse SDK does not let its REST ' +
        `controller be wrapped. Use a version of parse-server that the README names. See ${docs('errors', 'cannot-guard')}`,
    );
  }
  open.add(core);
}

/** A controller that makes the visit of each call before it hands the call on. */
function guarded(controller: RestController, Parse: ParseSdk): RestController {
  let app: Promise<Runtime | undefined> | undefined;

  const request: Request = async (method, path, data, options, config) => {
    const runtime = config ? undefined : await (app ??= appOf(controller));
    if (!runtime) return controller.request(method, path, data, options, config);
    const own = newConfig(Parse, runtime.config.applicationId);
    const visit = enter(new Visit(runtime, own.database, callerOfCall(options)));
    if (visit.isScoped) await authorizeRoutes(visit, routesOfCall(path, data, own));
    const answer = await controller.request(method, path, data, options, own);
    return visit.created ? visit.created.correct(answer) : answer;
  };
  return { ...controller, request };
}

/** The mounted app that a controller works for. The controller does not tell, so one call tries it out. */
async function appOf(controller: RestController): Promise<Runtime | undefined> {
  if (!isDirect(controller)) return undefined;
  const probe = expectProbe();
  // A mounted app asks its own cache of users for the token, which `guardUserCache` notices. The call is refused.
  await controller.request('GET', 'users/me', {}, { sessionToken: probe.token }).catch(() => undefined);
  return probe.seenBy();
}

/**
 * Whether a controller works inside this process. Parse Server's begins with the configuration that it is handed,
 * the SDK's own with the data that it is to send. Reading either throws here, so neither gets any further.
 */
function isDirect(controller: RestController): boolean {
  let isAsked = false;
  const stop = (): never => {
    throw new Error('This call only tells controllers apart.');
  };
  const config = {
    get serverURL() {
      isAsked = true;
      return stop();
    },
  };
  const data = Object.defineProperty({}, 'data', { enumerable: true, get: stop });
  try {
    const answer = controller.request('GET', 'users/me', data, {}, config as never);
    Promise.resolve(answer).catch(() => undefined);
  } catch {
    // The controller has read the configuration or the data.
  }
  return isAsked;
}

/** A configuration for one call, made as Parse Server makes one per request. */
function newConfig(Parse: ParseSdk, applicationId: string): ServerConfig {
  const { database } = forApp(Parse, applicationId, () => Parse.Server);
  // `Parse.Server` is a copy that lacks the methods of a configuration. Its database holds the original.
  const config = database.options;
  if (config?.database === database) return config;
  throw new Error('parse-server-sessions: the database controller does not hold its configuration any more.');
}
