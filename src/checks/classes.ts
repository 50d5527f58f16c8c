import type { ResolvedOptions } from '../options';
import type { Database } from '../parse-server';
import { freshClasses } from '../policy/fresh';
import { classOf } from '../policy/scopes';
import { classesMissing } from '../schema/classes';
import { hintFor } from './near';

/** One warning for each class that an option names and that does not exist. It may be made later. */
export async function missingClasses(
  database: Database,
  { guard, fresh, pairing }: Pick<ResolvedOptions, 'guard' | 'fresh' | 'pairing'>,
): Promise<string[]> {
  const guarded = guard === '*' ? [] : Array.isArray(guard) ? guard : guard.except;
  const needFresh = freshClasses(fresh);
  const ofDevices = (pairing?.scopes ?? []).flatMap(scope => classOf(scope) ?? []);
  const missing = new Set(await classesMissing(database, [...guarded, ...needFresh, ...ofDevices]));
  if (missing.size === 0) return [];
  const schema = await database.loadSchema();
  const known = (await schema.getAllClasses({ clearCache: false })).map(({ className }) => className);
  const warnings = (option: string, names: readonly string[], once = 'the option holds for it') =>
    [...new Set(names)]
      .filter(name => missing.has(name))
      .map(name => {
        const hint = hintFor(name, known);
        return `the option ${option} names the class "${name}", which does not exist${hint} Once it is made, ${once}.`;
      });
  const ofGuard =
    guard !== '*' && 'except' in guard
      ? warnings('guard.except', guarded, 'restricted sessions may write it')
      : warnings('guard', guarded);
  return [
    ...ofGuard,
    ...warnings('fresh', needFresh),
    ...warnings('pairing.scopes', ofDevices, 'a device may be given it'),
  ];
}
