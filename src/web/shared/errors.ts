import type { CommonWords } from './words-en';

/** Parse's codes that a page has words of its own for. */
export const CONNECTION_FAILED = 100;
export const OBJECT_NOT_FOUND = 101;
export const TOO_MANY = 155;

/** The code of an error of Parse, else `undefined`. */
export const codeOf = (error: unknown): number | undefined => (error as { code?: number } | null)?.code;

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : ((error as { message?: string } | null)?.message ?? String(error));

/** Whether the server could not be reached: whatever it answers has a code, and what `fetch` rejects with has none. */
export const isOffline = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === undefined || code === CONNECTION_FAILED;
};

/** In words, why something was not done. */
export const failureOf = (error: unknown, words: CommonWords): string =>
  words.failed({ why: isOffline(error) ? words.noAnswer : messageOf(error) });
