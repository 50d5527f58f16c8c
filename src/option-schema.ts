import { Cron } from 'croner';
import * as z from 'zod';
import { duration, DURATION } from './duration';
import { expiryOption } from './expiry/expiry-option';
import type { Locate } from './places/places';
import { FACTORS } from './policy/factors';
import { NEVER_FRESH } from './policy/fresh';
import { ALWAYS_GUARDED } from './policy/guarded-classes';
import { functionOf } from './policy/scopes';
import { ADDRESSES } from './privacy/kept';
import { purgeParams } from './purge/purge';
import { scope } from './sessions/restricted-params';

const className = z
  .string()
  .regex(/^(_?[A-Za-z][A-Za-z0-9_]*)$/)
  .describe('the name of a class, such as "Invoice"');
const CLASSES = 'an array of class names';
const openClass = className
  .refine(name => !ALWAYS_GUARDED.includes(name))
  .describe('the name of a class other than _User, _Session and _Role, which are always guarded');
const freshName = z
  .string()
  .refine(name => functionOf(name) !== undefined || className.safeParse(name).success)
  .refine(name => name !== '_Session')
  .describe(
    'the name of a class other than _Session, such as "PaymentMethod", or a cloud function such as "function:transfer", ' +
      `but none of ${NEVER_FRESH.join(', ')}`,
  );
const column = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/)
  .describe('the name of a whole column, such as "email"');
const COLUMNS = 'true, or of a class an array of at least one column';
const columns = z.array(column).min(1).describe(COLUMNS);
const functionPrefix = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$|^$/);

/** How long the records of ended sessions are kept, in milliseconds. */
const DEFAULT_KEEP_MS = 30 * 24 * 60 * 60_000;

/** The longest delay of a timer in Node. A longer one would fire at once, and again every millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const limit = z.number().int().min(1).optional().describe('a whole number from 1 on');

const isCronPattern = (pattern: string) => {
  try {
    new Cron(pattern, { paused: true }).stop();
    return true;
  } catch {
    return false;
  }
};

/** Devices are told in whole seconds. */
const MIN_PAIRING_MS = 1000;
/** How long a pairing may take: whoever is talked into typing a code should have little time for it. */
const MAX_PAIRING_MS = 60 * 60_000;

/**
 * Whether a page may be there that gets its code as the fragment. Devices and mails show the address as it is written, so
 * nothing that a browser would mend, such as a blank or a backslash.
 */
function isPage(address: string): boolean {
  if (!/^https?:\/\/[^\s\\#]+$/i.test(address) || !URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

const page = (example: string) =>
  z
    .string()
    .max(512)
    .refine(isPage)
    .describe(
      `an address of http or https such as "${example}", without a user, a fragment or blanks, up to 512 characters`,
    );

const { batchSize, olderThan, orphans } = purgeParams.shape;

/** The options, each by itself. Error messages quote the descriptions. */
const options = z.strictObject({
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
  expiry: expiryOption.default({}),
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
    .union([z.array(freshName), z.record(freshName, z.union([z.literal(true), columns]).describe(COLUMNS))])
    .default([])
    .describe(
      'an array of classes and functions, or an object of them, each true or of a class an array of its columns',
    ),
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
  reportUri: page('https://example.com/sessions/report').optional(),
  pairing: z
    .strictObject({
      verificationUri: page('https://example.com/sessions/pair'),
      expiresIn: duration
        .refine(value => value >= MIN_PAIRING_MS && value <= MAX_PAIRING_MS)
        .default(10 * 60_000)
        .describe('a duration from a second to an hour such as "10m", or a number of seconds'),
      scopes: z
        .array(scope.describe('a scope such as "Telemetry:create"'))
        .min(1)
        .max(64)
        .optional()
        .describe('an array of 1 to 64 scopes'),
    })
    .optional()
    .describe('{ verificationUri, expiresIn, scopes }'),
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

/** The options. */
export const optionSchema = options.superRefine(({ fresh, functionPrefix }, { addIssue }) => {
  const isNever = (name: string) => NEVER_FRESH.some(never => name === `function:${functionPrefix}${never}`);
  if (Array.isArray(fresh)) {
    fresh.forEach((name, at) => isNever(name) && addIssue({ code: 'custom', path: ['fresh', at] }));
    return;
  }
  for (const [name, of] of Object.entries(fresh)) {
    const path = ['fresh', name];
    if (isNever(name)) addIssue({ code: 'invalid_key', origin: 'record', issues: [], path, input: name });
    else if (functionOf(name) !== undefined && of !== true) addIssue({ code: 'custom', path });
  }
});
