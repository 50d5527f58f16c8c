import type { Sessions } from './api';
import { ATTEMPTS } from './attempts/attempts';
import { loadAppCloud } from './app-cloud';
import { warnAtStart } from './checks/start';
import { tellAtStart } from './checks/summary';
import { watchForStart } from './checks/unused-answer';
import { startCloudCode } from './cloud-code';
import { docs } from './docs';
import { asCurrentApp } from './current-app';
import { useParseError } from './errors';
import { examine, notMounted } from './doctor/doctor';
import type { Patient } from './doctor/patient';
import { SessionEmitter } from './events/events';
import { DEVICES } from './events/known-devices';
import { adoptSessions } from './expiry/adopt';
import type { OperatorCalls } from './functions/operator-functions';
import { FILES } from './files/session-files';
import { keepEarlyCloud } from './parse-cloud';
import { HISTORY_DEVICES, RECORDS } from './history/record';
import { goStraight, guardApp, openGate, runtimeOf } from './gate/gate';
import { requestContext } from './gate/http-door';
import { openSdkDoor } from './gate/sdk-door';
import { sessionOf } from './gate/session-of';
import { checkGate, requireKnownVersion } from './gate/self-check';
import { guardCall, requireUnrestricted } from './gate/triggers';
import { guardUserCache } from './gate/user-cache';
import { liveQueryClasses } from './live-query/classes';
import { LiveQuerySockets, watchSockets, type LiveQueryServer } from './live-query/sockets';
import { maskSecrets } from './log';
import { metricsOf } from './metrics/metrics';
import { resolveExpiry, resolveOptions, type ResolvedOptions, type SessionsOptions } from './options';
import type { Middleware, ParseSdk, ServerOptions } from './parse-server';
import { adminPage } from './pages/admin-page';
import { devicesPage } from './pages/devices-page';
import { PAIRINGS } from './pairing/pairing-class';
import { Places } from './places/places';
import { previewOf } from './preview/preview';
import { adoptPrivacy, type TracedClass } from './privacy/adopt';
import { schedulePurge } from './purge/schedule';
import { makeRuntime, shutDown, type Runtime } from './runtime';
import { HISTORY_CLASS, PAIRING_CLASS } from './schema/own-class';
import { ensureColumns, ensureIndexes } from './schema/columns';
import { csrfTokenOf, secretOf, verifyCsrfToken } from './secret/secret';
import { reportLinkOf } from './report/report-link';
import { beforeDatabaseCloses } from './shutdown';
import { userIdOf } from './record';
import { SessionStore } from './sessions/store';
import { eraseUser, exportUser } from './user-data/user-data';
import { handedOrCalled, requireFreshSession } from './validators';

/** What `configure()` keeps of an app until its server starts. */
interface App {
  middleware: Middleware;
  liveClasses: string[];
  /**
   * Whether the app has a cache adapter of its own. Other processes may share that; Parse Server's default they
   * cannot.
   */
  sharesCache: boolean;
  loadCloud(Parse: ParseSdk): Promise<void>;
}

/**
 * Makes the session system of one Parse Server.
 * @throws TypeError for a wrong option, naming its path, what it got and what it takes.
 */
export function parseSessions(input: SessionsOptions = {}): Sessions {
  const options = resolveOptions(input);
  const now = () => new Date();
  let running: Runtime | undefined;
  /** Once the database is about to be closed: whoever shuts down later waits for this, and uses it no more. */
  let closing: Promise<void> | undefined;
  /** The application id of the one app that these sessions serve. */
  let configuredFor: string | undefined;

  /** What the doctor looks at, once the server has started. */
  let patient: (() => Patient) | undefined;
  let hasLiveQuery = false;

  const started = (): Runtime => {
    if (!running) throw new Error('parse-server-sessions: Parse Server has not started with these sessions.');
    return running;
  };
  /** Stops the look for a server that starts without what `configure()` answered. */
  let stopWatching: () => void = () => undefined;

  const serverLog = () => running?.config.loggerController;
  const places = new Places(options.locate, serverLog);
  const events = new SessionEmitter(serverLog, places);
  const store = new SessionStore(started, now);
  /** For code on the server, and for operators as cloud functions. */
  const operatorCalls: OperatorCalls = {
    doctor: async () => (patient ? examine(patient()) : notMounted(now())),
    preview: async policy => previewOf(policy, started(), now()),
    exportUser: async userId => exportUser(userId, started()),
    eraseUser: async userId => eraseUser(userId, started()),
  };

  /** What is built while Parse Server starts, in this order. */
  async function start(Parse: ParseSdk, app: App): Promise<void> {
    const config = Parse.Server;
    requireKnownVersion(config);
    if (config.requestContextMiddleware !== app.middleware) throw replacedMiddleware();
    useParseError(Parse.Error as never);
    maskSecrets(config.loggerController);

    const database = goStraight(config.database);
    const { sharesCache } = app;
    const runtime = makeRuntime(Parse, options, { database, sharesCache, events, places, now });
    running = runtime;
    closing = undefined;
    patient = undefined;
    hasLiveQuery = false;
    beforeDatabaseCloses(database.adapter, () => (closing = shutDown(runtime)));
    await ensureColumns(config);
    if (options.indexes) await ensureIndexes(config);
    await openOwnClasses(runtime);
    await runtime.files.open();

    guardUserCache(config.cacheController, runtime);
    guardApp(app.middleware, runtime);
    openGate(database);
    openSdkDoor(Parse);
    await checkGate(Parse.Server, runtime);

    const { defined: functions, own } = await startCloudCode(Parse, {
      ...app,
      options,
      store,
      runtime,
      operatorCalls,
    });
    patient = () => ({
      config,
      database,
      options,
      functions,
      sharesCache,
      proxy: runtime.proxy.seen,
      liveClasses: app.liveClasses,
      hasLiveQuery,
      now: now(),
    });
    const log = config.loggerController;
    const adoption = adoptSessions(options.expiry, { database, log, now });
    runtime.stop.push(() => adoption.stop());
    const privacy = adoptPrivacy(options.privacy, tracedClasses(options), { database, log });
    runtime.stop.push(() => privacy.stop());
    // Cloud code may have made classes.
    await warnAtStart({ config, database, options, functions });
    stopWatching();
    tellAtStart(config, options, own, sharesCache);
    if (input.purge) {
      // Handed on as the app wrote them, because `runtime.purge` reads durations itself.
      const { schedule, ...params } = input.purge;
      const job = schedulePurge(schedule, params, runtime.purge, log);
      runtime.stop.push(() => job.stop());
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
      if (configuredFor !== undefined && appId !== undefined && configuredFor !== appId) {
        throw anotherApp(configuredFor, appId);
      }
      configuredFor ??= appId;
      stopWatching();
      stopWatching = watchForStart(appId, config => runtimeOf(config) !== undefined);
      const registerEarly = keepEarlyCloud(appId);
      const app: App = {
        middleware: requestContext((requestContextMiddleware || undefined) as Middleware | undefined),
        liveClasses: liveQueryClasses(liveQuery),
        sharesCache: Boolean(cacheAdapter),
        async loadCloud(Parse) {
          registerEarly(Parse);
          await loadAppCloud(cloud, Parse);
        },
      };
      return {
        ...serverOptions,
        // The policy moves the ends of sessions. Parse Server would overwrite them by its own `sessionLength`
        // (`Auth.js#renewSessionIfNeeded` of 9.10.0).
        ...(Object.values(options.expiry).some(Boolean) && { extendSessionOnUse: false }),
        requestContextMiddleware: app.middleware,
        cloud: (Parse: ParseSdk) => asCurrentApp(Parse, appId, () => start(Parse, app)),
      };
    },
    store,
    of: async request => sessionOf(request, started()),
    guard: handedOrCalled('guard', async request => guardCall(request, started())),
    requireUnrestrictedSession: handedOrCalled('requireUnrestrictedSession', async request =>
      requireUnrestricted(request, started()),
    ),
    requireFreshSession,
    on: (name, listener) => events.on(name, listener),
    secret: session => secretOf(started().database, session),
    csrfToken: session => csrfTokenOf(started().database, session),
    verifyCsrfToken: (session, token) => verifyCsrfToken(started().database, session, token),
    reportLink: async session => reportLinkOf(session, options.reportUri, started()),
    files: session => started().files.of(session),
    invalidate: session => store.invalidate(session),
    exportUser: async user => operatorCalls.exportUser(userIdOf(user)),
    eraseUser: async user => operatorCalls.eraseUser(userIdOf(user)),
    doctor: operatorCalls.doctor,
    preview: async expiry => operatorCalls.preview(resolveExpiry(expiry)),
    metrics: () => metricsOf({ events, running }),
    devicesPage: given => devicesPage(given ?? {}, options, () => running?.config.applicationId),
    adminPage: given => adminPage(given ?? {}, options, () => running?.config.applicationId),
    liveQuery(server) {
      const { revocations, liveClients, stop, config, database } = started();
      const sockets = new LiveQuerySockets(server as LiveQueryServer);
      hasLiveQuery = true;
      stop.push(revocations.onEnded(tokens => sockets.close(tokens)));
      const watch = watchSockets(sockets, liveClients, database, now, config.loggerController);
      stop.push(revocations.onUnnamed(() => watch.checkNow()));
      stop.push(watch.stop);
    },
    async shutdown() {
      stopWatching();
      // The server may still answer requests.
      if (running) await (closing ?? shutDown(running));
    },
  };
}

/** Records may be written from the start on. The other classes are made when they are needed. */
async function openOwnClasses({ ownClasses, history }: Runtime): Promise<void> {
  if (history.isKept) await ownClasses.open(RECORDS);
  for (const needed of [FILES, DEVICES, ATTEMPTS, PAIRINGS]) await ownClasses.openIfThere(needed);
}

/** The classes that keep addresses and devices. */
const tracedClasses = ({ history }: ResolvedOptions): TracedClass[] => [
  { className: '_Session', devices: ['userAgent'] },
  ...(history ? [{ className: HISTORY_CLASS, devices: HISTORY_DEVICES }] : []),
  { className: PAIRING_CLASS, devices: ['userAgent'] },
];

const anotherApp = (former: string, appId: string) =>
  new TypeError(
    `configure(): these sessions serve the app "${former}" and cannot serve "${appId}", too: call parseSessions() ` +
      `for each app. See ${docs('errors', 'another-app')}`,
  );

const replacedMiddleware = () =>
  new Error(
    'parse-server-sessions: the option requestContextMiddleware is not what configure() answered, so nothing would ' +
      `be guarded. Hand your own middleware to configure(), which calls it. See ${docs('errors', 'replaced-middleware')}`,
  );
