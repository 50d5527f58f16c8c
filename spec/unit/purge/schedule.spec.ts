import { schedulePurge } from '../../../src/purge/schedule';
import type { PurgeResult } from '../../../src/sessions/connection';
import { MINUTE } from '../../support/time';

const RESULT: PurgeResult = { deleted: 3, batches: 1, durationMs: 20 };

describe('the schedule of the purge', () => {
  let log: { info: jest.Mock; warn: jest.Mock; error: jest.Mock };
  let stop: () => unknown = () => undefined;

  const schedule = (pattern: string, purge: (options: object) => Promise<PurgeResult>, options = {}) => {
    const job = schedulePurge(pattern, options, purge, log);
    stop = () => job.stop();
    return job;
  };

  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2031-03-01T12:07:00.000Z') });
    log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  });

  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  it('runs it by the cron pattern, and not before', async () => {
    const purge = jest.fn(async () => RESULT);
    schedule('*/15 * * * *', purge);
    await jest.advanceTimersByTimeAsync(8 * MINUTE - 1);
    expect(purge).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(purge).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(45 * MINUTE);
    expect(purge).toHaveBeenCalledTimes(4);
  });

  it('runs it with its own options, and tells the log what it deleted', async () => {
    const purge = jest.fn(async () => RESULT);
    schedule('* * * * *', purge, { batchSize: 50, olderThan: '1d' });
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(purge).toHaveBeenCalledWith({ batchSize: 50, olderThan: '1d' });
    expect(log.info).toHaveBeenCalledWith('parse-server-sessions: purged 3 sessions in 20 ms');
  });

  it('tells the log nothing when there was nothing to delete', async () => {
    schedule('* * * * *', async () => ({ ...RESULT, deleted: 0 }));
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    expect(log.info).not.toHaveBeenCalled();
  });

  it('never runs it twice at the same time', async () => {
    let finish: () => void = () => undefined;
    const purge = jest.fn(() => new Promise<PurgeResult>(resolve => (finish = () => resolve(RESULT))));
    schedule('* * * * *', purge);
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    expect(purge).toHaveBeenCalledTimes(1);
    finish();
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(purge).toHaveBeenCalledTimes(2);
  });

  it('tells the log of a failure, and goes on', async () => {
    const purge = jest.fn(async () => RESULT).mockRejectedValueOnce(new Error('the database is away'));
    schedule('* * * * *', purge);
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(log.error.mock.calls[0][0]).toContain('the database is away');
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(purge).toHaveBeenCalledTimes(2);
    expect(log.error).toHaveBeenCalledTimes(1);
  });

  it('ends when it is stopped', async () => {
    const purge = jest.fn(async () => RESULT);
    await schedule('* * * * *', purge).stop();
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    expect(purge).not.toHaveBeenCalled();
  });
});
