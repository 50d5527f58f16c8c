import { ErrorCode, parseError } from '../errors';
import type { BlockedOperation } from '../events/events';
import type { CloudRequest, ParseSdk, ServerRequest } from '../parse-server';
import type { Decision } from '../policy/decision';
import { isScopedToken, mayCall, mayRoute, OUT_OF_SCOPE_MESSAGE } from '../policy/scopes';
import { isRest, routesOf } from '../request/routes';
import type { SessionRecord } from '../session';
import { webhooksOf } from '../webhooks';
import { FILES, operationOf } from './class-name';
import type { Enforcement } from './request-database';

type Judgement = (scopes: readonly string[]) => Decision;
export type Handler = (request: CloudRequest, response?: unknown) => unknown;
export type Register = (first: unknown, handler: unknown, validator?: unknown) => void;

/** Judges a scoped session; any other token passes without a look-up. */
export async function judge(
  token: string | null | undefined,
  judgement: Judgement,
  operation: BlockedOperation,
  target: string,
  { callers, events }: Enforcement,
): Promise<void> {
  if (!token || !isScopedToken(token)) return;
  const session: SessionRecord | null = await callers.live(token);
  const decision = judgement(session?.scopes ?? []);
  if (decision.allow) return;
  if (session) events.blocked(session, operation, target);
  throw parseError(decision.code, decision.reason);
}

/** What an event tells of a route: the client chose the path, and could put anything into it. */
function blockedRoute(path: string): [operation: BlockedOperation, target: string] {
  const [, functions, name = ''] = /^\/(functions\/)?([A-Za-z]\w*)/i.exec(path) ?? [];
  return [functions ? 'call' : 'request', name];
}

/** Judges the routes that a scoped session's request takes. */
export async function authorizeRoutes(
  token: string,
  paths: string[],
  enforcement: Enforcement,
): Promise<void> {
  for (const path of paths) {
    await judge(token, scopes => mayRoute(scopes, path), ...blockedRoute(path), enforcement);
  }
}

/** The same for a request by HTTP, GraphQL included. */
export async function authorizeRequest(
  request: ServerRequest,
  token: string,
  enforcement: Enforcement,
): Promise<void> {
  await authorizeRoutes(token, routesOf(request), enforcement);
  if (!isScopedToken(token) || isRest(request)) return;
  // GraphQL runs webhook functions without this package's knowledge; not even their name is seen here.
  const { hasFunctions } = await webhooksOf(enforcement.database);
  if (hasFunctions) throw outOfScope();
  // And it challenges the user, which the REST API has a route for.
  const { config } = request;
  config.authDataManager = {
    ...config.authDataManager,
    getValidatorForProvider() {
      throw outOfScope();
    },
  };
}

const outOfScope = () => parseError(ErrorCode.OPERATION_FORBIDDEN, OUT_OF_SCOPE_MESSAGE);

export const tokenOf = ({ master, user }: CloudRequest) => (master ? undefined : user?.getSessionToken());

/** Refuses files to scoped sessions: no scope names them, and uploads do not pass the middleware. */
export async function refuseScopedFiles(request: CloudRequest, enforcement: Enforcement): Promise<void> {
  await judge(tokenOf(request), scopes => mayCall(scopes, FILES), operationOf(request), FILES, enforcement);
}

/** Judges each call of a cloud function by a scoped session, whatever the way in. */
export function composeFunctions(Parse: ParseSdk, enforcement: Enforcement): void {
  const define = (Parse.Cloud.define as Register).bind(Parse.Cloud);
  const guardedDefine: Register = (name, handler, validator) => {
    const run = handler as Handler;
    const check = (request: CloudRequest) =>
      judge(tokenOf(request), scopes => mayCall(scopes, String(name)), 'call', String(name), enforcement);
    // Parse Server tells Express-style functions by their number of parameters.
    const guarded: Handler =
      run.length >= 2
        ? async (request, response) => {
            await check(request);
            return run(request, response);
          }
        : async request => {
            await check(request);
            return run(request);
          };
    define(name, typeof handler === 'function' ? guarded : handler, validator);
  };
  Parse.Cloud.define = guardedDefine as never;
}
