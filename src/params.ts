import * as z from 'zod';
import { ErrorCode, parseError } from './errors';
import { textOf, typeOf } from './in-messages';

/** PostgreSQL keeps no NUL in a text, and answers a query that holds one with an error. */
export const hasNoNul = (text: string) => !text.includes('\0');
export const NO_NUL = { error: 'expected a text without NUL characters' };

/** A parameter that is a text of 1 to this many characters. */
export const text = (length: number, type = z.string()) => {
  const expected = { error: `expected a text of 1 to ${length} characters` };
  return z.string(expected).pipe(type.min(1, expected).max(length, expected)).refine(hasNoNul, NO_NUL);
};

/** How many sessions a list has at most, the caller's own aside. A user could have any number of them. */
export const MAX_LISTED = 1000;

/** A parameter that is a whole number. */
export const wholeNumber = (from: number, to: number, range = `from ${from} to ${to}`) => {
  const expected = { error: `expected a whole number ${range}` };
  return z.number(expected).int(expected).min(from, expected).max(to, expected);
};

/** A parameter that is one of these texts. */
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: `expected one of ${values.join(', ')}` });

/** A part of a list. */
export const pageParams = z.strictObject({
  limit: wholeNumber(1, MAX_LISTED).optional(),
  skip: wholeNumber(0, 2 ** 31 - 1, 'from 0 on').optional(),
});

/** @throws 142 for one that is `undefined`: left out by mistake, it would have the call do more than is meant. */
export function requireValues(params: unknown): void {
  for (const [name, value] of Object.entries(Object(params) as object)) {
    if (value !== undefined) continue;
    throw parseError(ErrorCode.VALIDATION_ERROR, `${name}: expected a value, got undefined.`);
  }
}

/** Reads parameters. @throws 142 naming the first wrong parameter, never its value. */
export function readParams<Schema extends z.ZodType>(schema: Schema, params: unknown): z.output<Schema> {
  if (params !== null && params !== undefined && (typeof params !== 'object' || Array.isArray(params))) {
    throw parseError(ErrorCode.VALIDATION_ERROR, `expected an object of parameters, got ${typeOf(params)}.`);
  }
  const given = Object.fromEntries(Object.entries(params ?? {}).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    throw parseError(
      ErrorCode.VALIDATION_ERROR,
      `${textOf(issue.keys[0] ?? '')}: not a parameter for this caller.`,
    );
  }
  // Beside the parameter's name only places in lists: any other key is the client's own.
  const name = issue?.path.filter((part, depth) => depth === 0 || typeof part === 'number').join('.');
  throw parseError(ErrorCode.VALIDATION_ERROR, `${name}: ${issue?.message}`);
}
