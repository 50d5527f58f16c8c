import { ErrorCode, parseError } from '../errors';
import type { Database, Query, Row } from '../parse-server';
import { classesMissing } from './classes';
import { addColumns, ensureIndexes, type IndexContext, type NeededClass } from './columns';

/** Which file belongs to which session. */
export const FILE_CLASS = 'ParseSessionFile';
/** The devices that users have had sessions from. */
export const DEVICE_CLASS = 'ParseSessionDevice';
/** The records of sessions that ended before their time. */
export const HISTORY_CLASS = 'ParseEndedSession';

/** How often something was tried. */
export const ATTEMPT_CLASS = 'ParseSessionAttempt';
/** Devices that ask to be paired. */
export const PAIRING_CLASS = 'ParseSessionPairing';

/** Parse's `DUPLICATE_VALUE`. */
const EXISTS = 137;

export const OWN_CLASSES: ReadonlySet<string> = new Set([
  FILE_CLASS,
  DEVICE_CLASS,
  HISTORY_CLASS,
  ATTEMPT_CLASS,
  PAIRING_CLASS,
]);
export const isOwnClass = (className: string): boolean => OWN_CLASSES.has(className);
export const ownClassError = (className: string) =>
  parseError(ErrorCode.OPERATION_FORBIDDEN, `${className} is the server's own.`);

/** Class-level permissions for nobody but the server. */
const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

/** Whether a class of this package exists. Each one is made only when it is needed. */
export const hasOwnClass = async (database: Database, className: string): Promise<boolean> =>
  (await classesMissing(database, [className])).length === 0;

/** Pointer permissions: they open a class to the users that its rows name. */
const BY_POINTERS = ['readUserFields', 'writeUserFields'];

/** Whether these class-level permissions let no client in. */
const isClosed = (permissions: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(CLOSED).every(operation => isNobody(permissions[operation])) &&
  BY_POINTERS.every(name => permissions[name] === undefined || isNobody(permissions[name]));

const isNobody = (who: unknown): boolean =>
  typeof who === 'object' && who !== null && Object.keys(who).length === 0;

/** Has an app's database hold the classes of this package as they are needed: no client can read or write one. */
export class OwnClasses {
  /** @param withIndexes whether to make indexes. */
  constructor(
    private readonly context: IndexContext,
    private readonly withIndexes: boolean,
  ) {}

  /** At the start: makes a class, or what it lacks. @throws Error for a column with another type. */
  async open(needed: NeededClass): Promise<void> {
    await this.make(needed);
    await this.index(needed);
  }

  /** At the start: the same for a class that is made only when it is needed, if it is there already. */
  async openIfThere(needed: NeededClass): Promise<void> {
    if (await hasOwnClass(this.context.database, needed.className)) await this.open(needed);
  }

  /** When a class is needed, however often: looks for the indexes only of one that it makes. */
  async ensure(needed: NeededClass): Promise<void> {
    if (await this.make(needed)) await this.index(needed);
  }

  /** Makes a class, or what it lacks. @returns whether it was not there. */
  private async make(needed: NeededClass): Promise<boolean> {
    const { database } = this.context;
    const { className, columns } = needed;
    const schema = await database.loadSchema();
    const isNew = !(await hasOwnClass(database, className));
    if (isNew) {
      const fields = Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, { type }]));
      await schema.addClassIfNotExists(className, fields, CLOSED).catch(async error => {
        if (!(await hasOwnClass(database, className))) throw error;
      });
    }
    // An app, a client, or a version of this package that kept less may have made it.
    const isExtended = await addColumns(schema, needed);
    const { classLevelPermissions, fields } = await schema.getOneSchema(className);
    const isOpen = !isClosed(classLevelPermissions);
    if (isOpen) await schema.setPermissions(className, CLOSED, fields);
    if (isNew || isExtended || isOpen) await schema.reloadData({ clearCache: true });
    return isNew;
  }

  private async index(needed: NeededClass): Promise<void> {
    if (this.withIndexes) await ensureIndexes(this.context, needed);
  }
}

/** Adds a row to a class of this package. @returns false when there is one with its id, whoever added it. */
export async function createOnce(
  database: Pick<Database, 'create'>,
  className: string,
  row: Row,
): Promise<boolean> {
  try {
    await database.create(className, row, {});
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === EXISTS) return false;
    throw error;
  }
}

/** Deletes what matches in a class of this package, if it exists. Parse Server answers 101 when that is nothing. */
export async function destroyRows(database: Database, className: string, query: Query): Promise<void> {
  if (!(await hasOwnClass(database, className))) return;
  await database.destroy(className, query, {}).catch(error => {
    if (error?.code !== 101) throw error;
  });
}
