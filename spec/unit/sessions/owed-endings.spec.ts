import { OwedEndings } from '../../../src/sessions/owed-endings';
import { SECOND } from '../../support/time';

let reports: string[];
let owed: OwedEndings;
const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2031-03-01T12:00:00.000Z') });
  reports = [];
  owed = new OwedEndings(
    failure => void reports.push(failure),
    () => new Date(),
  );
});

afterEach(() => jest.useRealTimers());

const failing = (times: number) => {
  const end = jest.fn(async (_since?: Date) => {
    if (times-- > 0) throw new Error('no connection');
  });
  return end;
};

it('ends at once, and waits for it', async () => {
  const end = failing(0);
  await owed.settle('userLocked', end);
  expect(end.mock.calls).toEqual([[]]);
  expect(reports).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

it('tries again what has failed, less and less often, and says so once', async () => {
  const end = failing(5);
  await owed.settle('userLocked', end);
  const times: number[] = [];
  for (let second = 1; second <= 100; second += 1) {
    const before = end.mock.calls.length;
    await pass(SECOND);
    if (end.mock.calls.length > before) times.push(second);
  }
  expect(times).toEqual([1, 2, 4, 9, 19]);
  expect(reports).toEqual(['sessions could not be ended (userLocked), it is tried again: no connection']);
  expect(jest.getTimerCount()).toBe(0);
});

it('tells a later try since when, so that it spares who has logged in since', async () => {
  const end = failing(2);
  const began = Date.now();
  await owed.settle('factorChange', end);
  await pass(60 * SECOND);
  expect(end.mock.calls).toEqual([[], [new Date(began)], [new Date(began)]]);
});

it('goes on with the others where one fails', async () => {
  const [bad, good] = [failing(Infinity), failing(1)];
  await owed.settle('userDeleted', bad);
  await owed.settle('userDeleted', good);
  await pass(10 * SECOND);
  expect(good).toHaveBeenCalledTimes(2);
  expect(bad.mock.calls.length).toBeGreaterThan(2);
});

it('keeps no process alive, and stops with the server, saying what is left', async () => {
  const timer = jest.spyOn(globalThis, 'setTimeout');
  await owed.settle('userLocked', failing(Infinity));
  expect(timer.mock.results[0]!.value.hasRef()).toBe(false);
  owed.stop();
  expect(jest.getTimerCount()).toBe(0);
  expect(reports[1]).toBe('sessions of 1 changes to users could not be ended before the shutdown');
  owed.stop();
  expect(reports).toHaveLength(2);
});
