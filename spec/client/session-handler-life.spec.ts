import { installSessionHandler, type ParseSdk } from '../../src/client';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { revoke, signInAnew, startClient, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;

beforeAll(async () => {
  server = await startServer();
  app = await startClient(server);
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

beforeEach(async () => {
  ({ user, token } = await signInAnew(app, server));
});

const query = () => app.run(({ Parse, outcome }) => outcome(() => new Parse.Query('Note').find()));
const settled = () => app.run(async ({ settle, calls, unhandled }) => (await settle(), { calls, unhandled }));

describe('uninstalling', () => {
  it('gives back exactly the controller and methods that were there before', async () => {
    const same = await app.run(({ Parse, uninstall, install }) => {
      uninstall();
      const parts = () => [
        Parse.CoreManager.getRESTController(),
        Parse.Query.prototype.subscribe,
        Parse.LiveQueryClient.prototype.subscribe,
      ];
      const before = parts();
      install();
      const during = parts();
      uninstall();
      const after = parts();
      return {
        replaced: during.every((part, index) => part !== before[index]),
        restored: after.every((part, index) => part === before[index]),
      };
    });
    expect(same).toEqual({ replaced: true, restored: true });
  });

  it('ends the handling: a 209 then reaches the app only', async () => {
    await revoke(server, token);
    await app.run(({ uninstall }) => uninstall());
    expect(await query()).toMatchObject({ code: 209 });
    expect((await settled()).calls).toEqual([]);
    expect(await app.run(({ Parse }) => Parse.User.current()?.id)).toBe(user.userId);
  });

  it('ends the handling of requests under way, too', async () => {
    await revoke(server, token);
    const outcome = await app.run(async ({ Parse, holdRequests, uninstall }) => {
      const { release, ...request } = await holdRequests(() => new Parse.Query('Note').find());
      uninstall();
      release();
      return request.outcome;
    });
    expect(outcome).toMatchObject({ code: 209 });
    expect((await settled()).calls).toEqual([]);
    expect(await app.run(({ Parse }) => Parse.User.current()?.id)).toBe(user.userId);
  });

  it('leaves a controller that someone has put round ours in place, and is silent inside it', async () => {
    await revoke(server, token);
    const kept = await app.run(({ Parse, uninstall, state }) => {
      const ours = Parse.CoreManager.getRESTController();
      const outer = {
        ...ours,
        request: ours.request.bind(ours),
        ajax: ours.ajax,
        handleError: ours.handleError,
      };
      Parse.CoreManager.setRESTController(outer);
      uninstall();
      state.restore = () => Parse.CoreManager.setRESTController(Object.getPrototypeOf(ours));
      return Parse.CoreManager.getRESTController() === outer;
    });
    expect(kept).toBe(true);
    expect(await query()).toMatchObject({ code: 209 });
    expect((await settled()).calls).toEqual([]);
    await app.run(({ state }) => state.restore());
  });
});

describe('installing', () => {
  it('a second time is refused, and possible again after uninstalling', async () => {
    const install = () =>
      app.run(({ Parse, client }) => {
        client.installSessionHandler(Parse, { onInvalidSession: () => undefined })();
      });
    await expect(install()).rejects.toThrow('already installed');
    await app.run(({ uninstall }) => uninstall());
    await expect(install()).resolves.toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['none', undefined, 'onInvalidSession is undefined, not function'],
    ['without the one that is required', {}, 'onInvalidSession is undefined, not function'],
    ['of another type', { onInvalidSession: 1 }, 'onInvalidSession is number, not function'],
    [
      'of another type, not required',
      { onInvalidSession: () => 1, recover: 1 },
      'recover is number, not function',
    ],
    [
      'of another type, of a text',
      { onInvalidSession: () => 1, functionPrefix: () => 'auth_' },
      'functionPrefix is function, not string',
    ],
    ['that are misspelt', { onInvalidSession: () => 1, logout: () => 1 }, 'logout is function, not known'],
  ])('with wrong options is refused: %s', (_what, options, message) => {
    const sdk = (globalThis as unknown as { Parse: ParseSdk }).Parse;
    const install = () => installSessionHandler(sdk, options as never);
    expect(install).toThrow(TypeError);
    expect(install).toThrow(`installSessionHandler: option ${message}.`);
  });

  it.each([undefined, null, {}])('with what is no SDK is refused: %j', sdk => {
    const install = () => installSessionHandler(sdk as never, { onInvalidSession: () => 1 });
    expect(install).toThrow('installSessionHandler: the first argument must be the Parse SDK.');
  });

  it('in the process of a Parse Server is refused, with its SDK and with any other', () => {
    const options = { onInvalidSession: () => undefined };
    const serversOwn = (globalThis as unknown as { Parse: ParseSdk }).Parse;
    const controller = serversOwn.CoreManager.getRESTController();
    const { Server: _Server, Cloud: _Cloud, ...another } = serversOwn as ParseSdk & { Server: unknown };
    for (const sdk of [serversOwn, { ...another, Cloud: { run: async () => undefined } }]) {
      expect(() => installSessionHandler(sdk, options)).toThrow('this is a Parse Server process');
    }
    expect(serversOwn.CoreManager.getRESTController()).toBe(controller);
  });
});

describe('the app’s own functions', () => {
  it('logOut replaces the log-out, and its error is not swallowed', async () => {
    await app.run(({ Parse, install, state }) => {
      state.logOuts = 0;
      install({
        logOut: async () => {
          state.logOuts += 1;
          await Parse.User.logOut().catch(() => undefined);
          throw new Error('the cache could not be emptied');
        },
      });
    });
    await revoke(server, token);
    expect(await query()).toMatchObject({ code: 209 });
    const { calls, unhandled } = await settled();
    expect(calls).toHaveLength(1);
    expect(unhandled).toEqual(['the cache could not be emptied']);
    expect(await app.run(({ state }) => state.logOuts)).toBe(1);
  });

  it('logOut is called once, though it takes its time and leaves the user where it is', async () => {
    await app.run(({ install, state }) => {
      state.logOuts = 0;
      install({
        logOut: () => {
          state.logOuts += 1;
          return new Promise(resolve => (state.finishLogOut = resolve));
        },
      });
    });
    await revoke(server, token);
    await app.run(({ Parse, outcome }) =>
      Promise.all(Array.from({ length: 10 }, () => outcome(() => new Parse.Query('Note').find()))),
    );
    expect(await query()).toMatchObject({ code: 209 });
    // The app is called back after the log-out, however long it takes.
    expect((await settled()).calls).toEqual([]);
    await app.run(({ state }) => state.finishLogOut());
    expect(await query()).toMatchObject({ code: 209 });
    expect((await settled()).calls).toHaveLength(1);
    expect(await app.run(({ state }) => state.logOuts)).toBe(1);
  });

  it('an error of onInvalidSession is not swallowed, and does not replace the request’s own', async () => {
    await app.run(({ install }) =>
      install({
        onInvalidSession: () => {
          throw new Error('no log-in form');
        },
      }),
    );
    await revoke(server, token);
    expect(await query()).toMatchObject({ code: 209, message: 'Invalid session token' });
    expect((await settled()).unhandled).toEqual(['no log-in form']);
  });

  it('a log-in form that waits for the user does not hold the rejection back', async () => {
    await app.run(({ install }) => install({ onInvalidSession: () => new Promise(() => undefined) }));
    await revoke(server, token);
    expect(await query()).toMatchObject({ code: 209 });
  });
});

it('queries made while the user logs out are sent as without the handler: without a session', async () => {
  const sent = () =>
    app.run(async ({ Parse, logIn, outcome }, account) => {
      await logIn(account);
      const { fetch } = globalThis;
      const bodies: string[] = [];
      globalThis.fetch = (url, request) => {
        if (String(url).endsWith('/classes/Note')) bodies.push(String(request?.body));
        return fetch(url, request);
      };
      const before = outcome(() => new Parse.Query('Note').find());
      const loggedOut = Parse.User.logOut();
      const after = outcome(() => new Parse.Query('Note').find());
      const queries = await Promise.all([before, after, loggedOut.then(() => null)]);
      globalThis.fetch = fetch;
      return {
        queries: queries.slice(0, 2),
        withSession: bodies.map(body => body.includes('_SessionToken')),
      };
    }, user);
  const handled = await sent();
  await app.run(({ uninstall }) => uninstall());
  expect(handled).toEqual({ queries: [{ ok: true }, { ok: true }], withSession: [false, false] });
  expect(await sent()).toEqual(handled);
});
