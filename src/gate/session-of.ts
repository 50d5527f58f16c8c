import { IncomingMessage } from 'node:http';
import type { User } from 'parse/node';
import type { ServerRequest } from '../parse-server';
import { toSessionRecord, type CallerSession } from '../record';
import type { Runtime } from '../runtime';
import { userExists } from '../sessions/users';
import { callerOfRequest } from './caller';
import { tokenOf } from './scope-checks';

/** A request of cloud code (function, validator, trigger, job), or one of Express. */
export type RequestWithSession =
  IncomingMessage | { user?: User; master?: boolean } | { message: (text: never) => unknown };

/** An Express request. What Parse Server adds is there once its middleware has run. */
type ExpressRequest = IncomingMessage & Pick<ServerRequest, 'userFromJWT' | 'auth' | 'info'>;

/** A token that a request shows, and the user whose it has to be, where the request has one. */
interface Shown {
  token?: unknown;
  user?: { id?: string };
}

/**
 * The session behind a request, without its token.
 * @returns `null` where no session asks: nobody, the master key, a token that is revoked, expired, unknown or not of the
 * request's own user.
 * @throws TypeError for what is no request.
 */
export async function sessionOf(
  request: RequestWithSession,
  { callers, database }: Runtime,
): Promise<CallerSession | null> {
  if (request === null || typeof request !== 'object') {
    throw new TypeError('of() takes the request of a cloud function, trigger or job, or of Express.');
  }
  const isExpress = request instanceof IncomingMessage;
  const { token, user }: Shown = isExpress ? shownToExpress(request) : shownToCloudCode(request);
  if (typeof token !== 'string' || token === '') return null;
  const live = await callers.liveOrNull(token);
  if (!live?.userId || (user && user.id !== live.userId)) return null;
  // Read anew: another process may have revoked it meanwhile, and what is cached is not the app's to change.
  const [row] = await database.find('_Session', { objectId: live.objectId, sessionToken: token });
  // At a token that comes by Express perhaps nobody has looked yet. Parse Server refuses it where the user is gone.
  if (!row || (isExpress && !(await userExists(live.userId, database)))) return null;
  const { sessionToken: _token, ...session } = toSessionRecord(row);
  return session;
}

function shownToCloudCode(request: object): Shown {
  return { token: tokenOf(request as never), user: (request as { user?: User }).user };
}

function shownToExpress(request: ExpressRequest): Shown {
  const user = request.userFromJWT ?? request.auth?.user;
  if (!request.info) return { token: request.headers['x-parse-session-token'], user };
  // Parse Server has read the headers and the body, and knows where a token does not count (`/login`).
  const caller = callerOfRequest(request as unknown as ServerRequest);
  return caller.kind === 'session' ? { token: caller.token, user } : {};
}
