import type { DatabaseOptions, Query, Row } from '../parse-server';
import type { Method } from './past-gate';
import type { Visit } from './visit';

export type Operation = 'create' | 'read' | 'update' | 'delete';

/** One call of such a method: what the rules judge, and may change before it goes on. */
export class Access {
  readonly className: string;

  constructor(
    readonly visit: Visit,
    readonly method: Method,
    /** Not always a text, see `visitAt`. */
    className: unknown,
    public query: Query | null | undefined,
    public data: Row | undefined,
    public options: DatabaseOptions | undefined,
    /** The arguments that follow these, as Parse Server passed them. */
    readonly rest: readonly unknown[],
  ) {
    this.className = String(className);
  }

  /** Whether the client reads or writes, and not Parse Server on its behalf: it names the client's permissions then. */
  get byClient(): boolean {
    return this.options?.acl !== undefined;
  }

  /** Whether a client with a user does: of one without, Parse Server names the permissions of the public only. */
  get byUser(): boolean {
    return this.options?.acl?.some(name => name !== '*') ?? false;
  }

  /** What it does to the class. */
  get operation(): Operation {
    switch (this.method) {
      case 'find': {
        const op = this.options?.op;
        // Before it updates or deletes, Parse Server may read the object for the client, and would answer 101.
        return (op === 'update' || op === 'delete') && this.byClient ? op : 'read';
      }
      // Parse Server validates before `beforeSave` triggers run, and before it makes a class or a column for the write.
      case 'validateObject':
        return this.query ? 'update' : 'create';
      case 'destroy':
        return 'delete';
      default:
        return this.method;
    }
  }

  /** The raw operation, once every rule has been passed. */
  perform(): Promise<unknown> {
    const { className, query, data, options, rest } = this;
    const past = this.visit.pastGate as unknown as Record<Method, (...args: unknown[]) => Promise<unknown>>;
    switch (this.method) {
      case 'find':
      case 'destroy':
        return past[this.method](className, query, options, ...rest);
      case 'create':
        return past.create(className, data, options, ...rest);
      case 'update':
        return past.update(className, query, data, options, ...rest);
      case 'validateObject':
        return past.validateObject(className, data, query, options, ...rest);
    }
  }
}
