import { isInvalidSessionError } from './invalid-session';
import { checkOptions } from './options';

/** The part of an Express request that is read; Express 4 and 5 fit. */
interface Request {
  method: string;
  originalUrl: string;
  headers: { accept?: string | undefined };
}

interface Response {
  headersSent: boolean;
  clearCookie(name: string, options?: object): unknown;
  redirect(status: number, url: string): unknown;
  status(code: number): { json(body: unknown): unknown };
}

export interface RedirectInvalidSessionOptions {
  /** The cookies that keep the session, by name; without one the dead token comes back with each request. @default [] */
  cookie?: string | readonly string[];
  /** The `path`, `domain`, … that the cookies were set with: a browser drops a cookie only for the same ones. */
  cookieOptions?: object;
}

/**
 * A path of this site. Control characters are refused, because browsers drop tab and newline: `/\t/host` is
 * another site.
 */
// eslint-disable-next-line no-control-regex
const SAME_SITE_PATH = /^\/(?![/\\])[^\\\u0000-\u001f]*$/;

/**
 * The path if it leads to a page of the same site, else the fallback. The log-in route passes what came as
 * `returnTo` through this before it redirects, because anyone can write such a link.
 *
 * @param path - anything, such as `request.query.returnTo`
 * @param fallback - @default '/'
 * @returns a path that begins with one slash, with its query
 */
export function sameSitePath(path: unknown, fallback = '/'): string {
  return typeof path === 'string' && SAME_SITE_PATH.test(path) ? path : fallback;
}

/**
 * An Express error handler for error 209: "if Express.js, redirect the user to the log in route", as the Parse
 * guide's chapter on sessions has it. It clears the app's session cookie. A browser that asks for a page goes to
 * `path?returnTo=…`; anything else gets 401 with Parse's JSON, `{ code: 209, error }`. Every other error goes on
 * to the next handler. So does a 209 on the log-in page itself, which would only lead to itself.
 *
 * @param path - the log-in route, a path of this site; it may have a query
 * @throws TypeError when `path` is not a path that begins with one slash, and for a wrong option
 * @example app.use(redirectInvalidSession('/login', { cookie: 'session' })); // after the routes
 */
export function redirectInvalidSession(path: string, options: RedirectInvalidSessionOptions = {}) {
  const { cookie = [], cookieOptions } = options;
  checkOptions('redirectInvalidSession', options, { cookie: 'string | object', cookieOptions: 'object' });
  if (!sameSitePath(path, '')) {
    // What was given instead could be a request, and is not shown.
    throw new TypeError('redirectInvalidSession: path must be a path that begins with one slash.');
  }
  const withoutQuery = (url: string) => url.split('?', 1)[0];

  return function invalidSessionRedirect(
    error: unknown,
    request: Request,
    response: Response,
    next: (error?: unknown) => void,
  ): void {
    if (!isInvalidSessionError(error) || response.headersSent) return next(error);
    for (const name of [cookie].flat()) response.clearCookie(name, cookieOptions);
    // Only a browser that navigates names HTML; scripts ask for anything.
    if (!request.headers.accept?.includes('text/html')) {
      response.status(401).json({ code: 209, error: 'Invalid session token' });
      return;
    }
    if (withoutQuery(request.originalUrl) === withoutQuery(path)) return next(error);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    // A link back cannot send a form again.
    const returnTo = isRead && sameSitePath(request.originalUrl, '');
    const query = returnTo ? `${path.includes('?') ? '&' : '?'}returnTo=${encodeURIComponent(returnTo)}` : '';
    response.redirect(isRead ? 302 : 303, path + query);
  };
}
