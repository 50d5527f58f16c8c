import { BATCH, MAX_WAITING, RecordWriter } from '../../../src/history/writer';
import { SECOND } from '../../support/time';

const DELAY = 100;

/** Takes note of what is asked for and created. */
class FakeDatabase {
  readonly finds: string[][] = [];
  /** The sessions of the records that it has. */
  readonly created: string[] = [];
  /** Every try to create one. */
  readonly tried: string[] = [];
  /** The sessions that are there still. */
  left = new Set<string>();
  /** Records that it does not take, as PostgreSQL takes no NUL. */
  refused = new Set<string>();
  isDown = false;
  mostAtOnce = 0;
  /** What a create waits for. */
  pause: () => Promise<void> = async () => {};
  private atOnce = 0;

  async find(className: string, { objectId, invalidatedAt }: any) {
    if (this.isDown) throw new Error('no connection');
    expect([className, invalidatedAt]).toEqual(['_Session', null]);
    this.finds.push(objectId.$in);
    return objectId.$in.filter((id: string) => this.left.has(id)).map((id: string) => ({ objectId: id }));
  }

  async create(className: string, { objectId }: any) {
    expect(className).toBe('ParseEndedSession');
    this.tried.push(objectId);
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    await this.pause();
    this.atOnce -= 1;
    if (this.isDown) throw new Error('no connection');
    if (this.refused.has(objectId)) throw new Error('no such text');
    if (this.created.includes(objectId)) throw Object.assign(new Error('is there already'), { code: 137 });
    this.created.push(objectId);
  }
}

const records = (count: number, name = 'session') =>
  Array.from({ length: count }, (_, number) => ({ objectId: `${name}-${number}` }));
const idsOf = (rows: Array<{ objectId: string }>) => rows.map(({ objectId }) => objectId);

let database: FakeDatabase;
let log: { info: jest.Mock; error: jest.Mock };
let writer: RecordWriter;
/** How often the class was looked for. */
let ensured: number;
const errors = () => log.error.mock.calls.map(([message]) => String(message));
/** Lets so much time pass, with all that the writer does meanwhile. */
const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  jest.useFakeTimers();
  database = new FakeDatabase();
  log = { info: jest.fn(), error: jest.fn() };
  ensured = 0;
  writer = new RecordWriter(database as never, log, async () => void (ensured += 1));
});

afterEach(() => {
  jest.useRealTimers();
});

describe('records are written', () => {
  it('together, behind whoever adds them, a few at once', async () => {
    for (let number = 0; number < 12; number += 1) writer.add([{ objectId: `session-${number}` }]);
    await pass(DELAY - 1);
    expect(database.finds).toEqual([]);
    await pass(1);
    expect(database.finds).toEqual([idsOf(records(12))]);
    expect(database.created).toEqual(idsOf(records(12)));
    expect(database.mostAtOnce).toBe(5);
    await pass(3600 * SECOND);
    expect(database.finds).toHaveLength(1);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('at once when so many wait, in batches', async () => {
    writer.add(records(BATCH - 1));
    await pass(0);
    expect(database.finds).toEqual([]);
    writer.add(records(BATCH + 2, 'further'));
    await pass(0);
    expect(database.finds.map(ids => ids.length)).toEqual([BATCH, BATCH, 1]);
    expect(database.created).toHaveLength(2 * BATCH + 1);
  });

  it('once for each session, by the first', async () => {
    writer.add(records(2));
    writer.add(records(3));
    await writer.flush();
    expect(database.tried).toEqual(idsOf(records(3)));
  });

  it('of another process are not written again', async () => {
    database.created.push('session-1');
    writer.add(records(3));
    await writer.flush();
    await pass(3600 * SECOND);
    expect(database.created.sort()).toEqual(idsOf(records(3)));
    expect(database.tried).toHaveLength(3);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('not for a session that is there still', async () => {
    database.left.add('session-1');
    writer.add(records(3));
    await writer.flush();
    await pass(3600 * SECOND);
    expect(database.tried).toEqual(['session-0', 'session-2']);
    // Nor is it asked for again.
    expect(database.finds).toHaveLength(1);
  });

  it('that come during a write by the next one, for which whoever flushes then waits', async () => {
    let goOn = () => {};
    database.pause = () => new Promise(resolve => (goOn = resolve));
    writer.add(records(1, 'first'));
    const first = writer.flush();
    await pass(0);
    writer.add(records(1, 'second'));
    const second = writer.flush();
    const third = writer.flush();
    database.pause = async () => {};
    goOn();
    await first;
    expect(database.created).toEqual(['first-0']);
    await Promise.all([second, third]);
    expect(database.created).toEqual(['first-0', 'second-0']);
    expect(database.finds).toEqual([['first-0'], ['second-0']]);
  });

  it('that come during a write, also when nobody flushes', async () => {
    database.pause = async () => {
      database.pause = async () => {};
      writer.add(records(1, 'second'));
    };
    writer.add(records(1, 'first'));
    await pass(2 * DELAY);
    expect(database.created).toEqual(['first-0', 'second-0']);
  });

  it('while others come for ever, which whoever flushes does not wait for', async () => {
    let number = 0;
    database.pause = async () => writer.add([{ objectId: `later-${(number += 1)}` }]);
    writer.add(records(1));
    await writer.flush();
    expect(database.created).toEqual(['session-0']);
  });

  it('and no timer keeps the process alive meanwhile', async () => {
    const timer = jest.spyOn(globalThis, 'setTimeout');
    writer.add(records(1));
    database.isDown = true;
    await pass(DELAY);
    expect(timer).toHaveBeenCalledTimes(2);
    for (const { value } of timer.mock.results) expect(value.hasRef()).toBe(false);
    timer.mockRestore();
  });
});

describe('while the database takes none', () => {
  beforeEach(() => (database.isDown = true));

  it('they are kept and tried again, less and less often; it is logged once until they are written', async () => {
    const tries = jest.spyOn(database, 'find');
    writer.add(records(7));
    const times: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      await pass(SECOND);
      if (tries.mock.calls.length > 0) times.push(second);
      tries.mockClear();
    }
    expect(times).toEqual([0, 1, 3, 8, 18, 48]);
    expect(errors()).toEqual([expect.stringMatching(/could not be written, they are kept: no connection$/)]);
    database.isDown = false;
    await pass(30 * SECOND);
    expect(database.created).toEqual(idsOf(records(7)));
    expect(log.info).toHaveBeenCalledTimes(1);
    // Somebody may have deleted the class.
    expect(ensured).toBe(times.length);
    // Until then, and from then on anew.
    database.isDown = true;
    writer.add(records(1, 'later'));
    await pass(DELAY);
    expect(errors()).toHaveLength(2);
  });

  it('those that come do not have it tried more often', async () => {
    const tries = jest.spyOn(database, 'find');
    for (let number = 0; number < 100; number += 1) {
      writer.add(records(BATCH, `user-${number % 10}`));
      await pass(10);
    }
    expect(tries.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('whoever flushes is told nothing, and has it tried at once', async () => {
    writer.add(records(1));
    await expect(writer.flush()).resolves.toBeUndefined();
    database.isDown = false;
    await writer.flush();
    expect(database.created).toEqual(['session-0']);
  });

  it('it is asked for few of them', async () => {
    database.find = async () => [];
    writer.add(records(2 * BATCH));
    await writer.flush();
    expect(database.tried).toHaveLength(5);
  });

  it('more than so many are dropped, which is said once', async () => {
    writer.add(records(MAX_WAITING - 1));
    await writer.flush();
    writer.add(records(4, 'further'));
    // It waits already.
    writer.add(records(1));
    await writer.flush();
    expect(errors()).toHaveLength(1);
    database.isDown = false;
    await writer.flush();
    expect(database.created).toHaveLength(MAX_WAITING);
    expect(errors()).toHaveLength(2);
    expect(errors()[1]).toContain(`3 sessions ended without a record: more than ${MAX_WAITING} waited`);
    writer.add(records(4, 'further'));
    await writer.flush();
    expect(database.created).toHaveLength(MAX_WAITING + 3);
    expect(errors()).toHaveLength(2);
  });
});

describe('records that wait', () => {
  const isOf = (name: string) => (record: { objectId?: unknown }) => String(record.objectId).startsWith(name);

  it('are found by whoever asks, written or not', async () => {
    database.isDown = true;
    writer.add([...records(2, 'one'), ...records(3, 'other')]);
    await pass(DELAY);
    expect(writer.waitingOf(isOf('other'))).toEqual(records(3, 'other'));
    database.isDown = false;
    await writer.flush();
    expect(writer.waitingOf(isOf('o'))).toEqual([]);
  });

  it('are forgotten, also in the middle of a write', async () => {
    const held: Array<() => void> = [];
    database.pause = () => new Promise(resolve => held.push(resolve));
    writer.add([...records(1, 'first'), ...records(8, 'forgotten'), ...records(2, 'last')]);
    const written = writer.flush();
    await pass(0);
    let isForgotten = false;
    const forgotten = writer.forget(isOf('forgotten')).then(() => (isForgotten = true));
    await pass(0);
    // Five are on their way to the database. Whoever forgets deletes them there, once they have arrived.
    expect(isForgotten).toBe(false);
    database.pause = async () => {};
    for (const goOn of held) goOn();
    await Promise.all([written, forgotten]);
    expect(database.tried).toEqual([
      ...idsOf(records(1, 'first')),
      ...idsOf(records(4, 'forgotten')),
      ...idsOf(records(2, 'last')),
    ]);
    await pass(3600 * SECOND);
    expect(database.tried).toHaveLength(7);
  });

  it('are not written later when they were forgotten while the database takes none', async () => {
    database.isDown = true;
    writer.add([...records(2, 'forgotten'), ...records(1, 'other')]);
    await pass(DELAY);
    await writer.forget(isOf('forgotten'));
    database.isDown = false;
    await pass(60 * SECOND);
    expect(database.created).toEqual(['other-0']);
  });

  it('are waited for by whoever keeps pace, but not while the database takes none', async () => {
    writer.add(records(3));
    await writer.keepPace();
    expect(database.created).toHaveLength(3);
    database.isDown = true;
    writer.add(records(1, 'later'));
    await writer.keepPace();
    const tries = database.tried.length + database.finds.length;
    for (let times = 0; times < 10; times += 1) await writer.keepPace();
    expect(database.tried.length + database.finds.length).toBe(tries);
    expect(errors()).toHaveLength(1);
  });
});

describe('a record that the database never takes', () => {
  it('keeps no other from being written, and is dropped', async () => {
    for (const id of ['bad-0', 'bad-1', 'bad-2', 'bad-3', 'bad-4', 'bad-5', 'bad-6'])
      database.refused.add(id);
    writer.add([...records(7, 'bad'), ...records(20, 'good')]);
    const good: string[] = idsOf(records(20, 'good'));
    for (let second = 0; second < 30; second += 1) {
      await pass(5 * SECOND);
      writer.add(records(2, `later-${second}`));
      good.push(...idsOf(records(2, `later-${second}`)));
    }
    await pass(60 * SECOND);
    expect(database.created.sort()).toEqual(good.sort());
    const dropped = errors().flatMap(message =>
      Number(/(\d+) records .* are dropped/.exec(message)?.[1] ?? []),
    );
    expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(7);
    const { length } = database.tried;
    writer.add(records(1, 'last'));
    await pass(60 * SECOND);
    expect(database.tried.slice(length)).toEqual(['last-0']);
  });

  it('alone is tried on, as it is not known whether it or the database is to blame', async () => {
    database.refused.add('bad-0');
    writer.add(records(1, 'bad'));
    await pass(600 * SECOND);
    expect(database.tried.length).toBeGreaterThan(10);
    expect(errors()).toHaveLength(1);
    database.refused.clear();
    await pass(30 * SECOND);
    expect(database.created).toEqual(['bad-0']);
  });

  it('is written when it was refused by chance', async () => {
    database.refused.add('bad-0');
    writer.add([...records(1, 'bad'), ...records(3)]);
    await writer.flush();
    database.refused.clear();
    await pass(SECOND);
    expect(database.created.sort()).toEqual(['bad-0', ...idsOf(records(3))]);
  });
});

describe('shutdown', () => {
  it('writes what is left, also what comes meanwhile', async () => {
    let isFirst = true;
    database.pause = async () => {
      if (isFirst) writer.add(records(BATCH, 'later'));
      isFirst = false;
    };
    writer.add(records(3));
    await writer.shutdown();
    expect(database.created).toHaveLength(3 + BATCH);
    expect(log.error).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing to wait for to what comes later', async () => {
    await writer.shutdown();
    writer.add(records(1));
    expect(jest.getTimerCount()).toBe(0);
    await pass(0);
    expect(database.created).toEqual(['session-0']);
    database.isDown = true;
    writer.add(records(1, 'later'));
    await pass(3600 * SECOND);
    expect(errors()).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('says how many are lost when the database takes none', async () => {
    database.isDown = true;
    writer.add(records(3));
    await writer.shutdown();
    expect(errors()[1]).toContain('3 sessions ended without a record');
    expect(errors()).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not wait for ever for a database that does not answer', async () => {
    database.pause = () => new Promise(() => undefined);
    writer.add(records(6));
    await pass(DELAY);
    const ended = jest.fn();
    void writer.shutdown().then(ended, ended);
    await pass(5 * SECOND);
    expect(ended.mock.calls).toEqual([[undefined]]);
    expect(errors()).toEqual([expect.stringContaining('6 sessions ended without a record')]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
