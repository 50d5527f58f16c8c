import type { Middleware, ServerRequest, ServerResponse } from '../parse-server';
import type { Runtime } from '../runtime';
import { callerOfRequest, ownCallerOf } from './caller';
import { runtimeOf } from './gate';
import { originOf } from './origin';
import { authorizeRequest } from './rules/scopes';
import { enter, Visit, type Caller } from './visit';

const callOn: Middleware = (_request, _response, next) => next();

/**
 * The `requestContextMiddleware` of a Parse Server: makes the visit of each REST and GraphQL request. The app's own
 * middleware runs after it.
 */
export function requestContext(goOn: Middleware = callOn): Middleware {
  return function sessionContext(request, response, next) {
    const { config, auth } = request;
    const runtime = runtimeOf(config);
    if (!runtime) {
      if (config.requestContextMiddleware === sessionContext) throw notStarted();
      // This app's GraphQL endpoint serves whichever app of the process a client names.
      return goOn(request, response, next);
    }
    const caller = callerOfRequest(request);
    // At once: Parse Server may renew the session while the rest is judged.
    const visit = enterBy(request, response, runtime, caller);
    // A user that the app's own middleware made may have anybody's token beside him.
    if (request.userFromJWT && caller.kind === 'session') {
      return ownCallerOf(caller, runtime)
        .then(own => enterBy(request, response, runtime, own))
        .then(own => admit(request, own))
        .then(() => goOn(request, response, next), next);
    }
    if (visit.isScoped) return admit(request, visit).then(() => goOn(request, response, next), next);
    // `GET /sessions/me` is not authenticated yet, so its token may be made up: it is marked once its session is read.
    if (auth?.user) visit.touch();
    return goOn(request, response, next);
  };
}

function enterBy(request: ServerRequest, response: ServerResponse, runtime: Runtime, caller: Caller): Visit {
  const { config, auth } = request;
  // Parse Server has asked Express for the address already, which costs time.
  const origin = originOf({ ip: config.ip, headers: request.headers });
  return enter(new Visit(runtime, config.database, caller, { auth, response, origin }));
}

async function admit(request: ServerRequest, visit: Visit): Promise<void> {
  if (request.auth?.user) visit.touch();
  if (visit.isScoped) await authorizeRequest(request, visit);
}

/** Without its cloud code, which starts this package, an app has no rules: nothing passes then. */
const notStarted = () =>
  new Error('parse-server-sessions: Parse Server has not started with these sessions.');
