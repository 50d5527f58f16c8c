import { COLUMNS } from '../../../src/policy/columns';
import { startServer, type SpecServer } from '../server';
import { makeSession, makeUser, pointerTo } from '../sessions';
import { defineSdkRead, defineSdkWrite, type Outcome, type Who } from '../ways-in';
import { APP_USER_HEADER, callerKind, MAINTENANCE_KEY } from './callers';
import { MATRIX_WAYS, type Cell } from './cells';
import { OWN_CLASSES } from './groups';
import { labelled } from './labels';
import { ROLE_MEMBERS, sessionRow, subjectOf, userRow, type Ids, type Place, type Row } from './subjects';

type Json = Record<string, any>;

/** What a cell came to. */
export interface Observation {
  /** Parse's error code, null for an error without one; undefined for a success. */
  code?: number | null;
  message?: string;
  /** The columns with a value: of the answer's row, or of any row of a find. */
  columns: string[];
  /** Which rows a find found. */
  found?: string[];
  /** Whether a token is in the answer that is neither the caller's nor a new one. */
  foreignToken: boolean;
  /** What a write left behind, and what was there before: classes and their rows. */
  stored: Row[];
  before?: Row[];
}

const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };
const APP_CLASSES: Array<[string, Json?]> = [
  ['Invoice'],
  ['Reading'],
  ['PaymentMethod'],
  ...OWN_CLASSES.map((name): [string, Json] => [name, CLOSED]),
];
const JOIN = { fields: { relatedId: { type: 'String' }, owningId: { type: 'String' } } };

/** Starts a server for the matrix, stock or with this package, on the same tables. */
async function startMatrixServer(mounted: boolean): Promise<SpecServer> {
  const server = await startServer(
    { guard: ['Invoice'], fresh: ['PaymentMethod'], activity: { flushInterval: '20d' } },
    { maintenanceKey: MAINTENANCE_KEY },
    {
      mounted,
      graphql: true,
      cloud: Parse => {
        defineSdkRead(Parse);
        defineSdkWrite(Parse);
      },
      front: (request: Json, _response, next) => {
        const id = request.get(APP_USER_HEADER);
        if (id) request.userFromJWT = (globalThis as any).Parse.User.createWithoutData(id);
        next();
      },
    },
  );
  const schema = await server.server.config.databaseController.loadSchema();
  for (const [className, permissions] of APP_CLASSES) {
    const text = { type: 'String' };
    // The package makes its class of records itself.
    if (await schema.hasClass(className)) await schema.enforceFieldExists(className, 'text', text, true);
    else await schema.addClassIfNotExists(className, { text }, permissions);
  }
  for (const className of ['_User', '_Role', '_Session', '_Installation']) {
    await schema.enforceClassExists(className);
  }
  for (const className of ['_User', '_Role']) {
    await schema.enforceFieldExists(className, 'settings', { type: 'Object' });
  }
  for (const [column, type] of Object.entries({ ...COLUMNS, label: 'String' })) {
    await schema.enforceFieldExists('_Session', column, { type }, true);
  }
  await schema.reloadData({ clearCache: true });
  return server;
}

const ROLES: Array<keyof Ids> = ['user', 'session', 'target', 'other', 'third', 'created'];

const idsOf = (index: number) =>
  Object.fromEntries(ROLES.map(name => [name, name + String(index).padStart(5, '0')])) as unknown as Ids;

const tokenOf = ({ caller }: Cell, { session }: Ids) =>
  caller === 'a scoped session' ? `r:scoped-${session}` : `r:token-of-${session}`;

function rowsOf(cell: Cell, ids: Ids): Row[] {
  const { session, user } = callerKind(cell.caller);
  const own = { userId: ids.user, token: tokenOf(cell, ids) };
  return [
    ['_User', { ...userRow(ids.user), ...user?.(own) }],
    ['_Session', sessionRow(ids.session, ids.user, { sessionToken: own.token, ...session })],
    ...subjectOf(cell.subject).rows(ids),
  ];
}

async function insert(server: SpecServer, [className, row]: Row): Promise<void> {
  const { adapter } = server.server.config.databaseController;
  if (className === ROLE_MEMBERS) await adapter.upsertOneObject(className, JOIN, row, row);
  else await server.rawInsert(className, row);
}

async function find(server: SpecServer, [className, where]: Place): Promise<Row[]> {
  const { databaseController } = server.server.config;
  const rows: Json[] = className.startsWith('_Join:')
    ? await databaseController.adapter.find(className, JOIN, where, {})
    : // With what even the master key does not see, such as hashes of passwords.
      await databaseController.find(className, where, {}, { isMaintenance: true });
  return rows.map(row => [className, row]);
}

/** A token that its user logged out. */
async function revokedToken(server: SpecServer): Promise<string> {
  const { token } = await makeSession(server, await makeUser(server));
  await server.rest('GET', '/users/me', { token });
  await server.rest('POST', '/logout', { token, body: {} });
  return token;
}

async function call(server: SpecServer, cell: Cell, ids: Ids, who: Who): Promise<Outcome> {
  const { operation, way } = cell;
  const subject = subjectOf(cell.subject);
  // What is deleted has no columns any more.
  const selection = operation === 'delete' ? 'objectId' : subject.selection;
  const of = { selection, className: subject.className };
  const objectId =
    operation === 'create' || operation === 'find' ? undefined : (subject.id?.(ids) ?? ids.target);
  const request = MATRIX_WAYS[way];
  try {
    if (operation === 'get') return await request(server, { ...of, operation, objectId }, who);
    if (operation === 'find') {
      const where = subject.where?.(ids);
      return await request(
        server,
        { ...of, operation, where, ids: subject.found?.(ids) ?? [ids.target] },
        who,
      );
    }
    const own = way === 'GraphQL' ? subject.graphqlFields : undefined;
    const fields = (own ?? subject.fields)(ids, operation);
    return await request(server, { ...of, operation, objectId, fields }, who);
  } catch (error: any) {
    // The function that calls the SDK was refused itself.
    if (error.code === undefined) throw error;
    return { code: error.code, message: error.message };
  }
}

/** What the call of a cell may have written. */
async function stored(server: SpecServer, cell: Cell, ids: Ids): Promise<Row[]> {
  if (cell.operation === 'get' || cell.operation === 'find') return [];
  const rows: Row[] = [];
  for (const place of subjectOf(cell.subject).places(ids)) rows.push(...(await find(server, place)));
  const made = rows.find(([className, row]) => className === '_User' && row.username === ids.created);
  const user = made && pointerTo(made[1].objectId);
  return user ? [...rows, ...(await find(server, ['_Session', { user }]))] : rows;
}

async function observe(
  server: SpecServer,
  cell: Cell,
  ids: Ids,
  revoked: string,
  isRefused: boolean,
): Promise<Observation> {
  const token = tokenOf(cell, ids);
  const who = callerKind(cell.caller).who({ userId: ids.user, token }, revoked);
  const before = isRefused ? await stored(server, cell, ids) : undefined;
  const { code, message, result } = await call(server, cell, ids, who);
  const after = await stored(server, cell, ids);
  const answered: Json[] = result?.results ?? (result ? [result] : []);
  const columns = answered.flatMap(row => Object.keys(row).filter(key => (row[key] ?? null) !== null));
  const isForeign = (row: Json) => (row.sessionToken ?? token) !== token;
  const label = labelled(ids, token, revoked);
  const rows = (of: Row[]) => of.map(([className, row]): Row => [className, label(row)]);
  return {
    code,
    message: label(message),
    columns: [...new Set(columns)].sort(),
    ...(cell.operation === 'find' && {
      found: answered.map(row => label(row).objectId ?? 'a row without an id').sort(),
    }),
    foreignToken: cell.operation !== 'create' && answered.some(isForeign),
    stored: rows(after),
    before: before && rows(before),
  };
}

/**
 * How many cells are under way at a time: fewer than there are connections to the database. Whoever writes a role clears
 * Parse Server's whole cache, and another cell would not find its caller there.
 */
const parallel = (cells: Cell[]) =>
  cells.some(({ subject }) => subjectOf(subject).className === '_Role') ? 1 : 4;

/** Runs these cells on a server of their own, which is gone afterwards. */
export async function run(
  cells: Cell[],
  { mounted, isRefused = () => false }: { mounted: boolean; isRefused?: (cell: Cell) => boolean },
): Promise<Observation[]> {
  const server = await startMatrixServer(mounted);
  try {
    const revoked = await revokedToken(server);
    const observations: Observation[] = [];
    const left = cells.entries();
    const work = async () => {
      for (const [index, cell] of left) {
        const ids = idsOf(index);
        await Promise.all(rowsOf(cell, ids).map(row => insert(server, row)));
        observations[index] = await observe(server, cell, ids, revoked, isRefused(cell));
      }
    };
    await Promise.all(Array.from({ length: parallel(cells) }, work));
    return observations;
  } finally {
    await server.stop();
  }
}
