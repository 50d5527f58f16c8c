import type { ResolvedOptions } from '../options';
import type { Database } from '../parse-server';
import { freshClasses, freshFunctions, freshRules } from '../policy/fresh';
import { hintFor } from './near';

/** What a user can prove himself by. */
const PROOFS = ['password', 'authData'];

/** One warning for each column that the option `fresh` names and that does not exist. It may be made later. */
export async function missingColumns(
  database: Database,
  { fresh }: Pick<ResolvedOptions, 'fresh'>,
): Promise<string[]> {
  const columnsOf = Object.entries(fresh).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  if (columnsOf.length === 0) return [];
  const schema = await database.loadSchema();
  const classes = await schema.getAllClasses({ clearCache: false });
  return columnsOf.flatMap(([className, columns]) => {
    const known = Object.keys(classes.find(one => one.className === className)?.fields ?? {});
    // That the class does not exist is told already.
    if (known.length === 0) return [];
    return columns
      .filter(column => !known.includes(column))
      .map(
        column =>
          `the option fresh names the column "${column}" of ${className}, which does not exist${hintFor(column, known)} ` +
          'Once it is made, the option holds for it.',
      );
  });
}

/**
 * One warning for each cloud function that the option `fresh` names and that is not there. It may be defined later.
 * @param known the names of those that are.
 */
export function missingFunctions(
  { fresh }: Pick<ResolvedOptions, 'fresh'>,
  known: readonly string[],
): string[] {
  return [...new Set(freshFunctions(fresh))]
    .filter(name => !known.includes(name))
    .map(
      name =>
        `the option fresh names the function "${name}", which does not exist${hintFor(name, known)} ` +
        'Once it is defined in cloud code, the option holds for it.',
    );
}

/** A warning where whoever has an old session may change what he proves himself by, so that `fresh` holds nobody up. */
export function openProofs({ fresh }: Pick<ResolvedOptions, 'fresh'>): string[] {
  if (freshClasses(fresh).length + freshFunctions(fresh).length === 0) return [];
  const { needs } = freshRules(fresh);
  const open = PROOFS.filter(
    column => !needs({ className: '_User', operation: 'update', byClient: true, data: { [column]: '' } }),
  );
  if (open.length === 0) return [];
  const names = open.join(' and ');
  return [
    `the option fresh leaves out ${names} of _User: whoever has an old session may change ${names}, and log in anew.`,
  ];
}
