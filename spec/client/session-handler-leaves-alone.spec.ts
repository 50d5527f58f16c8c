import { freePort } from '../support/free-port';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { revoke, signInAnew, startClient, watchRequests, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer(
    {},
    {},
    {
      cloud(Parse) {
        Parse.Cloud.define('forbidden', () => {
          throw new Parse.Error(119, 'not for you');
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
  ({ user, token } = await signInAnew(app, server));
  requests.paths.length = 0;
});

const currentUser = () => app.run(({ Parse }) => Parse.User.current()?.id ?? null);
const calls = () => app.run(scope => scope.settle().then(() => scope.calls));

const nobody = async () => `http://127.0.0.1:${await freePort()}/parse`;

describe('the session handler leaves the user signed in', () => {
  afterEach(async () => {
    expect(await calls()).toEqual([]);
  });

  it('at every other error, which passes unchanged', async () => {
    const outcomes = await app.run(async ({ Parse, outcome }) => [
      await outcome(() => new Parse.Query('Note').get('missing')),
      await outcome(() => Parse.Cloud.run('nowhere')),
      await outcome(() => Parse.Cloud.run('forbidden')),
      await outcome(() => new Parse.Query('Note').equalTo('a b', 1).find()),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([101, 141, 119, 105]);
    expect(outcomes.every(({ invalidSession }) => invalidSession === false)).toBe(true);
    expect(await currentUser()).toBe(user.userId);
  });

  it('when the server cannot be reached', async () => {
    const outcome = await app.run(
      async ({ Parse, outcome }, nowhere) => {
        const { serverURL } = Parse;
        Parse.serverURL = nowhere;
        const result = await outcome(() => new Parse.Query('Note').find());
        Parse.serverURL = serverURL;
        return result;
      },
      await nobody(),
    );
    expect(outcome).toMatchObject({ ok: false, code: 100, invalidSession: false });
    expect(await currentUser()).toBe(user.userId);
  });

  it('at a late 209 of an older token, when someone has signed in since', async () => {
    await revoke(server, token);
    const other = await server.signUp();
    const outcome = await app.run(async ({ Parse, logIn, holdRequests }, account) => {
      const late = await holdRequests(() => new Parse.Query('Note').find());
      await logIn(account);
      late.release();
      return late.outcome;
    }, other);
    expect(outcome).toMatchObject({ code: 209 });
    expect(await currentUser()).toBe(other.userId);
    expect(await server.sessions.store.countActive(other.userId)).toBe(2);
  });

  it('at a 209 that only says that no session was sent', async () => {
    const outcome = await app.run(async ({ Parse, outcome, holdRequests, logIn }, account) => {
      await Parse.User.logOut();
      const anonymous = await holdRequests(() => new Parse.Query('_Session').find());
      await logIn(account);
      anonymous.release();
      return [await anonymous.outcome, await outcome(() => new Parse.Query('Note').find())];
    }, user);
    expect(outcome).toMatchObject([{ code: 209, invalidSession: true }, { ok: true }]);
    expect(await currentUser()).toBe(user.userId);
    expect(requests.count('/logout')).toBe(1);
  });

  it('at a 209 for a token that the app named itself', async () => {
    const device = await server.login(user.username, user.password);
    await revoke(server, device.token);
    const outcome = await app.run(
      ({ Parse, outcome }, sessionToken) => outcome(() => new Parse.Query('Note').find({ sessionToken })),
      device.token,
    );
    expect(outcome).toMatchObject({ code: 209 });
    expect(await currentUser()).toBe(user.userId);
  });

  it('when the user logs out while requests are under way', async () => {
    const outcome = await app.run(async ({ Parse, holdRequests }) => {
      const query = await holdRequests(() => new Parse.Query('Note').find());
      await Parse.User.logOut();
      query.release();
      return query.outcome;
    });
    expect(outcome).toMatchObject({ code: 209 });
    expect(requests.count('/logout')).toBe(1);
  });

  it('and lets a log-out with a dead session fail as it always did', async () => {
    await revoke(server, token);
    expect(await app.run(({ Parse, outcome }) => outcome(() => Parse.User.logOut()))).toMatchObject({
      code: 209,
    });
    expect(await currentUser()).toBeNull();
  });
});
