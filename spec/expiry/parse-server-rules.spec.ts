import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  makeSession,
  makeUser,
  parseDate,
  sessionRow,
  useAndFlush,
  useToken,
} from '../support/sessions';
import { DAY, eventually, HOUR, MINUTE, moveClock, startClock, stopClock } from '../support/time';

const ANONYMOUS = { authData: { anonymous: { id: '11111111-2222-3333-4444-555555555555' } } };
const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;

beforeEach(() => stopClock());

afterEach(async () => {
  await server.stop();
  startClock();
});

describe('without an expiry policy', () => {
  it('every session ends after sessionLength, and no use moves that', async () => {
    server = await startServer({}, { sessionLength: 3600 });
    const user = await server.signUp();
    const { body } = await server.rest('POST', '/users', { body: ANONYMOUS });
    const restricted = await server.restricted(user.token);
    const { sessionToken } = await server.run('createRestrictedSession', {}, { token: user.token });
    const end = inFuture(HOUR);
    for (const token of [user.token, body.sessionToken, restricted.token, sessionToken]) {
      expect(await endOf(server, token)).toEqual(end);
    }
    moveClock(40 * MINUTE);
    await useAndFlush(server, user);
    expect(await endOf(server, user)).toEqual(end);
    moveClock(19 * MINUTE);
    expect(await useToken(server, user)).toBe(200);
    moveClock(1);
    expect(await useToken(server, user)).toBe(209);
  });

  it('no session ends where expireInactiveSessions is false', async () => {
    server = await startServer({}, { expireInactiveSessions: false });
    const user = await server.signUp();
    const restricted = await server.restricted(user.token);
    const created = await server.run('createRestrictedSession', {}, { token: user.token });
    expect(created.expiresAt).toBeNull();
    for (const token of [user.token, restricted.token, created.sessionToken]) {
      expect(await endOf(server, token)).toBeNull();
    }
    moveClock(20 * 365 * DAY);
    expect(await useToken(server, user)).toBe(200);
    expect(await useToken(server, restricted)).toBe(200);
  });

  it('extendSessionOnUse goes on extending sessions while their last access is tracked', async () => {
    server = await startServer({}, { sessionLength: 10 * 3600, extendSessionOnUse: true });
    const session = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate(inFuture(10 * HOUR)),
    });
    for (let round = 0; round < 3; round += 1) {
      // Two uses in the first half of its length, the accesses written: neither extends it nor counts as an update.
      const { updatedAt } = await sessionRow(server, session);
      const end = await endOf(server, session);
      for (let use = 0; use < 2; use += 1) {
        moveClock(2 * HOUR);
        await useAndFlush(server, session);
      }
      expect(await endOf(server, session)).toEqual(end);
      expect((await sessionRow(server, session)).updatedAt).toBe(updatedAt);
      // In the second half a use extends it by its whole length. Parse Server looks once in half a second.
      moveClock(2 * HOUR);
      const extended = inFuture(10 * HOUR);
      await eventually(async () => {
        expect(await useToken(server, session)).toBe(200);
        expect(await endOf(server, session)).toEqual(extended);
      });
      // Its cache holds the former end for some seconds, which this clock leaps over.
      await server.server.config.cacheController.user.del(session.token);
    }
  });

  it('extendSessionOnUse extends restricted sessions, too', async () => {
    server = await startServer({}, { sessionLength: 10 * 3600, extendSessionOnUse: true });
    const session = await makeSession(server, await makeUser(server), {
      restricted: true,
      expiresAt: parseDate(inFuture(10 * HOUR)),
    });
    moveClock(6 * HOUR);
    const extended = inFuture(10 * HOUR);
    expect(await useToken(server, session)).toBe(200);
    await eventually(async () => expect(await endOf(server, session)).toEqual(extended));
  });

  it('extendSessionOnUse moves neither a fixed end nor one that the client chose', async () => {
    server = await startServer({}, { sessionLength: 10 * 3600, extendSessionOnUse: true });
    const fixed = await makeSession(server, await makeUser(server));
    await server.sessions.store.setExpiry(fixed.objectId, inFuture(9 * HOUR));
    const { token } = await server.signUp();
    const chosen = await server.run('createRestrictedSession', { expiresIn: '9h' }, { token });
    const end = inFuture(9 * HOUR);
    moveClock(8 * HOUR);
    for (const used of [fixed.token, chosen.sessionToken]) {
      expect(await useToken(server, used)).toBe(200);
      expect(await useToken(server, used)).toBe(200);
    }
    // One that is extended, so that the others had their time.
    const other = await makeSession(server, await makeUser(server), {
      createdAt: inFuture(-8 * HOUR).toISOString(),
      updatedAt: inFuture(-8 * HOUR).toISOString(),
      expiresAt: parseDate(inFuture(HOUR)),
    });
    expect(await useToken(server, other)).toBe(200);
    await eventually(async () => expect(await endOf(server, other)).toEqual(inFuture(10 * HOUR)));
    expect(await endOf(server, fixed)).toEqual(end);
    expect(await endOf(server, chosen.sessionToken)).toEqual(end);
  });

  it('a client may choose an earlier end for a session of its own, never one after sessionLength', async () => {
    server = await startServer({}, { sessionLength: 3600 });
    const { token } = await server.signUp();
    const create = async (expiresIn: string | number) =>
      (await server.run('createRestrictedSession', { expiresIn }, { token })).expiresAt;
    expect(await create('10m')).toBe(inFuture(10 * MINUTE).toISOString());
    expect(await create(600)).toBe(inFuture(10 * MINUTE).toISOString());
    expect(await create('2h')).toBe(inFuture(HOUR).toISOString());
  });

  it('a client may choose any end where no session ends by itself', async () => {
    server = await startServer({}, { expireInactiveSessions: false });
    const { token } = await server.signUp();
    const { expiresAt } = await server.run('createRestrictedSession', { expiresIn: '5y' }, { token });
    expect(expiresAt).toBe(inFuture(5 * 365.25 * DAY).toISOString());
  });
});

describe('with an expiry policy', () => {
  it('extendSessionOnUse does not overwrite what the policy says', async () => {
    server = await startServer(
      { expiry: { authenticated: { idle: '1h', maxAge: '10h' } } },
      { sessionLength: 20 * 3600, extendSessionOnUse: true },
    );
    const session = await makeSession(server, await makeUser(server), {
      createdAt: inFuture(-11 * HOUR).toISOString(),
      updatedAt: inFuture(-11 * HOUR).toISOString(),
      expiresAt: parseDate(inFuture(HOUR)),
    });
    const end = await endOf(server, session);
    await useAndFlush(server, session);
    expect(await endOf(server, session)).toEqual(end);
  });
});
