import type { SessionEmitter } from '../events/events';
import type { ExpiryPolicy } from '../expiry/policy';
import type { SessionFiles } from '../files/session-files';
import type { Kind } from '../expiry/kind';
import type { Ender } from '../history/ender';
import type { History } from '../history/history';
import type { Database, ParseSdk, ServerConfig } from '../parse-server';
import type { Places } from '../places/places';
import type { OwnClasses } from '../schema/own-class';
import type { CallerSessions } from './callers';
import type { Endings } from './endings';
import type { LimitKeeper } from './limits';
import type { Revocations } from './revocations';
import type { TokenCache } from './token-cache';

/** What `purgeExpiredSessions` takes. */
export interface PurgeOptions {
  /** Only count what would be deleted. @default false */
  dryRun?: boolean;
  /** Rows per statement, 1 to 10,000: a small batch holds locks for a short time. @default 1000 */
  batchSize?: number;
  /** Only sessions that have been expired for so long: seconds, or a string such as `'7d'`. @default 0 */
  olderThan?: number | string;
  /** Also delete sessions whose user is gone. @default false */
  orphans?: boolean;
}

export interface PurgeResult {
  /** Sessions deleted; with `dryRun`, that would be. */
  deleted: number;
  batches: number;
  durationMs: number;
}

export type Purge = (options: PurgeOptions, progress?: (text: string) => unknown) => Promise<PurgeResult>;

/** Which sessions `revokeWhere` ends: those that meet every condition that is given. */
export interface SessionFilter {
  /** Made before: a `Date`, or a text in ISO 8601 with its zone. */
  createdBefore?: Date | string;
  /**
   * Used for the last time before. One that has no last access counts from its last update. It is refused with 142 where
   * last accesses are not kept (the option `activity`).
   */
  lastAccessedBefore?: Date | string;
  kind?: Kind;
  /**
   * What they were made with, alone or among others, such as `'password'`, `'anonymous'`, `'facebook'` or `'masterkey'`.
   * One that was made from another session has none.
   */
  authProvider?: string;
  /** The address that they were last used from; its network, where only that is kept (the option `privacy`). */
  ip?: string;
  /** All sessions. It takes no other condition. */
  all?: true;
}

export interface RevokeWhereResult {
  /** Sessions revoked; with `dryRun`, that would be. */
  revoked: number;
  batches: number;
  durationMs: number;
}

type RevokeWhere = (
  filter: unknown,
  options: unknown,
  by: Ender,
  progress?: (text: string) => unknown,
) => Promise<RevokeWhereResult>;

/** What the store of sessions works with, once Parse Server has started. */
export interface Connection {
  Parse: ParseSdk;
  config: ServerConfig;
  database: Database;
  tokenCache: TokenCache;
  policy: ExpiryPolicy;
  callers: Pick<CallerSessions, 'forget'>;
  revocations: Pick<Revocations, 'mark' | 'revokesUser' | 'revokesEverybody' | 'markUnnamed'>;
  /** Last accesses that are not written yet. */
  activity?: {
    pending(token: string): Date | undefined;
    forget(token: string): void;
    renamed(from: string, to: string): void;
    flush(): Promise<void>;
  };
  endings: Endings;
  limits: LimitKeeper;
  files: SessionFiles;
  history: History;
  events: SessionEmitter;
  ownClasses: OwnClasses;
  places: Places;
  purge: Purge;
  revokeWhere: RevokeWhere;
}
