import type { User } from 'parse/node';
import { ActivityTracker } from './activity/tracker';
import { loadAppCloud } from './app-cloud';
import type { Enforcement } from './enforcement/request-database';
import { composeFunctions, refuseScopedFiles } from './enforcement/scope-guard';
import { composeSubscriptions } from './enforcement/subscription-guard';
import {
  composeTriggers,
  freshSessionValidator,
  sessionGuard,
  unrestrictedSessionValidator,
} from './enforcement/trigger-guard';
import { useParseError } from './errors';
import { SessionEmitter, type SessionEvent, type SessionListener } from './events/events';
import { adoptSessions } from './expiry/adopt';
import { expiryOf } from './expiry/policy';
import type { SessionFileSet } from './files/file-set';
import { SessionFiles } from './files/session-files';
import { registerFunctions } from './functions/register';
import { sessionFunctions } from './functions/session-functions';
import { readWithin, registerValidators, type FreshSessionOptions } from './instances';
import { Endings } from './lifecycle/endings';
import { LimitKeeper } from './limits/limits';
import { liveQueryClasses } from './live-query/classes';
import { LiveQuerySockets, watchSockets, type LiveQueryServer } from './live-query/sockets';
import { resolveOptions, type SessionsOptions } from './options';
import type { CloudRequest, Middleware, ParseSdk, ServerOptions } from './parse-server';
import { guardedClasses } from './policy/guarded-classes';
import { registerPurgeJob, schedulePurge } from './purge/job';
import { requestContext } from './request/middleware';
import { openSdkDoor } from './request/sdk-door';
import { ensureColumns, ensureIndexes } from './schema/columns';
import { csrfTokenOf, secretOf, verifyCsrfToken } from './secret/secret';
import type { SessionRef } from './session';
import { CallerSessions } from './store/caller-sessions';
import { Revocations } from './store/revocations';
import { SessionStore, type StoreConnection } from './store/session-store';

/** How long Parse Server trusts a cached token when the option `cacheTTL` is not given, in milliseconds. */
const DEFAULT_CACHE_TTL = 5000;

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

/** What exists once Parse Server has started. */
interface Running extends StoreConnection {
  callers: CallerSessions;
  stop: Array<() => unknown>;
}

/**
 * Makes the session system of one Parse Server.
 * @throws TypeError for a wrong option, naming its path, what it got and what it takes.
 */
export function parseSessions(input: SessionsOptions = {}): Sessions {
  const options = resolveOptions(input);
  const isGuarded = guardedClasses(options.guard);
  const now = () => new Date();
  let running: Running | undefined;

  const started = (): Running => {
    if (!running) throw new Error('parse-server-sessions: Parse Server has not started with these sessions.');
    return running;
  };
  const fresh = new Set(options.fresh);
  const writeRules = {
    isGuarded,
    needsFresh: (className: string) => fresh.has(className),
    freshWithin: options.freshWithin,
  };
  const events = new SessionEmitter(() => running?.config.loggerController);
  const files = new SessionFiles(() => started());
  const enforcement: Enforcement = {
    writeRules,
    events,
    now,
    // What exists only once the server has started.
    get callers() {
      return started().callers;
    },
    get database() {
      return started().database;
    },
    get endings() {
      return started().endings;
    },
    get limits() {
      return started().limits;
    },
    expiryOfNew: (session, at) => expiryOf(options.expiry, { ...session, createdAt: at }, at),
  };
  const store = new SessionStore(started, now);
  const guard = sessionGuard(enforcement);
  const requireUnrestrictedSession = unrestrictedSessionValidator(guard);
  const requireFreshSession = (options: FreshSessionOptions = {}) =>
    freshSessionValidator(guard, readWithin(options), enforcement);

  function connect(Parse: ParseSdk): Running {
    const config = Parse.Server;
    const { database, cacheController, loggerController: log } = config;
    const policy = options.expiry;
    const callers = new CallerSessions(() => database, config.cacheTTL ?? DEFAULT_CACHE_TTL);
    const revocations = new Revocations();
    revocations.protect(cacheController);
    const activity = options.activity.enabled
      ? new ActivityTracker(database, cacheController, log, policy, options.activity, events)
      : undefined;
    revocations.onEnded(tokens => {
      for (const token of tokens) {
        callers.forget(token);
        activity?.forget(token);
      }
    });
    const endings = new Endings(database, cacheController, revocations, files, events, log);
    const limits = new LimitKeeper(options.maxSessionsPerUser, options.onLimit, now, () => endings);
    const stop = activity ? [() => activity.shutdown()] : [];
    const parts = { policy, callers, revocations, activity, endings, limits, files, events, stop };
    return { Parse, config, database, cacheController, ...parts };
  }

  async function start(Parse: ParseSdk, appCloud: unknown, liveClasses: string[]): Promise<void> {
    useParseError(Parse.Error as never);
    running = connect(Parse);
    const { config, callers, stop } = running;
    registerValidators(config.applicationId, { requireUnrestrictedSession, requireFreshSession });
    await ensureColumns(config);
    if (options.indexes) await ensureIndexes(config);
    await adoptSessions(config.database, options.expiry, now());
    await files.open();
    openSdkDoor(Parse, enforcement);
    composeFunctions(Parse, enforcement);
    const guardSubscriptions = composeSubscriptions(Parse, liveClasses, enforcement);
    const verifyPassword = (user: User, password: string) =>
      Parse.User.verifyPassword(user.getUsername() ?? '', password);
    registerFunctions(
      Parse,
      options.functionPrefix,
      sessionFunctions({ store, callers, events, verifyPassword, now }),
    );
    const purge = store.purgeExpired.bind(store);
    registerPurgeJob(Parse, options.functionPrefix, purge);
    const guardFiles = options.guardFiles
      ? guard
      : (request: CloudRequest) => refuseScopedFiles(request, enforcement);
    const guardTheRest = composeTriggers(Parse, guard, isGuarded, guardFiles);
    await loadAppCloud(appCloud, Parse);
    guardTheRest();
    guardSubscriptions();
    if (input.purge) {
      // As they were given: the purge reads them itself.
      const { schedule, ...params } = input.purge;
      const job = schedulePurge(schedule, params, purge, config.loggerController);
      stop.push(() => job.stop());
    }
  }

  return {
    configure(serverOptions) {
      const { requestContextMiddleware, cloud, liveQuery } = serverOptions as ServerOptions;
      if (requestContextMiddleware && typeof requestContextMiddleware !== 'function') {
        throw new TypeError('requestContextMiddleware must be a function');
      }
      const liveClasses = liveQueryClasses(liveQuery);
      return {
        ...serverOptions,
        // The policy moves the end of a session on; Parse Server would overwrite it with `sessionLength`.
        ...(input.expiry && { extendSessionOnUse: false }),
        requestContextMiddleware: requestContext(
          enforcement,
          (token, mark) => running?.activity?.mark(token, mark),
          (requestContextMiddleware || undefined) as Middleware | undefined,
        ),
        cloud: (Parse: ParseSdk) => start(Parse, cloud, liveClasses),
      };
    },
    store,
    guard,
    requireUnrestrictedSession,
    requireFreshSession,
    on: (name, listener) => events.on(name, listener),
    secret: session => secretOf(started().database, session),
    csrfToken: session => csrfTokenOf(started().database, session),
    verifyCsrfToken: (session, token) => verifyCsrfToken(started().database, session, token),
    files: session => files.of(session),
    invalidate: session => store.invalidate(session),
    liveQuery(server) {
      const { revocations, stop, config, database } = started();
      const sockets = new LiveQuerySockets(server as LiveQueryServer, config.loggerController);
      stop.push(revocations.onEnded(tokens => sockets.close(tokens)));
      stop.push(watchSockets(sockets, database, now, config.loggerController));
    },
    async shutdown() {
      const stopping = running;
      await Promise.all((stopping?.stop ?? []).map(stop => stop()));
      running = undefined;
    },
  };
}
