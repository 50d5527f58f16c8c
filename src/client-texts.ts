/** How many characters are kept of a text that a client chooses, by the column of `_Session`. */
export const MAX_LENGTH = {
  userAgent: 512,
  installationId: 128,
  name: 128,
  ip: 64,
  authProvider: 128,
} as const;

/** The same text in memory of its own: a piece of a text keeps all of that text in memory. */
export const copyOf = (text: string): string => Buffer.from(text).toString();

/** A text, or its beginning. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : copyOf(text.slice(0, length));
