import { behindStart } from '../behind-start';
import { also, pastDeadlocks } from '../deadlock';
import { pagesById } from '../paging';
import type { Database, Logger, Query } from '../parse-server';
import { toParseDate } from '../record';
import { KINDS, OF_KIND, type Kind } from './kind';
import type { ExpiryPolicy, Lifetime } from './policy';

/** How many sessions one statement reads or writes at most. */
const BATCH = 1_000;
/** How often the log tells how far it has come, in milliseconds. */
const PROGRESS_MS = 10_000;

interface Surroundings {
  /** A controller that the gate lets pass. */
  database: Pick<Database, 'find' | 'update'>;
  log: Pick<Logger, 'info' | 'error'>;
  now(): Date;
}

/** The sessions of a kind that would live longer than one idle period from now. Ends that were chosen stay. */
const olderThanPolicy = (kind: Kind, end: object): Query => ({
  $and: [OF_KIND[kind], { $or: [{ expiresAt: { $gt: end } }, { expiresAt: null }] }, { fixedExpiry: null }],
});

/**
 * Brings sessions that are older than the policy under it, behind the start. Each gets one idle period from now, so
 * that the first start logs nobody out. A later start gives it no other one.
 */
export function adoptSessions(policy: ExpiryPolicy, surroundings: Surroundings): { stop(): Promise<void> } {
  const { log, now } = surroundings;
  const started = now().getTime();
  let adopted = 0;
  let toldAt = started;
  const tell = (text: string) =>
    log.info(`parse-server-sessions: sessions older than the option expiry: ${text}`);

  async function adopt(isStopped: () => boolean): Promise<void> {
    for (const kind of KINDS) {
      const lifetime = policy[kind];
      if (!lifetime) continue;
      for await (const count of batches(kind, lifetime, surroundings)) {
        if (adopted === 0) tell('each gets one idle period from now, in batches');
        adopted += count;
        if (isStopped()) return;
        const at = now().getTime();
        if (at - toldAt < PROGRESS_MS) continue;
        toldAt = at;
        tell(`${adopted} done`);
      }
      if (isStopped()) return;
    }
  }

  const failure = 'sessions older than the option expiry could not be brought under it';
  return behindStart(failure, log, async isStopped => {
    await adopt(isStopped);
    const rest = isStopped() ? '; the next start goes on' : '';
    if (adopted > 0) tell(`${adopted} done, in ${now().getTime() - started} ms${rest}`);
  });
}

/** @returns how many sessions each batch had. */
async function* batches(
  kind: Kind,
  { idle }: Lifetime,
  { database, now }: Surroundings,
): AsyncGenerator<number> {
  // Anew for each batch: sessions that are made or used meanwhile have their ends by the policy, and keep them.
  const endFromNow = () => toParseDate(new Date(now().getTime() + idle));
  const older = () => olderThanPolicy(kind, endFromNow());
  for await (const rows of pagesById(database, '_Session', older, { limit: BATCH, keys: ['objectId'] })) {
    const end = endFromNow();
    // An end that was fixed or moved since the read does not meet the condition any more.
    const query = { ...olderThanPolicy(kind, end), objectId: { $in: rows.map(row => row.objectId) } };
    await pastDeadlocks(rows, one =>
      database.update('_Session', also(query, one), { expiresAt: end }, { many: true }),
    );
    yield rows.length;
  }
}
