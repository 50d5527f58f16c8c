/**
 * How values and names are put into messages. Errors are logged, and answered to clients: none may show an object that
 * it was given, nor a session token.
 */

/** How much of a text is shown. */
const MAX_TEXT = 80;
const MAX_NAME = 128;

/**
 * A session token, whole or cut, also as a URL writes it, another secret in hexadecimal digits, or an address with a
 * password.
 */
const looksSecret = (text: string) => /\br(:|%(25)*3a)|[0-9a-f]{32}|:\/\/[^/]*@/i.test(text);

/** What kind of value it is, in words. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * A text that may be shown, because it helps whoever wrote it: cut, and not at all if it looks like a token.
 */
export function textOf(text: string): string {
  if (looksSecret(text)) return '…';
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** A value that was given for an option or parameter of this package. Of what holds others only the type is shown. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return looksSecret(value) ? 'a text' : `'${textOf(value)}'`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeOf(value);
}

/**
 * The name of a class, function or route as a message or an event may hold it. A client may have chosen it, so one
 * that no class, function or route could have, or that looks like a token, becomes an empty text.
 */
export const plainName = (name: string): string =>
  name.length <= MAX_NAME && /^[@_]?[A-Za-z][\w:]*$/.test(name) && !/r:/.test(name) && !looksSecret(name)
    ? name
    : '';

/** What ends a line, or draws over what stands beside it. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Whether whoever reads a text may be shown something else than stands in it. */
export const hasControls = (text: string): boolean => CONTROL.test(text);

/** A text as a line of the log may hold it. */
export const withoutControls = (text: string): string => text.replace(new RegExp(CONTROL, 'gu'), ' ');

/** JSON as a terminal may show it: control characters that JSON leaves as they are become escapes of JSON. */
export const jsonWithoutControls = (json: string): string =>
  json.replace(new RegExp(CONTROL, 'gu'), mark =>
    mark === '\n' ? mark : `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A text with what it is about in brackets, if there is anything to name. */
export const withDetail = (text: string, detail: string): string => (detail ? `${text} (${detail})` : text);
