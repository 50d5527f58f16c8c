import { isDeepStrictEqual } from 'node:util';
import { callers, cellsOf, FILES, nameOf, type Cell, type Database, type File } from './cells';
import { expected, isRefused, knownFaultOf, told } from './expectation';
import { run, type Observation } from './run';

declare const SPEC_DATABASE: Database;

/** Two servers answer some hundred requests each. */
const TIMEOUT = 300_000;

/** The specs of one file of the matrix: first stock Parse Server answers all its cells, then one with this package. */
export function describeMatrix(file: File): void {
  const cells = cellsOf(SPEC_DATABASE, FILES[file]);
  let stock: Observation[];
  let mounted: Observation[];

  beforeAll(async () => {
    stock = await run(cells, { mounted: false });
    mounted = await run(cells, { mounted: true, isRefused });
  }, TIMEOUT);

  /** What was expected of a cell, and what came: by its name, for a difference that is easy to read. */
  function compared(cell: Cell, index: number): [expected: unknown, got: unknown] {
    const wanted = told(expected(stock[index]!, mounted[index]!, cell));
    const got = told(mounted[index]!);
    const fault = knownFaultOf(cell, SPEC_DATABASE);
    if (!fault) return [wanted, got];
    const isMended = isDeepStrictEqual(wanted, got);
    return [
      `a known fault: ${fault.cause}`,
      isMended ? 'mended: take it from knownFaults' : `a known fault: ${fault.cause}`,
    ];
  }

  describe.each(FILES[file])('%s', subject => {
    it.each(callers)(
      'answers %s as the table says, and like stock Parse Server where it says nothing',
      caller => {
        const mine = cells
          .map((cell, index): [Cell, number] => [cell, index])
          .filter(([cell]) => cell.subject === subject && cell.caller === caller);
        const pairs = mine.map(([cell, index]): [string, unknown, unknown] => [
          nameOf(cell),
          ...compared(cell, index),
        ]);
        expect(Object.fromEntries(pairs.map(([name, , got]) => [name, got]))).toEqual(
          Object.fromEntries(pairs.map(([name, wanted]) => [name, wanted])),
        );
      },
    );
  });
}
