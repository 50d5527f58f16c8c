import { beforeNext } from '../support/next-statement';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  lastAccessOf,
  makeSession,
  makeUser,
  parseDate,
  sessionRow,
  useAndFlush,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { DAY, eventually, HOUR, letPass, MINUTE, moveClock, startClock, stopClock } from '../support/time';

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;
let session: SpecSession;

describe('setExpiry, with an expiry policy', () => {
  beforeAll(async () => {
    stopClock();
    server = await startServer({ expiry: { authenticated: { idle: '10d', maxAge: '90d' } } });
  });

  afterAll(async () => {
    await server.stop();
    startClock();
  });

  beforeEach(async () => {
    session = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate(inFuture(10 * DAY)),
      lastAccessedAt: parseDate(new Date()),
    });
  });

  it.each([
    ['nearer', HOUR],
    ['later', 400 * DAY],
  ])('fixes a %s end, which no use moves', async (_title, milliseconds) => {
    const end = inFuture(milliseconds);
    await server.sessions.store.setExpiry(session.objectId, end);
    expect(await endOf(server, session)).toEqual(end);
    moveClock(milliseconds / 2);
    await useAndFlush(server, session);
    expect(await endOf(server, session)).toEqual(end);
    moveClock(end.getTime() - Date.now());
    expect(await useToken(server, session)).toBe(200);
    moveClock(1);
    expect(await useToken(server, session)).toBe(209);
  });

  it('bounds the sessions that are made from it', async () => {
    const end = inFuture(HOUR);
    await server.sessions.store.setExpiry(session.objectId, end);
    const { body } = await server.rest('POST', '/sessions', { token: session.token, body: {} });
    expect(await endOf(server, { token: body.sessionToken })).toEqual(end);
    const sensor = await server.run('createRestrictedSession', { expiresIn: '30d' }, session);
    expect(sensor.expiresAt).toBe(end.toISOString());
  });

  it('ends a session at once with a date that is over, also when its token is in the cache', async () => {
    expect(await useToken(server, session)).toBe(200);
    await server.sessions.store.setExpiry(session.objectId, inFuture(-1));
    expect(await useToken(server, session)).toBe(209);
    expect(await sessionRow(server, session)).toBeDefined();
  });

  it('takes a Parse.Session, a record or an id', async () => {
    const { store } = server.sessions;
    await store.setExpiry((await store.find(session.token))!, inFuture(DAY));
    expect(await endOf(server, session)).toEqual(inFuture(DAY));
    const [record] = await store.records({ objectId: session.objectId });
    await store.setExpiry(record!, inFuture(2 * DAY));
    expect(await endOf(server, session)).toEqual(inFuture(2 * DAY));
  });

  it('with null gives the session back: it ends one idle period after its last access, and moves on again', async () => {
    const lastAccess = Date.now();
    moveClock(DAY);
    await server.sessions.store.setExpiry(session.objectId, inFuture(HOUR));
    await server.sessions.store.setExpiry(session.objectId, null);
    expect(await endOf(server, session)).toEqual(new Date(lastAccess + 10 * DAY));
    const at = await useAndFlush(server, session);
    expect(await endOf(server, session)).toEqual(new Date(at.getTime() + 10 * DAY));
  });

  it('with null counts an access that is not written yet', async () => {
    moveClock(9 * DAY);
    const at = Date.now();
    expect(await useToken(server, session)).toBe(200);
    await server.sessions.store.setExpiry(session.objectId, null);
    expect(await endOf(server, session)).toEqual(new Date(at + 10 * DAY));
  });

  it('with null goes by the last update of a session that was never seen in use', async () => {
    const updated = inFuture(-3 * DAY);
    session = await makeSession(server, await makeUser(server), {
      createdAt: inFuture(-20 * DAY).toISOString(),
      updatedAt: updated.toISOString(),
      expiresAt: parseDate(inFuture(300 * DAY)),
    });
    await server.sessions.store.setExpiry(session.objectId, null);
    expect(await endOf(server, session)).toEqual(new Date(updated.getTime() + 10 * DAY));
  });

  it.each([
    ['fixed', (end: Date) => server.sessions.store.setExpiry(session.objectId, end)],
    ['that of an invalidated session', () => server.sessions.store.invalidate(session.objectId)],
  ])('holds when the end is %s just while an access is written', async (_title, change) => {
    const end = inFuture(2 * HOUR);
    let changed: Promise<void> | undefined;
    expect(await useToken(server, session)).toBe(200);
    const restore = beforeNext(server, 'updateObjectsByQuery', '_Session', () => (changed = change(end)));
    letPass(MINUTE);
    await eventually(() => expect(changed).toBeDefined());
    await changed;
    restore();
    // By its id: an invalidated session has another token.
    const storedEnd = async () => {
      const [row] = await server.rawFind('_Session', { objectId: session.objectId });
      return new Date(row.expiresAt.iso);
    };
    const fixed = await storedEnd();
    expect(fixed.getTime()).toBeLessThanOrEqual(end.getTime());
    // Another flush, to be sure that the first one is over.
    const other = await makeSession(server, await makeUser(server));
    await useToken(server, other);
    letPass(MINUTE);
    await eventually(async () => expect(await lastAccessOf(server, other)).not.toBeNull());
    expect(await storedEnd()).toEqual(fixed);
  });

  it('is refused for an unknown session with 101, and for what is no date', async () => {
    const { store } = server.sessions;
    await expect(store.setExpiry('nobody', inFuture(HOUR))).rejects.toMatchObject({ code: 101 });
    await expect(store.setExpiry('nobody', null)).rejects.toMatchObject({ code: 101 });
    for (const wrong of [new Date(NaN), '2031-01-01', 5, undefined]) {
      await expect(store.setExpiry(session.objectId, wrong as never)).rejects.toThrow(TypeError);
    }
    expect(await endOf(server, session)).toEqual(inFuture(10 * DAY));
  });
});

describe('setExpiry, without an expiry policy', () => {
  beforeEach(() => stopClock());

  afterEach(async () => {
    await server.stop();
    startClock();
  });

  it('with null gives the session Parse Server’s own length from now', async () => {
    server = await startServer({}, { sessionLength: 3600 });
    session = await makeSession(server, await makeUser(server));
    await server.sessions.store.setExpiry(session.objectId, inFuture(DAY));
    expect(await endOf(server, session)).toEqual(inFuture(DAY));
    await server.sessions.store.setExpiry(session.objectId, null);
    expect(await endOf(server, session)).toEqual(inFuture(HOUR));
  });

  it('with null lets the session live on where no session ends by itself', async () => {
    server = await startServer({}, { expireInactiveSessions: false });
    session = await makeSession(server, await makeUser(server));
    await server.sessions.store.setExpiry(session.objectId, inFuture(DAY));
    await server.sessions.store.setExpiry(session.objectId, null);
    expect(await endOf(server, session)).toBeNull();
    moveClock(3650 * DAY);
    expect(await useToken(server, session)).toBe(200);
  });
});
