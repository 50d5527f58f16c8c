import type { Database, SchemaController } from '../parse-server';

/** Parse Server's own classes. It makes some of them only when they are needed. */
const SYSTEM_CLASSES: ReadonlySet<string> = new Set([
  '_User',
  '_Session',
  '_Role',
  '_Installation',
  '_Product',
  '_PushStatus',
  '_JobStatus',
  '_JobSchedule',
  '_Audience',
  '_Idempotency',
  '_Hooks',
  '_GlobalConfig',
  '_GraphQLConfig',
]);

/** Those of these classes that do not exist. The schema is read anew at most once, whatever a client names. */
export async function classesMissing(database: Database, names: readonly string[]): Promise<string[]> {
  const asked = [...new Set(names)].filter(name => !SYSTEM_CLASSES.has(name));
  if (asked.length === 0) return [];
  const schema = await database.loadSchema();
  const missing = await missingIn(schema, asked);
  if (missing.length === 0) return [];
  // Another process may have made them.
  await schema.reloadData({ clearCache: true });
  return missingIn(schema, missing);
}

async function missingIn(schema: SchemaController, names: readonly string[]): Promise<string[]> {
  const known = new Set(
    (await schema.getAllClasses({ clearCache: false })).map(({ className }) => className),
  );
  return names.filter(name => !known.has(name));
}
