import { KINDS, kindOf, type Kind, type OfAKind } from '../expiry/kind';
import { REFUSED, type Refused } from '../policy/decision';

const zeros = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>;

/** Counts what happens to sessions in this process, from its start on. */
export class Counters {
  readonly created = zeros<Kind>(KINDS);
  /** By reason. */
  readonly ended: Record<string, number> = {};
  /** Rows that purges have deleted: expired and invalidated sessions, and those of users who are gone. */
  purged = 0;
  readonly blocked = zeros<Refused>(REFUSED);

  hasCreated(session: OfAKind): void {
    this.created[kindOf(session)] += 1;
  }

  haveEnded(reason: string, count: number): void {
    this.ended[reason] = (this.ended[reason] ?? 0) + count;
  }

  havePurged(count: number): void {
    this.purged += count;
  }

  hasBlocked(because: Refused): void {
    this.blocked[because] += 1;
  }
}
