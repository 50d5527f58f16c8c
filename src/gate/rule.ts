import type { Access } from './access';
import type { Method } from './past-gate';

/** Hands an access on to the next rule, and in the end to the database. */
export type Proceed = () => Promise<unknown>;

type Around = (access: Access, proceed: Proceed) => Promise<unknown>;

/**
 * One rule of the gate. It says which accesses it covers, judges them, and may stand round the operation itself, by
 * the name of the method. Where a rule has to read or write on its own account, it does so past the gate
 * (`access.visit.pastGate`), never through it again.
 */
export interface Rule extends Partial<Record<Method, Around>> {
  covers(access: Access): boolean;
  /** @throws what it refuses; at once, or by the promise. */
  judge?(access: Access): void | Promise<void>;
}
