import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, sessionRow } from '../support/sessions';
import { watchForRest } from '../support/settled';
import { eventually } from '../support/time';

const errors: string[] = [];
const EVENTS = ['created', 'revoked', 'expired', 'blocked', 'newDevice', 'addressChanged'] as const;
let server: SpecServer;
let settled: () => Promise<void>;

beforeAll(async () => {
  const log = (level: string, ...message: unknown[]) => {
    if (level === 'error') errors.push(String(message[0]));
  };
  server = await startServer({ activity: { flushInterval: 0.1 } }, { silent: false, loggerAdapter: { log } });
  settled = watchForRest(server);
});

afterAll(() => server.stop());

/** A whole life of sessions, with each kind of event; every answer must be as it is without listeners. */
async function life(): Promise<void> {
  const user = await server.signUp();
  const { objectId } = await sessionRow(server, user);
  const { token } = await server.restricted(user.token);
  const refused = await server.rest('PUT', `/users/${user.userId}`, { token, body: { a: 1 } });
  expect(refused.body.code).toBe(119);
  await server.rawUpdate('_Session', { objectId }, { ip: '192.0.2.1' });
  expect((await server.rest('GET', '/users/me', user)).status).toBe(200);
  const over = { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' };
  await makeSession(server, user.userId, { expiresAt: over });
  expect(await server.sessions.store.purgeExpired()).toMatchObject({ deleted: 1 });
  await eventually(async () => expect((await sessionRow(server, user)).ip).toBe('127.0.0.1'));
  expect((await server.rest('POST', '/logout', { token: user.token, body: {} })).status).toBe(200);
  await settled();
}

describe('listeners', () => {
  it('of every event are called in such a life', async () => {
    const heard: string[] = [];
    const stops = EVENTS.map(name => server.sessions.on(name, () => heard.push(name)));
    await life();
    await eventually(() => expect(new Set(heard)).toEqual(new Set(EVENTS)));
    stops.forEach(stop => stop());
  });

  it.each<[string, (calls: string[]) => () => unknown]>([
    [
      'throw',
      calls => () => {
        calls.push('called');
        throw new Error('a bug of the app');
      },
    ],
    [
      'reject',
      calls => async () => {
        calls.push('called');
        throw new Error('a bug of the app');
      },
    ],
    [
      'throw nothing',
      calls => () => {
        calls.push('called');
        throw undefined;
      },
    ],
    [
      'never resolve',
      calls => () => {
        calls.push('called');
        return new Promise(() => {});
      },
    ],
    [
      'take long',
      calls => () => {
        calls.push('called');
        return new Promise(resolve => setTimeout(resolve, 2000).unref());
      },
    ],
  ])('that %s change no request', async (how, listener) => {
    errors.length = 0;
    const calls: string[] = [];
    const others: string[] = [];
    const stops = EVENTS.flatMap(name => [
      server.sessions.on(name, listener(calls)),
      // A listener after a bad one is called all the same.
      server.sessions.on(name, () => others.push(name)),
    ]);
    const started = Date.now();
    await life();
    expect(Date.now() - started).toBeLessThan(10_000);
    await eventually(() => expect(new Set(others)).toEqual(new Set(EVENTS)));
    expect(calls.length).toBe(others.length);
    const told = errors.filter(error => error.includes('a listener of'));
    if (/throw|reject/.test(how)) expect(told.length).toBe(calls.length);
    else expect(told).toEqual([]);
    stops.forEach(stop => stop());
  });

  it('are called after the request, not within it', async () => {
    const order: string[] = [];
    const stop = server.sessions.on('revoked', () => order.push('listener'));
    const { objectId } = await makeSession(server, await makeUser(server));
    const { revoked } = await server.run('revokeSession', { objectId }, { master: true });
    order.unshift(`revoked ${revoked}`);
    await settled();
    expect(order).toEqual(['revoked 1', 'listener']);
    stop();
  });

  it('cannot change what other listeners are told', async () => {
    const seen: unknown[] = [];
    const stops = [
      server.sessions.on('revoked', payload => void Object.assign(payload, { userId: 'changed' })),
      server.sessions.on('revoked', payload => seen.push(payload.userId)),
    ];
    const userId = await makeUser(server);
    await server.sessions.store.revoke((await makeSession(server, userId)).objectId);
    await settled();
    expect(seen).toEqual([userId]);
    stops.forEach(stop => stop());
  });

  it('are not called any more once they are stopped, and the others are', async () => {
    const calls: string[] = [];
    const stop = server.sessions.on('revoked', () => calls.push('first'));
    const stopOther = server.sessions.on('revoked', () => calls.push('second'));
    stop();
    stop();
    await server.sessions.store.revoke((await makeSession(server, await makeUser(server))).objectId);
    await settled();
    expect(calls).toEqual(['second']);
    stopOther();
  });

  it('are refused when they are no functions, or of no event', () => {
    for (const listener of [undefined, null, 'text', {}]) {
      expect(() => server.sessions.on('revoked', listener as never)).toThrow(TypeError);
    }
    for (const name of ['revoke', 'Revoked', '', undefined, 'toString']) {
      expect(() => server.sessions.on(name as never, () => {})).toThrow(/takes the name of an event/);
    }
  });
});

describe('payloads', () => {
  it('hold ids, and no token, secret, password or name', async () => {
    const payloads: unknown[] = [];
    const stops = EVENTS.map(name => server.sessions.on(name, payload => payloads.push({ name, payload })));
    const password = 'a password that nobody tells';
    const user = await server.signUp(undefined, { body: { password, email: 'ada@example.com' } });
    const { objectId } = await sessionRow(server, user);
    const secret = await server.sessions.secret(objectId);
    const csrf = await server.sessions.csrfToken(objectId);
    const restricted = await server.restricted(user.token);
    await server.makeClass('Note');
    const scoped = await server.run('createRestrictedSession', { scopes: ['Note:read'] }, user);
    const tokens = [user.token, restricted.token, scoped.sessionToken];
    for (const token of tokens) {
      const text = encodeURIComponent(token);
      // The change of the password by the first one would end the others.
      const change = token === user.token ? { nickname: 'x' } : { password: 'x' };
      await server.rest('PUT', `/users/${user.userId}`, { token, body: change });
      await server.rest('POST', `/functions/${text}`, { token, body: { token, password } });
      await server.rest('POST', `/events/${text}`, { token, body: {} });
      await server.rest('GET', `/classes/Note?token=${text}`, { token });
      await server.rest('POST', '/batch', {
        token,
        body: { requests: [{ method: 'POST', path: `/parse/${token}`, body: {} }] },
      });
    }
    await server.rest('POST', '/users', { token: restricted.token, body: { username: 'new', password } });
    await server.run('revokeSessions', {}, { token: restricted.token }).catch(() => {});
    await server.rest('POST', '/logout', { token: scoped.sessionToken, body: {} });
    await server.sessions.invalidate(restricted.objectId);
    await server.sessions.store.purgeExpired();
    await life();
    expect(payloads.length).toBeGreaterThan(12);
    const text = JSON.stringify(payloads);
    for (const never of [...tokens, secret, csrf, password, user.username, 'ada@example.com', 'r:']) {
      expect(text).not.toContain(never);
    }
    const allowed = [
      'sessionId',
      'userId',
      'restricted',
      'createdWith',
      'signUp',
      'reason',
      'operation',
      'target',
      'device',
      'ip',
      'previousIp',
      'place',
      'previousPlace',
    ];
    for (const { payload } of payloads as Array<{ payload: object }>) {
      for (const key of Object.keys(payload)) expect(allowed).toContain(key);
    }
    stops.forEach(stop => stop());
  });
});

// The last one: it stops the server.
it('a listener that fails after the server has stopped ends no process', async () => {
  let reject: (error: Error) => void = () => {};
  server.sessions.on('revoked', () => new Promise((_resolve, fail) => (reject = fail)));
  await server.sessions.store.revoke((await makeSession(server, await makeUser(server))).objectId);
  await settled();
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  await server.sessions.shutdown();
  reject(new Error('too late'));
  await settled();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
