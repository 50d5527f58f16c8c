import type { User } from 'parse/node';
import { ActivityTracker } from './activity/tracker';
import { keepEarlyCloud, loadAppCloud } from './app-cloud';
import { FILES } from './enforcement/class-name';
import type { Enforcement } from './enforcement/request-database';
import { composeFunctions, refuseScopedFiles, tokenOf } from './enforcement/scope-guard';
import { composeSubscriptions } from './enforcement/subscription-guard';
import {
  composeTriggers,
  freshSessionValidator,
  sessionGuard,
  unrestrictedSessionValidator,
} from './enforcement/trigger-guard';
import { useParseError } from './errors';
import { SessionEmitter } from './events/events';
import { adoptSessions } from './expiry/adopt';
import { expiryOf } from './expiry/policy';
import { SessionFiles } from './files/session-files';
import { registerFunctions } from './functions/register';
import { sessionFunctions } from './functions/session-functions';
import { readWithin, registerValidators, type FreshSessionOptions } from './instances';
import { Endings } from './lifecycle/endings';
import { LimitKeeper } from './limits/limits';
import { liveQueryClasses } from './live-query/classes';
import { LiveQuerySockets, watchSockets, type LiveQueryServer } from './live-query/sockets';
import { redactTokens } from './log';
import { resolveOptions, type SessionsOptions } from './options';
import type { CloudRequest, Middleware, ParseSdk, ServerOptions } from './parse-server';
import { guardedClasses } from './policy/guarded-classes';
import { registerPurgeJob, schedulePurge } from './purge/job';
import { requestContext } from './request/middleware';
import { originOf } from './request/origin';
import { openSdkDoor } from './request/sdk-door';
import { ensureColumns, ensureIndexes } from './schema/columns';
import { csrfTokenOf, secretOf, verifyCsrfToken } from './secret/secret';
import type { Sessions } from './sessions';
import { CallerSessions } from './store/caller-sessions';
import { Revocations } from './store/revocations';
import { SessionStore, type StoreConnection } from './store/session-store';
import { webhooksOf } from './webhooks';

/** How long Parse Server trusts a cached token when the option `cacheTTL` is not given, in milliseconds. */
const DEFAULT_CACHE_TTL = 5000;

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
  const requireFreshSession = (input: FreshSessionOptions = {}) =>
    freshSessionValidator(guard, readWithin(input) ?? options.freshWithin, enforcement);

  function connect(Parse: ParseSdk, sharesCache: boolean): Running {
    const config = Parse.Server;
    const { database, cacheController, loggerController: log } = config;
    const policy = options.expiry;
    const callers = new CallerSessions(() => database, config.cacheTTL ?? DEFAULT_CACHE_TTL, now);
    const revocations = new Revocations(sharesCache);
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

  interface App {
    loadCloud(Parse: ParseSdk): Promise<void>;
    liveClasses: string[];
    sharesCache: boolean;
  }

  async function start(Parse: ParseSdk, { loadCloud, liveClasses, sharesCache }: App): Promise<void> {
    useParseError(Parse.Error as never);
    redactTokens(Parse.Server.loggerController);
    running = connect(Parse, sharesCache);
    const { config, callers, stop } = running;
    registerValidators(config.applicationId, { requireUnrestrictedSession, requireFreshSession });
    await ensureColumns(config);
    if (options.indexes) await ensureIndexes(config);
    await adoptSessions(config.database, options.expiry, now());
    await files.open();
    const webhooks = await webhooksOf(config.database);
    if (options.guardFiles && ['beforeSave', 'beforeDelete'].some(name => webhooks.hasTrigger(FILES, name))) {
      throw new Error(
        'parse-server-sessions: a webhook on @File takes the place of guardFiles. Remove one of the two.',
      );
    }
    openSdkDoor(Parse, enforcement);
    composeFunctions(Parse, enforcement);
    const guardSubscriptions = composeSubscriptions(Parse, liveClasses, enforcement);
    // The SDK's types take its answer, which is plain JSON, for a user.
    const verifyPassword = (user: User, password: string): Promise<{ objectId?: string }> =>
      Parse.User.verifyPassword(user.getUsername() ?? '', password) as Promise<object>;
    registerFunctions(
      Parse,
      options.functionPrefix,
      sessionFunctions({ store, callers, events, verifyPassword, now }),
      webhooks,
    );
    const purge = store.purgeExpired.bind(store);
    registerPurgeJob(Parse, options.functionPrefix, purge);
    const guardFiles = async (request: CloudRequest) => {
      // Files do not pass the middleware.
      const token = tokenOf(request);
      if (token) running?.activity?.mark(token, { at: now(), ...originOf(request) });
      await (options.guardFiles ? guard(request) : refuseScopedFiles(request, enforcement));
    };
    const guardTheRest = composeTriggers(Parse, guard, isGuarded, guardFiles, webhooks);
    await loadCloud(Parse);
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
      if (serverOptions === null || typeof serverOptions !== 'object') {
        throw new TypeError('configure() takes the options of Parse Server, an object.');
      }
      const { appId, requestContextMiddleware, cloud, liveQuery, cacheAdapter } =
        serverOptions as ServerOptions;
      if (requestContextMiddleware && typeof requestContextMiddleware !== 'function') {
        throw new TypeError('requestContextMiddleware must be a function');
      }
      const registerEarly = keepEarlyCloud(appId);
      const app: App = {
        async loadCloud(Parse) {
          registerEarly(Parse);
          await loadAppCloud(cloud, Parse);
        },
        liveClasses: liveQueryClasses(liveQuery),
        // Parse Server's own cache is one per process.
        sharesCache: Boolean(cacheAdapter),
      };
      return {
        ...serverOptions,
        // The policy moves the end of a session on; Parse Server would overwrite it with `sessionLength`.
        ...(Object.values(options.expiry).some(Boolean) && { extendSessionOnUse: false }),
        requestContextMiddleware: requestContext(
          enforcement,
          (token, mark) => running?.activity?.mark(token, mark),
          (requestContextMiddleware || undefined) as Middleware | undefined,
        ),
        cloud: (Parse: ParseSdk) => start(Parse, app),
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
      // The server may still answer requests, which need the rest.
      await Promise.all((running?.stop ?? []).map(stop => stop()));
    },
  };
}
