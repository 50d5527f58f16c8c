import type { SessionRecord } from '../session';
import type { Row, ServerConfig, ServerRequest } from '../parse-server';

/** Who sent a request. */
export type Caller =
  { kind: 'master'; readOnly: boolean } | { kind: 'anonymous' } | { kind: 'session'; token: string };

/**
 * The caller as Parse Server resolved it. `GET /sessions/me` carries a token but no `auth` yet; `/login` has its
 * token taken away; a user that the app's own middleware made has no session.
 */
export function callerOf({ auth, info }: Pick<ServerRequest, 'auth' | 'info'>): Caller {
  if (auth?.isMaster || auth?.isMaintenance) return { kind: 'master', readOnly: auth.isReadOnly === true };
  return info?.sessionToken ? { kind: 'session', token: info.sessionToken } : { kind: 'anonymous' };
}

/** A request, or a call of the SDK inside the server, as the enforcement sees it. */
export interface RequestContext {
  caller: Caller;
  config: Pick<ServerConfig, 'cacheController'>;
  /** The caller's session, when it was looked up before the request went on. */
  session?: SessionRecord;
  ip?: string;
  userAgent?: string;
  /** The user's id and roles, for class-level permissions; absent where the server itself acts. */
  aclGroup?: () => Promise<string[]>;
  /** Marks the caller's session as accessed; absent for calls of the SDK inside the server. */
  touch?: () => void;
  /** Called with the row as stored when the client created a session: the answer must show it. */
  onCreated: (session: Row) => void;
}
