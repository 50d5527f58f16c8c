import type { Query } from '../parse-server';
import { toParseDate } from '../record';

/** The sessions that have not expired by then, those without expiry included. */
export const unexpired = (now: Date): Query => ({
  $or: [{ expiresAt: { $gte: toParseDate(now) } }, { expiresAt: null }],
});
