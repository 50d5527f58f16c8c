import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { revoke, signInAnew, startClient, watchRequests, type ClientProcess } from './support/client-process';

/** What tabs of one browser share: the SDK reads it when it starts, and only then. */
describe.each(['plain', 'encrypted', 'asynchronous'])('with a %s storage', kind => {
  let server: SpecServer;
  let app: ClientProcess;
  let user: SpecUser;
  let token: string;
  let requests: ReturnType<typeof watchRequests>;

  beforeAll(async () => {
    server = await startServer();
    requests = watchRequests(server);
    app = await startClient(server);
    await app.run(({ Parse }, storage) => {
      if (storage === 'encrypted') {
        Parse.enableEncryptedUser();
        Parse.secret = 'a secret of the device';
      }
      if (storage === 'asynchronous') {
        // As React Native's.
        const items = new Map<string, string>();
        const later = <T>(work: () => T) => new Promise<T>(resolve => setTimeout(() => resolve(work()), 5));
        Parse.CoreManager.setStorageController({
          async: 1,
          getItemAsync: (path: string) => later(() => items.get(path) ?? null),
          setItemAsync: (path: string, value: string) => later(() => void items.set(path, value)),
          removeItemAsync: (path: string) => later(() => void items.delete(path)),
          getAllKeysAsync: () => later(() => [...items.keys()]),
          clear: () => later(() => items.clear()),
        } as never);
      }
    }, kind);
  });

  afterAll(async () => {
    await app?.stop();
    await server?.stop();
  });

  beforeEach(async () => {
    ({ user, token } = await signInAnew(app, server));
    requests.paths.length = 0;
  });

  /** Writes what the SDK in another tab of the browser writes when a user logs in there. */
  const otherTabStores = (stored: { objectId: string; sessionToken: string } | string | null) =>
    app.run(async ({ Parse }, content) => {
      const path = Parse.Storage.generatePath('currentUser');
      if (content === null) return Parse.Storage.removeItemAsync(path);
      const json = typeof content === 'string' ? content : { ...content, username: 'x', className: '_User' };
      const encrypted = Parse.isEncryptedUserEnabled() && typeof json !== 'string';
      const text = typeof json === 'string' ? json : JSON.stringify(json);
      const crypto = Parse.CoreManager.getCryptoController();
      return Parse.Storage.setItemAsync(path, encrypted ? crypto.encrypt(json, Parse.secret!) : text);
    }, stored);

  const report = () =>
    app.run(async ({ Parse, settle, calls, outcome }) => {
      const query = await outcome(() => new Parse.Query('Note').find());
      await settle();
      const current = await Parse.User.currentAsync();
      const stored = await Parse.Storage.getItemAsync(Parse.Storage.generatePath('currentUser'));
      return {
        query: query.code ?? 'ok',
        calls: calls.length,
        user: current?.id ?? null,
        token: current?.getSessionToken() ?? null,
        attributes: Object.keys(current?.attributes ?? {}).sort(),
        stored: stored !== null,
      };
    });

  it('logs out in memory and in the storage, and calls back once', async () => {
    await revoke(server, token);
    expect(await report()).toMatchObject({ query: 209, calls: 1, user: null, stored: false });
    expect(requests.count('/logout')).toBe(1);
  });

  it('takes over what the same user has signed in to elsewhere, and sends the request once more', async () => {
    const elsewhere = await server.login(user.username, user.password);
    await otherTabStores({ objectId: user.userId, sessionToken: elsewhere.token });
    await revoke(server, token);
    const after = await report();
    expect(after).toMatchObject({
      query: 'ok',
      calls: 0,
      user: user.userId,
      token: elsewhere.token,
      stored: true,
    });
    expect(after.attributes).not.toContain('className');
    expect(requests.count('/logout')).toBe(0);
  });

  it('leaves another user who has signed in elsewhere signed in, sends nothing as that user, and calls back', async () => {
    const other = await server.signUp();
    await otherTabStores({ objectId: other.userId, sessionToken: other.token });
    await revoke(server, token);
    expect(await report()).toMatchObject({ query: 209, calls: 1, user: other.userId, token: other.token });
    expect(requests.count('/logout')).toBe(0);
    expect(requests.count('/classes/Note')).toBe(1);
  });

  it.each([
    ['when another tab has logged out already', null],
    ['when what is stored cannot be read', '{ not JSON'],
  ])('logs out %s', async (_title, stored) => {
    await otherTabStores(stored);
    await revoke(server, token);
    expect(await report()).toMatchObject({ query: 209, calls: 1, user: null, stored: false });
  });
});
