import type { DatabaseOptions, Query, Row } from '../parse-server';
import type { Method } from './past-gate';
import type { Visit } from './visit';

export type Operation = 'create' | 'read' | 'update' | 'delete';

/** One call of a method of the gate. The rules judge it, and may change it before it goes on. */
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

  /**
   * Whether the client itself reads or writes. Parse Server then passes the client's permissions; it passes none
   * for what it does on the client's behalf (`RestQuery.js#getUserAndRoleACL` of 9.10.0).
   */
  get byClient(): boolean {
    return this.options?.acl !== undefined;
  }

  /** Whether a client with a user does. For one without, Parse Server passes the permission of the public only. */
  get byUser(): boolean {
    return this.options?.acl?.some(name => name !== '*') ?? false;
  }

  /** What the call does to the class. */
  get operation(): Operation {
    switch (this.method) {
      case 'find': {
        const op = this.options?.op;
        // Before an update or a delete Parse Server may read the object for the client (`rest.js#update` and
        // `#del` of 9.10.0). This read is judged as the write: otherwise a refused client could get 101 instead of
        // the refusal.
        return (op === 'update' || op === 'delete') && this.byClient ? op : 'read';
      }
      // Parse Server validates an object before it writes it, and makes a missing class or column while it does
      // (`SchemaController.js#validateObject` of 9.10.0). So a write is refused as early as this.
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
