import type { DatabaseOptions, Row } from '../parse-server';
import type { Runtime } from '../runtime';
import type { Access } from './access';
import type { Method } from './past-gate';

/** Hands an access on to the next rule, and in the end to the database. */
export type Proceed = () => Promise<unknown>;

type Around = (access: Access, proceed: Proceed) => Promise<unknown>;

/**
 * One rule of the gate. It says which accesses it covers, and judges them. By the name of a method it may also
 * stand round the operation itself. A rule reads and writes past the gate (`access.visit.pastGate`), never through
 * it.
 */
export interface Rule extends Partial<Record<Method, Around>> {
  /** Whether it may have a say. Where no rule does, the access goes straight on, and no rule is asked again. */
  covers(
    className: string,
    runtime: Runtime,
    options: DatabaseOptions | undefined,
    data: Row | undefined,
  ): boolean;
  /** Whether it covers everything that a scoped session does: it may do only what its scopes name. */
  readonly coversScoped?: boolean;
  /** Throws what it refuses, at once or by the promise. */
  judge?(access: Access): void | Promise<void>;
}
