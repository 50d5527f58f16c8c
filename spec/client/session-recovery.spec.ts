import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  filesInMemory,
  revoke,
  startClient,
  watchRequests,
  type ClientProcess,
} from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer({}, { filesAdapter: filesInMemory() }, { liveQuery: true });
  requests = watchRequests(server);
  app = await startClient(server);
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

beforeEach(async () => {
  user = await server.signUp();
  token = await app.run(async (scope, account) => {
    const { install, Parse, state } = scope;
    state.recoveries = 0;
    install({
      recover: async () => {
        state.recoveries += 1;
        return Parse.User.logIn(account.username, account.password);
      },
    });
    return scope.logIn(account);
  }, user);
  requests.paths.length = 0;
});

const report = () =>
  app.run(async ({ Parse, settle, calls, state }) => {
    await settle();
    return { calls, recoveries: state.recoveries as number, user: Parse.User.current()?.id ?? null };
  });

describe('recover', () => {
  it('is called once for twenty requests, which are sent once more and succeed', async () => {
    await revoke(server, token);
    const outcomes = await app.run(async ({ Parse, outcome }) =>
      Promise.all(
        Array.from({ length: 20 }, (_, index) => outcome(() => new Parse.Object('Note').save({ index }))),
      ),
    );
    expect(outcomes).toEqual(Array(20).fill({ ok: true }));
    expect(await report()).toEqual({ calls: [], recoveries: 1, user: user.userId });
    expect(requests.count('/classes/Note')).toBe(40);
    // Nobody is told how the session ended, and nobody has asked.
    expect(requests.count('/functions/endedSession')).toBe(0);
    const notes = await server.rawFind('Note', {});
    expect(notes.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('is not called while the session lives', async () => {
    expect(await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()))).toEqual({
      ok: true,
    });
    expect(await report()).toEqual({ calls: [], recoveries: 0, user: user.userId });
  });

  it('serves saveAll, cloud functions and the bytes of a file, too', async () => {
    await revoke(server, token);
    const outcomes = await app.run(async ({ Parse, outcome }) =>
      Promise.all([
        outcome(() => Parse.Object.saveAll([new Parse.Object('Memo'), new Parse.Object('Memo')])),
        outcome(() => Parse.Cloud.run('listSessions')),
        outcome(() => new Parse.File('a.txt', Buffer.from('hi') as never).save()!),
      ]),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([undefined, undefined, undefined]);
    expect(await server.rawFind('Memo', {})).toHaveLength(2);
  });

  it('sends a LiveQuery subscription once more', async () => {
    await revoke(server, token);
    const subscribed = await app.run(async ({ Parse }) => {
      const subscription = await new Parse.Query('_Session').subscribe();
      return subscription.subscribed;
    });
    expect(subscribed).toBe(true);
    expect(await report()).toEqual({ calls: [], recoveries: 1, user: user.userId });
    await app.run(({ Parse }) => Parse.LiveQuery.close());
  });

  it.each(['an anonymous log-in', 'a sign-up, which the dead token would make fail'])(
    'can be %s',
    async kind => {
      await app.run(({ Parse, install }, signsUp) => {
        const name = `guest-${Date.now()}`;
        install({
          recover: () => (signsUp ? Parse.User.signUp(name, 'a password', {}) : Parse.AnonymousUtils.logIn()),
        });
      }, kind.includes('sign-up'));
      await revoke(server, token);
      expect(await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()))).toEqual({
        ok: true,
      });
      const { calls, user: guest } = await report();
      expect(calls).toEqual([]);
      expect([null, user.userId]).not.toContain(guest);
    },
  );

  it('serves a 209 that comes late, when it is done already', async () => {
    await revoke(server, token);
    const outcomes = await app.run(async ({ Parse, outcome, holdRequests }) => {
      const late = await holdRequests(() => new Parse.Query('Note').find());
      const first = await outcome(() => new Parse.Query('Note').find());
      late.release();
      return [first, await late.outcome];
    });
    expect(outcomes).toEqual([{ ok: true }, { ok: true }]);
    expect(await report()).toMatchObject({ calls: [], recoveries: 1 });
  });

  it('that throws leaves the user logged out, and each request its own error', async () => {
    await app.run(({ install, state }) =>
      install({
        recover: async () => {
          state.recoveries += 1;
          throw new Error('no network');
        },
      }),
    );
    await revoke(server, token);
    const codes = await app.run(async ({ Parse, outcome }) =>
      (await Promise.all(Array.from({ length: 5 }, () => outcome(() => new Parse.Query('Note').find())))).map(
        ({ code }) => code,
      ),
    );
    expect(codes).toEqual([209, 209, 209, 209, 209]);
    expect(await report()).toEqual({
      calls: [
        {
          code: 209,
          message: 'Invalid session token',
          user: null,
          recoveryError: 'no network',
          ended: { reason: 'revoked', by: 'server', isDate: true },
        },
      ],
      recoveries: 1,
      user: null,
    });
  });

  it('that answers no user means that the session is over', async () => {
    await app.run(({ install }) => install({ recover: async () => null }));
    await revoke(server, token);
    expect(
      await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find())),
    ).toMatchObject({
      code: 209,
    });
    expect((await report()).calls).toHaveLength(1);
  });

  it('that answers a user who is not the current one says so', async () => {
    await app.run(
      ({ install, Parse }, other) => install({ recover: async () => Parse.User.me(other) }),
      (await server.signUp()).token,
    );
    await revoke(server, token);
    expect(
      await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find())),
    ).toMatchObject({
      code: 209,
    });
    expect((await report()).calls).toEqual([
      expect.objectContaining({
        recoveryError: 'recover: the user that it answered is not the current user.',
      }),
    ]);
  });

  it('is not tried again when the new session is dead as well: the request was sent twice, no more', async () => {
    await app.run(
      ({ install, Parse, state }, { username, password }) =>
        install({
          recover: async () => {
            state.recoveries += 1;
            const signedIn = await Parse.User.logIn(username, password);
            await (await Parse.Session.current()).destroy();
            return signedIn;
          },
        }),
      user,
    );
    await revoke(server, token);
    expect(
      await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find())),
    ).toMatchObject({
      code: 209,
    });
    expect(await report()).toEqual({
      calls: [expect.objectContaining({ code: 209 })],
      recoveries: 1,
      user: null,
    });
    expect(requests.count('/classes/Note')).toBe(2);
  });

  it('may itself send the dead token without waiting for itself', async () => {
    await app.run(
      ({ install, Parse }, { username, password, dead }) =>
        install({
          recover: async () => {
            await Parse.Cloud.run('listSessions', {}, { sessionToken: dead }).catch(() => undefined);
            return Parse.User.logIn(username, password);
          },
        }),
      { ...user, dead: token },
    );
    await revoke(server, token);
    expect(await app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()))).toEqual({
      ok: true,
    });
    expect((await report()).calls).toEqual([]);
  });
});
