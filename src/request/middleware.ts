import type { Mark } from '../activity/marks';
import { guardDatabase, type Enforcement } from '../enforcement/request-database';
import { authorizeRequest } from '../enforcement/scope-guard';
import { beginTransaction, isTransaction, type Transaction } from '../lifecycle/transaction';
import type { Middleware, ServerResponse } from '../parse-server';
import { isScopedToken } from '../policy/scopes';
import { callerOf, type RequestContext } from './caller';
import { originOf } from './origin';
import { CreatedSessions } from './created-sessions';

/**
 * Holds the answer to a transaction back until what follows from it is done; where the answer is not Parse Server's REST
 * API's, that follows the answer.
 */
function answerAfterCommit(
  response: ServerResponse,
  transaction: Transaction,
  report: (failure: string) => void,
): void {
  const committed = () =>
    transaction
      .committed()
      .catch(error => report(`what follows from a transaction failed: ${(error as Error)?.message}`));
  response.on?.('finish', () => {
    if (response.statusCode < 400) void committed();
  });
  const json = response.json.bind(response);
  response.json = body => {
    if (response.statusCode >= 400) return json(body);
    return committed().then(() => json(body));
  };
}

/**
 * The `requestContextMiddleware` of a Parse Server: gives each REST and GraphQL request its session context, and its
 * database the rules. The app's own middleware runs after it.
 */
export function requestContext(
  enforcement: Enforcement,
  mark: (token: string, mark: Mark) => void,
  appMiddleware?: Middleware,
): Middleware {
  return function sessionContext(request, response, next) {
    const created = new CreatedSessions();
    const { auth } = request;
    const caller = callerOf(request);
    const origin = originOf(request);
    const context: RequestContext = {
      caller,
      config: request.config,
      ...origin,
      touch: () => {
        if (caller.kind === 'session') mark(caller.token, { at: enforcement.now(), ...origin });
      },
      aclGroup: async () =>
        auth?.user ? ['*', ...(await auth.getUserRoles()), auth.user.id as string] : ['*'],
      onCreated: session => {
        if (created.isEmpty) {
          const json = response.json.bind(response);
          response.json = body => json(created.correct(body));
        }
        created.add(session);
      },
    };
    // `GET /sessions/me` is not authenticated yet, so its token may be made up: it is marked once its session is read.
    if (auth?.user) context.touch?.();
    const proceed = () => (appMiddleware ? appMiddleware(request, response, next) : next());
    const transaction = isTransaction(request.path, request.body)
      ? beginTransaction(request.config)
      : undefined;
    if (transaction) answerAfterCommit(response, transaction, failure => enforcement.events.report(failure));
    // At once: Parse Server may renew the session while the rest is judged.
    guardDatabase(request.config.database, context, enforcement);
    if (caller.kind !== 'session' || !(transaction || isScopedToken(caller.token))) return proceed();
    const prepare = async () => {
      await authorizeRequest(request, caller.token, enforcement);
      // Looked up now: in the transaction it would take a second connection, and wait for one that others hold.
      if (transaction) context.session = (await enforcement.callers.live(caller.token)) ?? undefined;
    };
    return prepare().then(proceed, next);
  };
}
