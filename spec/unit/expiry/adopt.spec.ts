import { setImmediate as nextTurn } from 'node:timers/promises';
import { adoptSessions } from '../../../src/expiry/adopt';
import type { ExpiryPolicy } from '../../../src/expiry/policy';
import { DAY, SECOND } from '../../support/time';

const POLICY: ExpiryPolicy = { authenticated: { idle: 30 * DAY, maxAge: 90 * DAY } };
const START = Date.parse('2031-03-01T12:00:00.000Z');

/** A database with so many sessions to adopt, whose every write takes so long. */
function databaseOf(sessions: number, writeTakes = 0) {
  const clock = { now: START };
  let left = sessions;
  const reads: any[] = [];
  const writes: any[] = [];
  const database = {
    async find(_className: string, query: any, { limit }: any) {
      reads.push(query);
      const count = Math.min(limit, left);
      return Array.from({ length: count }, (_, index) => ({ objectId: String(1e6 - left + index) })) as never;
    },
    async update(_className: string, query: any, data: any, options: any) {
      writes.push({ query, data, options });
      left -= query.objectId?.$in.length ?? 1;
      clock.now += writeTakes;
    },
  };
  return { database, clock, reads, writes };
}

function logOf() {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  return { lines, log: { info: write, error: (text: string) => write(`error: ${text}`) } };
}

/** Waits until the log holds a line like this. */
async function logged(lines: string[], pattern: RegExp) {
  while (!lines.some(line => pattern.test(line))) await nextTurn();
}

const PREFIX = 'parse-server-sessions: sessions older than the option expiry';

describe('sessions that are older than the policy', () => {
  it('are adopted in batches of 1,000 at most, each from where the last one ended', async () => {
    const { database, clock, reads, writes } = databaseOf(2500, SECOND);
    const { lines, log } = logOf();
    adoptSessions(POLICY, { database, log, now: () => new Date(clock.now) });
    await logged(lines, / in \d+ ms/);
    expect(writes.map(({ query }) => query.objectId.$in.length)).toEqual([1000, 1000, 500]);
    expect(reads.map(({ objectId }) => objectId?.$gt)).toEqual([
      undefined,
      ...writes.slice(0, 2).map(({ query }) => query.objectId.$in.at(-1)),
    ]);
    // Each gets one idle period from its own batch on.
    const ends = writes.map(({ data }) => Date.parse(data.expiresAt.iso) - START - 30 * DAY);
    expect(ends).toEqual([0, SECOND, 2 * SECOND]);
    // What is not older any more stays: the condition of the read is that of the write.
    for (const [index, { query, data }] of writes.entries()) {
      const { objectId: _ids, ...condition } = query;
      const { objectId: _after, ...asked } = reads[index];
      expect(condition).toEqual(asked);
      expect(condition.$and[1]).toEqual({
        $or: [{ expiresAt: { $gt: data.expiresAt } }, { expiresAt: null }],
      });
      expect(condition.$and[2]).toEqual({ fixedExpiry: null });
    }
  });

  it('are told in the log: when it begins, every ten seconds at most, and when it is over', async () => {
    const { database, clock } = databaseOf(6000, 4 * SECOND);
    const { lines, log } = logOf();
    adoptSessions(POLICY, { database, log, now: () => new Date(clock.now) });
    await logged(lines, / in \d+ ms/);
    expect(lines).toEqual([
      `${PREFIX}: each gets one idle period from now, in batches`,
      `${PREFIX}: 3000 done`,
      `${PREFIX}: 6000 done`,
      `${PREFIX}: 6000 done, in 24000 ms`,
    ]);
  });

  it('are none: one read for each kind of the policy, no write, no line', async () => {
    const { database, reads, writes } = databaseOf(0);
    const { lines, log } = logOf();
    const policy = { ...POLICY, anonymous: { idle: DAY, maxAge: DAY } };
    await adoptSessions(policy, { database, log, now: () => new Date() }).stop();
    adoptSessions(policy, { database, log, now: () => new Date() });
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    expect(reads.length).toBeGreaterThanOrEqual(2);
    expect(writes).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('are left alone without a policy', async () => {
    const { database, reads } = databaseOf(10);
    const { lines, log } = logOf();
    await adoptSessions({}, { database, log, now: () => new Date() }).stop();
    expect(reads).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('are left to the next start when they are stopped, after the batch under way', async () => {
    const { database, writes, clock } = databaseOf(5000, SECOND);
    const { lines, log } = logOf();
    let open = (): void => undefined;
    const gate = new Promise<void>(resolve => (open = resolve));
    const { update } = database;
    let isUnderWay = false;
    database.update = async (...args) => {
      isUnderWay = true;
      await gate;
      return update(...args);
    };
    const adoption = adoptSessions(POLICY, { database, log, now: () => new Date(clock.now) });
    while (!isUnderWay) await nextTurn();
    let isStopped = false;
    const stopped = adoption.stop().then(() => (isStopped = true));
    for (let turns = 0; turns < 5; turns += 1) await nextTurn();
    expect(isStopped).toBe(false);
    open();
    await stopped;
    expect(writes).toHaveLength(1);
    expect(lines.at(-1)).toBe(`${PREFIX}: 1000 done, in 1000 ms; the next start goes on`);
  });

  it('are left to the next start when the database fails, and that is told', async () => {
    const { database } = databaseOf(5000);
    const { lines, log } = logOf();
    database.update = async () => {
      throw new Error('the disk is full');
    };
    await adoptSessions(POLICY, { database, log, now: () => new Date() }).stop();
    expect(lines).toEqual([
      'error: parse-server-sessions: sessions older than the option expiry could not be brought under it, the next ' +
        'start tries again: the disk is full',
    ]);
  });

  it('are adopted one by one after a deadlock with another process', async () => {
    const { database, writes } = databaseOf(10);
    const { lines, log } = logOf();
    const { update } = database;
    let deadlocks = 2;
    database.update = async (...args) => {
      if (deadlocks-- > 0) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      return update(...args);
    };
    adoptSessions(POLICY, { database, log, now: () => new Date() });
    await logged(lines, /10 done, in/);
    expect(new Set(writes.map(({ query }) => query.$and[1].objectId)).size).toBe(10);
    // No row that has changed meanwhile: each write repeats the condition.
    for (const { query } of writes) expect(query.$and[0].$and).toContainEqual({ fixedExpiry: null });
  });
});
