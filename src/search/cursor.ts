import * as z from 'zod';
import { ErrorCode, parseError } from '../errors';
import { text } from '../params';
import type { SessionRecord } from '../record';

/** The columns that sessions are sorted by. */
export const SORTED = ['lastAccessedAt', 'createdAt', 'expiresAt'] as const;

/** In which order sessions stand; those of the same time by their ids. */
export interface Order {
  sort: (typeof SORTED)[number];
  order: 'desc' | 'asc';
}

/** The session that a page comes after. */
export interface Cursor {
  /** The date that it is sorted by; `null`: it has none. */
  at: Date | null;
  id: string;
}

/** The years that both databases take. */
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

const parts = z.tuple([
  z.string(),
  z.string(),
  z.number().int().min(FIRST).max(LAST).nullable(),
  // Ids as long as they may be for the functions.
  text(256),
]);

/** The place after a session, for a client to send back. */
export function cursorText(session: SessionRecord, { sort, order }: Order): string {
  const at = session[sort]?.getTime() ?? null;
  return Buffer.from(JSON.stringify([sort, order, at, session.objectId])).toString('base64url');
}

/** @throws 142 for what is no cursor, and for one of another order. */
export function readCursor(after: string, { sort, order }: Order): Cursor {
  const refuse = (what: string) => parseError(ErrorCode.VALIDATION_ERROR, `after: ${what}`);
  const read = parts.safeParse(jsonOf(Buffer.from(after, 'base64url').toString()));
  if (!read.success) throw refuse('expected `next` of the page before');
  const [ofSort, ofOrder, at, id] = read.data;
  if (ofSort !== sort || ofOrder !== order) throw refuse('expected it with the sort and order of its page');
  return { at: at === null ? null : new Date(at), id };
}

function jsonOf(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
