import { rapidContextExpiry } from '../../src';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  lastAccessOf,
  makeSession,
  makeUser,
  parseDate,
  pointerTo,
  sessionRow,
  useAndFlush,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { watchStatements } from '../support/statements';
import {
  DAY,
  eventually,
  HOUR,
  letPass,
  MINUTE,
  moveClock,
  setClock,
  startClock,
  stopClock,
} from '../support/time';

const ANONYMOUS = { authData: { anonymous: { id: '11111111-2222-3333-4444-555555555555' } } };
const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;

describe('with an expiry policy, a session', () => {
  beforeAll(async () => {
    stopClock();
    server = await startServer({
      expiry: {
        authenticated: { idle: '30d', maxAge: '90d' },
        anonymous: { idle: '30m', maxAge: '1d' },
        restricted: { idle: '12h', maxAge: '10d' },
      },
    });
  });

  afterAll(async () => {
    await server.stop();
    startClock();
  });

  describe('ends, from the insert on', () => {
    it('one idle period of signed-in users after a sign-up, and after a login', async () => {
      const user = await server.signUp();
      expect(await endOf(server, user)).toEqual(inFuture(30 * DAY));
      moveClock(HOUR);
      const login = await server.login(user.username, user.password);
      expect(await endOf(server, login)).toEqual(inFuture(30 * DAY));
    });

    it('one idle period of anonymous users after an anonymous login', async () => {
      const { body } = await server.rest('POST', '/users', { body: ANONYMOUS });
      expect(await endOf(server, body.sessionToken)).toEqual(inFuture(30 * MINUTE));
    });

    it('one idle period of restricted sessions after a client made it, whoever the user is', async () => {
      const user = await server.signUp();
      const guest = await server.rest('POST', '/users', { body: ANONYMOUS });
      for (const token of [user.token, guest.body.sessionToken]) {
        expect(await endOf(server, await server.restricted(token))).toEqual(inFuture(12 * HOUR));
        const { sessionToken } = await server.run('createRestrictedSession', {}, { token });
        expect(await endOf(server, sessionToken)).toEqual(inFuture(12 * HOUR));
      }
    });

    it('one idle period after a change of password made it', async () => {
      const { userId, token } = await server.signUp();
      moveClock(HOUR);
      const { body } = await server.rest('PUT', `/users/${userId}`, { token, body: { password: 'another' } });
      expect(await endOf(server, body.sessionToken)).toEqual(inFuture(30 * DAY));
    });

    it('when the master key says, for a session that it makes with an end', async () => {
      const userId = await makeUser(server);
      const end = inFuture(5 * DAY);
      const { body } = await server.rest('POST', '/classes/_Session', {
        master: true,
        body: { sessionToken: `r:${userId}`, user: pointerTo(userId), expiresAt: parseDate(end) },
      });
      expect(body.objectId).toEqual(expect.any(String));
      expect(await endOf(server, `r:${userId}`)).toEqual(end);
      await useAndFlush(server, { token: `r:${userId}` });
      expect(await endOf(server, `r:${userId}`)).toEqual(end);
    });

    it('without a further write', async () => {
      const user = await server.signUp();
      const statements = watchStatements(server);
      await server.login(user.username, user.password);
      statements.stop();
      const writes = statements.writes('_Session').filter(({ method }) => method !== 'deleteObjectsByQuery');
      expect(writes.map(({ method }) => method)).toEqual(['createObject']);
      expect(writes[0]!.args[1]).toMatchObject({ expiresAt: parseDate(inFuture(30 * DAY)) });
    });

    it('and the client is told the end that is stored', async () => {
      const { token } = await server.signUp();
      const { body } = await server.rest('POST', '/sessions', {
        token,
        body: { expiresAt: parseDate(inFuture(80 * DAY)) },
      });
      expect(body.expiresAt).toEqual(parseDate(inFuture(12 * HOUR)));
      expect(await endOf(server, body.sessionToken)).toEqual(inFuture(12 * HOUR));
      const created = await server.run('createRestrictedSession', {}, { token });
      expect(created.expiresAt).toBe(inFuture(12 * HOUR).toISOString());
    });
  });

  describe('is moved on', () => {
    it('by its use, to one idle period after the last access', async () => {
      const user = await server.signUp();
      moveClock(10 * DAY);
      const at = await useAndFlush(server, user);
      expect(await endOf(server, user)).toEqual(new Date(at.getTime() + 30 * DAY));
    });

    it('by its own kind’s idle period', async () => {
      const { body } = await server.rest('POST', '/users', { body: ANONYMOUS });
      const guest = { token: body.sessionToken };
      moveClock(20 * MINUTE);
      const at = await useAndFlush(server, guest);
      expect(await endOf(server, guest)).toEqual(new Date(at.getTime() + 30 * MINUTE));

      const restricted = await makeSession(server, await makeUser(server), {
        restricted: true,
        expiresAt: parseDate(inFuture(HOUR)),
      });
      const usedAt = await useAndFlush(server, restricted);
      expect(await endOf(server, restricted)).toEqual(new Date(usedAt.getTime() + 12 * HOUR));
    });

    it('not by the use of another session of the same user', async () => {
      const user = await server.signUp();
      const end = await endOf(server, user);
      const other = await makeSession(server, user.userId, { expiresAt: parseDate(inFuture(DAY)) });
      moveClock(HOUR);
      await useAndFlush(server, other);
      expect(await endOf(server, user)).toEqual(end);
    });

    it('never beyond its greatest age', async () => {
      const user = await server.signUp();
      const created = new Date(Date.now());
      for (const days of [25, 50, 75, 89]) {
        setClock(new Date(created.getTime() + days * DAY));
        await useAndFlush(server, user);
        const expected = Math.min(days + 30, 90);
        expect(await endOf(server, user)).toEqual(new Date(created.getTime() + expected * DAY));
      }
      setClock(new Date(created.getTime() + 90 * DAY + 1));
      expect(await useToken(server, user)).toBe(209);
    });
  });

  describe('is refused by Parse Server itself', () => {
    let session: SpecSession;
    let end: Date;

    beforeEach(async () => {
      end = inFuture(HOUR);
      const userId = await makeUser(server);
      session = await makeSession(server, userId, { expiresAt: parseDate(end), fixedExpiry: parseDate(end) });
    });

    const WAYS: Array<[string, (token: string) => Promise<any>]> = [
      ['GET /users/me', token => server.rest('GET', '/users/me', { token })],
      ['a class', token => server.rest('GET', '/classes/Note', { token })],
      ['a function', token => server.rest('POST', '/functions/countSessions', { token, body: {} })],
    ];

    it.each(WAYS)('one millisecond after its end, and not before: %s', async (_title, ask) => {
      setClock(end);
      expect((await ask(session.token)).status).toBe(200);
      moveClock(1);
      const { status, body } = await ask(session.token);
      expect({ status: status >= 400, code: body.code }).toEqual({ status: true, code: 209 });
    });

    it('whether its token was in the cache or not', async () => {
      const cache = server.server.config.cacheController.user;
      expect(await useToken(server, session)).toBe(200);
      await eventually(async () => expect(await cache.get(session.token)).toBeTruthy());
      setClock(new Date(end.getTime() + 1));
      expect(await cache.get(session.token)).toBeTruthy();
      expect(await useToken(server, session)).toBe(209);

      const unused = await makeSession(server, await makeUser(server), { expiresAt: parseDate(end) });
      expect(await cache.get(unused.token)).toBeFalsy();
      expect(await useToken(server, unused)).toBe(209);
    });

    it('for ever: no use after the end brings it back', async () => {
      setClock(new Date(end.getTime() + 1));
      await server.rest('GET', '/sessions/me', { token: session.token });
      expect(await useToken(server, session)).toBe(209);
      letPass(MINUTE);
      await useAndFlush(server, await makeSession(server, await makeUser(server)));
      expect(await endOf(server, session)).toEqual(end);
      expect(await lastAccessOf(server, session)).toBeNull();
    });
  });

  describe('that a client makes with an end of its own choice', () => {
    const create = (params: object, token: string) =>
      server.run('createRestrictedSession', params, { token });

    it('ends then, whatever its use', async () => {
      const { token } = await server.signUp();
      const created = await create({ expiresIn: '1h' }, token);
      const end = inFuture(HOUR);
      expect(created.expiresAt).toBe(end.toISOString());
      moveClock(50 * MINUTE);
      await useAndFlush(server, { token: created.sessionToken });
      expect(await endOf(server, created.sessionToken)).toEqual(end);
    });

    it('ends by the policy where that is earlier, is moved on by its use, and never beyond the chosen end', async () => {
      const { token } = await server.signUp();
      const chosen = inFuture(20 * HOUR);
      const { expiresAt, sessionToken } = await create({ expiresIn: '20h' }, token);
      expect(expiresAt).toBe(inFuture(12 * HOUR).toISOString());
      moveClock(4 * HOUR);
      const at = await useAndFlush(server, { token: sessionToken });
      expect(await endOf(server, sessionToken)).toEqual(new Date(at.getTime() + 12 * HOUR));
      moveClock(6 * HOUR);
      await useAndFlush(server, { token: sessionToken });
      expect(await endOf(server, sessionToken)).toEqual(chosen);
      moveClock(8 * HOUR);
      await useAndFlush(server, { token: sessionToken });
      expect(await endOf(server, sessionToken)).toEqual(chosen);
    });

    it('never ends later than the policy allows', async () => {
      const { token } = await server.signUp();
      const created = Date.now();
      const { expiresAt, sessionToken } = await create({ expiresIn: '50y' }, token);
      expect(expiresAt).toBe(inFuture(12 * HOUR).toISOString());
      for (let uses = 1; uses <= 25; uses += 1) {
        setClock(new Date(created + uses * 10 * HOUR - MINUTE));
        if (uses * 10 < 240) await useAndFlush(server, { token: sessionToken });
      }
      expect(await endOf(server, sessionToken)).toEqual(new Date(created + 10 * DAY));
    });
  });
});

describe('with the lifetimes of RapidContext', () => {
  beforeAll(async () => {
    stopClock();
    server = await startServer({ expiry: rapidContextExpiry });
  });

  afterAll(async () => {
    await server.stop();
    startClock();
  });

  it('a signed-in user is signed in for 30 days after the last use, and for 90 days at most', async () => {
    const user = await server.signUp();
    const created = Date.now();
    for (const days of [29, 58, 87]) {
      setClock(new Date(created + days * DAY));
      await useAndFlush(server, user);
    }
    setClock(new Date(created + 90 * DAY));
    expect(await useToken(server, user)).toBe(200);
    moveClock(1);
    expect(await useToken(server, user)).toBe(209);

    const idle = await server.signUp();
    moveClock(30 * DAY + 1);
    expect(await useToken(server, idle)).toBe(209);
  });

  it('an anonymous user has gone after 30 minutes without a request', async () => {
    const { body } = await server.rest('POST', '/users', { body: ANONYMOUS });
    const guest = { token: body.sessionToken };
    moveClock(25 * MINUTE);
    await useAndFlush(server, guest);
    moveClock(25 * MINUTE);
    expect(await useToken(server, guest)).toBe(200);
    letPass(MINUTE);
    moveClock(31 * MINUTE);
    expect(await useToken(server, guest)).toBe(209);
  });
});

describe('with a policy for one kind only', () => {
  beforeAll(async () => {
    stopClock();
    server = await startServer({ expiry: { anonymous: { idle: '30m' } } }, { sessionLength: 7 * 24 * 3600 });
  });

  afterAll(async () => {
    await server.stop();
    startClock();
  });

  it('sessions of the other kinds keep Parse Server’s own length', async () => {
    const user = await server.signUp();
    const end = inFuture(7 * DAY);
    expect(await endOf(server, user)).toEqual(end);
    expect(await endOf(server, await server.restricted(user.token))).toEqual(end);
    moveClock(DAY);
    await useAndFlush(server, user);
    expect(await endOf(server, user)).toEqual(end);
  });

  it('sessions of that kind have no greatest age where none is set', async () => {
    const { body } = await server.rest('POST', '/users', { body: ANONYMOUS });
    const session = { token: body.sessionToken };
    expect(await sessionRow(server, session)).toBeDefined();
    await server.rawUpdate(
      '_Session',
      { sessionToken: session.token },
      { expiresAt: parseDate(inFuture(3650 * DAY)) },
    );
    moveClock(3650 * DAY);
    const at = await useAndFlush(server, session);
    expect(await endOf(server, session)).toEqual(new Date(at.getTime() + 30 * MINUTE));
  });
});
