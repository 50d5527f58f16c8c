import { ActivityTracker } from './activity/tracker';
import { Attempts } from './attempts/attempts';
import { ProxyWatch } from './checks/proxy';
import type { SessionEmitter } from './events/events';
import type { OfAKind } from './expiry/kind';
import { expiryOf } from './expiry/policy';
import { SessionFiles } from './files/session-files';
import { History } from './history/history';
import type { ResolvedOptions } from './options';
import { readParams } from './params';
import type { Database, ParseSdk } from './parse-server';
import type { Places } from './places/places';
import type { Factor } from './policy/factors';
import { freshRules } from './policy/fresh';
import { guardedClasses } from './policy/guarded-classes';
import type { WriteRules } from './policy/writes';
import type { Privacy } from './privacy/kept';
import { purgeExpired, purgeParams } from './purge/purge';
import { revokeWhere } from './revoke-where/revoke-where';
import { nameBytesOf } from './schema/database-kind';
import { OwnClasses } from './schema/own-class';
import { CallerSessions, DEFAULT_CACHE_TTL } from './sessions/callers';
import type { Connection } from './sessions/connection';
import { Endings } from './sessions/endings';
import { LimitKeeper } from './sessions/limits';
import { LiveClients } from './sessions/live-clients';
import { OwedEndings } from './sessions/owed-endings';
import { Revocations } from './sessions/revocations';
import { TokenCache } from './sessions/token-cache';

/** The parts of one mounted app. They are made once, when Parse Server starts. */
export interface Runtime extends Connection {
  callers: CallerSessions;
  revocations: Revocations;
  liveClients: LiveClients;
  activity?: ActivityTracker;
  owedEndings: OwedEndings;
  attempts: Attempts;
  /** What requests have shown of a proxy. */
  proxy: ProxyWatch;
  /** What is kept of where sessions are used from. */
  privacy: Privacy;
  /** What ends a user's other sessions when it changes. */
  revokeOthersOn: readonly Factor[];
  /** How many bytes of a class's name the database keeps. */
  nameBytes: number;
  writeRules: WriteRules;
  /** The cloud functions by which every session, also a scoped one, may ask for itself and change its own token. */
  ownSessionFunctions: readonly string[];
  /** When a session that is made now ends. `undefined` leaves the end to Parse Server. */
  expiryOfNew(session: OfAKind, now: Date): Date | undefined;
  now(): Date;
  /** Ends what works for the app behind its requests. */
  stop: Array<() => unknown>;
}

/** Ends all work behind the requests: what waits is written, timers stop. The guards stay. */
export async function shutDown({ stop, history, tokenCache }: Runtime): Promise<void> {
  // At the same time, because each may wait for a database that does not answer.
  await Promise.all(stop.map(end => end()));
  // Of the sessions that a purge has just ended, too.
  await history.shutdown();
  tokenCache.stop();
}

interface Surroundings {
  /** A controller that the gate lets pass. */
  database: Database;
  /** Whether other processes may use the same cache. */
  sharesCache: boolean;
  events: SessionEmitter;
  places: Places;
  now(): Date;
}

/** Makes the parts in an order in which each knows only those before it. */
export function makeRuntime(
  Parse: ParseSdk,
  options: ResolvedOptions,
  { database, sharesCache, events, places, now }: Surroundings,
): Runtime {
  const config = Parse.Server;
  const { cacheController, loggerController: log } = config;
  const policy = options.expiry;
  const nameBytes = nameBytesOf(database);
  const isGuarded = guardedClasses(options.guard, nameBytes);

  const callers = new CallerSessions(database, config.cacheTTL ?? DEFAULT_CACHE_TTL, now);
  const tokenCache = new TokenCache(cacheController, sharesCache, log);
  const revocations = new Revocations(tokenCache);
  const liveClients = new LiveClients();
  const activity = options.activity.enabled
    ? new ActivityTracker(
        database,
        tokenCache,
        log,
        policy,
        { ...options.activity, privacy: options.privacy },
        events,
        () => liveClients.listening(),
      )
    : undefined;
  revocations.onEnded(tokens => {
    for (const token of tokens) {
      callers.forget(token);
      activity?.forget(token);
    }
  });
  revocations.onUnnamed(() => callers.forgetAll());
  const ownClasses = new OwnClasses({ database, loggerController: log }, options.indexes);
  const files = new SessionFiles({ Parse, config, database, ownClasses });
  const history = new History(database, log, options, places, ownClasses, now);
  const attempts = new Attempts(database, ownClasses, now);
  const endings = new Endings(database, revocations, files, events, history, log, activity);
  const owedEndings = new OwedEndings(failure => events.report(failure), now);
  const limits = new LimitKeeper(options.maxSessionsPerUser, options.onLimit, now, endings, events.counters);

  return {
    Parse,
    config,
    database,
    tokenCache,
    events,
    ownClasses,
    places,
    now,
    policy,
    callers,
    revocations,
    liveClients,
    activity,
    files,
    history,
    endings,
    owedEndings,
    limits,
    attempts,
    proxy: new ProxyWatch(),
    ownSessionFunctions: ['getSession', 'rotateSession'].map(name => options.functionPrefix + name),
    privacy: options.privacy,
    revokeOthersOn: options.revokeOthersOn,
    nameBytes,
    writeRules: {
      isGuarded,
      fresh: freshRules(options.fresh, nameBytes),
      freshWithin: options.freshWithin,
    },
    expiryOfNew: (session, at) => expiryOf(policy, { ...session, createdAt: at }, at),
    purge: async (given, progress) =>
      purgeExpired(readParams(purgeParams, given), {
        database,
        now,
        endings,
        files,
        history,
        attempts,
        counters: events.counters,
        progress,
      }),
    revokeWhere: (filter, given, by, progress) =>
      revokeWhere(filter, given, by, progress, {
        activity,
        config,
        database,
        endings,
        history,
        privacy: options.privacy,
        revocations,
        tokenCache,
        now,
      }),
    stop: [() => activity?.shutdown(), () => owedEndings.stop()],
  };
}
