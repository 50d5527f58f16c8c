import * as z from 'zod';
import type { Attempts } from '../attempts/attempts';
import { duration } from '../duration';
import type { Counters } from '../events/counters';
import { forgetOldDevices } from '../events/known-devices';
import type { SessionFiles } from '../files/session-files';
import type { History } from '../history/history';
import { forgetOldPairings } from '../pairing/pairing-class';
import type { Endings } from '../sessions/endings';
import { unexpired } from '../expiry/queries';
import type { Database } from '../parse-server';
import type { PurgeResult } from '../sessions/connection';
import { count, within } from '../sessions/ranges';
import { destroyExpiredRanges, destroyExpiredRows, endBatch } from './batches';
import { orphans } from './orphans';

/** What `purgeExpiredSessions` takes. */
export const purgeParams = z.strictObject({
  dryRun: z.boolean({ error: 'expected true or false' }).default(false),
  batchSize: z
    .number({ error: 'expected a whole number from 1 to 10000' })
    .int({ error: 'expected a whole number from 1 to 10000' })
    .min(1, { error: 'expected a whole number from 1 to 10000' })
    .max(10_000, { error: 'expected a whole number from 1 to 10000' })
    .default(1000),
  olderThan: z
    .union([z.literal(0), duration], {
      error: 'expected seconds as a number, or a duration such as "30m" or "90d"',
    })
    .optional(),
  orphans: z.boolean({ error: 'expected true or false' }).default(false),
});

export interface PurgeDependencies {
  database: Database;
  now(): Date;
  endings: Endings;
  files: SessionFiles;
  history: History;
  attempts: Pick<Attempts, 'purge'>;
  counters: Pick<Counters, 'havePurged'>;
  progress?(text: string): unknown;
}

type Params = z.output<typeof purgeParams>;

/**
 * Deletes expired sessions in bounded batches. Each statement repeats the condition, so a session that is extended
 * meanwhile stays, and two processes may purge at once. If it is killed half-way, the next run goes on where it
 * ended.
 */
export async function purgeExpired(params: Params, dependencies: PurgeDependencies): Promise<PurgeResult> {
  const { database, endings, files, history, attempts, counters, now, progress } = dependencies;
  const started = now().getTime();
  const cutoff = new Date(started - (params.olderThan ?? 0));
  // Counting reads every expired session once more, so it is done only where somebody looks at the count.
  const total = params.dryRun || progress ? await count(database, within({ to: cutoff })) : 0;
  const result: PurgeResult = { deleted: 0, batches: 0, durationMs: 0 };

  if (params.dryRun) {
    result.deleted = total;
    if (params.orphans) {
      // Those that have expired are counted already.
      for await (const batch of orphans(database, params.batchSize, unexpired(cutoff)))
        result.deleted += batch.length;
    }
  } else {
    // By range, unless each session has an event or files to see to.
    const batches = (await endings.areFollowed('expired'))
      ? destroyExpiredRows(endings, database, cutoff, params.batchSize)
      : destroyExpiredRanges(endings, database, cutoff, params.batchSize);
    for await (const deleted of batches) {
      result.deleted += deleted;
      counters.havePurged(deleted);
      result.batches += 1;
      await progress?.(`deleted ${result.deleted} of ${total} expired sessions`);
    }
    if (params.orphans) {
      for await (const batch of orphans(database, params.batchSize)) {
        const deleted = await endBatch(endings, batch, 'orphan', database);
        result.deleted += deleted;
        counters.havePurged(deleted);
        // Records are written as fast as sessions end, or they would pile up.
        await history.keepPace();
        result.batches += 1;
        await progress?.(`deleted ${result.deleted} sessions, now those without a user`);
      }
    }
    await files.sweep(params.batchSize);
    await history.purge(params.batchSize);
    await forgetOldDevices(database, now());
    await attempts.purge();
    await forgetOldPairings(database, now());
  }
  result.durationMs = now().getTime() - started;
  return result;
}
