import { number, ratio, type Report } from './report';

interface Contender {
  name: string;
  /** Does the work once and answers how much of it per second. */
  measure(): Promise<number>;
}

export interface Comparison {
  what: string;
  unit: string;
  rounds: number;
  contenders: readonly Contender[];
  /** Which contender's rate is divided by which other's, by index. */
  ratios: readonly (readonly [number, number])[];
}

/**
 * Measures the contenders round by round, in turns, so that whatever else the machine does hits all of them. Each
 * round begins with another one: the place in a round must favour nobody.
 * @returns each ratio's median over the rounds.
 */
export async function compare(
  report: Report,
  { what, unit, rounds, contenders, ratios }: Comparison,
): Promise<number[]> {
  const measured: number[][] = ratios.map(() => []);
  const step = report.start(what, rounds * contenders.length);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const rates: number[] = [];
      for (let turn = 0; turn < contenders.length; turn += 1) {
        const index = (round + turn) % contenders.length;
        rates[index] = await contenders[index]!.measure();
        step();
      }
      const now = ratios.map(([one, other]) => rates[one]! / rates[other]!);
      now.forEach((value, index) => measured[index]!.push(value));
      report.line(
        [
          `  round ${String(round + 1).padStart(String(rounds).length)}`,
          ...contenders.map(({ name }, index) => `${name} ${number(rates[index]!)} ${unit}`),
          `ratio ${now.map(ratio).join(', ')}`,
        ].join('  |  '),
      );
    }
  } finally {
    report.finish();
  }
  return measured.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
