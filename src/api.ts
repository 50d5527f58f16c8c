import type { SessionEvent, SessionListener } from './events/events';
import type { SessionFileSet } from './files/file-set';
import type { FreshSessionOptions } from './validators';
import type { CloudRequest } from './parse-server';
import type { SessionRef } from './record';
import type { SessionStore } from './sessions/store';

/** What {@link parseSessions} answers: the session system of one Parse Server. */
export interface Sessions {
  /**
   * A copy of the app's Parse Server options with the session rules, functions and guards composed in: its own
   * `requestContextMiddleware` and `cloud` still run.
   */
  configure<Options extends object>(options: Options): Options;
  /** Sessions on the server's side. Usable once the server has started. */
  readonly store: SessionStore;
  /**
   * The guard as a trigger: `Parse.Cloud.beforeSave('MyClass', sessions.guard)`, as in the Parse guide.
   * @throws 119 when the caller's session is restricted, 209 when it is revoked.
   */
  readonly guard: (request: CloudRequest) => Promise<void>;
  /**
   * A validator: `Parse.Cloud.define('transfer', transfer, sessions.requireUnrestrictedSession)`.
   * @throws 119 when the caller's session is restricted, 209 when it is revoked or when there is none.
   */
  readonly requireUnrestrictedSession: (request: CloudRequest) => Promise<void>;
  /**
   * A validator: `Parse.Cloud.define('changePlan', changePlan, sessions.requireFreshSession({ within: '15m' }))`.
   * @throws 119 when the user's last login in this session is longer ago, 209 when there is no session.
   */
  readonly requireFreshSession: (options?: FreshSessionOptions) => (request: CloudRequest) => Promise<void>;
  /** Calls the listener with each such event of this process; answers a function that stops it. */
  on<Name extends SessionEvent>(name: Name, listener: SessionListener<Name>): () => void;
  /**
   * The session's secret, 256 random bits in Base64: made at the first request, never sent to any client.
   * @throws 101 when there is no such session.
   */
  secret(session: SessionRef): Promise<string>;
  /** A token against cross-site request forgery, derived from the secret. @throws 101 when there is no such session. */
  csrfToken(session: SessionRef): Promise<string>;
  /** Whether a token is the session's. @throws 101 when there is no such session. */
  verifyCsrfToken(session: SessionRef, token: unknown): Promise<boolean>;
  /** The temporary files of the session: they are deleted when it ends. */
  files(session: SessionRef): SessionFileSet;
  /**
   * Ends a session for ever without deleting it: refused at once, removed by the purge.
   * @throws 101 when there is no such session.
   */
  invalidate(session: SessionRef): Promise<void>;
  /**
   * Closes the LiveQuery sockets of sessions that end: at once when they are revoked in this process, within 30 seconds
   * when they expire or are revoked elsewhere.
   * @param server what `ParseServer.createLiveQueryServer()` answered.
   */
  liveQuery(server: unknown): void;
  /** Writes the last accesses that are left, and ends what this package started. Call it when the server stops. */
  shutdown(): Promise<void>;
}
