import * as z from 'zod';
import { addressOf } from '../address';
import { ErrorCode, parseError } from '../errors';
import { KINDS, OF_KIND } from '../expiry/kind';
import { oneOf, readParams, requireValues, text } from '../params';
import type { Query } from '../parse-server';
import { keptAddress, type Privacy } from '../privacy/kept';
import { toDate, toParseDate } from '../record';
import type { Connection } from '../sessions/connection';

const A_DATE = 'expected a date: a Date, or a text in ISO 8601 with its zone, such as "2026-01-31T12:00:00Z"';

const isoText = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

const date = z.unknown().transform((value, context) => {
  // JavaScript reads a date into many a text: `"5"` is May 2001.
  const isWrong = typeof value === 'string' && !isoText.safeParse(value).success;
  const parsed = isWrong ? null : toDate(value);
  const year = parsed?.getUTCFullYear() ?? NaN;
  // Databases take no others.
  if (parsed && year >= 1 && year <= 9999) return parsed;
  context.addIssue({ code: 'custom', message: A_DATE });
  return z.NEVER;
});

/** A parameter that is an IP address, however it is written. */
export const address = z.unknown().transform((value, context) => {
  const parsed = typeof value === 'string' ? addressOf(value) : null;
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'expected an IP address' });
  return z.NEVER;
});

/**
 * The pattern of lists that hold this name: a log-in that shows several providers is stored as `facebook,other`
 * (`RestWrite.js#createSessionToken` of 9.10.0). Each mark of the name stands in brackets of its own: elsewhere
 * PostgreSQL's adapter reads a meaning into quotation marks and `\Q` (`PostgresStorageAdapter.js#literalizeRegexPart`).
 */
const among = (name: string) => `(?<![^,])${name.replace(/[^\w\u0080-\uffff]/g, '[\\$&]')}(?![^,])`;

const ALL_ALONE = 'takes no other condition beside it';

const conditions = z.strictObject({
  createdBefore: date.optional(),
  lastAccessedBefore: date.optional(),
  kind: oneOf(KINDS).optional(),
  authProvider: text(128).optional(),
  ip: address.optional(),
  all: z.literal(true, { error: 'expected true' }).optional(),
});

/** What is kept of the use of sessions. */
export interface KeptOfUse {
  /** Where that is the networks of addresses, an address means its network. */
  privacy: Pick<Privacy, 'ip'>;
  /** Absent where no last accesses are kept. */
  activity?: Connection['activity'];
}

const refuse = (what: string) => parseError(ErrorCode.VALIDATION_ERROR, what);

/**
 * The query for the sessions that were last used from an address, or from its network, where only that is kept.
 * @param ip as `addressOf` answers it.
 * @throws 142 where no addresses are kept.
 */
export function ofAddress(ip: string, privacy: KeptOfUse['privacy']): Query {
  const kept = keptAddress(ip, privacy);
  if (!kept) throw refuse('ip: no addresses are kept (the option privacy).');
  // Rows of the time before the option have whole addresses, until their turn comes.
  return { ip: { $in: [...new Set([ip, kept])] } };
}

/**
 * The query for the sessions that a filter means.
 * @throws 142 for a wrong condition, naming it, for one that is `undefined`, for one that goes by what is not kept, and
 * when there is none.
 */
export function queryOf(filter: unknown, { privacy, activity }: KeptOfUse): Query {
  requireValues(filter);
  const { all, ...given } = readParams(conditions, filter);
  const { createdBefore, lastAccessedBefore, kind, authProvider, ip } = given;
  const isEmpty = Object.keys(given).length === 0;
  if (all && !isEmpty) throw refuse(`all: ${ALL_ALONE}`);
  if (!all && isEmpty) throw refuse('expected a condition, or { all: true } for all sessions.');
  const parts: Query[] = [];
  if (createdBefore) parts.push({ createdAt: { $lt: toParseDate(createdBefore) } });
  if (lastAccessedBefore) {
    // Every session would seem unused, also those in use.
    if (!activity) throw refuse('lastAccessedBefore: last accesses are not kept (the option activity).');
    const before = { $lt: toParseDate(lastAccessedBefore) };
    parts.push({ $or: [{ lastAccessedAt: before }, { lastAccessedAt: null, updatedAt: before }] });
  }
  if (kind) parts.push(OF_KIND[kind]);
  if (authProvider) parts.push({ 'createdWith.authProvider': { $regex: among(authProvider) } });
  if (ip) parts.push(ofAddress(ip, privacy));
  return parts.length > 0 ? { $and: parts } : {};
}
