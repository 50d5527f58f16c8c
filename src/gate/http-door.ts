import type { Middleware, ServerRequest, ServerResponse } from '../parse-server';
import type { Runtime } from '../runtime';
import { callerOfRequest, ownCallerOf, type Caller } from './caller';
import { runtimeOf } from './gate';
import { originOf } from './origin';
import { authorizeRequest } from './scope-checks';
import { enter, Visit } from './visit';

const callOn: Middleware = (_request, _response, next) => next();

/**
 * The `requestContextMiddleware` of a Parse Server. It makes the visit of each REST and GraphQL request.
 * @param goOn the app's own middleware, which runs afterwards. @default none
 */
export function requestContext(goOn: Middleware = callOn): Middleware {
  return function sessionContext(request, response, next) {
    const { config, auth } = request;
    const runtime = runtimeOf(config);
    if (!runtime) {
      if (config.requestContextMiddleware === sessionContext) throw notStarted();
      // The request is another app's: a GraphQL endpoint serves whichever app of the process the client names
      // (`ParseGraphQLServer.js#applyGraphQL` of 9.10.0).
      return goOn(request, response, next);
    }
    runtime.proxy.look(request);
    const caller = callerOfRequest(request);
    // The visit is made before anything is awaited: Parse Server may be renewing the session meanwhile
    // (`Auth.js#renewSessionIfNeeded` of 9.10.0), and writes it through the gate.
    const visit = enterBy(request, response, runtime, caller);
    // Beside a user whom the app's own middleware has authenticated, the token may be anybody's.
    if (request.userFromJWT && caller.kind === 'session') {
      return ownCallerOf(caller, runtime)
        .then(own => enterBy(request, response, runtime, own))
        .then(own => admit(request, own))
        .then(() => goOn(request, response, next), next);
    }
    if (visit.isScoped) return admit(request, visit).then(() => goOn(request, response, next), next);
    // Without `auth` (`GET /sessions/me`) the token may be made up. `findForClient` marks the access once it has
    // read the session.
    if (auth?.user) visit.touch();
    return goOn(request, response, next);
  };
}

function enterBy(request: ServerRequest, response: ServerResponse, runtime: Runtime, caller: Caller): Visit {
  const { config, auth } = request;
  // Parse Server has read the address from Express already. Reading it again would cost time.
  const origin = originOf({ ip: config.ip, headers: request.headers }, runtime.privacy);
  return enter(new Visit(runtime, config.database, caller, { auth, response, origin }));
}

async function admit(request: ServerRequest, visit: Visit): Promise<void> {
  if (request.auth?.user) visit.touch();
  if (visit.isScoped) await authorizeRequest(request, visit);
}

/** The option `cloud` starts this package. While it has not run, the app has no rules, so no request passes. */
const notStarted = () =>
  new Error('parse-server-sessions: Parse Server has not started with these sessions.');
