import { isOffline, messageOf } from '../shared/errors';
import type { AdminWords } from './words-en';

/** In words, why something was not done. */
export const failureOf = (error: unknown, words: AdminWords): string =>
  isOffline(error) ? words.notReached : words.failed({ why: messageOf(error) });
