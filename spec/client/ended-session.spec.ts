import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { startClient, watchRequests, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let sessionId: string;
let requests: ReturnType<typeof watchRequests>;

async function start(...options: Parameters<typeof startServer>) {
  server = await startServer(...options);
  app = await startClient(server);
  requests = watchRequests(server);
}

async function stop() {
  await app?.stop();
  await server?.stop();
}

async function logIn(functionPrefix = '') {
  user = await server.signUp();
  token = await app.run(
    (scope, { account, functionPrefix }) => {
      scope.install({ functionPrefix });
      return scope.logIn(account);
    },
    { account: user, functionPrefix },
  );
  [{ objectId: sessionId }] = (await server.rawFind('_Session', { sessionToken: token })) as [
    { objectId: string },
  ];
  requests.paths.length = 0;
}

const query = () => app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()));
const report = () =>
  app.run(async ({ settle, calls, unhandled }) => {
    await settle();
    return { calls, unhandled };
  });

/** Makes a request of the client, and answers what its app is told of the end. */
async function toldOfEnd() {
  await query();
  const { calls, unhandled } = await report();
  expect(unhandled).toEqual([]);
  expect(calls).toHaveLength(1);
  return calls[0]!.ended;
}

describe('onInvalidSession is told how the session ended', () => {
  beforeAll(() => start());
  afterAll(stop);
  beforeEach(() => logIn());

  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'signed out from another device',
      async () =>
        server.run(
          'revokeSession',
          { objectId: sessionId },
          await server.login(user.username, user.password),
        ),
      'revoked',
      'session',
    ],
    [
      'ended by a change of the password',
      async () => {
        const other = await server.login(user.username, user.password);
        return server.rest('PUT', `/users/${user.userId}`, { ...other, body: { password: 'another one' } });
      },
      'passwordChange',
      'session',
    ],
    [
      'ended by the master key',
      async () => server.run('revokeSessions', { userId: user.userId }, { master: true }),
      'revoked',
      'master',
    ],
    ['invalidated by the server', async () => server.sessions.invalidate(sessionId), 'invalidated', 'server'],
    ['logged out', async () => server.rest('POST', '/logout', { token, body: {} }), 'logout', 'self'],
    [
      'ended because its user is deleted',
      async () => server.rest('DELETE', `/users/${user.userId}`, { master: true }),
      'userDeleted',
      'master',
    ],
  ])('%s', async (_title, end, reason, by) => {
    await end();
    expect(await toldOfEnd()).toEqual({ reason, by, isDate: true });
  });

  it('expired, and when', async () => {
    const endedAt = new Date('2020-01-01T10:42:00.000Z');
    await server.rawUpdate(
      '_Session',
      { sessionToken: token },
      { expiresAt: { __type: 'Date', iso: endedAt.toISOString() } },
    );
    await server.server.config.cacheController.user.del(token);
    const told = await app.run(async ({ Parse, install, outcome, settle }) => {
      let ended: unknown;
      install({ onInvalidSession: (_error, details) => void (ended = details.ended) });
      await outcome(() => new Parse.Query('Note').find());
      await settle();
      return ended;
    });
    expect(told).toEqual({ reason: 'expired', endedAt, by: { kind: 'server' } });
  });

  it('null for a token of which the server knows nothing', async () => {
    await server.rawDelete('_Session', { sessionToken: token });
    await server.server.config.cacheController.user.del(token);
    expect(await toldOfEnd()).toBeNull();
  });

  it('nobody is told, nor is the server asked, while the session lives', async () => {
    expect(await query()).toEqual({ ok: true });
    expect((await report()).calls).toEqual([]);
    expect(requests.count('/functions/endedSession')).toBe(0);
  });

  it('fifty requests that fail together ask once', async () => {
    await server.sessions.store.revoke(sessionId);
    await app.run(({ Parse }) =>
      Promise.allSettled(Array.from({ length: 50 }, () => new Parse.Query('Note').find())),
    );
    expect((await report()).calls).toHaveLength(1);
    expect(requests.count('/functions/endedSession')).toBe(1);
  });

  it('the next session that ends is asked about by itself', async () => {
    await server.sessions.store.revoke(sessionId);
    expect(await toldOfEnd()).toMatchObject({ reason: 'revoked' });
    const next = await app.run(({ logIn, calls }, account) => {
      calls.length = 0;
      return logIn(account);
    }, user);
    await server.rest('POST', '/logout', { token: next, body: {} });
    expect(await toldOfEnd()).toMatchObject({ reason: 'logout' });
  });

  it('with what recover threw, when that was tried first', async () => {
    await app.run(({ install }) =>
      install({
        recover: () => {
          throw new Error('no network');
        },
      }),
    );
    await server.sessions.store.revoke(sessionId);
    await query();
    expect((await report()).calls).toEqual([
      expect.objectContaining({
        recoveryError: 'no network',
        ended: { reason: 'revoked', by: 'server', isDate: true },
      }),
    ]);
    expect(requests.count('/functions/endedSession')).toBe(1);
  });

  it('by a look-up without a session, also when somebody has signed in meanwhile, who stays so', async () => {
    await server.sessions.store.revoke(sessionId);
    const other = await server.signUp();
    const { sent, user: current } = await app.run(async ({ Parse, outcome, logIn, settle }, account) => {
      const { fetch } = globalThis;
      const sent: string[] = [];
      const held: Array<() => void> = [];
      globalThis.fetch = async (url, request) => {
        if (String(url).endsWith('/endedSession')) {
          sent.push(String(request?.body));
          await new Promise<void>(resolve => held.push(resolve));
        }
        return fetch(url, request);
      };
      await outcome(() => new Parse.Query('Note').find());
      await settle();
      await logIn(account);
      held.forEach(release => release());
      await settle();
      globalThis.fetch = fetch;
      return { sent: sent.map(body => JSON.parse(body)), user: Parse.User.current()?.id };
    }, other);
    expect(sent).toEqual([expect.objectContaining({ sessionToken: token })]);
    expect(sent[0]).not.toHaveProperty('_SessionToken');
    expect(current).toBe(other.userId);
    expect((await report()).calls).toEqual([
      expect.objectContaining({
        user: other.userId,
        ended: { reason: 'revoked', by: 'server', isDate: true },
      }),
    ]);
    expect(await query()).toEqual({ ok: true });
  });

  it('not at all once the handler is uninstalled, though it has asked already', async () => {
    await server.sessions.store.revoke(sessionId);
    const asked = await app.run(async ({ Parse, outcome, settle, uninstall }) => {
      const { fetch } = globalThis;
      const held: Array<() => void> = [];
      globalThis.fetch = async (url, request) => {
        if (String(url).endsWith('/endedSession')) await new Promise<void>(resolve => held.push(resolve));
        return fetch(url, request);
      };
      await outcome(() => new Parse.Query('Note').find());
      await settle();
      uninstall();
      held.forEach(release => release());
      globalThis.fetch = fetch;
      return held.length;
    });
    expect(asked).toBe(1);
    expect((await report()).calls).toEqual([]);
  });

  it('the token is in no log of the server, nor in what the app is told', async () => {
    const lines: string[] = [];
    const { loggerController } = server.server.config;
    const log = jest
      .spyOn(loggerController.adapter, 'log')
      .mockImplementation((...line: unknown[]) => void lines.push(JSON.stringify(line)));
    await server.sessions.store.revoke(sessionId);
    await toldOfEnd();
    const { calls } = await report();
    log.mockRestore();
    expect(lines.join('\n')).toContain('endedSession');
    expect(lines.join('\n') + JSON.stringify(calls)).not.toContain(token);
  });
});

describe('with a functionPrefix', () => {
  beforeAll(() => start({ functionPrefix: 'auth_' }));
  afterAll(stop);

  it('the handler asks by it', async () => {
    await logIn('auth_');
    await server.sessions.store.revoke(sessionId);
    expect(await toldOfEnd()).toMatchObject({ reason: 'revoked' });
    expect(requests.count('/functions/auth_endedSession')).toBe(1);
  });

  it('that the handler does not know it is told of nothing', async () => {
    await logIn();
    await server.sessions.store.revoke(sessionId);
    expect(await toldOfEnd()).toBeNull();
    expect(requests.count('/functions/endedSession')).toBe(1);
  });
});

describe.each<[string, Parameters<typeof startServer>]>([
  ['that keeps no history', [{ history: false }]],
  ['without this package', [{}, {}, { mounted: false }]],
  [
    'without this package, whose function of that name is another one',
    [
      {},
      {},
      { mounted: false, cloud: (Parse: any) => Parse.Cloud.define('endedSession', () => ({ ended: 7 })) },
    ],
  ],
])('with a server %s', (_title, options) => {
  beforeAll(() => start(...options));
  afterAll(stop);

  it('the app is told nothing of the end, and the user logged out as ever', async () => {
    await logIn();
    await server.rest('DELETE', `/sessions/${sessionId}`, { master: true });
    expect(await toldOfEnd()).toBeNull();
    expect(requests.count('/functions/endedSession')).toBe(1);
    expect(await app.run(({ Parse }) => Parse.User.current())).toBeNull();
  });
});
