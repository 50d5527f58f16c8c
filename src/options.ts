import { Cron } from 'croner';
import { z } from 'zod';
import { duration } from './duration';
import { optionErrors } from './option-errors';
import { FACTORS, type Factor } from './policy/factors';
import { ALWAYS_GUARDED, type Guard } from './policy/guarded-classes';
import type { Locate } from './places/places';
import { ADDRESSES, type Privacy } from './privacy/kept';
import { purgeParams } from './purge/purge';
import type { PurgeOptions } from './sessions/connection';

const className = z
  .string()
  .regex(/^(_?[A-Za-z][A-Za-z0-9_]*)$/)
  .describe('the name of a class, such as "Invoice"');
const CLASSES = 'an array of class names';
const openClass = className
  .refine(name => !ALWAYS_GUARDED.includes(name))
  .describe('the name of a class other than _User, _Session and _Role, which are always guarded');
const functionPrefix = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$|^$/);

const DURATION =
  'a duration above 0 such as "30m" or "90d", up to 100 years, or a number of seconds, up to 10 years';

/** How long the records of ended sessions are kept, in milliseconds. */
const DEFAULT_KEEP_MS = 30 * 24 * 60 * 60_000;

/** The longest delay of a timer in Node. A longer one would fire at once, and again every millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const lifetime = z
  .strictObject({
    idle: duration.optional().describe(DURATION),
    maxAge: duration.optional().describe(DURATION),
  })
  .refine(({ idle, maxAge }) => idle !== undefined || maxAge !== undefined)
  .transform(({ idle, maxAge = Infinity }) => ({ idle: idle ?? maxAge, maxAge }))
  .optional()
  .describe('{ idle, maxAge }, at least one of them');

const limit = z.number().int().min(1).optional().describe('a whole number from 1 on');

const isCronPattern = (pattern: string) => {
  try {
    new Cron(pattern, { paused: true }).stop();
    return true;
  } catch {
    return false;
  }
};

const { batchSize, olderThan, orphans } = purgeParams.shape;

/** The options. Error messages quote the descriptions. */
const schema = z.strictObject({
  guard: z
    .union([
      z.literal('*'),
      z.array(className),
      z.strictObject({ except: z.array(openClass).describe(CLASSES) }),
    ])
    .default([])
    .describe("an array of class names, '*', or { except }, an array of class names"),
  guardFiles: z.boolean().default(false).describe('true or false'),
  functionPrefix: functionPrefix.default('').describe('letters, digits and underscores, such as "auth_"'),
  indexes: z.boolean().default(true).describe('true or false'),
  expiry: z
    .strictObject({ authenticated: lifetime, anonymous: lifetime, restricted: lifetime })
    .default({})
    .describe('{ authenticated, anonymous, restricted }, each { idle, maxAge }'),
  activity: z
    .strictObject({
      enabled: z.boolean().default(true).describe('true or false'),
      flushInterval: duration
        .refine(value => value <= LONGEST_TIMER_MS)
        .default(60_000)
        .describe('a duration such as "60s" or "5m", or a number of seconds, above 0 and up to 24 days'),
    })
    .default({ enabled: true, flushInterval: 60_000 })
    .describe('{ enabled, flushInterval }'),
  maxSessionsPerUser: z
    .strictObject({ authenticated: limit, anonymous: limit, restricted: limit })
    .default({})
    .describe('{ authenticated, anonymous, restricted }, each a whole number from 1 on'),
  onLimit: z
    .enum(['revoke-oldest', 'refuse'])
    .default('revoke-oldest')
    .describe("'revoke-oldest' or 'refuse'"),
  fresh: z
    .array(
      className
        .refine(name => name !== '_Session')
        .describe('the name of a class other than _Session, such as "PaymentMethod"'),
    )
    .default([])
    .describe(CLASSES),
  freshWithin: duration.default(15 * 60_000).describe(DURATION),
  privacy: z
    .strictObject({
      ip: z.enum(ADDRESSES).default('full').describe("'full', 'truncated' or 'none'"),
      userAgent: z.boolean().default(true).describe('true or false'),
    })
    .default({ ip: 'full', userAgent: true })
    .describe('{ ip, userAgent }'),
  locate: z
    .custom<Locate>(value => typeof value === 'function')
    .optional()
    .describe('a function'),
  revokeOthersOn: z
    .array(z.enum(FACTORS).describe("'authData' or 'email'"))
    .default([])
    .describe("an array of 'authData' and 'email'"),
  history: z
    .union([z.literal(false), z.strictObject({ keep: duration.default(DEFAULT_KEEP_MS).describe(DURATION) })])
    .default({ keep: DEFAULT_KEEP_MS })
    .describe('false, or { keep }'),
  purge: z
    .strictObject({
      schedule: z.string().refine(isCronPattern).describe('a cron pattern such as "*/15 * * * *"'),
      batchSize: batchSize.describe('a whole number from 1 to 10000'),
      olderThan: olderThan.describe(DURATION),
      orphans: orphans.describe('true or false'),
    })
    .optional()
    .describe('{ schedule, batchSize, olderThan, orphans }'),
});

/** How long sessions of one kind live. Durations are strings such as `'30m'` or `'90d'`, or numbers of seconds. */
export interface LifetimeOptions {
  /** After the last access (idle timeout). @default maxAge */
  idle?: string | number;
  /** After the creation, whatever the use (max age). @default no limit */
  maxAge?: string | number;
}

/** The options of {@link parseSessions}; an option that is `undefined` counts as left out. */
export interface SessionsOptions {
  /**
   * Further classes whose create, update and delete are closed to restricted sessions: some, `'*'` for every class, or
   * `{ except }` for every class but some. `_User`, `_Session`, `_Role` and role membership always are.
   * @default []
   */
  guard?: Guard;
  /**
   * Whether restricted sessions may not upload and delete files.
   * @default false
   */
  guardFiles?: boolean;
  /**
   * Put before the name of each cloud function and job of this package.
   * @default ''
   */
  functionPrefix?: string;
  /**
   * Whether to make the indexes on `_Session` at start. On a big table make them yourself, as the README tells.
   * @default true
   */
  indexes?: boolean;
  /**
   * When sessions end, by kind: `expiresAt = min(lastAccess + idle, createdAt + maxAge)`. A kind that is left out, and
   * every kind without this option, keeps Parse Server's own rule (`sessionLength`). With a policy for any kind Parse
   * Server's `extendSessionOnUse` is switched off for all: it would overwrite the ends.
   * @default {}
   */
  expiry?: {
    readonly authenticated?: LifetimeOptions;
    readonly anonymous?: LifetimeOptions;
    readonly restricted?: LifetimeOptions;
  };
  /** Last access. */
  activity?: {
    /** Whether to keep `lastAccessedAt`. An idle timeout needs it. @default true */
    enabled?: boolean;
    /** How often last accesses are written: a duration, or seconds. @default '60s' */
    flushInterval?: string | number;
  };
  /**
   * How many unexpired sessions a user may have, by kind. A kind that is left out has no limit.
   * @default {}
   */
  maxSessionsPerUser?: { authenticated?: number; anonymous?: number; restricted?: number };
  /**
   * What a session over the limit does: it ends the oldest one, or it is refused with 119 and not made.
   * @default 'revoke-oldest'
   */
  onLimit?: 'revoke-oldest' | 'refuse';
  /**
   * Classes that only a session with a recent login may write (119 otherwise, until `confirmPassword`). Not
   * `_Session`: a user must be able to end sessions at any time.
   * @default []
   */
  fresh?: readonly string[];
  /** How recent the login must be, for `fresh` and `requireFreshSession`: a duration, or seconds. @default '15m' */
  freshWithin?: string | number;
  /**
   * What is kept of where sessions are used from: in sessions, records and events, and to tell devices apart.
   */
  privacy?: {
    /** Whole addresses, their networks (`/24` of IPv4, `/48` of IPv6), or none. @default 'full' */
    ip?: Privacy['ip'];
    /** Whether user agents are kept. Without them no list tells a device. @default true */
    userAgent?: boolean;
  };
  /**
   * The app's own look-up of the place of an IP address, such as `'Lagos, Nigeria'`, or of the part of it that is kept:
   * lists and events tell it as `place`. What it answers is remembered for a day. No request waits for it: a list has
   * `null` until the answer is there, an event waits for 5 seconds at most. A failure is logged once.
   * @default no place
   */
  locate?: Locate;
  /**
   * Which changes of a user end his other sessions, all of them when it is not one of his that makes the change: of his
   * providers and second factors (`authData`), of his `email`. Of a provider with an `id` only another id counts.
   * What a change of the password ends, the option `revokeSessionOnPasswordReset` of Parse Server says.
   * @default []
   */
  revokeOthersOn?: readonly Factor[];
  /**
   * The records that sessions leave when they end before their time: why, when and by whom. They are kept for `keep`, a
   * duration or seconds, and then purged with the sessions. `false` leaves none.
   * @default { keep: '30d' }
   */
  history?: { keep?: string | number } | false;
  /**
   * Purges expired sessions in this process by a schedule (a cron pattern, in the process's time zone).
   * @default no schedule: the app runs the job `purgeExpiredSessions`
   */
  purge?: { schedule: string } & Omit<PurgeOptions, 'dryRun'>;
}

export type ResolvedOptions = Readonly<z.output<typeof schema>>;

/**
 * Checks the options and fills in the defaults.
 * @throws TypeError with the option's path, what it got and what it takes.
 */
export function resolveOptions(options: SessionsOptions = {}): ResolvedOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) {
    const { activity, expiry } = parsed.data;
    const idleKind = Object.entries(expiry).find(
      ([, lifetime]) => lifetime && lifetime.idle < lifetime.maxAge,
    )?.[0];
    if (!activity.enabled && idleKind) {
      throw new TypeError(
        `parseSessions: option "expiry.${idleKind}.idle" needs last accesses, which "activity.enabled" got false for.`,
      );
    }
    return Object.freeze(parsed.data);
  }
  throw new TypeError(optionErrors(parsed.error.issues, options, schema));
}
