import type { SpecServer } from './server';

const READS = ['find', 'count', 'distinct', 'aggregate'];
const WRITES = [
  'createObject',
  'updateObjectsByQuery',
  'findOneAndUpdate',
  'upsertOneObject',
  'deleteObjectsByQuery',
];

interface Statement {
  method: string;
  className: string;
  args: any[];
}

/** Notes each read and write that a server sends to its database from now on: its adapter sends one per call. */
export function watchStatements({ server }: Pick<SpecServer, 'server'>) {
  const { adapter } = server.config.databaseController;
  const statements: Statement[] = [];
  const original: Record<string, unknown> = {};
  let inside = false;
  for (const method of [...READS, ...WRITES]) {
    if (typeof adapter[method] !== 'function') throw new Error(`The database adapter has no ${method}().`);
    const call = (original[method] = adapter[method]);
    adapter[method] = function (className: string, ...args: any[]) {
      if (inside) return call.call(this, className, ...args);
      statements.push({ method, className, args });
      // PostgreSQL's adapter carries some of these out by calling another.
      inside = true;
      try {
        return call.call(this, className, ...args);
      } finally {
        inside = false;
      }
    };
  }
  const of = (methods: string[], className?: string) =>
    statements.filter(
      one => methods.includes(one.method) && (className === undefined || one.className === className),
    );

  return {
    all: statements,
    reads: (className?: string) => of(READS, className),
    writes: (className?: string) => of(WRITES, className),
    clear: () => void statements.splice(0),
    stop: () => Object.assign(adapter, original),
  };
}
