import { guardDatabase, type Enforcement } from '../enforcement/request-database';
import { authorizeRoutes } from '../enforcement/scope-guard';
import { beginTransaction, isTransaction } from '../lifecycle/transaction';
import type { ParseSdk, Row, ServerConfig } from '../parse-server';
import { isScopedToken } from '../policy/scopes';
import type { Caller } from './caller';
import { CreatedSessions } from './created-sessions';
import { routesOfCall } from './routes';

interface CallOptions {
  sessionToken?: unknown;
  useMasterKey?: boolean;
}

type Request = (
  method: string,
  path: string,
  data: unknown,
  options?: CallOptions,
  config?: ServerConfig,
) => Promise<unknown>;

interface RestController {
  request: Request;
  [UNWRAPPED]?: RestController;
  [method: string]: unknown;
}

type SetController = ((controller: RestController) => void) & { [UNWRAPPED]?: SetController };

/** Marks what this door wrapped, for a server that is started again in the same process. */
const UNWRAPPED: unique symbol = Symbol.for('parse-server-sessions.unwrapped') as never;

const callerOfCall = (options: CallOptions = {}): Caller => {
  if (options.useMasterKey) return { kind: 'master', readOnly: false };
  return typeof options.sessionToken === 'string' && options.sessionToken
    ? { kind: 'session', token: options.sessionToken }
    : { kind: 'anonymous' };
};

/**
 * The guard's door for cloud code. Inside the server the SDK does not go through HTTP (`directAccess`), hence not
 * through `requestContextMiddleware`; its REST controller takes the configuration to work on as a fifth argument.
 * @throws Error when this version of the SDK cannot be wrapped: without this door the guard would be open.
 */
export function openSdkDoor(Parse: ParseSdk, enforcement: Enforcement): void {
  const core = Parse.CoreManager as unknown as {
    getRESTController(): RestController;
    setRESTController: SetController;
  };

  const wrap = (controller: RestController): RestController => {
    const original = controller[UNWRAPPED] ?? controller;
    const request: Request = async (method, path, data, options, config) => {
      if (config) return original.request(method, path, data, options, config);
      const created = new CreatedSessions();
      const own = requestConfig(Parse);
      const caller = callerOfCall(options);
      if (caller.kind === 'session' && isScopedToken(caller.token)) {
        await authorizeRoutes(caller.token, routesOfCall(path, data, own), enforcement);
      }
      const transaction = isTransaction(path, data) ? beginTransaction(own) : undefined;
      const isSession = caller.kind === 'session';
      // As in the middleware: not from within the transaction.
      const session = transaction && isSession ? await enforcement.callers.live(caller.token) : undefined;
      const onCreated = (row: Row) => created.add(row);
      const aclGroup = () => aclGroupOf(caller, own, enforcement);
      const context = { caller, config: own, session: session ?? undefined, aclGroup, onCreated };
      guardDatabase(own.database, context, enforcement);
      const answer = await original.request(method, path, data, options, own);
      await transaction?.committed();
      return created.isEmpty ? answer : created.correct(answer);
    };
    return { ...original, request, [UNWRAPPED]: original };
  };

  // Parse Server sets its controller when `server.app` is first read, which may be before or after this.
  const original = core.setRESTController[UNWRAPPED] ?? core.setRESTController;
  const set: SetController = controller => original.call(core, wrap(controller));
  set[UNWRAPPED] = original;
  core.setRESTController = set;
  set(core.getRESTController());
  if (core.setRESTController !== set || !core.getRESTController()[UNWRAPPED]) {
    throw new Error(
      'parse-server-sessions cannot guard cloud code: this version of the Parse SDK does not let its REST ' +
        'controller be wrapped. Use a version of parse-server that the README names.',
    );
  }
}

/**
 * The caller's id and roles. Parse Server, which keeps them to itself, has looked the roles up for this very call and
 * left them in its cache; without that cache, a permission that only a role has is refused.
 */
async function aclGroupOf(
  caller: Caller,
  { cacheController }: ServerConfig,
  { callers }: Enforcement,
): Promise<string[]> {
  const session = caller.kind === 'session' ? await callers.find(caller.token) : null;
  if (!session?.userId) return ['*'];
  return ['*', ...((await cacheController.role.get(session.userId)) ?? []), session.userId];
}

/** A configuration for one call, made as Parse Server makes one per request. */
function requestConfig(Parse: ParseSdk): ServerConfig {
  const server = Parse.Server;
  const config = server.database.options;
  // `Parse.Server` is a copy without the methods of a configuration; its database holds the original.
  if (config?.database !== server.database) {
    throw new Error(
      'parse-server-sessions: the database controller does not hold its configuration any more.',
    );
  }
  return config;
}
