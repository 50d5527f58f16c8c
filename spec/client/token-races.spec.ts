import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, pointerTo } from '../support/sessions';
import { HOUR } from '../support/time';
import { revoke, startClient, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;

beforeAll(async () => {
  server = await startServer({ fresh: { PaymentMethod: true } }, {}, { liveQuery: true });
  server.sessions.liveQuery(server.server.liveQueryServer);
  app = await startClient(server);
  await app.run(({ Parse, client, state, settle, holdAnswers }) => {
    state.sessions = client.sessionsClient(Parse);
    state.userPath = Parse.Storage.generatePath('currentUser');
    state.mark = Parse.Storage.generatePath('sessionRenewal');
    state.save = (index = 0) => new Parse.Object('PaymentMethod').save({ index });
    /** Does something while the answer to other work is held. */
    state.meanwhile = async (work: () => Promise<unknown>, then: () => Promise<unknown>) => {
      const held = await holdAnswers(work);
      await then();
      held.release();
      const outcome = await held.outcome;
      await settle();
      return outcome;
    };
  });
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

const staleSession = async () =>
  (await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) })).token;

beforeEach(async () => {
  user = await server.signUp();
  token = await staleSession();
  await app.run(
    async ({ Parse, state, uninstall, install }, { sessionToken, password }) => {
      uninstall();
      Object.assign(state, { asked: 0, password, answer: () => ({ password }) });
      install({
        confirmIdentity: () => {
          state.asked += 1;
          return state.answer();
        },
      });
      await Parse.User.become(sessionToken);
    },
    { sessionToken: token, password: user.password },
  );
});

const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointerTo(userId) });
const statusOf = async (sessionToken: string) =>
  (await server.rest('GET', '/sessions/me', { token: sessionToken })).status;
/** What the app sees next: whether a request works, who is signed in, how often it was called back and has asked. */
const next = () =>
  app.run(async ({ Parse, outcome, settle, calls, state }) => {
    const query = await outcome(() => new Parse.Query('Note').find());
    await settle();
    const stored = await Parse.Storage.getItemAsync(state.userPath);
    return {
      query: query.code ?? 'ok',
      user: Parse.User.current()?.id ?? null,
      calls: calls.length,
      asked: state.asked as number,
      isStored:
        stored !== null && JSON.parse(stored).sessionToken === Parse.User.current()?.getSessionToken(),
    };
  });
const ok = () => ({ query: 'ok', user: user.userId, calls: 0, asked: 0, isStored: true });

describe('a rotation', () => {
  it.each(['fetch', 'become'])('during a %s of the user, whose answer has the old token', async how => {
    const outcome = await app.run(({ Parse, state }, kind) => {
      const own = Parse.User.current()!;
      const sessionToken = own.getSessionToken()!;
      return state.meanwhile(
        () => (kind === 'fetch' ? own.fetch() : Parse.User.become(sessionToken)),
        () => state.sessions.rotate(),
      );
    }, how);
    expect(outcome).toEqual({ ok: true });
    expect(await next()).toEqual(ok());
  });

  it('in two tabs at once: the later one waits', async () => {
    const rotated = (await server.run('rotateSession', {}, { token })).sessionToken;
    const outcome = await app.run(
      async ({ Parse, state, outcome: become, settle }, stored) => {
        // The other tab has its answer, and has not stored it yet.
        await Parse.Storage.setItemAsync(state.mark, `${Date.now()}:0.5`);
        const rotation = become(() => state.sessions.rotate());
        await settle();
        const json = {
          objectId: stored.userId,
          sessionToken: stored.rotated,
          username: 'x',
          className: '_User',
        };
        await Parse.Storage.setItemAsync(state.userPath, JSON.stringify(json));
        await Parse.Storage.removeItemAsync(state.mark);
        return rotation;
      },
      { rotated, userId: user.userId },
    );
    expect(outcome).toEqual({ ok: true });
    expect(await next()).toEqual(ok());
  });

  it('leaves the mark of another tab', async () => {
    const mark = await app.run(async ({ Parse, state }) => {
      await state.meanwhile(
        () => state.sessions.rotate(),
        () => Parse.Storage.setItemAsync(state.mark, 'another tab’s'),
      );
      const left = await Parse.Storage.getItemAsync(state.mark);
      await Parse.Storage.removeItemAsync(state.mark);
      return left;
    });
    expect(mark).toBe('another tab’s');
  });

  it('that comes to nothing leaves the tokens of before as they are', async () => {
    const outcomes = await app.run(async ({ Parse, outcome, holdRequests, state }) => {
      const late = await holdRequests(() => new Parse.Query('Note').find());
      await state.sessions.rotate();
      const wrong = await outcome(() => state.sessions.confirmIdentity({ password: 'wrong', rotate: true }));
      late.release();
      return [wrong.code, (await late.outcome).ok];
    });
    expect(outcomes).toEqual([101, true]);
    expect(await next()).toEqual(ok());
  });

  it.each<[string, unknown]>([
    ['nothing', { result: {} }],
    ['an empty token', { result: { sessionToken: '' } }],
    ['a number', { result: { sessionToken: 5 } }],
    ['null', { result: null }],
  ])('that the server answers with %s changes nothing', async (_what, answer) => {
    const outcome = await app.run(async ({ state, outcome: become }, body) => {
      const platformFetch = globalThis.fetch;
      globalThis.fetch = async () =>
        new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
      const result = await become(() => state.sessions.rotate());
      globalThis.fetch = platformFetch;
      return result;
    }, answer);
    expect(outcome).toMatchObject({ ok: false, code: 107 });
    expect(await next()).toEqual(ok());
  });

  it('does not keep the app from signing in again once the session is over', async () => {
    const account = { username: user.username, password: user.password };
    const outcome = await app.run(async ({ Parse, state, install, holdRequests }, { username, password }) => {
      install({
        recover: () => Parse.User.logIn(username, password),
        confirmIdentity: undefined as never,
      });
      const late = await holdRequests(() => new Parse.Query('Note').find());
      const { sessionToken } = await state.sessions.rotate();
      await state.sessions.current();
      // The server ends it past this client.
      await fetch(`${Parse.serverURL}/logout`, {
        method: 'POST',
        headers: { 'X-Parse-Application-Id': Parse.applicationId!, 'X-Parse-Session-Token': sessionToken },
      });
      late.release();
      return late.outcome;
    }, account);
    expect(outcome).toEqual({ ok: true });
    expect(await next()).toEqual(ok());
  });

  it('by a client that names the token of the current session, which was replaced meanwhile', async () => {
    await app.run(async ({ Parse, client, state }) => {
      const named = client.sessionsClient(Parse, { sessionToken: Parse.User.current()!.getSessionToken()! });
      await state.sessions.rotate();
      await named.rotate();
    });
    expect(await next()).toEqual(ok());
    expect(await sessionsOf(user.userId)).toHaveLength(2);
  });

  it('under way while another user logs in leaves no session behind', async () => {
    const other = await server.signUp();
    await app.run(
      ({ Parse, state }, account) =>
        state.meanwhile(
          () => state.sessions.rotate(),
          () => Parse.User.logIn(account.username, account.password),
        ),
      other,
    );
    expect(await next()).toMatchObject({ query: 'ok', user: other.userId, calls: 0 });
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  it('under way while another tab logs out signs nobody in again', async () => {
    await app.run(({ Parse, state }) =>
      state.meanwhile(
        () => state.sessions.rotate(),
        () => Parse.Storage.removeItemAsync(state.userPath),
      ),
    );
    expect(await next()).toMatchObject({ query: 209, user: null, calls: 1 });
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  it('under way while the user signs out everywhere logs him out', async () => {
    await app.run(async ({ state, holdAnswers, settle, outcome }) => {
      const rotation = await holdAnswers(() => state.sessions.rotate());
      const left = outcome(() => state.sessions.revokeAll());
      rotation.release();
      await Promise.all([rotation.outcome, left]);
      await settle();
    });
    expect(await next()).toMatchObject({ user: null, calls: 1 });
    expect(await sessionsOf(user.userId)).toEqual([]);
  });
});

it('a log-out after a rotation that it did not know of succeeds', async () => {
  const outcome = await app.run(async ({ Parse, state, outcome: become, holdAnswers }) => {
    const rotation = await holdAnswers(() => state.sessions.rotate());
    const loggedOut = become(() => Parse.User.logOut());
    rotation.release();
    await rotation.outcome;
    return loggedOut;
  });
  expect(outcome).toEqual({ ok: true });
  expect(await sessionsOf(user.userId)).toHaveLength(1);
});

it('a new password logs nobody out whose requests are refused before its answer comes', async () => {
  const outcomes = await app.run(async ({ Parse, outcome, holdAnswers, settle }) => {
    const own = Parse.User.current()!;
    const change = await holdAnswers(() => own.save({ password: 'a new one' }));
    const query = outcome(() => new Parse.Query('Note').find());
    await settle();
    change.release();
    return [await change.outcome, await query];
  });
  expect(outcomes).toEqual([{ ok: true }, { ok: true }]);
  expect(await next()).toEqual(ok());
});

describe('the dialog', () => {
  const hold = () =>
    app.run(({ state }) => {
      state.answer = () => new Promise(resolve => (state.close = resolve));
    });

  it('may have the session get a new token: { password, rotate: true }', async () => {
    const outcomes = await app.run(async ({ outcome, state }) => {
      state.answer = () => ({ password: state.password, rotate: true });
      return Promise.all([1, 2, 3].map(index => outcome(() => state.save(index))));
    });
    expect(outcomes).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(await next()).toEqual({ ...ok(), asked: 1 });
    expect(await statusOf(token)).toBe(400);
  });

  it('is shown for requests that were sent with a token which was replaced', async () => {
    const outcome = await app.run(async ({ state, holdRequests }) => {
      const late = await holdRequests(() => state.save());
      await state.sessions.rotate();
      late.release();
      return late.outcome;
    });
    expect(outcome).toEqual({ ok: true });
    expect(await next()).toEqual({ ...ok(), asked: 1 });
  });

  it('is one for the requests of before and after a rotation', async () => {
    await hold();
    const outcomes = await app.run(async ({ outcome, state, settle }) => {
      const before = outcome(() => state.save());
      await settle();
      await state.sessions.rotate();
      const after = outcome(() => state.save());
      await settle();
      state.close({ password: state.password });
      return Promise.all([before, after]);
    });
    expect(outcomes).toEqual([{ ok: true }, { ok: true }]);
    expect(await next()).toEqual({ ...ok(), asked: 1 });
  });

  it('goes well with fifty requests and a rotation at once', async () => {
    const outcomes = await app.run(({ outcome, state }) =>
      Promise.all(
        Array.from({ length: 51 }, (_, index) =>
          outcome(() => (index === 25 ? state.sessions.rotate() : state.save(index))),
        ),
      ),
    );
    expect(outcomes).toEqual(Array(51).fill({ ok: true }));
    expect(await next()).toMatchObject({ ...ok(), asked: expect.any(Number) });
  });

  it('that nobody answers is given up with the session, and the next one is asked', async () => {
    await hold();
    const sessionToken = await staleSession();
    const outcomes = await app.run(async ({ Parse, outcome, state, settle }, fresh) => {
      const waiting = outcome(() => state.save());
      await settle();
      await Parse.User.logOut();
      const given = await waiting;
      await Parse.User.become(fresh);
      state.answer = () => ({ password: state.password });
      return [given.code, (await outcome(() => state.save())).ok];
    }, sessionToken);
    expect(outcomes).toEqual([119, true]);
    expect(await next()).toEqual({ ...ok(), asked: 2 });
  });

  it('of a session that the server ends is given up, too', async () => {
    await hold();
    const waiting = app.run(({ outcome, state }) => outcome(() => state.save()));
    await app.run(({ settle }) => settle());
    await revoke(server, token);
    expect(await next()).toMatchObject({ query: 209, user: null, calls: 1, asked: 1 });
    expect(await waiting).toMatchObject({ code: 119 });
  });

  it.each(['is lost', 'is empty'])(
    'does not take a saveAll for refused whose second answer %s',
    async how => {
      const outcome = await app.run(async ({ Parse, outcome: become }, isLost) => {
        const platformFetch = globalThis.fetch;
        let batches = 0;
        globalThis.fetch = async (...request) => {
          const answer = await platformFetch(...request);
          if (String(request[0]).endsWith('/batch')) batches += 1;
          if (batches < 2) return answer;
          if (isLost) throw new TypeError('connection lost');
          return new Response('[]', { headers: { 'content-type': 'application/json' } });
        };
        const objects = [new Parse.Object('PaymentMethod'), new Parse.Object('PaymentMethod')];
        const result = await become(() => Parse.Object.saveAll(objects));
        globalThis.fetch = platformFetch;
        return result;
      }, how === 'is lost');
      expect(outcome).toMatchObject({ ok: false, code: 100 });
    },
  );
});

describe('LiveQuery', () => {
  const subscribe = () =>
    app.run(async ({ Parse, state }) => {
      const opened = (one: any) => new Promise(resolve => one.on('open', resolve));
      const subscription: any = await new Parse.Query('Note').subscribe();
      await opened(subscription);
      state.reopened = opened(subscription);
      state.event = new Promise(resolve =>
        subscription.on('create', (note: any) => resolve(note.get('text'))),
      );
    });
  const goesOn = async () => {
    await app.run(({ state }) => state.reopened);
    const ACL = { [user.userId]: { read: true } };
    await server.rest('POST', '/classes/Note', { master: true, body: { text: 'for him', ACL } });
    expect(await app.run(({ state }) => state.event)).toBe('for him');
    await app.run(({ Parse }) => Parse.LiveQuery.close());
  };

  it('goes on with the token that another tab has stored', async () => {
    await subscribe();
    const rotated = (await server.run('rotateSession', {}, { token })).sessionToken;
    await app.run(
      ({ Parse, state }, stored) =>
        Parse.Storage.setItemAsync(
          state.userPath,
          JSON.stringify({
            objectId: stored.userId,
            sessionToken: stored.rotated,
            username: 'x',
            className: '_User',
          }),
        ),
      { userId: user.userId, rotated },
    );
    await goesOn();
    expect(await next()).toEqual(ok());
  });

  it('goes on with a new token after the handler was installed anew', async () => {
    await subscribe();
    await app.run(async ({ install, state }) => {
      install();
      await state.sessions.rotate();
    });
    await goesOn();
  });
});
