import { surprises } from '../checks/start';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** What the log warns of at each start. */
export async function names(patient: Patient): Promise<Seen | Seen[]> {
  const warnings = await surprises(patient);
  if (warnings.length === 0) return { level: 'ok', what: 'What the options name is there.' };
  return warnings.map(what => ({
    level: 'warning',
    what: `${what[0]!.toUpperCase()}${what.slice(1)}`,
    todo: 'Correct the option, or make what it names.',
  }));
}
