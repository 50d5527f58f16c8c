import type * as z from 'zod';
import { expiryOption, type ExpiryOptions } from './expiry/expiry-option';
import type { ExpiryPolicy } from './expiry/policy';
import { optionErrors } from './option-errors';
import { optionSchema } from './option-schema';
import type { Locate } from './places/places';
import type { Factor } from './policy/factors';
import type { Fresh } from './policy/fresh';
import type { Guard } from './policy/guarded-classes';
import type { Privacy } from './privacy/kept';
import type { PurgeOptions } from './sessions/connection';

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
   * Whether to make the indexes of `_Session` and of this package's own classes. On a big table make them yourself, as
   * `docs/operations.md` tells.
   * @default true
   */
  indexes?: boolean;
  /**
   * When sessions end, by kind: `expiresAt = min(lastAccess + idle, createdAt + maxAge)`. A kind that is left out, and
   * every kind without this option, keeps Parse Server's own rule (`sessionLength`). With a policy for any kind Parse
   * Server's `extendSessionOnUse` is switched off for all: it would overwrite the ends.
   * @default {}
   */
  expiry?: ExpiryOptions;
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
   * What only a session with a recent login may do (119 otherwise, until `confirmIdentity`): write classes, or with
   * `{ _User: ['email', 'password'], PaymentMethod: true }` some of their columns, and call cloud functions, the app's or
   * this package's by their whole names (`['PaymentMethod', 'function:revokeSessions']`). A write to columns is one that
   * names them or a part of them (`address.city`), or that deletes the object. Not `_Session`: a user must be able to end
   * sessions at any time. Nor the functions that take no session or by which one becomes fresh. A function that is a webhook
   * when the server starts stops the start.
   * @default []
   */
  fresh?: Fresh;
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
   * `null` until the answer is there, an event waits for 5 seconds at most. A failure is logged once. The addresses of one
   * IPv6 network (`/64`) are looked up once, by the first of them that is seen. Look-ups start for whoever logs in or is
   * listed, 300 a minute at most, which is logged once when it is reached: further addresses have no place until they are
   * shown again.
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
   * Lets devices without a keyboard be paired: one shows a code, and its owner types it at `verificationUri` (RFC 8628).
   * Without it there are no functions for that.
   * @default none
   */
  pairing?: {
    /**
     * The address of the app's page where codes are typed in, without a fragment. It is shown on devices, so it should be
     * short.
     */
    verificationUri: string;
    /** How long a code is good for: a duration from a second to an hour, or seconds. @default '10m' */
    expiresIn?: string | number;
    /** The most that any pairing may get. @default what any restricted session may do */
    scopes?: readonly string[];
  };
  /**
   * The address of the app's page behind `reportLink()`, by which a user says that a new session is not his. It has no
   * fragment, because the token becomes that.
   * @default `/sessions/report` at the origin of Parse Server's public address
   */
  reportUri?: string;
  /**
   * The records that sessions leave when they end before their time: why, when and by whom. They are told and
   * listed for `keep`, a duration or seconds. The purge deletes the rows of older ones. `false` leaves none.
   * @default { keep: '30d' }
   */
  history?: { keep?: string | number } | false;
  /**
   * Purges expired sessions in this process by a schedule (a cron pattern, in the process's time zone).
   * @default no schedule: the app runs the job `purgeExpiredSessions`
   */
  purge?: { schedule: string } & Omit<PurgeOptions, 'dryRun'>;
}

/**
 * Checks an expiry policy.
 * @throws TypeError with the path of what is wrong, what it got and what it takes.
 */
export function resolveExpiry(expiry: unknown): ExpiryPolicy {
  const parsed = expiryOption.safeParse(expiry);
  if (parsed.success) return parsed.data;
  throw new TypeError(optionErrors(parsed.error.issues, expiry, expiryOption, 'preview'));
}

export type ResolvedOptions = Readonly<z.output<typeof optionSchema>>;

/**
 * Checks the options and fills in the defaults.
 * @throws TypeError with the option's path, what it got and what it takes.
 */
export function resolveOptions(options: SessionsOptions = {}): ResolvedOptions {
  const parsed = optionSchema.safeParse(options);
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
  throw new TypeError(optionErrors(parsed.error.issues, options, optionSchema, 'parseSessions'));
}
