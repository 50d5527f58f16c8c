import { ActivityTracker } from './activity/tracker';
import type { SessionEmitter } from './events/events';
import type { OfAKind } from './expiry/kind';
import { expiryOf } from './expiry/policy';
import { SessionFiles } from './files/session-files';
import type { ResolvedOptions } from './options';
import { readParams } from './params';
import type { Database, ParseSdk } from './parse-server';
import { guardedClasses, oneOf } from './policy/guarded-classes';
import type { WriteRules } from './policy/writes';
import { purgeExpired, purgeParams } from './purge/purge';
import { nameBytesOf } from './schema/database-kind';
import { CallerSessions } from './sessions/callers';
import type { Connection } from './sessions/connection';
import { Endings } from './sessions/endings';
import { LimitKeeper } from './sessions/limits';
import { LiveClients } from './sessions/live-clients';
import { Revocations } from './sessions/revocations';
import { TokenCache } from './sessions/token-cache';

/** How long Parse Server trusts a cached token when the option `cacheTTL` is not given, in milliseconds. */
const DEFAULT_CACHE_TTL = 5000;

/** The parts of one mounted app. They are made once, when Parse Server starts. */
export interface Runtime extends Connection {
  callers: CallerSessions;
  revocations: Revocations;
  liveClients: LiveClients;
  activity?: ActivityTracker;
  /** How many bytes of a class's name the database keeps. */
  nameBytes: number;
  writeRules: WriteRules;
  /** The cloud function by which every session, also a scoped one, may ask for itself. */
  ownSessionFunction: string;
  /** When a session that is made now ends. `undefined` leaves the end to Parse Server. */
  expiryOfNew(session: OfAKind, now: Date): Date | undefined;
  now(): Date;
  /** What `shutdown()` calls and waits for. */
  stop: Array<() => unknown>;
}

interface Surroundings {
  /** A controller that the gate lets pass. */
  database: Database;
  /** Whether other processes may use the same cache. */
  sharesCache: boolean;
  events: SessionEmitter;
  now(): Date;
}

/** Makes the parts in an order in which each knows only those before it. */
export function makeRuntime(
  Parse: ParseSdk,
  options: ResolvedOptions,
  { database, sharesCache, events, now }: Surroundings,
): Runtime {
  const config = Parse.Server;
  const { cacheController, loggerController: log } = config;
  const policy = options.expiry;
  const nameBytes = nameBytesOf(database);
  const isGuarded = guardedClasses(options.guard, nameBytes);
  const needsFresh = oneOf(options.fresh, nameBytes);

  const callers = new CallerSessions(database, config.cacheTTL ?? DEFAULT_CACHE_TTL, now);
  const tokenCache = new TokenCache(cacheController, sharesCache, log);
  const revocations = new Revocations(tokenCache);
  const liveClients = new LiveClients();
  const activity = options.activity.enabled
    ? new ActivityTracker(database, tokenCache, log, policy, options.activity, events, () =>
        liveClients.listening(),
      )
    : undefined;
  revocations.onEnded(tokens => {
    for (const token of tokens) {
      callers.forget(token);
      activity?.forget(token);
    }
  });
  const files = new SessionFiles({ Parse, config, database });
  const endings = new Endings(database, revocations, files, events, log);
  const limits = new LimitKeeper(options.maxSessionsPerUser, options.onLimit, now, endings);

  return {
    Parse,
    config,
    database,
    tokenCache,
    events,
    now,
    policy,
    callers,
    revocations,
    liveClients,
    activity,
    files,
    endings,
    limits,
    ownSessionFunction: `${options.functionPrefix}getSession`,
    nameBytes,
    writeRules: {
      isGuarded,
      needsFresh,
      needsFreshAnywhere: options.fresh.length > 0,
      freshWithin: options.freshWithin,
    },
    expiryOfNew: (session, at) => expiryOf(policy, { ...session, createdAt: at }, at),
    purge: async (given, progress) =>
      purgeExpired(readParams(purgeParams, given), { database, now, endings, files, progress }),
    stop: [() => activity?.shutdown(), () => tokenCache.stop()],
  };
}
