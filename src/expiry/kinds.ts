import type { Query } from '../parse-server';
import type { Kind } from './policy';

/** The sessions of one kind, as a query. */
export const OF_KIND: Record<Kind, Query> = {
  restricted: { restricted: true },
  anonymous: { restricted: { $ne: true }, 'createdWith.authProvider': 'anonymous' },
  authenticated: { restricted: { $ne: true }, 'createdWith.authProvider': { $ne: 'anonymous' } },
};
