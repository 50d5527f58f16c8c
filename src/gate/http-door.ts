import type { Middleware, ServerRequest } from '../parse-server';
import { callerOfRequest } from './caller';
import { runtimeOf } from './gate';
import { originOf } from './origin';
import { authorizeRequest } from './rules/scopes';
import { enter, Visit } from './visit';

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
    const through = { auth, response, origin: originOfRequest(request) };
    const visit = enter(new Visit(runtime, config.database, callerOfRequest(request), through));
    // `GET /sessions/me` is not authenticated yet, so its token may be made up: it is marked once its session is read.
    if (auth?.user) visit.touch();
    if (!visit.isScoped) return goOn(request, response, next);
    return authorizeRequest(request, visit).then(() => goOn(request, response, next), next);
  };
}

/** Parse Server has asked Express for the address already, which costs time. */
const originOfRequest = ({ config, headers }: ServerRequest) => originOf({ ip: config.ip, headers });

/** Without its cloud code, which starts this package, an app has no rules: nothing passes then. */
const notStarted = () =>
  new Error('parse-server-sessions: Parse Server has not started with these sessions.');
