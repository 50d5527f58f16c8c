import { behindStart } from '../../src/behind-start';
import { SECOND } from '../support/time';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('what is brought under an option behind the start', () => {
  const log = { error: jest.fn() };

  it('is waited for when it stops, and told to', async () => {
    let finish: () => void = () => undefined;
    const batch = new Promise<void>(resolve => (finish = resolve));
    let wasStopped = false;
    const work = behindStart('', log, async isStopped => {
      await batch;
      wasStopped = isStopped();
    });
    const stopping = work.stop();
    finish();
    await stopping;
    expect(wasStopped).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not waited for where the database does not answer', async () => {
    const work = behindStart('', log, () => new Promise(() => undefined));
    const stopping = work.stop();
    await jest.advanceTimersByTimeAsync(5 * SECOND);
    await expect(stopping).resolves.toBeUndefined();
  });
});
