import type { RevokeWhereResult } from '../../sessions/connection';
import { ErrorCode } from '../../errors';
import { COLUMNS, OWNED_COLUMNS } from '../../policy/columns';
import { OWN_CLASSES } from '../../schema/own-class';
import { SESSIONS } from '../../schema/columns';
import type { Context } from '../context';
import { EXIT, type ExitCode } from '../failure';
import { number } from '../output';
import { progressBar } from '../progress';
import { ServerError, type Server } from '../server';

/** How many sessions Parse Server is asked to delete at once. */
const AT_ONCE = 20;

/** A class, as Parse Server tells of it. */
interface Schema {
  className: string;
  fields: Record<string, { type: string }>;
}

const NOTE = 'parse-server-sessions is being removed';

/**
 * Makes it safe to take the package out: Parse Server alone takes restricted and scoped sessions for full ones, so they are
 * revoked. Works on a server with this package, and on one that has lost it already. Then tells what may be dropped.
 */
export async function uninstall(context: Context, { yes }: { yes?: true }): Promise<ExitCode> {
  const { server, output } = context;
  const { body } = await server.request<{ results: Schema[] }>('GET', '/schemas');
  const where = promotedOf(body.results);
  const found = await count(server, where);
  const isMounted = await server.isMounted();
  const revoked = yes && found > 0 ? await revoke(context, where, isMounted) : 0;
  const left = await count(server, where);
  const result = { mounted: isMounted, restricted: found, revoked, left, drop: droppable(body.results) };
  output.answer(result, () => drawn(result, yes === true, context));
  return yes && left > 0 ? EXIT.failed : EXIT.done;
}

const sessionsOf = (schemas: Schema[]) =>
  schemas.find(({ className }) => className === '_Session')?.fields ?? {};

/**
 * The sessions that Parse Server alone would take for full ones, by the columns that this package has made: restricted
 * ones, and scoped ones, also where the master key has lifted the restriction. `null` where there are no such columns.
 */
function promotedOf(schemas: Schema[]): object | null {
  const fields = sessionsOf(schemas);
  const has = (column: keyof typeof COLUMNS) => fields[column]?.type === COLUMNS[column];
  const either = [
    ...(has('restricted') ? [{ restricted: true }] : []),
    ...(has('scopes') ? [{ scopes: { $exists: true } }] : []),
  ];
  return either.length > 0 ? { $or: either } : null;
}

const find = async <Body>(server: Server, where: object, options: string): Promise<Body> =>
  (
    await server.request<Body>(
      'GET',
      `/classes/_Session?where=${encodeURIComponent(JSON.stringify(where))}&${options}`,
    )
  ).body;

const count = async (server: Server, where: object | null): Promise<number> =>
  where === null ? 0 : (await find<{ count: number }>(server, where, 'count=1&limit=0')).count;

async function revoke(
  { server, output }: Context,
  where: object | null,
  isMounted: boolean,
): Promise<number> {
  const bar = progressBar(output);
  const tell = (message: string) => bar.hear(message);
  try {
    const params = { kind: 'restricted', note: NOTE };
    const { revoked } = isMounted
      ? await server.runJob<RevokeWhereResult>('revokeSessionsWhere', params, tell)
      : { revoked: 0 };
    return revoked + (where === null ? 0 : await deleteEach(server, where, tell));
  } finally {
    bar.stop();
  }
}

/** By Parse Server itself, which forgets the tokens that it has cached. As many as there are now: others may be made. */
async function deleteEach(server: Server, where: object, tell: (message: string) => void): Promise<number> {
  const found = await count(server, where);
  let deleted = 0;
  for (let tried = 0; tried < found;) {
    const { results: rows } = await find<{ results: Array<{ objectId: string }> }>(
      server,
      where,
      `limit=${AT_ONCE}&keys=objectId`,
    );
    if (rows.length === 0) break;
    const wereThere = await Promise.all(rows.map(({ objectId }) => wasDeleted(server, objectId)));
    tried += rows.length;
    deleted += wereThere.filter(Boolean).length;
    tell(`revoked ${deleted} of ${found}`);
  }
  return deleted;
}

/** Deletes a session; answers whether it was still there. It may have ended meanwhile. */
async function wasDeleted(server: Server, objectId: string): Promise<boolean> {
  try {
    await server.request('DELETE', `/sessions/${encodeURIComponent(objectId)}`);
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.code === ErrorCode.OBJECT_NOT_FOUND) return false;
    throw error;
  }
}

interface Droppable {
  columns: string[];
  classes: string[];
  indexes: string[];
  postgresql: string[];
  mongodb: string[];
}

/** What this package has left in the database, and the statements that drop it. */
function droppable(schemas: Schema[]): Droppable {
  const fields = sessionsOf(schemas);
  const columns = OWNED_COLUMNS.filter(column => column in fields);
  const classes = [...OWN_CLASSES].filter(name => schemas.some(({ className }) => className === name));
  const indexes = SESSIONS.indexed.map(column => `_Session_${column}`);
  return {
    columns,
    classes,
    indexes,
    postgresql: [
      ...indexes.map(index => `DROP INDEX CONCURRENTLY IF EXISTS "${index}";`),
      ...columns.map(column => `ALTER TABLE "_Session" DROP COLUMN IF EXISTS "${column}";`),
      ...columns.map(
        column =>
          `UPDATE "_SCHEMA" SET schema = schema #- '{fields,${column}}' WHERE "className" = '_Session';`,
      ),
      ...classes.flatMap(name => [
        `DROP TABLE IF EXISTS "${name}";`,
        `DELETE FROM "_SCHEMA" WHERE "className" = '${name}';`,
      ]),
    ],
    mongodb: [
      ...indexes.map(index => `db.getCollection('_Session').dropIndex('${index}');`),
      ...(columns.length > 0
        ? [
            `db.getCollection('_Session').updateMany({}, { $unset: { ${columns.map(name => `${name}: 1`).join(', ')} } });`,
            `db.getCollection('_SCHEMA').updateOne({ _id: '_Session' }, { $unset: { ${columns.map(name => `${name}: 1`).join(', ')} } });`,
          ]
        : []),
      ...classes.flatMap(name => [
        `db.getCollection('${name}').drop();`,
        `db.getCollection('_SCHEMA').deleteOne({ _id: '${name}' });`,
      ]),
    ],
  };
}

interface Result {
  mounted: boolean;
  restricted: number;
  revoked: number;
  left: number;
  drop: Droppable;
}

function drawn(
  { mounted, restricted, revoked, left, drop }: Result,
  isDone: boolean,
  { output }: Context,
): string {
  const bold = (text: string) => output.style('bold', text);
  const steps = isDone
    ? [
        `${number(revoked)} restricted sessions were revoked, ${number(left)} are left.`,
        ...(left > 0 ? ['Run this once more: others were made meanwhile.'] : []),
      ]
    : [
        `${number(restricted)} restricted sessions would be full ones on Parse Server alone.`,
        'Nothing was changed. With --yes they are revoked.',
      ];
  const next = mounted
    ? [
        'Then start your servers without parse-server-sessions, and run this once more: it revokes what devices have made ' +
          'meanwhile.',
      ]
    : [
        'This server runs without parse-server-sessions. (Or with a functionPrefix: then say so by --function-prefix.)',
      ];
  return [
    ...steps,
    ...next,
    '',
    'Once every server runs without it, these may be dropped. Nothing of it does harm where it stays.',
    `${bold('columns of _Session')}: ${drop.columns.join(', ') || 'none'}`,
    `${bold('classes')}: ${drop.classes.join(', ') || 'none'}`,
    `${bold('indexes')}: ${drop.indexes.join(', ')} (Parse Server is slow without them)`,
    '',
    bold('PostgreSQL:'),
    ...drop.postgresql,
    '',
    bold('MongoDB, in mongosh:'),
    ...drop.mongodb,
    '',
    'Then restart the servers: they keep the schema in memory.',
  ].join('\n');
}
