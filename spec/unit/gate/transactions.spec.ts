import type { Original } from '../../../src/gate/past-gate';
import { gateTransactions } from '../../../src/gate/transactions';
import { enter, Visit } from '../../../src/gate/visit';

/** A controller at work on a request that is answered already. */
function controllerOf(steps: Partial<Record<'commit' | 'abort', () => Promise<unknown>>> = {}) {
  const done = async () => undefined;
  const original = {
    createTransactionalSession: jest.fn(done),
    commitTransactionalSession: jest.fn(steps.commit ?? done),
    abortTransactionalSession: jest.fn(steps.abort ?? done),
  };
  const controller: any = { find: jest.fn(async () => []) };
  gateTransactions(controller, original as unknown as Original);
  const runtime = { revocations: { userRevocations: 0 }, events: { report: jest.fn() } };
  const response = { writableEnded: true };
  enter(new Visit(runtime as never, controller, { kind: 'nobody' }, { response: response as never }));
  return { controller, original };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const LONG = 60_000;

describe('a transaction', () => {
  it('that is left open is aborted once, and nothing more comes to the database', async () => {
    const { controller, original } = controllerOf({ abort: () => Promise.reject(new Error('batch')) });
    await controller.createTransactionalSession();
    await jest.advanceTimersByTimeAsync(LONG);
    expect(original.abortTransactionalSession).toHaveBeenCalledTimes(1);
    await expect(controller.find('Note', {})).rejects.toThrow('The transaction was aborted');
    await expect(controller.commitTransactionalSession()).rejects.toThrow('The transaction was aborted');
    await controller.abortTransactionalSession();
    expect(original.abortTransactionalSession).toHaveBeenCalledTimes(1);
    expect(original.commitTransactionalSession).not.toHaveBeenCalled();
  });

  it.each<[string, (controller: any) => Promise<unknown>]>([
    ['is committed', controller => controller.commitTransactionalSession()],
    ['is aborted', controller => controller.abortTransactionalSession()],
  ])('that %s is not ended again', async (_how, end) => {
    for (const result of [async () => undefined, () => Promise.reject(new Error('failed'))]) {
      const { controller, original } = controllerOf({ commit: result, abort: result });
      await controller.createTransactionalSession();
      await end(controller).catch(() => undefined);
      await jest.advanceTimersByTimeAsync(LONG);
      const { commitTransactionalSession: commits, abortTransactionalSession: aborts } = original;
      expect(commits.mock.calls.length + aborts.mock.calls.length).toBe(1);
      expect(await controller.find('Note', {})).toEqual([]);
    }
  });
});
