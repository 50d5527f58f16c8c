import { docs } from '../docs';
import type { Database } from '../parse-server';

/** The methods of Parse Server's database controller that make up the gate. */
export const METHODS = ['find', 'create', 'update', 'destroy', 'validateObject'] as const;
export type Method = (typeof METHODS)[number];

/** The steps of a batch with `transaction: true`. */
const STEPS = [
  'createTransactionalSession',
  'commitTransactionalSession',
  'abortTransactionalSession',
] as const;
type Step = (typeof STEPS)[number];

/** The methods as Parse Server has them. */
export type Original = Pick<Database, Method | Step>;

/** Where the original methods are kept once the gate is open: on the class that all controllers are of. */
const ORIGINAL = Symbol('parse-server-sessions.original');
type Gated = Database & { [ORIGINAL]?: Original };

/**
 * Keeps the original methods of a controller's class, before the gate takes their places.
 * @returns the class's prototype, and the methods; `undefined` when the gate is open there already.
 * @throws Error when this Parse Server has no such methods.
 */
export function keepOriginal(database: Database): { controllers: Database; original: Original } | undefined {
  const controllers = Object.getPrototypeOf(database) as Gated;
  if (Object.hasOwn(controllers, ORIGINAL)) return undefined;
  const names = [...METHODS, ...STEPS];
  const missing = names.filter(name => typeof controllers[name] !== 'function');
  if (missing.length > 0) {
    throw new Error(
      `parse-server-sessions cannot guard this Parse Server: its database controller has no ${missing.join(', ')}. ` +
        `Use a version of parse-server that the README names. See ${docs('errors', 'cannot-guard')}`,
    );
  }
  const original = Object.fromEntries(names.map(name => [name, controllers[name]])) as never as Original;
  controllers[ORIGINAL] = original;
  return { controllers, original };
}

/** A request's database, past the gate. Rules read and write by it, in the request's own transaction. */
export class PastGate implements Pick<Database, Method> {
  private readonly original: Original;

  constructor(private readonly database: Database) {
    this.original = (database as Gated)[ORIGINAL] ?? database;
  }

  find: Database['find'] = (...args) => this.original.find.apply(this.database, args);
  create: Database['create'] = (...args) => this.original.create.apply(this.database, args);
  update: Database['update'] = (...args) => this.original.update.apply(this.database, args);
  destroy: Database['destroy'] = (...args) => this.original.destroy.apply(this.database, args);
  validateObject: Database['validateObject'] = (...args) =>
    this.original.validateObject.apply(this.database, args);
}
