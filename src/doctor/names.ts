import { missingClasses } from '../checks/classes';
import { deletedIndexes } from '../checks/definitions';
import { deniedColumns } from '../checks/denylist';
import { missingColumns, missingFunctions, openProofs } from '../checks/fresh';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** What the log warns of at each start. */
export async function names({ config, database, options, functions }: Patient): Promise<Seen | Seen[]> {
  const warnings = [
    ...(await missingClasses(database, options)),
    ...(await missingColumns(database, options)),
    ...missingFunctions(options, functions),
    ...openProofs(options),
    ...deletedIndexes(config),
    ...deniedColumns(config.requestKeywordDenylist),
  ];
  if (warnings.length === 0) return { level: 'ok', what: 'What the options name is there.' };
  return warnings.map(what => ({
    level: 'warning',
    what: `${what[0]!.toUpperCase()}${what.slice(1)}`,
    todo: 'Correct the option, or make what it names.',
  }));
}
