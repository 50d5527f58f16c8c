import type { Benchmark } from './support/benchmark';
import { median } from './support/compare';
import { number } from './support/report';
import type { Kind } from './support/server';

const MEGABYTE = 1_000_000;
/** In megabytes. */
const MOUNTED_ADDS = 5;

const inMegabytes = (bytes: number) => `${number(bytes / MEGABYTE)} MB`;

export const memory: Benchmark = {
  summary: 'memory of a server that has started and had no request, mounted against stock',

  async run({ report, rounds = 7, createDatabase, startServer }) {
    const contenders = await Promise.all(
      [
        { name: 'stock', kind: 'stock' as Kind },
        { name: 'mounted', kind: {} as Kind },
      ].map(async one => ({ ...one, databaseURI: await createDatabase(), heap: [], beside: [] }) as Measured),
    );
    const step = report.start('starts', rounds * contenders.length);
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const { kind, databaseURI, heap, beside } of contenders) {
          const server = await startServer(databaseURI, kind);
          const { result } = await server.call('memory');
          await server.stop();
          heap.push(result.heapUsed);
          beside.push(result.external);
          step();
        }
      }
    } finally {
      report.finish();
    }
    for (const { name, heap, beside } of contenders) {
      report.line(
        `  ${name.padEnd(8)} heap ${inMegabytes(median(heap))}, beside it ${inMegabytes(median(beside))}`,
      );
    }
    const [stock, mounted] = contenders as [Measured, Measured];
    const heap = median(mounted.heap) - median(stock.heap);
    const beside = median(mounted.beside) - median(stock.beside);
    return report.verdict(
      heap + beside <= MOUNTED_ADDS * MEGABYTE,
      `mounting adds ${inMegabytes(heap)} of heap and ${inMegabytes(beside)} beside it ` +
        `(medians of ${rounds} starts; target: at most ${MOUNTED_ADDS} MB in all)`,
    );
  },
};

interface Measured {
  name: string;
  kind: Kind;
  databaseURI: string;
  /** Bytes, per start. */
  heap: number[];
  /** The same beside the heap: buffers and their like. */
  beside: number[];
}
