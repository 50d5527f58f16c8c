import type { ServerConfig, ServerRequest } from '../parse-server';
import type { Runtime } from '../runtime';
import { isForeignToken } from '../sessions/callers';
import { isRest } from './routes';

/** Who sent a request. Whoever is none of these is unknown, and refused where a rule applies. */
export type Caller =
  | { kind: 'master'; readOnly: boolean }
  /**
   * A session, by its token. `userId` is the user that Parse Server found for it; absent where it has not looked
   * yet.
   */
  | { kind: 'session'; token: string; userId?: string }
  /**
   * A user without a session: the app's own middleware has authenticated him (`userFromJWT`), or he upgrades a
   * legacy token.
   */
  | { kind: 'user'; userId: string }
  | { kind: 'nobody' }
  /** No door has told who he is: Parse Server itself at work, or a client that came in past the doors. */
  | { kind: 'unknown'; mayBeScoped?: true };

const MASTER: Caller = { kind: 'master', readOnly: false };
const READ_ONLY_MASTER: Caller = { kind: 'master', readOnly: true };
const NOBODY: Caller = { kind: 'nobody' };
export const UNKNOWN: Caller = { kind: 'unknown' };
/** A client with a user whose token nobody has seen: it may be that of a scoped session. */
const UNSEEN: Caller = { kind: 'unknown', mayBeScoped: true };

const UPGRADE = /^\/upgradeToRevocableSession\/?$/i;

/**
 * Who sent an HTTP request, as Parse Server resolved it. `GET /sessions/me` carries a token but no `auth` yet
 * (`middlewares.js#handleParseSession` of 9.10.0). From `/login` Parse Server takes the token away
 * (`#handleParseHeaders`). Where the app's own middleware has authenticated the user (`userFromJWT`), the token
 * beside him may be any text: `ownCallerOf` checks it.
 */
export function callerOfRequest(request: ServerRequest): Caller {
  const { auth, info, path } = request;
  if (auth?.isMaster || auth?.isMaintenance) return auth.isReadOnly ? READ_ONLY_MASTER : MASTER;
  const token = info?.sessionToken;
  const userId = auth?.user?.id;
  if (!token) return userId === undefined ? NOBODY : { kind: 'user', userId };
  // On this route Parse Server takes such a token for one of the time before revocable sessions
  // (`middlewares.js#handleParseSession` of 9.10.0). A path of GraphQL may end alike, so `isRest` is asked.
  if (isForeignToken(token) && UPGRADE.test(path)) {
    const upgrades = isRest(request) && !request.userFromJWT && userId !== undefined;
    return upgrades ? { kind: 'user', userId } : UNKNOWN;
  }
  return { kind: 'session', token, userId };
}

/**
 * Answers the caller if his token is of a session of his own user. Otherwise the token says nothing, and he is
 * unknown.
 */
export async function ownCallerOf(
  caller: Extract<Caller, { kind: 'session' }>,
  { callers }: Runtime,
): Promise<Caller> {
  const session = await callers.liveOrNull(caller.token);
  return session && session.userId === caller.userId ? caller : UNKNOWN;
}

/**
 * Who a client with this user is that has come in past the doors: by the GraphQL endpoint of another app of the process
 * (`ParseGraphQLServer.js#applyGraphQL` of 9.10.0). Parse Server has put the headers of the request into its
 * configuration (`middlewares.js#handleParseHeaders`). It reads the token from them if they name the app, too; else
 * from the body, which nobody sees.
 */
export function callerPastDoors(config: Partial<ServerConfig> | undefined, userId: string): Caller {
  if (!config?.headers) return UNKNOWN;
  const { 'x-parse-application-id': appId, 'x-parse-session-token': token } = config.headers;
  if (appId !== config.applicationId) return UNSEEN;
  return typeof token === 'string' && token ? { kind: 'session', token, userId } : UNKNOWN;
}

/** The options of a call by the SDK in cloud code. */
export interface CallOptions {
  sessionToken?: unknown;
  useMasterKey?: boolean;
}

/** Who asks by the SDK in cloud code (`ParseServerRESTController.js#getAuth` of 9.10.0). */
export function callerOfCall({ useMasterKey, sessionToken }: CallOptions = {}): Caller {
  if (useMasterKey) return MASTER;
  return typeof sessionToken === 'string' && sessionToken ? { kind: 'session', token: sessionToken } : NOBODY;
}
