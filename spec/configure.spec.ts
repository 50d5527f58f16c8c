import { parseSessions } from '../src';
import { failingStart } from './support/failing-start';
import { startServer } from './support/server';

describe('configure()', () => {
  const requestContextMiddleware = (_request: unknown, _response: unknown, next: () => void) => next();
  const cloud = () => undefined;

  it('changes nothing of the options that it gets', () => {
    const databaseOptions = Object.freeze({ maxTimeMS: 500 });
    const options = Object.freeze({ appId: 'a', databaseOptions, requestContextMiddleware, cloud });
    const configured = parseSessions({ guard: ['Invoice'] }).configure(options);
    expect(configured).not.toBe(options);
    expect(options).toEqual({ appId: 'a', databaseOptions, requestContextMiddleware, cloud });
    expect(options.cloud).toBe(cloud);
    expect(options.requestContextMiddleware).toBe(requestContextMiddleware);
  });

  it('hands every other option on as it is', () => {
    const other = {
      appId: 'a',
      masterKey: 'm',
      serverURL: 'http://127.0.0.1/parse',
      databaseURI: 'postgres://127.0.0.1/x',
      auth: { anonymous: { enabled: true } },
      liveQuery: { classNames: ['Note'] },
      extendSessionOnUse: true,
      sessionLength: 60,
      anOptionOfTheFuture: Symbol('x'),
    };
    const configured: any = parseSessions().configure(other);
    for (const [name, value] of Object.entries(other)) expect(configured[name]).toBe(value);
    expect(Object.keys(configured).sort()).toEqual(
      [...Object.keys(other), 'cloud', 'requestContextMiddleware'].sort(),
    );
  });

  it.each<[object, boolean]>([
    [{}, true],
    [{ expiry: {} }, true],
    [{ expiry: { anonymous: undefined } }, true],
    [{ expiry: { anonymous: { idle: '1h' } } }, false],
  ])('with %j leaves extendSessionOnUse as it is: %s', (options, expected) => {
    const configured = parseSessions(options).configure({ extendSessionOnUse: true });
    expect(configured.extendSessionOnUse).toBe(expected);
  });

  it.each(['_Session', '_.*', '_S?ession'])('refuses %s as a class of LiveQuery', className => {
    const configure = () => parseSessions().configure({ liveQuery: { classNames: ['Note', className] } });
    expect(configure).toThrow(TypeError);
    expect(configure).toThrow(`"${className}" covers _Session`);
  });

  it.each<[string, unknown]>([
    ['a text', 'middleware.js'],
    ['an array', [requestContextMiddleware]],
    ['an object', {}],
  ])('refuses %s as requestContextMiddleware, in Parse Server’s words', async (_what, wrong) => {
    const options = { requestContextMiddleware: wrong };
    expect(() => parseSessions().configure(options)).toThrow('requestContextMiddleware must be a function');
    expect(await failingStart({}, options, { mounted: false })).toBe(
      'requestContextMiddleware must be a function',
    );
  });

  it('takes null for no requestContextMiddleware', () => {
    expect(() => parseSessions().configure({ requestContextMiddleware: null })).not.toThrow();
  });

  it('takes options without requestContextMiddleware and cloud', async () => {
    const server = await startServer({}, { requestContextMiddleware: undefined, cloud: undefined });
    try {
      expect(await server.run('listSessions', {}, await server.signUp())).toHaveLength(1);
    } finally {
      await server.stop();
    }
  });

  it('can be used again for the next server, after shutdown()', async () => {
    const server = await startServer();
    await server.stop();
    const { sessions } = server;
    const next = await startServer({}, sessions.configure({}), { mounted: false });
    try {
      expect(await sessions.store.find('r:x')).toBeNull();
    } finally {
      await next.stop();
      await sessions.shutdown();
    }
  });
});

describe('before the server has started', () => {
  it('the store says so', async () => {
    const { store } = parseSessions();
    const message = 'parse-server-sessions: Parse Server has not started with these sessions.';
    expect(() => store.active()).toThrow(message);
    await expect(store.find('r:x')).rejects.toThrow(message);
    await expect(store.revokeAllForUser('ada')).rejects.toThrow(message);
  });

  it('shutdown() has nothing to do', async () => {
    await expect(parseSessions().shutdown()).resolves.toBeUndefined();
  });
});
