import { behindStart } from '../behind-start';
import { also, pastDeadlocks } from '../deadlock';
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

/** The rows that a change is for, and the change. */
type Change = [which: Query, change: (rows: Row[]) => Array<[rows: Row[], data: Row]>];

const REMOVED = { __op: 'Delete' };

/** What has to change in a class for its rows to be as the option says. */
function changesOf(privacy: Privacy, devices: readonly string[]): Change[] {
  const changes: Change[] = [];
  if (privacy.ip === 'none') changes.push([{ ip: { $exists: true } }, rows => [[rows, { ip: REMOVED }]]]);
  if (privacy.ip === 'truncated') {
    changes.push([{ ip: { $regex: NOT_TRUNCATED } }, rows => truncations(rows, privacy)]);
  }
  if (!privacy.userAgent) {
    const which = { $or: devices.map(column => ({ [column]: { $exists: true } })) };
    const none = Object.fromEntries(devices.map(column => [column, REMOVED]));
    changes.push([which, rows => [[rows, none]]]);
  }
  return changes;
}

/** Brings what was kept before under the option `privacy`, behind the start, in batches. */
export function adoptPrivacy(
  privacy: Privacy,
  classes: readonly TracedClass[],
  { database, log }: Surroundings,
): { stop(): Promise<void> } {
  let changed = 0;

  async function adopt(isStopped: () => boolean): Promise<void> {
    for (const { className, devices } of classes) {
      for (const [which, change] of changesOf(privacy, devices)) {
        const page = { limit: BATCH, keys: ['ip'] };
        for await (const rows of pagesById(database, className, () => which, page)) {
          if (isStopped()) return;
          for (const [some, data] of change(rows)) {
            const query = { objectId: { $in: some.map(row => row.objectId) } };
            await pastDeadlocks(some, one =>
              database.update(className, also(query, one), data, { many: true }),
            );
          }
          changed += rows.length;
        }
      }
    }
  }

  return behindStart('older rows could not follow the option privacy', log, async isStopped => {
    await adopt(isStopped);
    if (changed > 0) log.info(`parse-server-sessions: the option privacy: ${changed} older rows follow it`);
  });
}

/** The networks of addresses, with the rows that get them. */
function truncations(rows: Row[], privacy: Privacy): Array<[Row[], Row]> {
  const groups = new Map<string | null, Row[]>();
  for (const row of rows) {
    const kept = keptAddress(String(row.ip), privacy);
    const group = groups.get(kept);
    if (group) group.push(row);
    else groups.set(kept, [row]);
  }
  return [...groups].map(([ip, some]) => [some, { ip: ip ?? REMOVED }]);
}
