import type { Report } from './report';
import type { Kind, ServerProcess } from './server';

/** Something that whoever starts the benchmarks can put right: its message is all that is shown. */
export class BenchError extends Error {}

export interface Context {
  readonly report: Report;
  /** Overrides how often each benchmark repeats. */
  readonly rounds?: number;
  /** Makes an empty database and answers its connection string. */
  createDatabase(): Promise<string>;
  /** Starts a Parse Server in a process of its own. */
  startServer(databaseURI: string, sessions: Kind): Promise<ServerProcess>;
}

export interface Benchmark {
  /** One line for --help. */
  summary: string;
  /** Measures, reports, and answers whether every target was met. */
  run(context: Context): Promise<boolean>;
}
