import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { useToken } from '../support/sessions';
import { startClient, watchRequests, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let requests: ReturnType<typeof watchRequests>;
let user: SpecUser;
let token: string;

beforeAll(async () => {
  server = await startServer();
  app = await startClient(server);
  requests = watchRequests(server);
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

beforeEach(async () => {
  user = await server.signUp();
  token = await app.run(async ({ Parse, client, state, logIn, install, uninstall }, account) => {
    uninstall();
    const token = await logIn(account);
    install({
      // A user who wanted to leave must not be signed in again.
      recover: async () => {
        state.recovered = true;
        return undefined;
      },
    });
    state.recovered = false;
    state.sessions = client.sessionsClient(Parse);
    return token;
  }, user);
  requests.paths.length = 0;
});

/** What a user does to his own session, in the client's process. */
const WAYS: Array<[string, (scope: any) => Promise<unknown>]> = [
  ['revokeAll()', ({ state }) => state.sessions.revokeAll()],
  [
    'revoke() of the session of a list that is current',
    async ({ state }) => {
      const own = (await state.sessions.list()).find(({ current }: any) => current);
      return state.sessions.revoke(own);
    },
  ],
  ['revoke() of current()', async ({ state }) => state.sessions.revoke(await state.sessions.current())],
  [
    'revoke() of its id alone',
    async ({ state }) => state.sessions.revoke((await state.sessions.current()).objectId),
  ],
  [
    'revoke() of its Parse.Session',
    async ({ Parse, state }) => state.sessions.revoke(await Parse.Session.current()),
  ],
  [
    'revoke() by a client with its token',
    async ({ Parse, client, state }) => {
      const sessionToken = Parse.User.current().getSessionToken();
      const own = client.sessionsClient(Parse, { sessionToken });
      return own.revoke((await state.sessions.current()).objectId);
    },
  ],
];

const userNow = () => app.run(({ Parse }) => Parse.User.current()?.id ?? null);

describe.each(WAYS)('%s', (_title, leave) => {
  it('logs the user out, and calls onInvalidSession once, as after a 209', async () => {
    await app.run(leave);
    // The user is gone as soon as the promise is fulfilled, not some time later.
    expect(await userNow()).toBeNull();
    const { calls, unhandled, recovered } = await app.run(async ({ settle, calls, unhandled, state }) => {
      await settle();
      return { calls, unhandled, recovered: state.recovered };
    });
    expect(calls).toEqual([
      {
        code: 209,
        message: 'Invalid session token',
        user: null,
        ended: { reason: 'revoked', by: 'self', isDate: true },
      },
    ]);
    expect({ unhandled, recovered }).toEqual({ unhandled: [], recovered: false });
    expect(await useToken(server, token)).toBe(209);
  });

  it('without a handler logs the user out', async () => {
    await app.run(({ uninstall }) => uninstall());
    await app.run(leave);
    expect(await userNow()).toBeNull();
    expect(await useToken(server, token)).toBe(209);
    // Nothing is left of him in the storage either.
    expect(await app.run(({ Parse }) => Parse.User.currentAsync())).toBeNull();
  });
});

describe('with a handler', () => {
  it('a session that ends and requests that fail for it at the same time count as one', async () => {
    const outcomes = await app.run(async ({ Parse, state, outcome, holdRequests }) => {
      const held = await holdRequests(() => new Parse.Query('Note').find());
      const left = state.sessions.revokeAll();
      held.release();
      const others = Array.from({ length: 5 }, () => outcome(() => new Parse.Query('Note').count()));
      await left;
      const late = outcome(() => state.sessions.count());
      return Promise.all([held.outcome, ...others, late]);
    });
    expect(outcomes.at(-1)).toMatchObject({ code: 209 });
    const { calls, recovered } = await app.run(async ({ settle, calls, state }) => {
      await settle();
      return { calls, recovered: state.recovered };
    });
    expect(calls).toHaveLength(1);
    expect(recovered).toBe(false);
  });

  it('a 209 that comes before the answer does not sign the user in again', async () => {
    const result = await app.run(async ({ Parse, state, outcome, settle, calls }) => {
      const { fetch } = globalThis;
      let other: Promise<unknown> | undefined;
      globalThis.fetch = async (url, request) => {
        const answer = await fetch(url, request);
        // The sessions are gone, and nobody has heard of it yet.
        if (String(url).endsWith('/revokeSessions')) {
          await (other = outcome(() => new Parse.Query('Note').find()));
        }
        return answer;
      };
      await state.sessions.revokeAll();
      globalThis.fetch = fetch;
      await settle();
      return { other: await other, calls: calls.length, recovered: state.recovered };
    });
    expect(result).toEqual({ other: expect.objectContaining({ code: 209 }), calls: 1, recovered: false });
    expect(await userNow()).toBeNull();
  });

  it('logOut replaces the log-out', async () => {
    const order = await app.run(async ({ Parse, state, install, settle }) => {
      const order: string[] = [];
      install({
        logOut: () => {
          order.push('logOut');
          return Parse.User.logOut().catch(() => undefined);
        },
        onInvalidSession: () => order.push('onInvalidSession'),
      });
      await state.sessions.revokeAll();
      await settle();
      return order;
    });
    expect(order).toEqual(['logOut', 'onInvalidSession']);
  });

  it('an error of onInvalidSession does not become one of revokeAll()', async () => {
    const result = await app.run(async ({ state, install, settle, unhandled }) => {
      install({
        onInvalidSession: () => {
          throw new Error('no log-in form');
        },
      });
      const revoked = await state.sessions.revokeAll();
      await settle();
      return { revoked, unhandled };
    });
    expect(result).toEqual({ revoked: 2, unhandled: ['no log-in form'] });
  });

  it('the next user that logs in is handled as any other', async () => {
    await app.run(({ state }) => state.sessions.revokeAll());
    await app.run(({ logIn }, account) => logIn(account), user);
    await server.sessions.store.revokeAllForUser(user.userId);
    expect(await app.run(({ state, outcome }) => outcome(() => state.sessions.list()))).toMatchObject({
      code: 209,
    });
    const { calls, recovered } = await app.run(async ({ settle, calls, state }) => {
      await settle();
      return { calls, recovered: state.recovered };
    });
    expect(calls).toHaveLength(2);
    expect(recovered).toBe(true);
  });

  it('whoever signs in in another tab meanwhile stays signed in', async () => {
    const somebodyElse = await server.signUp();
    const result = await app.run(async ({ Parse, state, calls, settle }, other) => {
      const key = Parse.Storage.generatePath('currentUser');
      const stored = JSON.parse((await Parse.Storage.getItemAsync(key))!);
      const theirs = {
        ...stored,
        objectId: other.userId,
        sessionToken: other.token,
        username: other.username,
      };
      await Parse.Storage.setItemAsync(key, JSON.stringify(theirs));
      await state.sessions.revokeAll();
      const user = Parse.User.current()?.id;
      await settle();
      return { user, calls: calls.length };
    }, somebodyElse);
    expect(result).toEqual({ user: somebodyElse.userId, calls: 1 });
  });

  it('the user himself, in another tab too, is logged out', async () => {
    const again = await server.login(user.username, user.password);
    const result = await app.run(async ({ Parse, state, calls, settle }, sessionToken) => {
      const key = Parse.Storage.generatePath('currentUser');
      const stored = JSON.parse((await Parse.Storage.getItemAsync(key))!);
      await Parse.Storage.setItemAsync(key, JSON.stringify({ ...stored, sessionToken }));
      await state.sessions.revokeAll();
      const user = Parse.User.current()?.id ?? null;
      await settle();
      return { user, calls: calls.length };
    }, again.token);
    expect(result).toEqual({ user: null, calls: 1 });
  });
});

describe('nobody is logged out', () => {
  const stays = async () => {
    const calls = await app.run(async ({ settle, calls }) => {
      await settle();
      return calls;
    });
    expect(calls).toEqual([]);
    expect(await userNow()).toBe(user.userId);
    expect(await useToken(server, token)).toBe(200);
    expect(requests.count('/logout')).toBe(0);
  };

  it('by revoke() of another session, whichever way it is named', async () => {
    const named: Array<(scope: any, objectId: string) => Promise<unknown>> = [
      ({ state }, objectId) => state.sessions.revoke(objectId),
      ({ state, Parse }, objectId) => state.sessions.revoke(Parse.Session.createWithoutData(objectId)),
      async ({ state }, objectId) =>
        state.sessions.revoke((await state.sessions.list()).find((one: any) => one.objectId === objectId)),
      ({ state }, objectId) => state.sessions.revoke({ objectId }),
    ];
    for (const revoke of named) {
      const other = await server.login(user.username, user.password);
      const { objectId } = await server.run('getSession', {}, other);
      await app.run(revoke, objectId);
      expect(await useToken(server, other.token)).toBe(209);
    }
    await stays();
  });

  it('by revokeOthers()', async () => {
    expect(await app.run(({ state }) => state.sessions.revokeOthers())).toBe(1);
    await stays();
  });

  it('by a client with a token of somebody else', async () => {
    const somebodyElse = await server.signUp();
    const revoked = await app.run(
      async ({ Parse, client }, sessionToken) => client.sessionsClient(Parse, { sessionToken }).revokeAll(),
      somebodyElse.token,
    );
    expect(revoked).toBe(1);
    expect(await useToken(server, somebodyElse.token)).toBe(209);
    await stays();
  });

  it('by a client with another token of the same user, of its own session', async () => {
    const other = await server.login(user.username, user.password);
    await app.run(async ({ Parse, client }, sessionToken) => {
      const sessions = client.sessionsClient(Parse, { sessionToken });
      await sessions.revoke(await sessions.current());
    }, other.token);
    expect(await useToken(server, other.token)).toBe(209);
    await stays();
  });

  it('by what the server refuses', async () => {
    const outcomes = await app.run(async ({ state, outcome }) => [
      await outcome(() => state.sessions.revoke('nosuch')),
      await outcome(() => state.sessions.revoke({ objectId: 'nosuch', current: true })),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([101, 101]);
    await stays();
  });

  it.each([undefined, null, '', 5, {}])('by what is no session: %j is a TypeError', async session => {
    const message = await app.run(async ({ state }, session) => {
      const errors = [
        await state.sessions.revoke(session).catch((error: unknown) => error),
        await state.sessions.rename(session, 'x').catch((error: unknown) => error),
      ];
      return errors.map(error => `${error instanceof TypeError} ${(error as Error).message}`);
    }, session);
    const expected = 'true sessionsClient: expected a session or its objectId.';
    expect(message).toEqual([expected, expected]);
    await stays();
  });
});

it('rename() takes a session, too', async () => {
  const names = await app.run(async ({ Parse, state: { sessions } }) => {
    const own = await sessions.current();
    const [a, b, c] = [
      await sessions.rename(own, 'a'),
      await sessions.rename(await Parse.Session.current(), 'b'),
      await sessions.rename(own.objectId, 'c'),
    ];
    return [a, b, c].map(({ name, objectId }) => `${name} ${objectId === own.objectId}`);
  });
  expect(names).toEqual(['a true', 'b true', 'c true']);
});
