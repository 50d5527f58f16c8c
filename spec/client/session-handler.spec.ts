import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  filesInMemory,
  revoke,
  signInAnew,
  startClient,
  watchRequests,
  type ClientProcess,
  type ClientScope,
} from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer(
    {},
    { filesAdapter: filesInMemory() },
    {
      liveQuery: true,
      cloud(Parse) {
        Parse.Cloud.beforeSave('LastWords', async (request: any) => {
          await new Parse.Query('_Session')
            .equalTo('user', request.user)
            .each((session: any) => session.destroy({ useMasterKey: true }), { useMasterKey: true });
          throw new Parse.Error(209, 'Invalid session token');
        });
      },
    },
  );
  requests = watchRequests(server);
  app = await startClient(server);
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

beforeEach(async () => {
  requests.paths.length = 0;
  ({ user, token } = await signInAnew(app, server));
});

const currentUser = () => app.run(({ Parse }) => Parse.User.current()?.id ?? null);
const calls = () => app.run(scope => scope.settle().then(() => scope.calls));

const signedOutOnce = () => [
  expect.objectContaining({ code: 209, message: 'Invalid session token', user: null }),
];

const WAYS: Record<string, (scope: ClientScope) => Promise<unknown>> = {
  'a query': ({ Parse }) => new Parse.Query('Note').find(),
  'a count': ({ Parse }) => new Parse.Query('Note').count(),
  'a get': ({ Parse }) => new Parse.Query('Note').get('x'),
  'a save': ({ Parse }) => new Parse.Object('Note').save(),
  saveAll: ({ Parse }) => Parse.Object.saveAll([new Parse.Object('Note'), new Parse.Object('Note')]),
  'a delete': ({ Parse }) => Object.assign(new Parse.Object('Note'), { id: 'x' }).destroy(),
  destroyAll: ({ Parse }) => Parse.Object.destroyAll([Object.assign(new Parse.Object('Note'), { id: 'x' })]),
  'a fetch': ({ Parse }) => Parse.User.current()!.fetch(),
  'the current session': ({ Parse }) => Parse.Session.current(),
  'a cloud function': ({ Parse }) => Parse.Cloud.run('listSessions'),
  'a file in Base64': ({ Parse }) => new Parse.File('a.txt', { base64: 'aGk=' }).save()!,
  'a file of bytes': ({ Parse }) => new Parse.File('a.txt', Buffer.from('hi') as never).save()!,
  'the config': ({ Parse }) => Parse.Config.get(),
  'a LiveQuery subscription': ({ Parse }) => new Parse.Query('_Session').subscribe(),
};

describe('when the server refuses the session token', () => {
  it.each(Object.entries(WAYS))('%s logs out and calls back, once', async (_name, work) => {
    await revoke(server, token);
    const outcome = await app.run(
      async (scope, source: string) => scope.outcome(() => (0, eval)(`(${source})`)(scope)),
      work.toString(),
    );
    expect(outcome).toMatchObject({ ok: false, invalidSession: true });
    expect(await calls()).toEqual([expect.objectContaining({ code: 209, user: null })]);
    expect(await currentUser()).toBeNull();
    expect(requests.count('/logout')).toBe(1);
  });

  it.each(Object.entries(WAYS))('%s with a live session does neither', async (name, work) => {
    const outcome = await app.run(
      async (scope, source: string) => scope.outcome(() => (0, eval)(`(${source})`)(scope)),
      work.toString(),
    );
    const missing = { 'a get': 101, 'a delete': 101, destroyAll: 600 }[name];
    expect(outcome).toMatchObject(missing ? { code: missing, invalidSession: false } : { ok: true });
    expect(await calls()).toEqual([]);
    expect(await currentUser()).toBe(user.userId);
  });

  it('fifty requests that fail together make one log-out and one callback', async () => {
    await revoke(server, token);
    const codes = await app.run(async ({ Parse }) => {
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) => new Parse.Query('Note').equalTo('index', index).find()),
      );
      return results.map(result => (result as PromiseRejectedResult).reason.code);
    });
    expect(codes).toEqual(Array(50).fill(209));
    expect(await calls()).toEqual(signedOutOnce());
    expect(requests.count('/logout')).toBe(1);
  });

  it('the app gets every rejection as it would without the handler', async () => {
    await revoke(server, token);
    const compare = async ({ Parse, outcome }: ClientScope, sessionToken: string) => [
      await outcome(() => new Parse.Query('Note').find({ sessionToken })),
      await outcome(() =>
        Parse.Object.saveAll([new Parse.Object('Note'), new Parse.Object('Note')], { sessionToken }),
      ),
      await outcome(() => Parse.Cloud.run('listSessions', {}, { sessionToken })),
    ];
    const handled = await app.run(compare, token);
    await app.run(({ uninstall }) => uninstall());
    expect(handled).toEqual(await app.run(compare, token));
    expect(handled.map(({ code }) => code)).toEqual([209, 111, 209]);
  });

  it('an expired session counts as well, though the server answers its log-out otherwise', async () => {
    await server.rawUpdate(
      '_Session',
      { sessionToken: token },
      { expiresAt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } },
    );
    await server.server.config.cacheController.user.del(token);
    const outcome = await app.run(scope => scope.outcome(() => new scope.Parse.Query('Note').find()));
    expect(outcome).toMatchObject({ code: 209, message: 'Session token is expired.' });
    expect(await calls()).toHaveLength(1);
    expect(await currentUser()).toBeNull();
  });

  it('a session that ends in the middle of a batch counts as well', async () => {
    const outcome = await app.run(scope =>
      scope.outcome(() => scope.Parse.Object.saveAll([new scope.Parse.Object('LastWords')])),
    );
    expect(outcome).toMatchObject({ ok: false, code: 209 });
    expect(await calls()).toEqual(signedOutOnce());
  });

  it('a subscription renewed after a lost connection counts as well', async () => {
    await app.run(async ({ Parse, state }) => {
      state.subscription = await new Parse.Query('_Session').subscribe();
    });
    await revoke(server, token);
    // Without `sessions.liveQuery()` Parse Server's LiveQuery takes the token from its caches for some seconds.
    const { liveQueryServer } = server.server;
    liveQueryServer.authCache.delete(token);
    await liveQueryServer.cacheController.user.del(token);
    await app.run(async ({ Parse, state, calls }) => {
      const wait = (time: number) => new Promise(resolve => setTimeout(resolve, time));
      const { socket } = state.subscription.client;
      if (socket.readyState === 1) socket.close();
      for (let waited = 0; calls.length === 0 && waited < 5000; waited += 50) await wait(50);
      await Parse.LiveQuery.close();
    });
    expect(await calls()).toEqual(signedOutOnce());
  }, 20_000);

  it('the next session that ends is a log-out and a callback of its own', async () => {
    await revoke(server, token);
    await app.run(scope => scope.outcome(() => new scope.Parse.Query('Note').find()));
    expect(await calls()).toHaveLength(1);
    await revoke(server, await app.run((scope, account) => scope.logIn(account), user));
    await app.run(scope => scope.outcome(() => new scope.Parse.Query('Note').find()));
    expect(await calls()).toHaveLength(2);
    expect(await currentUser()).toBeNull();
  });
});
