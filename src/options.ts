import { Cron } from 'croner';
import { z } from 'zod';
import { duration } from './duration';
import { optionErrors } from './option-errors';
import { ALWAYS_GUARDED, type Guard } from './policy/guarded-classes';
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
