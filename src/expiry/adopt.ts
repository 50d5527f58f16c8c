import type { Database } from '../parse-server';
import { toParseDate } from '../record';
import { KINDS, OF_KIND } from './kind';
import type { ExpiryPolicy } from './policy';

/**
 * Brings sessions that are older than the policy under it, in one statement per kind. Each gets one idle period
 * from now, so that the first start logs nobody out. A later start gives it no other one.
 */
export async function adoptSessions(database: Database, policy: ExpiryPolicy, now: Date): Promise<void> {
  for (const kind of KINDS) {
    const lifetime = policy[kind];
    if (!lifetime) continue;
    const end = toParseDate(new Date(now.getTime() + lifetime.idle));
    const longer = { $or: [{ expiresAt: { $gt: end } }, { expiresAt: null }] };
    const query = { $and: [OF_KIND[kind], longer, { fixedExpiry: null }] };
    await database.update('_Session', query, { expiresAt: end }, { many: true });
  }
}
