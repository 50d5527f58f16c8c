import { readdirSync } from 'node:fs';
import { OWN_CLASSES as CLOSED_CLASSES } from '../../src/schema/own-class';
import {
  cellsOf,
  combinations,
  FILES,
  notApplicable,
  type Cell,
  type Database,
} from '../support/matrix/cells';
import { knownFaultOf, ruleOf } from '../support/matrix/expectation';
import { knownFaults } from '../support/matrix/known-faults';
import { OWN_CLASSES } from '../support/matrix/groups';
import { RULES } from '../support/matrix/rules';
import { SUBJECTS } from '../support/matrix/subjects';

declare const SPEC_DATABASE: Database;

const cells = cellsOf(SPEC_DATABASE);

/** How often each comes, in the order in which they come first. */
function counted(names: string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}

const leftOut = combinations().flatMap(cell => notApplicable(cell, SPEC_DATABASE) ?? []);
const decidedBy = (cell: Cell) => (ruleOf(cell) ? 'by a rule' : 'compared with stock Parse Server');

// The reporter prints these titles at the end.
describe('the size of the matrix', () => {
  it(`${cells.length} cells: ${counted(cells.map(decidedBy))}`, () => {
    expect(cells.length).toBeGreaterThan(4000);
  });

  it(`${leftOut.length} not applicable: ${counted(leftOut)}`, () => {
    expect(cells.length + leftOut.length).toBe(combinations().length);
  });

  it(`${cells.filter(cell => knownFaultOf(cell, SPEC_DATABASE)).length} cells are known faults`, () => {
    const idle = knownFaults.filter(
      fault =>
        (fault.databases?.includes(SPEC_DATABASE) ?? true) &&
        !cells.some(cell => knownFaultOf(cell, SPEC_DATABASE) === fault),
    );
    expect(idle).toEqual([]);
  });
});

describe('the table of the matrix', () => {
  it('has no rule that decides nothing', () => {
    const deciding = new Set(combinations().map(ruleOf));
    expect(RULES.filter(rule => !deciding.has(rule))).toEqual([]);
  });

  it('has every class of this package', () => {
    expect([...OWN_CLASSES].sort()).toEqual([...CLOSED_CLASSES].sort());
  });

  it('has all its subjects in the spec files, each once', () => {
    expect(Object.values(FILES).flat().sort()).toEqual(Object.keys(SUBJECTS).sort());
    const files = readdirSync(__dirname).filter(name => name !== 'table.spec.ts');
    expect(files.sort()).toEqual(
      Object.keys(FILES)
        .map(name => `${name}.spec.ts`)
        .sort(),
    );
  });
});
