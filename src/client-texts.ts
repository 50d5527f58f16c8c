/** How many characters are kept of a text that a client chooses, by the column of `_Session`. */
export const MAX_LENGTH = {
  userAgent: 512,
  installationId: 128,
  name: 128,
  ip: 64,
  authProvider: 128,
} as const;

/** A text, or its beginning. The beginning is a copy: a slice would keep all of the text in memory. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : Buffer.from(text.slice(0, length)).toString();
}
