import { startSecondProcess, type ProcessScope, type SecondProcess } from '../support/second-process';
import { recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, useToken, type SpecSession } from '../support/sessions';

declare const SPEC_DATABASE: string;

const RECORDS = 'ParseEndedSession';

let server: SpecServer;
let victim: SecondProcess;
let userId: string;

const startVictim = async () => {
  victim = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
};

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

beforeEach(async () => {
  await startVictim();
  userId = await makeUser(server);
});

afterEach(() => victim.stop());

const recordsOf = (where: object) => server.rawFind(RECORDS, where);
/** Has this process write the records that wait. */
const written = () => recordsWritten({ server });
const idsOf = (sessions: Array<{ objectId: string }>) => sessions.map(({ objectId }) => objectId).sort();

/** Where the process stops before it is killed: in front of a call of its database's adapter. */
interface Stop {
  method: string;
  className?: string;
  /** How many such calls pass before. */
  after?: number;
}

/**
 * Has the other process end sessions, and kills it where it stops. It is sent there as text. The calls that pass before
 * wait for `state.all`.
 */
async function killIn(
  end: (scope: ProcessScope, ids: string[]) => unknown,
  sessions: SpecSession[],
  stop: Stop,
): Promise<void> {
  await victim.run(({ server, state }, { method, className, after = 0 }) => {
    const { adapter } = server.server.config.databaseController;
    const call = adapter[method].bind(adapter);
    let passed = 0;
    state.reached = new Promise<void>(reached => {
      adapter[method] = async (...args: unknown[]) => {
        if (className !== undefined && args[0] !== className) return call(...args);
        passed += 1;
        if (passed <= after) {
          await state.all;
          return call(...args);
        }
        reached();
        return new Promise(() => undefined);
      };
    });
  }, stop);
  const ended = victim.run(end, idsOf(sessions)).catch(() => undefined);
  await victim.run(({ state }) => state.reached);
  await victim.kill();
  await ended;
}

const makeSessions = (count: number) =>
  Promise.all(Array.from({ length: count }, () => makeSession(server, userId)));
/** Each by itself; no record is written before all of them have ended. */
const revokeAll = ({ server, state }: ProcessScope, ids: string[]) =>
  (state.all = Promise.all(ids.map(id => server.sessions.store.revoke(id))));

/** What the next process does for a session that has ended: nothing that was not so before. */
async function expectEnded({ objectId, token }: SpecSession, records: number): Promise<void> {
  expect(await useToken(server, { token })).toBe(209);
  expect(await server.sessions.store.revoke(objectId)).toBe(false);
  await written();
  expect(await recordsOf({ objectId })).toHaveLength(records);
  const told = await server.run('endedSession', { sessionToken: token });
  if (records === 0) expect(told).toBeNull();
  else expect(told).toMatchObject({ reason: 'revoked', by: { kind: 'server' } });
}

/** That the next process starts, and writes records. */
async function expectNextStart(): Promise<void> {
  await startVictim();
  const { objectId } = await makeSession(server, userId);
  await victim.run(({ server }, id) => server.sessions.store.revoke(id), objectId);
  await victim.run(recordsWritten);
  expect(await recordsOf({ objectId })).toHaveLength(1);
}

describe('a process that is killed', () => {
  it('before it deletes a session leaves it alive, and no record', async () => {
    const sessions = await makeSessions(1);
    await killIn(revokeAll, sessions, { method: 'deleteObjectsByQuery', className: '_Session' });
    const [{ objectId, token }] = sessions as [SpecSession];
    expect(await useToken(server, { token })).toBe(200);
    expect(await server.run('endedSession', { sessionToken: token })).toBeNull();
    expect(await server.sessions.store.ended(userId)).toEqual([]);
    expect(await recordsOf({ objectId })).toEqual([]);
    expect(await server.sessions.store.revoke(objectId)).toBe(true);
    await expectEnded(sessions[0]!, 1);
    await expectNextStart();
  });

  it('after it has claimed a session to tell its end leaves it to the next process, and its record', async () => {
    const sessions = await makeSessions(3);
    const end = async ({ server }: ProcessScope, ids: string[]) => {
      server.sessions.on('revoked', () => undefined);
      const [row] = await server.rawFind('_Session', { objectId: ids[0] });
      await server.sessions.store.revokeAllForUser(row.user.objectId);
    };
    await killIn(end, sessions, { method: 'deleteObjectsByQuery', className: '_Session' });
    for (const { token } of sessions) expect(await useToken(server, { token })).toBe(200);
    expect(await recordsOf({ userId })).toEqual([]);
    const stop = server.sessions.on('revoked', () => undefined);
    expect(await server.sessions.store.revokeAllForUser(userId)).toBe(3);
    stop();
    for (const session of sessions) await expectEnded(session, 1);
  });

  it('between the delete of a session and its record loses that record', async () => {
    const sessions = await makeSessions(1);
    await killIn(revokeAll, sessions, { method: 'createObject', className: RECORDS });
    await expectEnded(sessions[0]!, 0);
    expect(await server.sessions.store.ended(userId)).toEqual([]);
    await expectNextStart();
  });

  it('after the record of a session leaves that one', async () => {
    const sessions = await makeSessions(6);
    // They are written five at once.
    await killIn(revokeAll, sessions, { method: 'createObject', className: RECORDS, after: 5 });
    const records = await recordsOf({ userId });
    expect(records.length).toBeLessThanOrEqual(5);
    const left = new Set(idsOf(records));
    for (const session of sessions) await expectEnded(session, left.has(session.objectId) ? 1 : 0);
  });

  it('while it writes many records loses the rest of them, and leaves none twice, by halves, or of others', async () => {
    const [sessions, living] = await Promise.all([makeSessions(40), makeSessions(5)]);
    await killIn(revokeAll, sessions, { method: 'createObject', className: RECORDS, after: 23 });
    for (const { token } of sessions) expect(await useToken(server, { token })).toBe(209);
    for (const { token } of living) expect(await useToken(server, { token })).toBe(200);
    const records = await recordsOf({ userId });
    // Those that were under way when it was killed may have been written.
    expect(records.length).toBeGreaterThanOrEqual(20);
    expect(records.length).toBeLessThanOrEqual(23);
    expect(new Set(idsOf(records)).size).toBe(records.length);
    const known = new Set(idsOf(sessions));
    for (const record of records) {
      expect(known.has(record.objectId)).toBe(true);
      expect(record).toMatchObject({
        userId,
        tokenHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        reason: 'revoked',
        by: 'server',
        restricted: false,
        endedAt: expect.anything(),
      });
    }
    // Nobody writes them anew.
    await expectNextStart();
    for (const session of sessions) await server.sessions.store.revoke(session.objectId);
    await written();
    expect((await recordsOf({ userId })).length).toBe(records.length + 1);
  });

  // The MongoDB of the specs has no transactions.
  (SPEC_DATABASE === 'postgresql' ? it : it.skip)(
    'before the commit of a transaction leaves its sessions alive, and no record',
    async () => {
      const sessions = await makeSessions(2);
      const end = ({ server }: ProcessScope, ids: string[]) => {
        const requests = ids.map(id => ({ method: 'DELETE', path: `/parse/sessions/${id}` }));
        return server.rest('POST', '/batch', { master: true, body: { transaction: true, requests } });
      };
      await killIn(end, sessions, { method: 'commitTransactionalSession' });
      for (const { token } of sessions) {
        expect(await useToken(server, { token })).toBe(200);
        expect(await server.run('endedSession', { sessionToken: token })).toBeNull();
      }
      expect(await server.sessions.store.ended(userId)).toEqual([]);
    },
  );
});
