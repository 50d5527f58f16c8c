import type { SeenProxy } from '../checks/proxy';
import type { ResolvedOptions } from '../options';
import type { Database, ServerConfig } from '../parse-server';

/** What the doctor looks at: a server that runs, and what this process has seen so far. */
export interface Patient {
  config: ServerConfig;
  /** A controller that the gate lets pass. */
  database: Database;
  options: ResolvedOptions;
  /** The names of the cloud functions that were there at the start. */
  functions: readonly string[];
  /** Whether other processes may use the same cache. */
  sharesCache: boolean;
  proxy: SeenProxy;
  /** The classes that the app offers to LiveQuery. */
  liveClasses: readonly string[];
  /** Whether a LiveQuery server was handed over to `sessions.liveQuery()`. */
  hasLiveQuery: boolean;
  now: Date;
}
