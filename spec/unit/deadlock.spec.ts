import { also, pastDeadlocks } from '../../src/deadlock';

const ROWS = [{ objectId: 'a' }, { objectId: 'b' }, { objectId: 'c' }];
const deadlock = () => Object.assign(new Error('deadlock detected'), { code: '40P01' });

/** A statement that is undone for a deadlock so many times on all rows, and on each one. */
function statementOf(deadlocks: Record<string, number>, answers: Record<string, unknown> = {}) {
  const asked: string[] = [];
  const statement = async (condition?: any) => {
    const rows = condition?.objectId ?? 'all';
    asked.push(rows);
    deadlocks[rows] = (deadlocks[rows] ?? 0) - 1;
    if (deadlocks[rows]! >= 0) throw deadlock();
    return answers[rows];
  };
  return { asked, statement };
}

describe('pastDeadlocks', () => {
  it('runs the statement once where nobody is in its way, and asks for no rows', async () => {
    const { asked, statement } = statementOf({}, { all: undefined });
    const rows = jest.fn();
    expect(await pastDeadlocks(rows, statement)).toBeUndefined();
    expect(asked).toEqual(['all']);
    expect(rows).not.toHaveBeenCalled();
  });

  it('goes row by row after a deadlock, and again where that meets others in one', async () => {
    const { asked, statement } = statementOf({ all: 1, b: 2 }, { a: 1, b: 1, c: {} });
    expect(await pastDeadlocks(ROWS, statement)).toBe(2);
    expect(asked).toEqual(['all', 'a', 'b', 'b', 'b', 'c']);
    const again = statementOf({ all: 1 }, { a: 1, b: 1, c: 1 });
    expect(await pastDeadlocks(async () => ROWS, again.statement)).toBe(3);
  });

  it('gives up where one row meets nothing else', async () => {
    const { statement } = statementOf({ all: 1, b: Infinity });
    await expect(pastDeadlocks(ROWS, statement)).rejects.toThrow('deadlock detected');
  });

  it('passes on any other failure at once', async () => {
    const failing = jest.fn().mockRejectedValue(new Error('no connection'));
    await expect(pastDeadlocks(ROWS, failing)).rejects.toThrow('no connection');
    expect(failing).toHaveBeenCalledTimes(1);
  });
});

it('also() joins conditions, and leaves a query without a second one as it is', () => {
  const query = { name: 'x' };
  expect(also(query, undefined)).toBe(query);
  expect(also(query, { objectId: 'a' })).toEqual({ $and: [query, { objectId: 'a' }] });
});
