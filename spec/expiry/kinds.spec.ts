import type { SessionsOptions } from '../../src';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  makeSession,
  parseDate,
  pointerTo,
  sessionRow,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR, letPass, MINUTE, moveClock, startClock, stopClock } from '../support/time';
import { defineSdkWrite, waysInAndTransaction } from '../support/ways-in';

declare const Parse: any;
declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const EXPIRY = {
  authenticated: { idle: '30d', maxAge: '90d' },
  anonymous: { idle: '30m', maxAge: '1d' },
  restricted: { idle: '12h', maxAge: '10d' },
} as const satisfies SessionsOptions['expiry'];

const END_OF = { authenticated: 30 * DAY, anonymous: 30 * MINUTE } as const;
type Kind = keyof typeof END_OF;

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;
let count = 0;
const newId = () => `id-${(count += 1)}`;

interface Guest extends SpecSession {
  userId: string;
  id: string;
}

const badges = () => ({
  badge: { validateAuthData: async () => undefined, validateAppId: async () => undefined },
});

/** An anonymous user, and the session of his sign-up. */
async function guest(more: object = {}): Promise<Guest> {
  const id = newId();
  const { body } = await server.rest('POST', '/users', {
    body: { authData: { anonymous: { id }, ...more } },
  });
  const { objectId } = await sessionRow(server, body.sessionToken);
  return { objectId, token: body.sessionToken, userId: body.objectId, id };
}

/** What a session is taken for, by its end and by the helper of the store. */
async function expectKind(session: { token: string } | string, kind: Kind) {
  const token = typeof session === 'string' ? session : session.token;
  expect([kind, await endOf(server, token)]).toEqual([kind, inFuture(END_OF[kind])]);
  const { store } = server.sessions;
  expect(store.isAuthenticated((await store.find(token)) as never)).toBe(kind === 'authenticated');
}

const countAnonymous = async () => (await server.run('sessionStats', {}, { master: true })).anonymous;

// Before the server: it would lose what it does at intervals.
beforeAll(() => stopClock());
afterAll(() => startClock());

describe('the kind of a session', () => {
  beforeAll(async () => {
    const cloud = (sdk: any) => {
      defineSdkWrite(sdk);
      Parse.Cloud.define('signUp', async ({ params }: any) => {
        const user = new Parse.User();
        await user._linkWith('anonymous', { authData: params.authData.anonymous }, {});
        return user.getSessionToken();
      });
    };
    server = await startServer(
      { expiry: EXPIRY, maxSessionsPerUser: { authenticated: 2, anonymous: 1 } },
      { auth: badges() },
      { graphql: true, cloud },
    );
    // A transaction makes no column.
    await server.rest('PUT', '/users/none', { master: true, body: { nickname: 'x' } });
    await server.rest('POST', '/users', { body: { authData: { badge: { id: 'none' } } } });
    await server.rest('POST', '/users', { body: { authData: { anonymous: { id: 'none' } } } });
  });

  afterAll(() => server.stop());

  const logIn = async (authData: object, how: 'REST' | 'batch' | 'transaction' | 'GraphQL' = 'REST') => {
    if (how === 'REST')
      return (await server.rest('POST', '/users', { body: { authData } })).body.sessionToken;
    if (how === 'GraphQL') {
      const query = `mutation ($input: LogInWithInput!) { logInWith(input: $input) { viewer { sessionToken } } }`;
      const { body } = await server.graphql(query, { input: { authData } });
      return body.data.logInWith.viewer.sessionToken;
    }
    const requests = [{ method: 'POST', path: '/parse/users', body: { authData } }];
    const body = { requests, transaction: how === 'transaction' };
    return (await server.rest('POST', '/batch', { body })).body[0].success.sessionToken;
  };

  const SPELLINGS: Array<[string, (id: string) => object]> = [
    ['the anonymous id alone', id => ({ anonymous: { id } })],
    ['nothing of a provider after it', id => ({ anonymous: { id }, x: null })],
    ['nothing of a provider before it', id => ({ x: null, anonymous: { id } })],
    ['nothing of a provider that the app knows', id => ({ anonymous: { id }, badge: null })],
  ];

  describe.each(SPELLINGS)('of a user who sends %s', (_what, spell) => {
    it.each(['REST', 'batch', 'GraphQL'] as const)(
      'is anonymous after the sign-up and each log-in, and is counted so: %s',
      async how => {
        const before = await countAnonymous();
        const authData = spell(newId());
        const first = await logIn(authData, how);
        await expectKind(first, 'anonymous');
        moveClock(MINUTE);
        const second = await logIn(authData, how);
        await expectKind(second, 'anonymous');
        // The limit of anonymous users is one.
        expect(await useToken(server, first)).toBe(209);
        expect(await countAnonymous()).toBe(before + 1);
      },
    );
  });

  it('is what Parse Server has written, in createdWith', async () => {
    const { token } = await guest({ x: null });
    const { createdWith } = await sessionRow(server, token);
    expect(createdWith).toEqual({ action: 'login', authProvider: 'anonymous,x' });
  });

  it.each([
    ['nothing of the anonymous provider', () => ({ anonymous: null })],
    ['an anonymous id, too', () => ({ anonymous: { id: newId() } })],
  ])('of a user who signs up with a password and %s is authenticated', async (_what, authData) => {
    const { token } = await server.signUp(undefined, { body: { authData: authData() } });
    await expectKind(token, 'authenticated');
  });

  it('of a user who signs up with another provider and nothing of the anonymous one is authenticated', async () => {
    await expectKind(await logIn({ anonymous: null, badge: { id: newId() } }), 'authenticated');
    await expectKind(await logIn({ anonymous: { id: newId() }, badge: { id: newId() } }), 'authenticated');
  });

  it('of an anonymous user whom the master key logs in is anonymous', async () => {
    const { userId } = await guest();
    // The limit ends the older one.
    moveClock(MINUTE);
    const { body } = await server.rest('POST', '/loginAs', { master: true, body: { userId } });
    await expectKind(body.sessionToken, 'anonymous');
  });

  it('of an anonymous user is restricted where a client makes it, and he is not authenticated in it', async () => {
    const { token } = await guest();
    const { store } = server.sessions;
    const made = [
      (await server.restricted(token)).token,
      (await server.run('createRestrictedSession', {}, { token })).sessionToken,
    ];
    for (const one of made) {
      expect(await endOf(server, one)).toEqual(inFuture(12 * HOUR));
      expect(store.isAuthenticated((await store.find(one)) as never)).toBe(false);
    }
    const user = await server.signUp();
    const other = await server.restricted(user.token);
    expect(store.isAuthenticated((await store.find(other.token)) as never)).toBe(true);
  });

  it('is none that a client chooses', async () => {
    const { token, objectId } = await guest();
    const body = { anonymous: false };
    expect((await server.rest('PUT', `/sessions/${objectId}`, { token, body })).body.code).toBe(105);
    expect((await server.rest('POST', '/sessions', { token, body })).body.code).toBe(105);
    await expectKind(token, 'anonymous');
  });

  it('is that of the user to whom the master key binds it', async () => {
    const { userId } = await guest();
    const token = `r:${newId()}`;
    const created = await server.rest('POST', '/sessions', { master: true, body: { sessionToken: token } });
    await server.rest('PUT', `/sessions/${created.body.objectId}`, {
      master: true,
      body: { user: pointerTo(userId) },
    });
    await expectKind(token, 'anonymous');
  });

  describe('of a password user who links an anonymous id', () => {
    it('stays authenticated, and there is no second set of limits', async () => {
      const user = await server.signUp();
      const authData = { anonymous: { id: newId() } };
      await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { authData } });
      await expectKind(user, 'authenticated');
      const tokens = [user.token];
      for (let i = 0; i < 2; i += 1) {
        moveClock(MINUTE);
        tokens.push(await logIn(authData));
        await expectKind(tokens.at(-1)!, 'authenticated');
      }
      moveClock(MINUTE);
      tokens.push((await server.login(user.username, user.password)).token);
      const states = await Promise.all(tokens.map(token => useToken(server, token)));
      expect(states).toEqual([209, 209, 200, 200]);
    });
  });

  describe('of a user who stops being anonymous', () => {
    const linkBadge = () => ({ authData: { badge: { id: newId() } } });

    describe.each(waysInAndTransaction)('by way of %s', (_name, way) => {
      const update = ({ userId: objectId }: Guest, fields: object, who: object) =>
        way(server, { operation: 'update', className: '_User', objectId, fields }, who);

      it.each(['himself', 'the master key'])('follows him at once: %s', async by => {
        const before = await countAnonymous();
        const user = await guest();
        // In the caches of this process, with its near end.
        expect(await useToken(server, user)).toBe(200);
        moveClock(10 * MINUTE);
        const who = by === 'himself' ? { token: user.token } : { master: true };
        expect(await update(user, linkBadge(), who)).not.toHaveProperty('code');
        await expectKind(user, 'authenticated');
        expect(await countAnonymous()).toBe(before);
        moveClock(29 * DAY);
        expect(await useToken(server, user)).toBe(200);
      });
    });

    // The SDK in cloud code gets no session for a new password, and a transaction makes none of a kind with a limit.
    it.each(waysInAndTransaction.filter(([name]) => !/SDK|transaction/.test(name)))(
      'is authenticated after he has set a password: %s',
      async (_name, way) => {
        const user = await guest();
        moveClock(10 * MINUTE);
        const fields = { username: newId(), password: 'correct horse' };
        const write = { operation: 'update', className: '_User', objectId: user.userId, fields } as const;
        expect(await way(server, write, { token: user.token })).not.toHaveProperty('code');
        const [session, ...others] = await server.rawFind('_Session', { user: pointerTo(user.userId) });
        expect(others).toEqual([]);
        await expectKind(session.sessionToken, 'authenticated');
      },
    );

    it('follows him where he links by a log-in', async () => {
      const user = await guest();
      moveClock(MINUTE);
      const token = await logIn({ anonymous: { id: user.id }, badge: { id: newId() } });
      await expectKind(token, 'authenticated');
      await expectKind(user, 'authenticated');
      expect(await useToken(server, user)).toBe(200);
    });

    it('follows him although it is only being inserted while he does', async () => {
      const user = await guest();
      moveClock(MINUTE);
      const { adapter } = server.server.config.databaseController;
      const { createObject } = adapter;
      adapter.createObject = async function (className: string, ...args: unknown[]) {
        if (className !== '_Session') return createObject.call(this, className, ...args);
        adapter.createObject = createObject;
        await server.rest('PUT', `/users/${user.userId}`, { master: true, body: linkBadge() });
        return createObject.call(this, className, ...args);
      };
      await expectKind(await logIn({ anonymous: { id: user.id } }), 'authenticated');
    });

    it('counts with the limit of its new kind from then on', async () => {
      const user = await guest();
      const authData = linkBadge().authData;
      await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { authData } });
      const tokens = [user.token];
      for (let i = 0; i < 2; i += 1) {
        moveClock(MINUTE);
        tokens.push(await logIn(authData));
      }
      const states = await Promise.all(tokens.map(token => useToken(server, token)));
      expect(states).toEqual([209, 200, 200]);
    });

    it('follows him when its row is older than the column', async () => {
      const user = await guest();
      const older = await makeSession(server, user.userId, {
        createdWith: { action: 'login', authProvider: 'anonymous' },
        expiresAt: parseDate(inFuture(MINUTE)),
      });
      await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: linkBadge() });
      await expectKind(older, 'authenticated');
    });

    it('keeps an end that was chosen for it, and never comes back once it is over', async () => {
      const user = await guest();
      const chosen = inFuture(2 * DAY);
      const anonymous = { createdWith: { action: 'login', authProvider: 'anonymous' } };
      const fixed = await makeSession(server, user.userId, anonymous);
      await server.sessions.store.setExpiry(fixed.objectId, chosen);
      const over = await makeSession(server, user.userId, {
        ...anonymous,
        expiresAt: parseDate(inFuture(-MINUTE)),
      });
      const invalid = await makeSession(server, user.userId, anonymous);
      await server.sessions.invalidate(invalid.objectId);
      const restricted = await server.restricted(user.token);
      moveClock(MINUTE);
      await server.rest('PUT', `/users/${user.userId}`, { master: true, body: linkBadge() });
      expect(await endOf(server, fixed)).toEqual(chosen);
      expect(await endOf(server, restricted)).toEqual(inFuture(12 * HOUR - MINUTE));
      expect(await useToken(server, over)).toBe(209);
      expect(await useToken(server, invalid)).toBe(209);
      const { store } = server.sessions;
      const sessions = await store.forUser(user.userId).find({ useMasterKey: true });
      expect(sessions.map(session => store.isAuthenticated(session))).toEqual(sessions.map(() => true));
    });

    it('does not follow a user whose update is refused', async () => {
      const [user, other] = [await guest(), await guest()];
      const path = `/users/${user.userId}`;
      const body = linkBadge();
      expect((await server.rest('PUT', path, { token: other.token, body })).status).toBeGreaterThan(399);
      await expectKind(user, 'anonymous');
    });

    it('lives on by its use, as one of its new kind', async () => {
      const user = await guest();
      await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: linkBadge() });
      moveClock(DAY);
      const at = Date.now();
      expect(await useToken(server, user)).toBe(200);
      letPass(MINUTE);
      await eventually(async () => expect(await endOf(server, user)).toEqual(new Date(at + 30 * DAY)));
    });
  });

  it('of a user who gives up his anonymous id, and proves nothing, stays anonymous', async () => {
    const user = await guest({});
    const end = await endOf(server, user);
    const body = { authData: { anonymous: null } };
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
    await expectKind(user, 'anonymous');
    expect(await endOf(server, user)).toEqual(end);
  });

  it('of a user who is anonymous again follows him, too', async () => {
    const user = await guest({ badge: { id: newId() } });
    await expectKind(user, 'authenticated');
    moveClock(MINUTE);
    const body = { authData: { badge: null } };
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
    await expectKind(user, 'anonymous');
    moveClock(30 * MINUTE + 1);
    expect(await useToken(server, user)).toBe(209);
  });

  it('of a row that is older than the column is told by what Parse Server wrote', async () => {
    const user = await server.signUp();
    const before = await countAnonymous();
    const older = (authProvider: string) =>
      makeSession(server, user.userId, { createdWith: { action: 'login', authProvider } });
    const { store } = server.sessions;
    const isAuthenticated = async (session: SpecSession) =>
      store.isAuthenticated((await store.find(session.token)) as never);
    expect(await isAuthenticated(await older('anonymous'))).toBe(false);
    expect(await isAuthenticated(await older('password'))).toBe(true);
    expect(await isAuthenticated(await older('anonymous,x'))).toBe(true);
    expect(await countAnonymous()).toBe(before + 1);
  });

  it('costs nothing where a user changes anything else', async () => {
    const user = await server.signUp();
    const { username, token } = user;
    await server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'Bo' } });
    const statements = watchStatements(server);
    await server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'Ada', username } });
    statements.stop();
    // Parse Server looks for the sessions of a user whom it updates, to clear its cache.
    const ofUser = statements.reads('_Session').filter(({ args }) => 'user' in args[1]);
    expect(ofUser).toHaveLength(1);
    expect(statements.writes().map(({ className }) => className)).toEqual(['_User']);
  });
});

describe('without a policy for the new kind, the session of a user who stops being anonymous', () => {
  afterEach(() => server.stop());

  const linked = async () => {
    const user = await guest();
    moveClock(10 * MINUTE);
    const body = { authData: { badge: { id: newId() } } };
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
    return user;
  };

  it('ends when Parse Server would have had it end', async () => {
    server = await startServer(
      { expiry: { anonymous: { idle: '30m' } } },
      { auth: badges(), sessionLength: 7 * 24 * 3600 },
    );
    expect(await endOf(server, await linked())).toEqual(inFuture(7 * DAY));
  });

  it('never ends where Parse Server lets sessions live for ever', async () => {
    server = await startServer(
      { expiry: { anonymous: { idle: '30m' } } },
      { auth: badges(), expireInactiveSessions: false },
    );
    expect(await endOf(server, await linked())).toBeNull();
  });

  it('keeps its end where there is no policy at all', async () => {
    server = await startServer({}, { auth: badges(), sessionLength: 7 * 24 * 3600 });
    expect(await endOf(server, await linked())).toEqual(inFuture(7 * DAY - 10 * MINUTE));
  });
});

describe('where a new password ends no sessions', () => {
  beforeAll(async () => {
    server = await startServer({ expiry: EXPIRY }, { revokeSessionOnPasswordReset: false });
  });

  afterAll(() => server.stop());

  it.each(['himself', 'the master key'])(
    'those of a user who stops being anonymous by it follow him: %s',
    async by => {
      const user = await guest();
      moveClock(10 * MINUTE);
      const body = { username: newId(), password: 'correct horse' };
      const who = by === 'himself' ? { token: user.token } : { master: true };
      await server.rest('PUT', `/users/${user.userId}`, { ...who, body });
      await expectKind(user, 'authenticated');
    },
  );
});

(SPEC_DATABASE === 'postgresql' ? describe : describe.skip)('in a transaction', () => {
  beforeAll(async () => {
    server = await startServer({ expiry: EXPIRY }, { auth: badges() });
    await server.rest('POST', '/users', { body: { authData: { anonymous: { id: 'none' } } } });
  });

  afterAll(() => server.stop());

  it('a session of a user who signs up in it is of his kind', async () => {
    for (const [more, kind] of [
      [{ x: null }, 'anonymous'],
      [{ badge: { id: newId() } }, 'authenticated'],
    ] as const) {
      const body = { authData: { anonymous: { id: newId() }, ...more } };
      const requests = [{ method: 'POST', path: '/parse/users', body }];
      const answer = await server.rest('POST', '/batch', { body: { requests, transaction: true } });
      await expectKind(answer.body[0].success.sessionToken, kind);
    }
  });

  it('that is undone, sessions keep their kind', async () => {
    const user = await guest();
    const requests = [
      {
        method: 'PUT',
        path: `/parse/users/${user.userId}`,
        body: { authData: { badge: { id: newId() } } },
      },
      { method: 'PUT', path: '/parse/users/nobody', body: { username: 'x' } },
    ];
    const answer = await server.rest('POST', '/batch', {
      master: true,
      body: { requests, transaction: true },
    });
    expect(answer.status).toBeGreaterThan(399);
    await expectKind(user, 'anonymous');
  });

  it('counts with the limit of his kind, which makes none in a transaction', async () => {
    await server.stop();
    server = await startServer({ maxSessionsPerUser: { anonymous: 1 } });
    await server.rest('POST', '/users', { body: { authData: { anonymous: { id: 'none' } } } });
    const body = { authData: { anonymous: { id: newId() }, x: null } };
    const requests = [{ method: 'POST', path: '/parse/users', body }];
    const answer = await server.rest('POST', '/batch', { body: { requests, transaction: true } });
    expect(answer.status).toBeGreaterThan(399);
    expect(await server.rawFind('_Session', { 'createdWith.authProvider': 'anonymous,x' })).toEqual([]);
  });
});
