import type { Query } from '../parse-server';
import { toParseDate } from '../record';
import type { Kind } from './policy';

/** The sessions of one kind. */
export const OF_KIND: Record<Kind, Query> = {
  restricted: { restricted: true },
  anonymous: { restricted: { $ne: true }, 'createdWith.authProvider': 'anonymous' },
  authenticated: { restricted: { $ne: true }, 'createdWith.authProvider': { $ne: 'anonymous' } },
};

/** The sessions that have not expired by then, those without expiry included. */
export const unexpired = (now: Date): Query => ({
  $or: [{ expiresAt: { $gte: toParseDate(now) } }, { expiresAt: null }],
});
