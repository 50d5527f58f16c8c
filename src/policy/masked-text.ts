import { STORED_AUTH_DATA } from './columns';
import { rootOf } from './keys';

/** What stands in a log instead of a secret, as Parse Server itself has it (`LoggerController.js#maskSensitive` of 9.10.0). */
export const MASK = '********';

/**
 * The names of what this package's functions and Parse Server's requests take or answer as secrets, in bodies,
 * headers, addresses and columns. What stands under such a name is never logged, whoever logs it.
 */
const SECRET_NAMES = [
  'password',
  '_hashed_password',
  '_perishable_token',
  '_email_verify_token',
  'sessionToken',
  '_SessionToken',
  '_session_token',
  'X-Parse-Session-Token',
  // The parameter of `revokeOtherSessions` that names a token.
  'except',
  'token',
  'deviceCode',
  'userCode',
  'verificationUriComplete',
  // What a provider answers when it is linked: recovery codes.
  'authDataResponse',
  'authData',
  'masterKey',
  '_MasterKey',
  'X-Parse-Master-Key',
  'maintenanceKey',
  'X-Parse-Maintenance-Key',
  // Parse Server takes the master key by it as well (`middlewares.js#httpAuth` of 9.10.0).
  'Authorization',
];
const secretNames = new Set(SECRET_NAMES.map(name => name.toLowerCase()));

/**
 * Whether this is the name of a secret, or of a part of one: `authData.github.id`. The names under which MongoDB stores
 * `authData` turn up in its errors.
 */
export function isSecretName(key: string): boolean {
  const name = rootOf(key).toLowerCase();
  return secretNames.has(name) || name.startsWith(STORED_AUTH_DATA);
}

/** What a character is in an address, given by its number. What is an address within an address is encoded again. */
const encoded = (number: string) => `%(?:25)*${number}`;
const QUOTE = encoded('22');
const COLON = `(?::|${encoded('3A')})`;

/** Where no word goes on: a letter in front may be the end of what an address or JSON writes for another character. */
const BEGINNING = '(?:(?<![a-z])|(?<=%[0-9a-f]{2}|\\\\[a-z]|u00[0-9a-f]{2}))';
/**
 * Session tokens, also those of scoped sessions, also as a URL writes them, and also cut off by Parse Server. At the end
 * of a word (`Order:…`) only what is as long as a token.
 */
const TOKEN = new RegExp(
  `(?:${BEGINNING}r${COLON}(?:scoped-)?[0-9a-f]{16,32}|r${COLON}(?:scoped-)?[0-9a-f]{32})`,
  'gi',
);

const NAME = `(?:${SECRET_NAMES.join('|')}|${STORED_AUTH_DATA}\\w+)`;
/** A text without any of these holds no secret. */
const HINT = new RegExp(`r${COLON}|${NAME}`, 'i');
const IN_TEXT = new RegExp(`${NAME}(?:\\.[\\w.$-]*)?`, 'gi');
const IN_ADDRESS = new RegExp(
  `((?:[?&#]|${encoded('(?:3F|26|23)')})${NAME}(?:=|${encoded('3D')}))[^&\\s"'\\\\]*`,
  'gi',
);
/** JSON in an address. Whatever follows in the same parameter is masked with it. */
const IN_ENCODED_JSON = new RegExp(
  // Not NAME, whose end could match in as many ways as a client likes.
  `(${QUOTE}(?:${[...SECRET_NAMES, STORED_AUTH_DATA].join('|')})[\\w.-]*${QUOTE}(?:${encoded('20')}|\\+)*${COLON})[^&\\s"]*`,
  'gi',
);

export function maskedText(text: string): string {
  if (!HINT.test(text)) return text;
  return maskedJson(text)
    .replace(IN_ADDRESS, `$1${MASK}`)
    .replace(IN_ENCODED_JSON, `$1${MASK}`)
    .replace(TOKEN, `r:${MASK}`);
}

/**
 * Masks what follows a name in JSON, also in JSON that is a text within JSON, and in what `inspect` writes. What
 * Parse Server has cut off is masked to its end. It takes time in proportion to the text: a client may have written
 * any of it.
 */
function maskedJson(text: string): string {
  const names = new RegExp(IN_TEXT);
  let result = '';
  let from = 0;
  for (let name = names.exec(text); name; name = names.exec(text)) {
    const key = keyAt(text, name.index, names.lastIndex);
    if (!key) continue;
    const end = endOfValue(text, key.end, key.mark !== '');
    if (end === key.end) continue;
    const mark = markAt(text, key.end) ?? (key.mark || '"');
    result += text.slice(from, key.end) + mark + MASK + mark;
    from = names.lastIndex = end;
  }
  return result + text.slice(from);
}

/** The quotation mark of the key that this name is, and where its value begins; `undefined` where it is no key. */
function keyAt(text: string, start: number, end: number): { mark: string; end: number } | undefined {
  const isQuoted = QUOTES.includes(text[start - 1] ?? ' ');
  let opening = isQuoted ? start - 1 : start;
  while (isQuoted && text[opening - 1] === '\\') opening -= 1;
  const mark = text.slice(opening, start);
  if (!text.startsWith(mark, end) || (!isQuoted && /[\w$.-]/.test(text[start - 1] ?? ' '))) return undefined;
  const colon = afterSpace(text, end + mark.length);
  return text[colon] === ':' ? { mark, end: afterSpace(text, colon + 1) } : undefined;
}

/** Where the next character is that is no space. JSON within JSON writes a new line as a backslash and a letter. */
function afterSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    let next = at;
    while (text[next] === '\\') next += 1;
    if (next > at && /[nrt]/.test(text[next] ?? '')) at = next + 1;
    else if (/\s/.test(text[at] ?? '')) at += 1;
    else return at;
  }
}

const QUOTES = '"\'`';

/** A quotation mark with the backslashes in front of it: each layer of JSON around it doubles them, and adds one. */
function markAt(text: string, start: number): string | undefined {
  let at = start;
  while (text[at] === '\\') at += 1;
  return at < text.length && QUOTES.includes(text[at]!) ? text.slice(start, at + 1) : undefined;
}

const NUMBER = /-?\d[\d.eE+-]*/y;

/** Where a value ends: the position itself for one that is no secret, such as `null`. */
function endOfValue(text: string, start: number, mayBeNumber: boolean): number {
  const mark = markAt(text, start);
  if (mark && text.startsWith(mark.repeat(3), start)) return endOfBlock(text, start, mark.repeat(3));
  if (mark) return endOfText(text, start + mark.length, mark);
  if (text[start] === '{' || text[start] === '[') return endOfParts(text, start);
  NUMBER.lastIndex = start;
  return mayBeNumber && NUMBER.test(text) ? NUMBER.lastIndex : start;
}

/** Where a text of several lines ends, as GraphQL writes it. */
function endOfBlock(text: string, start: number, marks: string): number {
  const end = text.indexOf(marks, start + marks.length);
  return end < 0 ? text.length : end + marks.length;
}

/** Where a text ends that began with this quotation mark. */
function endOfText(text: string, start: number, mark: string): number {
  const quote = mark.at(-1)!;
  for (let at = text.indexOf(quote, start); at >= 0; at = text.indexOf(quote, at + 1)) {
    let before = 0;
    while (at - before > start && text[at - before - 1] === '\\') before += 1;
    // Backslashes of the text itself come in front of those of the mark, doubled as often.
    if (before % (2 * mark.length) === mark.length - 1) return at + 1;
  }
  return text.length;
}

/** Where an object or an array ends. Brackets in its texts do not count. */
function endOfParts(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const mark = markAt(text, at);
    if (mark) {
      at = endOfText(text, at + mark.length, mark);
      continue;
    }
    const char = text[at];
    at += 1;
    if (char === '{' || char === '[') depth += 1;
    else if ((char === '}' || char === ']') && (depth -= 1) === 0) return at;
    else if (char === '\\') while (text[at] === '\\') at += 1;
  }
  return text.length;
}
