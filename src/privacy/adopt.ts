import { pastDeadlocks } from '../deadlock';
import { pagesById } from '../paging';
import type { Database, Logger, Query, Row } from '../parse-server';
import { keptAddress, type Privacy } from './kept';

/** How many rows one statement reads or writes at most. */
const BATCH = 1_000;

interface Surroundings {
  /** A controller that the gate lets pass. */
  database: Pick<Database, 'find' | 'update'>;
  log: Pick<Logger, 'info' | 'error'>;
}

/** A class that keeps traces; addresses in its column `ip`. */
export interface TracedClass {
  className: string;
  /** The columns that tell devices. */
  devices: readonly string[];
}

/** A truncated address ends in `.0`, or in `::` after three groups at most. */
const NOT_TRUNCATED = '([^0:]|[^.]0|[^:]:|([^:]+:){4}:)$';

/**
 * Brings what was kept before under the option `privacy`, behind the start, in batches. What is left to do stands in the
 * rows themselves: after a stop or a failure the next start goes on.
 * @returns `stop()`, which waits for the batch under way.
 */
export function adoptPrivacy(
  privacy: Privacy,
  classes: readonly TracedClass[],
  { database, log }: Surroundings,
): { stop(): Promise<void> } {
  let isStopped = false;
  let changed = 0;

  async function inBatches(
    className: string,
    which: Query,
    change: (rows: Row[], update: (rows: Row[], data: Row) => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const update = (rows: Row[], data: Row) => {
      const query = { objectId: { $in: rows.map(row => row.objectId) } };
      return pastDeadlocks(() => database.update(className, query, data, { many: true }));
    };
    for await (const rows of pagesById(database, className, () => which, { limit: BATCH, keys: ['ip'] })) {
      if (isStopped) return;
      await change(rows, update);
      changed += rows.length;
    }
  }

  async function adopt(): Promise<void> {
    for (const { className, devices } of classes) {
      if (privacy.ip === 'none') {
        await inBatches(className, { ip: { $exists: true } }, async (rows, update) => {
          await update(rows, { ip: { __op: 'Delete' } });
        });
      }
      if (privacy.ip === 'truncated') {
        await inBatches(className, { ip: { $regex: NOT_TRUNCATED } }, async (rows, update) => {
          for (const [ip, some] of byAddress(rows, privacy))
            await update(some, { ip: ip || { __op: 'Delete' } });
        });
      }
      if (!privacy.userAgent) {
        const which = { $or: devices.map(column => ({ [column]: { $exists: true } })) };
        const none = Object.fromEntries(devices.map(column => [column, { __op: 'Delete' }]));
        await inBatches(className, which, async (rows, update) => {
          await update(rows, none);
        });
      }
    }
  }

  const adopting = adopt().then(
    () => {
      if (changed > 0) log.info(`parse-server-sessions: the option privacy: ${changed} older rows follow it`);
    },
    error =>
      log.error(
        'parse-server-sessions: older rows could not follow the option privacy, the next start tries again: ' +
          `${(error as Error)?.message}`,
      ),
  );
  return {
    async stop() {
      isStopped = true;
      await adopting;
    },
  };
}

/** Rows by what is kept of their addresses; an empty text for nothing. */
function byAddress(rows: Row[], privacy: Privacy): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const kept = keptAddress(String(row.ip), privacy) ?? '';
    const group = groups.get(kept);
    if (group) group.push(row);
    else groups.set(kept, [row]);
  }
  return groups;
}
