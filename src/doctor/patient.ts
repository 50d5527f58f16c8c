import type { SeenProxy } from '../checks/proxy';
import type { Configured } from '../checks/start';

/** What the doctor looks at: a server that runs, and what this process has seen so far. */
export interface Patient extends Configured {
  /** Whether other processes may use the same cache. */
  sharesCache: boolean;
  proxy: SeenProxy;
  /** The classes that the app offers to LiveQuery. */
  liveClasses: readonly string[];
  /** Whether a LiveQuery server was handed over to `sessions.liveQuery()`. */
  hasLiveQuery: boolean;
  now: Date;
}
