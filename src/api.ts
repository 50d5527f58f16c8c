import type { SessionEvent, SessionListener } from './events/events';
import type { DoctorReport } from './doctor/doctor';
import type { ExpiryOptions } from './expiry/expiry-option';
import type { SessionFileSet } from './files/file-set';
import type { RequestWithSession } from './gate/session-of';
import type { FreshSessionValidator, HandedOrCalled } from './validators';
import type { AdminPageOptions } from './pages/admin-page';
import type { SessionMetrics } from './metrics/metrics';
import type { DevicesPageOptions } from './pages/devices-page';
import type { PageHandler } from './pages/page';
import type { ExpiryPreview } from './preview/preview';
import type { CallerSession, SessionRef, UserRef } from './record';
import type { SessionStore } from './sessions/store';
import type { UserData } from './user-data/user-data';

/**
 * What {@link parseSessions} answers: the session system of one Parse Server.
 * What needs the database throws an `Error` until Parse Server has started with what `configure()` answered.
 * What takes a session throws a `TypeError` for anything that is none.
 */
export interface Sessions {
  /**
   * Composes the session rules, functions and guards into the app's Parse Server options, and answers a copy. The
   * app's own `requestContextMiddleware` and `cloud` still run.
   * @throws TypeError for options that are no object, a `requestContextMiddleware` that is no function, a
   * `liveQuery` that offers `_Session`, and a second `appId`.
   */
  configure<Options extends object>(options: Options): Options;
  /** The sessions, for code on the server. */
  readonly store: SessionStore;
  /**
   * The session behind a request, as a record without its token, for `store`, `files`, `secret` and the like.
   * @param request of a cloud function, a validator, a trigger or a job; or of Express: in a route of the app's own, which
   * Parse Server has not seen, the header `X-Parse-Session-Token` names the session. Nothing is marked as accessed.
   * @returns `null` where no session asks: nobody, the master key, a token that is revoked, expired, unknown or not of the
   * request's own user (`userFromJWT`).
   * @throws TypeError for what is no request.
   */
  of(request: RequestWithSession): Promise<CallerSession | null>;
  /**
   * The guard as a trigger: `Parse.Cloud.beforeSave('MyClass', sessions.guard)`, as in the Parse guide;
   * `sessions.guard()` is the same.
   * @throws 119 when the caller's session is restricted, 209 when it is revoked.
   * @throws TypeError for what is no request.
   */
  readonly guard: HandedOrCalled;
  /**
   * A validator: `Parse.Cloud.define('transfer', transfer, sessions.requireUnrestrictedSession)`;
   * `sessions.requireUnrestrictedSession()` is the same.
   * @throws 119 when the caller's session is restricted, 209 when it is revoked or when there is none.
   * @throws TypeError for what is no request.
   */
  readonly requireUnrestrictedSession: HandedOrCalled;
  /**
   * A validator: `Parse.Cloud.define('changePlan', changePlan, sessions.requireFreshSession({ within: '15m' }))`.
   * Handed over as it is, it goes by the option `freshWithin`.
   * @throws 119 when the session is restricted or the last login in it is longer ago, 209 when there is no
   * session.
   * @throws TypeError at once for a wrong duration, and for what is neither a request nor options.
   */
  readonly requireFreshSession: FreshSessionValidator;
  /**
   * Calls the listener with each such event of this process.
   * @returns a function that removes the listener.
   * @throws TypeError for an unknown event or a listener that is no function.
   */
  on<Name extends SessionEvent>(name: Name, listener: SessionListener<Name>): () => void;
  /**
   * The session's secret: 256 random bits in Base64. It is made at the first call, and no client ever gets it.
   * @throws 101 when there is no such session.
   */
  secret(session: SessionRef): Promise<string>;
  /**
   * A token against cross-site request forgery, in Base64url. It is derived from the secret, so it stays the same.
   * @throws 101 when there is no such session.
   */
  csrfToken(session: SessionRef): Promise<string>;
  /**
   * Whether this is the session's token against cross-site request forgery.
   * @throws 101 when there is no such session.
   */
  verifyCsrfToken(session: SessionRef, token: unknown): Promise<boolean>;
  /**
   * An address for a mail about a new device: "This was not me". It works once, until the session ends, for 7 days at most,
   * and can only end that session, forget the device, and have Parse Server send its mail to reset the password. Its token
   * is the fragment (`#token=…`), so no server logs it, and a scanner of mails that follows it changes nothing: the page
   * there calls the cloud function `reportSession`.
   * @throws 101 when there is no such session.
   * @throws TypeError for what is no session.
   */
  reportLink(session: SessionRef): Promise<string>;
  /** The temporary files of the session. They are deleted when it ends. */
  files(session: SessionRef): SessionFileSet;
  /**
   * Ends a session for ever without deleting it: its token is refused at once, and the purge deletes the row
   * later.
   * @throws 101 when there is no such session.
   */
  invalidate(session: SessionRef): Promise<void>;
  /**
   * Everything that is kept about a user, as JSON without a token or a secret: his sessions, the records of those that
   * have ended, his known devices, the pairings that he has allowed. It is for handing out to him, so what operators have
   * noted about the ends of his sessions is left out.
   * @throws TypeError for what is no user. One who is deleted may have left records.
   */
  exportUser(user: UserRef): Promise<UserData>;
  /**
   * Removes it: addresses, user agents and names of his sessions, the records of those that have ended, his known
   * devices, the pairings that he has allowed. His sessions go on, with their installation ids, and keep again where they are used from, as far as the option
   * `privacy` allows.
   * Another process may still write an access that it noted before (`activity.flushInterval`).
   * @throws TypeError for what is no user.
   */
  eraseUser(user: UserRef): Promise<void>;
  /**
   * Looks at how these sessions are mounted, at the database, and at Parse Server's options, and tells what is well and
   * what is not. It changes nothing, and answers no secret. Before the server has started it says that. What it says of
   * proxies and LiveQuery is what this process has seen.
   */
  doctor(): Promise<DoctorReport>;
  /**
   * Counts the sessions that a policy would end, by kind and age: those whose time would be over. Once the policy is the
   * option `expiry` they get one idle period more. Changes nothing.
   * @param expiry as the option.
   * @throws TypeError for a wrong policy, naming the part.
   */
  preview(expiry: ExpiryOptions): Promise<ExpiryPreview>;
  /**
   * Numbers of this process: what has happened to sessions since it began, and what waits to be written. They tell of no
   * user, and ask no database. Before the server has started they are zero.
   */
  metrics(): SessionMetrics;
  /**
   * A page on which users see where they are signed in, sign devices out, pair new ones, and report one that is not theirs:
   * `app.use('/sessions', sessions.devicesPage())`, in Express 4 and 5.
   * @throws TypeError for a wrong option; Error where the package was not built.
   */
  devicesPage(options?: DevicesPageOptions): PageHandler;
  /**
   * A page on which operators see how many sessions there are, search them, sign them out, and delete expired ones:
   * `app.use('/sessions-admin', sessions.adminPage())`, in Express 4 and 5. It asks for the master key, keeps it in memory
   * only, and forgets it after 15 minutes without use. With the read-only master key it shows everything and changes nothing.
   * @throws TypeError for a wrong option; Error where the package was not built.
   */
  adminPage(options?: AdminPageOptions): PageHandler;
  /**
   * Closes the LiveQuery sockets of sessions that end: at once when this process revokes them, within 30 seconds
   * when they expire or another process revokes them.
   * @param server what `ParseServer.createLiveQueryServer()` answered.
   * @throws TypeError for anything else.
   */
  liveQuery(server: unknown): void;
  /**
   * Writes the last accesses and records that are left, and stops the timers of this package. Takes less than 10 seconds,
   * also where the database does not answer. Parse Server's `handleShutdown()` does it by itself; call it where your
   * server stops in another way.
   */
  shutdown(): Promise<void>;
}
