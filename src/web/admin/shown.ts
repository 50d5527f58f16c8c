import type { ClientSession } from '../../client';
import { labelOf } from '../shared/describe';
import type { AdminWords } from './words-en';

/** How many characters are shown of a name where others stand beside it. */
const MAX = 80;

/** A name that somebody has chosen, for a sentence or a table. */
export const shown = (name: string): string => (name.length > MAX ? `${name.slice(0, MAX)}…` : name);

export const deviceOf = (session: Pick<ClientSession, 'name' | 'device'>, words: AdminWords): string =>
  shown(labelOf(session, words));
