import type { ServerRequest } from '../parse-server';
import { isLegacyToken } from '../sessions/callers';
import { isRest } from './routes';
import { MASTER, NOBODY, READ_ONLY_MASTER, UNKNOWN, type Caller } from './visit';

const UPGRADE = /^\/upgradeToRevocableSession\/?$/i;

/**
 * Who sent an HTTP request, as Parse Server resolved it: `GET /sessions/me` carries a token but no `auth` yet, and
 * `/login` has its token taken away. A token says who the caller is only where it is a session's: a user that the
 * app's own middleware made may have any text beside him.
 */
export function callerOfRequest(request: ServerRequest): Caller {
  const { auth, info, path } = request;
  if (auth?.isMaster || auth?.isMaintenance) return auth.isReadOnly ? READ_ONLY_MASTER : MASTER;
  const token = info?.sessionToken;
  const userId = auth?.user?.id;
  if (!token) return userId === undefined ? NOBODY : { kind: 'user', userId };
  if (!isLegacyToken(token)) return { kind: 'session', token, userId };
  // A legacy token logs in here only (`middlewares.js#handleParseSession` of 9.10.0), or on a path of GraphQL's that
  // ends alike.
  const upgrades = UPGRADE.test(path) && isRest(request) && !request.userFromJWT;
  return upgrades && userId !== undefined ? { kind: 'user', userId } : UNKNOWN;
}

/** How the SDK in cloud code asks. */
export interface CallOptions {
  sessionToken?: unknown;
  useMasterKey?: boolean;
}

/** Who asks by the SDK in cloud code (`ParseServerRESTController.js#getAuth` of 9.10.0). */
export function callerOfCall({ useMasterKey, sessionToken }: CallOptions = {}): Caller {
  if (useMasterKey) return MASTER;
  return typeof sessionToken === 'string' && sessionToken ? { kind: 'session', token: sessionToken } : NOBODY;
}
