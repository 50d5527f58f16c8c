import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, pointerTo } from '../support/sessions';
import { HOUR } from '../support/time';
import { revoke, signInAnew, startClient, watchRequests, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer({ functionPrefix: 's_' }, {}, { liveQuery: true });
  server.sessions.liveQuery(server.server.liveQueryServer);
  requests = watchRequests(server);
  app = await startClient(server);
  await app.run(({ Parse, client, state }) => {
    state.sessions = client.sessionsClient(Parse, { functionPrefix: 's_' });
    state.stored = async () =>
      JSON.parse((await Parse.Storage.getItemAsync(Parse.Storage.generatePath('currentUser'))) ?? 'null')
        ?.sessionToken ?? null;
    state.mark = Parse.Storage.generatePath('sessionRenewal');
    state.storeElsewhere = (objectId: string, sessionToken: string) =>
      Parse.Storage.setItemAsync(
        Parse.Storage.generatePath('currentUser'),
        JSON.stringify({ objectId, sessionToken, username: 'x', className: '_User' }),
      );
  });
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

beforeEach(async () => {
  ({ user, token } = await signInAnew(app, server, { functionPrefix: 's_' }));
  requests.paths.length = 0;
});

const rotateOnServer = async (old: string): Promise<string> =>
  (await server.run('s_rotateSession', {}, { token: old })).sessionToken;
const statusOf = async (sessionToken: string) =>
  (await server.rest('GET', '/sessions/me', { token: sessionToken })).status;
const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointerTo(userId) });
const report = () =>
  app.run(async ({ Parse, settle, calls, state }) => {
    await settle();
    return {
      calls: calls.length,
      user: Parse.User.current()?.id ?? null,
      token: Parse.User.current()?.getSessionToken() ?? null,
      stored: await state.stored(),
      mark: await Parse.Storage.getItemAsync(state.mark),
    };
  });

describe('rotate()', () => {
  it.each(['with', 'without'])(
    'has the SDK’s current user go on with the new token, %s the handler',
    async kind => {
      if (kind === 'without') await app.run(({ uninstall }) => uninstall());
      const { rotated, isSame } = await app.run(async ({ Parse, state }) => {
        const before = Parse.User.current();
        before!.set('unsaved', 1);
        const answer = await state.sessions.rotate();
        const isTheUser = Parse.User.current() === before && before!.get('unsaved') === 1;
        return { rotated: answer, isSame: isTheUser && answer.expiresAt instanceof Date };
      });
      expect(isSame).toBe(true);
      expect(rotated.sessionToken).not.toBe(token);
      expect(await report()).toEqual({
        calls: 0,
        user: user.userId,
        token: rotated.sessionToken,
        stored: rotated.sessionToken,
        mark: null,
      });
      expect([await statusOf(token), await statusOf(rotated.sessionToken)]).toEqual([400, 200]);
      expect(await app.run(({ Parse }) => new Parse.Query('Note').find())).toEqual([]);
      expect(requests.count('/functions/s_rotateSession')).toBe(1);
    },
  );

  it('comes with confirmIdentity, on demand', async () => {
    const stale = await makeSession(server, user.userId, {
      authenticatedAt: parseDate(Date.now() - HOUR),
    });
    const confirmed = await app.run(
      async ({ Parse, state }, { sessionToken, password }) => {
        await Parse.User.become(sessionToken);
        const answer = await state.sessions.confirmIdentity({ password, rotate: true });
        return { ...answer, authenticatedAt: answer.authenticatedAt instanceof Date };
      },
      { sessionToken: stale.token, password: user.password },
    );
    const { token: now, stored } = await report();
    expect(now).not.toBe(stale.token);
    expect(confirmed).toEqual({ authenticatedAt: true, sessionToken: now, expiresAt: null });
    expect([stored, await statusOf(stale.token), await statusOf(now!)]).toEqual([now, 400, 200]);
  });

  it('sends requests that were under way with the old token once more, and logs nobody out', async () => {
    const outcomes = await app.run(async ({ Parse, outcome, holdRequests, state }) => {
      const late = await holdRequests(() => new Parse.Query('Note').find());
      const named = Parse.User.current()!.getSessionToken()!;
      await state.sessions.rotate();
      late.release();
      return [
        await late.outcome,
        await outcome(() => new Parse.Query('Note').find({ sessionToken: named })),
        await outcome(() => Parse.Object.saveAll([new Parse.Object('Memo'), new Parse.Object('Memo')])),
      ];
    });
    expect(outcomes).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(await report()).toMatchObject({ calls: 0, user: user.userId });
  });

  it('has requests wait whose refusal comes before the new token', async () => {
    const outcomes = await app.run(async ({ Parse, outcome, holdAnswers, state }) => {
      const rotation = await holdAnswers(() => state.sessions.rotate());
      const refused = [1, 2, 3].map(() => outcome(() => new Parse.Query('Note').find()));
      await new Promise(resolve => setImmediate(resolve));
      rotation.release();
      return [await rotation.outcome, ...(await Promise.all(refused))];
    });
    expect(outcomes).toEqual(Array(4).fill({ ok: true }));
    expect(await report()).toMatchObject({ calls: 0, user: user.userId });
  });

  it('can be called several times at once', async () => {
    const tokens = await app.run(async ({ state }) =>
      (await Promise.all([1, 2, 3].map(() => state.sessions.rotate()))).map(
        ({ sessionToken }) => sessionToken,
      ),
    );
    expect(new Set([token, ...tokens]).size).toBe(4);
    const { token: now, calls } = await report();
    expect([now, calls]).toEqual([tokens[2], 0]);
    expect(await Promise.all([...tokens, token].map(statusOf))).toEqual([400, 400, 200, 400]);
  });

  it('of a session that is over logs out and calls back once', async () => {
    await revoke(server, token);
    const outcome = await app.run(({ state, outcome: become }) => become(() => state.sessions.rotate()));
    expect(outcome).toMatchObject({ code: 209 });
    expect(await report()).toMatchObject({ calls: 1, user: null, stored: null, mark: null });
  });

  it('that does not reach the server leaves all as it was', async () => {
    const outcome = await app.run(async ({ state, outcome: become }) => {
      const platformFetch = globalThis.fetch;
      globalThis.fetch = () => Promise.reject(new TypeError('no network'));
      try {
        return await become(() => state.sessions.rotate());
      } finally {
        globalThis.fetch = platformFetch;
      }
    });
    expect(outcome).toMatchObject({ ok: false, message: 'no network' });
    expect(await report()).toEqual({ calls: 0, user: user.userId, token, stored: token, mark: null });
    expect(await app.run(({ Parse }) => new Parse.Query('Note').find())).toEqual([]);
  });

  it('signs nobody in again who has logged out meanwhile, and leaves no session', async () => {
    await app.run(async ({ Parse, holdAnswers, settle, outcome, state }) => {
      const rotation = await holdAnswers(() => state.sessions.rotate());
      const loggedOut = outcome(() => Parse.User.logOut());
      await settle();
      rotation.release();
      await Promise.all([rotation.outcome, loggedOut]);
    });
    expect(await report()).toMatchObject({ calls: 0, user: null, stored: null });
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  it('of another session has the client go on with the new token, and nobody else', async () => {
    const other = await server.login(user.username, user.password);
    const [rotated, isCurrent] = await app.run(async ({ Parse, client }, sessionToken) => {
      const sessions = client.sessionsClient(Parse, { functionPrefix: 's_', sessionToken });
      const answer = await sessions.rotate();
      return [answer, (await sessions.current()).current] as const;
    }, other.token);
    expect(isCurrent).toBe(true);
    expect([await statusOf(other.token), await statusOf(rotated.sessionToken)]).toEqual([400, 200]);
    expect(await report()).toMatchObject({ user: user.userId, token, stored: token });
  });
});

describe('another tab of the browser', () => {
  const query = () => app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()));

  it('goes on with the token that is stored', async () => {
    const next = await rotateOnServer(token);
    await app.run(({ state }, stored) => state.storeElsewhere(stored.id, stored.next), {
      id: user.userId,
      next,
    });
    expect(await query()).toEqual({ ok: true });
    expect(await report()).toMatchObject({ calls: 0, token: next, stored: next });
  });

  it('waits for a token that is about to be stored', async () => {
    const next = await rotateOnServer(token);
    const outcome = await app.run(
      async ({ Parse, outcome: become, settle, state }, stored) => {
        await Parse.Storage.setItemAsync(state.mark, String(Date.now()));
        const waiting = become(() => new Parse.Query('Note').find());
        await settle();
        await state.storeElsewhere(stored.id, stored.next);
        const became = await waiting;
        await Parse.Storage.removeItemAsync(state.mark);
        return became;
      },
      { id: user.userId, next },
    );
    expect(outcome).toEqual({ ok: true });
    expect(await report()).toMatchObject({ calls: 0, token: next, stored: next });
  });

  it.each([
    ['was closed meanwhile', () => String(Date.now() - 5001)],
    ['had another clock', () => String(Date.now() + HOUR)],
    ['left something else', () => 'x'],
  ])('does not wait for a tab that %s', async (_what, mark) => {
    await app.run(({ Parse, state }, at) => Parse.Storage.setItemAsync(state.mark, at), mark());
    await rotateOnServer(token);
    expect(await query()).toMatchObject({ code: 209 });
    expect(await report()).toMatchObject({ calls: 1, user: null });
    await app.run(({ Parse, state }) => Parse.Storage.removeItemAsync(state.mark));
  });

  it('may rotate at the same time: one comes after the other', async () => {
    const next = await rotateOnServer(token);
    await app.run(({ state }, stored) => state.storeElsewhere(stored.id, stored.next), {
      id: user.userId,
      next,
    });
    const rotated = await app.run(({ state }) => state.sessions.rotate());
    expect(await report()).toMatchObject({
      calls: 0,
      token: rotated.sessionToken,
      stored: rotated.sessionToken,
    });
    expect([await statusOf(next), await statusOf(rotated.sessionToken)]).toEqual([400, 200]);
  });
});

describe('LiveQuery', () => {
  it('goes on with the new token: the SDK’s client, one of the app’s own, and subscriptions', async () => {
    const acl = { [user.userId]: { read: true, write: true } };
    await app.run(
      async ({ Parse, state }, liveQueryServerURL) => {
        const own = new Parse.LiveQueryClient({
          applicationId: Parse.applicationId,
          serverURL: liveQueryServerURL,
          sessionToken: Parse.User.current()!.getSessionToken()!,
        } as never);
        own.open();
        const opened = (subscription: any) => new Promise(resolve => subscription.on('open', resolve));
        const subscriptions = [
          await new Parse.Query('Note').subscribe(),
          own.subscribe(new Parse.Query('Note'), Parse.User.current()!.getSessionToken()!)!,
        ];
        await Promise.all(subscriptions.map(opened));
        const reopened = subscriptions.map(opened);
        state.events = subscriptions.map(
          one => new Promise(resolve => one.on('create', note => resolve(note.get('text')))),
        );
        state.close = () => (own.close(), Parse.LiveQuery.close());
        await state.sessions.rotate();
        await Promise.all(reopened);
      },
      server.url.replace(/^http/, 'ws'),
    );
    await server.rest('POST', '/classes/Note', { master: true, body: { text: 'for him', ACL: acl } });
    expect(await app.run(({ state }) => Promise.all(state.events))).toEqual(['for him', 'for him']);
    expect(await report()).toMatchObject({ calls: 0, user: user.userId });
    await app.run(({ state }) => state.close());
  });
});
