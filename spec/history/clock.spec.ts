import { recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { DAY, HOUR, MINUTE, moveClock, setClock, startClock, stopClock } from '../support/time';

const RECORDS = 'ParseEndedSession';
let server: SpecServer;
let userId: string;
let start: Date;

beforeAll(async () => {
  stopClock();
  start = new Date();
  server = await startServer({ history: { keep: '1d' } });
});

afterAll(async () => {
  await server.stop();
  startClock();
});

beforeEach(async () => {
  setClock(start);
  userId = await makeUser(server);
});

const told = (sessionToken: string) => server.run('endedSession', { sessionToken });
const listed = async () => (await server.sessions.store.ended(userId)).map(({ objectId }) => objectId);
/** Makes a session and revokes it. */
async function endOne() {
  const session = await makeSession(server, userId);
  await server.sessions.store.revoke(session.objectId);
  await recordsWritten({ server });
  return session;
}

describe('when the clock steps back', () => {
  it('a session ends when the clock says, also before it was made', async () => {
    const { objectId, token } = await makeSession(server, userId);
    moveClock(-HOUR);
    const at = new Date().toISOString();
    await server.sessions.store.revoke(objectId);
    expect(await useToken(server, token)).toBe(209);
    expect(await told(token)).toEqual({ reason: 'revoked', endedAt: at, by: { kind: 'server' } });
    expect(await server.sessions.store.ended(userId)).toMatchObject([
      { objectId, endedAt: at, createdAt: start.toISOString() },
    ]);
  });

  it('those that ended in the future are told and listed, in the order of what the clock said', async () => {
    const first = await endOne();
    moveClock(-HOUR);
    const second = await endOne();
    const expiresAt = parseDate(Date.now() - MINUTE);
    const expired = await makeSession(server, userId, { expiresAt });
    moveClock(30 * MINUTE);
    const third = await endOne();
    setClock(new Date(start.getTime() - DAY));
    const fourth = await endOne();
    // Its time is not over any more.
    expect(await told(expired.token)).toBeNull();
    const ids = [first, third, second, fourth].map(({ objectId }) => objectId);
    expect(await listed()).toEqual(ids);
    for (const { token } of [first, second, third, fourth])
      expect(await told(token)).toMatchObject({ reason: 'revoked' });
    setClock(start);
    ids.splice(3, 0, expired.objectId);
    expect(await listed()).toEqual(ids);
    const pages = await Promise.all(
      ids.map((_id, skip) => server.sessions.store.ended(userId, { skip, limit: 1 })),
    );
    expect(pages.flat().map(({ objectId }) => objectId)).toEqual(ids);
  });

  it('a session that had expired lives again, and nothing tells otherwise', async () => {
    const expiresAt = parseDate(Date.now() + HOUR);
    const { objectId, token } = await makeSession(server, userId, { expiresAt });
    moveClock(2 * HOUR);
    expect(await told(token)).toMatchObject({ reason: 'expired' });
    expect(await listed()).toEqual([objectId]);
    setClock(start);
    expect(await useToken(server, token)).toBe(200);
    expect(await told(token)).toBeNull();
    expect(await listed()).toEqual([]);
    await server.sessions.store.revoke(objectId);
    expect(await told(token)).toMatchObject({ reason: 'revoked', endedAt: start.toISOString() });
  });

  it('no record is purged before its time, and each is when it has come', async () => {
    const future = await endOne();
    moveClock(-10 * DAY);
    const past = await endOne();
    await server.sessions.store.purgeExpired();
    expect(await listed()).toEqual([future.objectId, past.objectId]);
    moveClock(DAY);
    await server.sessions.store.purgeExpired();
    expect(await listed()).toEqual([future.objectId, past.objectId]);
    moveClock(1);
    await server.sessions.store.purgeExpired();
    expect(await listed()).toEqual([future.objectId]);
    setClock(new Date(start.getTime() + DAY));
    await server.sessions.store.purgeExpired();
    expect(await listed()).toEqual([future.objectId]);
    moveClock(1);
    await server.sessions.store.purgeExpired();
    expect(await listed()).toEqual([]);
  });

  it('a record is told and listed until its time has come, and exported until it is purged', async () => {
    const { objectId, token } = await endOne();
    const exported = async () => (await server.sessions.exportUser(userId)).endedSessions;
    moveClock(DAY);
    expect(await told(token)).toMatchObject({ reason: 'revoked' });
    expect(await listed()).toEqual([objectId]);
    moveClock(1);
    expect(await told(token)).toBeNull();
    expect(await listed()).toEqual([]);
    expect(await server.run('listEndedSessions', { userId }, { master: true })).toEqual([]);
    expect(await exported()).toHaveLength(1);
    await server.sessions.store.purgeExpired();
    expect(await exported()).toEqual([]);
  });

  it('without the option the purge removes all that are left', async () => {
    for (let count = 0; count < 5; count += 1) {
      await endOne();
      moveClock(HOUR);
    }
    await listed();
    setClock(new Date(start.getTime() - DAY));
    const off = await startServer({ history: false }, { databaseURI: server.databaseURI });
    await off.sessions.store.purgeExpired({ batchSize: 2 });
    await off.stop({ keepData: true });
    expect(await server.rawFind(RECORDS, {})).toEqual([]);
  });
});
