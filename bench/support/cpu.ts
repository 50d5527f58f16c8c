import { median } from './compare';
import { number, type Report } from './report';
import type { ServerProcess } from './server';

/** A contender's server, started and filled. */
interface Served<Operation extends string> {
  server: ServerProcess;
  /** Sends so many requests. */
  send(operation: Operation, count: number): Promise<void>;
  /** Called once it has warmed up. */
  begin?(): Promise<void>;
  /** Called once all of its rounds are over. */
  end?(): Promise<void>;
}

export interface Contender<Operation extends string> {
  name: string;
  open(): Promise<Served<Operation>>;
}

interface Comparison<Operation extends string> {
  operations: readonly Operation[];
  rounds: number;
  /** All others are compared with the first one. */
  contenders: readonly Contender<Operation>[];
}

/** What one contender gets in a turn: so short that whatever else the machine does hits all of them. */
const SLICE = 50;
/** Per contender and round. */
const SLICES = 20;

/** What a contender's slices of one round took together. */
class Spent {
  cpu = 0;
  collections = 0;
  ms = 0;
  readonly requests = SLICE * SLICES;
}

/**
 * Measures what a request costs in the CPU of a server's own process, garbage collection included: waiting for others does
 * not count. What they do still costs some, for it empties the processor's caches. So the contenders take turns slice by
 * slice, each turn beginning with another one.
 * @returns per operation and round what each contender spent.
 */
export async function compareCpu<Operation extends string>(
  report: Report,
  { operations, rounds, contenders }: Comparison<Operation>,
): Promise<Record<Operation, Spent[][]>> {
  const spent = Object.fromEntries(operations.map(name => [name, [] as Spent[][]])) as Record<
    Operation,
    Spent[][]
  >;
  const step = report.start('rounds', rounds * operations.length);
  try {
    // Each round has servers of its own. Two processes of the same program differ by more than this package costs: the
    // machine code that is made depends on what a process happens to meet first.
    for (let start = 0; start < rounds; start += 1) {
      const all: Served<Operation>[] = [];
      // Beginning with another one each time: the process that is started last was seen to be the cheapest.
      for (let turn = 0; turn < contenders.length; turn += 1) {
        const index = (start + turn) % contenders.length;
        all[index] = await contenders[index]!.open();
      }
      // Machine code is made for the first thousands of requests; all servers get over it before it counts. In turns, too:
      // a server that has long been idle takes some time to be what it was.
      for (const operation of operations) await measureRound(all, operation);
      for (const { begin, server } of all) {
        await server.call('collectGarbage');
        await begin?.();
      }
      for (const operation of operations) {
        await measureRound(all, operation);
        const round = await measureRound(all, operation);
        spent[operation].push(round);
        const names = contenders.map(({ name }) => name);
        report.line(describeRound(operation, spent[operation].length, names, round));
        step();
      }
      for (const { end, server } of all) {
        await end?.();
        await server.stop();
      }
    }
  } finally {
    report.finish();
  }
  return spent;
}

async function measureRound<Operation extends string>(
  all: readonly Served<Operation>[],
  operation: Operation,
): Promise<Spent[]> {
  const spent = all.map(() => new Spent());
  for (let slice = 0; slice < SLICES; slice += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const index = (slice + turn) % all.length;
      const { server, send } = all[index]!;
      const { result: before } = await server.call('usage');
      const started = performance.now();
      await send(operation, SLICE);
      const ms = performance.now() - started;
      const { result: after } = await server.call('usage');
      const mine = spent[index]!;
      mine.cpu += after.cpu - before.cpu;
      mine.collections += after.collections - before.collections;
      mine.ms += ms;
    }
  }
  return spent;
}

/** A target is missed by a hundredth. */
export const exact = (value: number): string => value.toFixed(3);

const microseconds = ({ cpu, requests }: Spent) => `${number(cpu / requests)} µs`;

function describeRound(operation: string, count: number, names: readonly string[], round: Spent[]): string {
  const [first, ...others] = round as [Spent, ...Spent[]];
  return [
    `  ${operation} ${String(count).padStart(2)}`,
    ...names.map((name, index) => `${name} ${microseconds(round[index]!)}`),
    `CPU ratio ${others.map(({ cpu }) => exact(cpu / first.cpu)).join(', ')}`,
  ].join('  |  ');
}

/** A contender's CPU beside that of the first one, and its requests per second. */
export interface Ratio {
  /** The median of the rounds' ratios. */
  median: number;
  /** How sure that is, how far the rounds scatter, how many requests per second there are, and how often garbage is collected. */
  details: string;
}

export function ratioToFirst(rounds: readonly Spent[][], contender: number): Ratio {
  const values = rounds.map(round => round[contender]!.cpu / round[0]!.cpu);
  const sum = (index: number, what: 'cpu' | 'ms' | 'collections' | 'requests') =>
    rounds.reduce((total, round) => total + round[index]![what], 0);
  const quotient = (what: 'cpu' | 'ms') => sum(contender, what) / sum(0, what);
  const collections = (index: number) => number((1_000 * sum(index, 'collections')) / sum(index, 'requests'));
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  // The usual 95 % interval of a median, as box plots notch it.
  const uncertainty = (1.57 * (high - low)) / Math.sqrt(values.length);
  return {
    median: median(values),
    details:
      `±${exact(uncertainty)}, quartiles ${exact(low)} to ${exact(high)}, all rounds together ` +
      `${exact(quotient('cpu'))}, ${exact(1 / quotient('ms'))} of the requests per second, ${collections(contender)} ` +
      `garbage collections per 1,000 requests beside ${collections(0)}`,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))]!;
}
