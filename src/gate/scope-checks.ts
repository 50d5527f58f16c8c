import { enforce } from '../enforce';
import { ErrorCode, parseError } from '../errors';
import type { BlockedOperation } from '../events/events';
import type { CloudRequest, ServerRequest } from '../parse-server';
import type { Decision } from '../policy/decision';
import {
  calledBy,
  isScopedToken,
  mayAccess,
  mayCall,
  mayRoute,
  OUT_OF_SCOPE_MESSAGE,
  type ScopedOperation,
} from '../policy/scopes';
import { isStale, mayAsFresh } from '../policy/writes';
import type { SessionRecord } from '../record';
import type { Runtime } from '../runtime';
import { webhooksOf } from '../webhooks';
import { FILES, operationOf } from '../class-name';
import { isRest, routesOf } from './routes';
import { transactionOf, type Visit } from './visit';

/**
 * Judges what does not show at the database: routes, functions, files. A token that is not scoped passes without a
 * look-up.
 */
async function judgeScopes(
  token: string | null | undefined,
  judgement: (scopes: readonly string[]) => Decision,
  operation: BlockedOperation,
  target: string,
  { callers, events }: Runtime,
): Promise<void> {
  if (!token || !isScopedToken(token)) return;
  const session = await callers.live(token);
  const decision = judgement(session.scopes ?? []);
  if (decision.allow) return;
  events.blocked(session, operation, target, decision.because);
  enforce(decision);
}

/**
 * What an event tells of a route: its first name, or the function's. The client chose the path, and could put
 * anything into it.
 */
function blockedRoute(path: string): [operation: BlockedOperation, target: string] {
  const [, functions, name = ''] = /^\/(functions\/)?([A-Za-z]\w*)/i.exec(path) ?? [];
  return [functions ? 'call' : 'request', name];
}

/**
 * Whether a route is a function by which every session may ask for itself. A webhook of that name that was registered
 * while the server runs has taken its place.
 */
async function asksForItself(path: string, { ownSessionFunctions, database }: Runtime): Promise<boolean> {
  const name = calledBy(path);
  if (name === undefined || !ownSessionFunctions.includes(name)) return false;
  return !(await webhooksOf(database)).hasFunction(name);
}

/** Judges the routes that a scoped session's request takes. */
export async function authorizeRoutes({ caller, runtime }: Visit, paths: string[]): Promise<void> {
  if (caller.kind !== 'session') return;
  for (const path of paths) {
    if (await asksForItself(path, runtime)) continue;
    await judgeScopes(caller.token, scopes => mayRoute(scopes, path), ...blockedRoute(path), runtime);
  }
}

/** Judges the routes of a request by HTTP, GraphQL included. */
export async function authorizeRequest(request: ServerRequest, visit: Visit): Promise<void> {
  await authorizeRoutes(visit, routesOf(request));
  if (isRest(request)) return;
  // A webhook function called by GraphQL shows neither here nor in `Parse.Cloud.define`, not even its name. So
  // nothing passes where the app has one.
  const { hasFunctions } = await webhooksOf(visit.runtime.database);
  if (hasFunctions) throw outOfScope();
  // GraphQL can also start a challenge (`GraphQL/loaders/usersMutations.js` of 9.10.0). By REST that is a route,
  // which no scope names.
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

/**
 * Refuses a file to scoped sessions whose scopes do not name files. A file that the public may read is refused as
 * well: without its token the session may have it.
 */
export async function authorizeFile(request: CloudRequest, runtime: Runtime): Promise<void> {
  const operation = operationOf(request) as ScopedOperation;
  const access = { className: FILES, operation, byClient: true };
  const judgement = (scopes: readonly string[]) => mayAccess(scopes, access, runtime.writeRules.isGuarded);
  await judgeScopes(tokenOf(request), judgement, operation, FILES, runtime);
}

/**
 * Refuses a cloud function to scoped sessions whose scopes do not name it, and to sessions without a recent login where the
 * option `fresh` does, whatever the way in.
 */
export async function authorizeCall(request: CloudRequest, name: string, runtime: Runtime): Promise<void> {
  await judgeScopes(tokenOf(request), scopes => mayCall(scopes, name), 'call', name, runtime);
  const { fresh, freshWithin } = runtime.writeRules;
  if (fresh.needsCall(name)) await authorizeLogin(request, name, freshWithin, runtime);
}

/**
 * Refuses a session whose login is too long ago. The master key, and a caller without a session, pass.
 * @param target the class or function that needs a recent one.
 * @param within how recent, in milliseconds.
 */
export async function authorizeLogin(
  request: CloudRequest,
  target: string,
  within: number,
  { callers, events, now }: Runtime,
): Promise<void> {
  const token = tokenOf(request);
  if (!token) return;
  const judgement = (session: SessionRecord) => mayAsFresh(session, target, within, now());
  let session = await callers.live(token);
  // In a transaction the look-up would wait for another connection.
  if (isStale(judgement(session)) && !transactionOf(request.config)) {
    // Another process may have confirmed the user's identity meanwhile.
    callers.forget(token);
    session = await callers.live(token);
  }
  const decision = judgement(session);
  if (decision.allow) return;
  events.blocked(session, operationOf(request), target, decision.because);
  enforce(decision);
}
