import { createHash } from 'node:crypto';
import { beforeNext } from '../support/next-statement';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, makeUser, parseDate, pointerTo, sessionRow } from '../support/sessions';
import { watchForRest } from '../support/settled';
import { eventually, HOUR } from '../support/time';
import { listenTo, type Told } from '../support/told';

declare const Parse: any;

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const NEWER_FIREFOX = FIREFOX.replaceAll('140.0', '145.0');
const FIREFOX_ON_WINDOWS = FIREFOX.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64');
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.0 Mobile/15E148 Safari/604.1';

let told: Told[];
let server: SpecServer;
/** Listeners are called after the request, and a device is looked up after it. */
let settled: () => Promise<void>;

const from = (userAgent: string, ip: string) => ({ 'User-Agent': userAgent, 'X-Forwarded-For': ip });

beforeAll(async () => {
  server = await startServer(
    { activity: { flushInterval: 0.1 } },
    // The forwarded addresses are not this machine's.
    {
      masterKeyIps: ['0.0.0.0/0', '::/0'],
      auth: { badge: { validateAuthData: async () => undefined, validateAppId: async () => undefined } },
    },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('makeSession', async ({ user }: any) => {
          const session = await new Parse.Session().save(null, { sessionToken: user.getSessionToken() });
          return session.id;
        });
      },
    },
  );
  settled = watchForRest(server);
  server.app.set('trust proxy', true);
  told = listenTo(server, ['created', 'newDevice', 'addressChanged']);
});

afterAll(() => server.stop());

beforeEach(() => (told.length = 0));

const of = (name: string, sessionId?: string) =>
  told.filter(one => one.name === name && (sessionId === undefined || one.sessionId === sessionId));
const idOf = async (user: { token: string }) => (await sessionRow(server, user)).objectId as string;

describe('created', () => {
  const authData = { anonymous: { id: 'an anonymous user of this spec' } };
  let user: SpecUser;

  beforeAll(async () => {
    user = await server.signUp();
  });

  type Made = { restricted: boolean; createdWith: object | null };
  const password = { action: 'login', authProvider: 'password' };

  it.each<[string, () => Promise<unknown>, Made]>([
    [
      'a sign-up',
      () => server.signUp(),
      { restricted: false, createdWith: { action: 'signup', authProvider: 'password' } },
    ],
    [
      'a login',
      () => server.login(user.username, user.password),
      { restricted: false, createdWith: password },
    ],
    [
      'an anonymous login',
      () => server.rest('POST', '/users', { body: { authData } }),
      { restricted: false, createdWith: { action: 'login', authProvider: 'anonymous' } },
    ],
    [
      'loginAs',
      () => server.rest('POST', '/loginAs', { master: true, body: { userId: user.userId } }),
      { restricted: false, createdWith: { action: 'login', authProvider: 'masterkey' } },
    ],
    [
      'POST /sessions',
      () => server.restricted(user.token),
      { restricted: true, createdWith: { action: 'create' } },
    ],
    [
      'POST /sessions in a batch',
      () =>
        server.rest('POST', '/batch', {
          token: user.token,
          body: { requests: [{ method: 'POST', path: '/parse/sessions', body: {} }] },
        }),
      { restricted: true, createdWith: { action: 'create' } },
    ],
    [
      'createRestrictedSession',
      () => server.run('createRestrictedSession', {}, user),
      { restricted: true, createdWith: { action: 'create' } },
    ],
    [
      'the SDK in cloud code',
      () => server.run('makeSession', {}, user),
      { restricted: true, createdWith: { action: 'create' } },
    ],
    [
      'the master key',
      () => server.rest('POST', '/sessions', { master: true, body: { user: pointerTo(user.userId) } }),
      { restricted: false, createdWith: null },
    ],
    [
      'logIn of GraphQL',
      () =>
        server.graphql(
          'mutation ($input: LogInInput!) { logIn(input: $input) { viewer { sessionToken } } }',
          {
            input: { username: user.username, password: user.password },
          },
        ),
      { restricted: false, createdWith: password },
    ],
  ])('is told once for %s', async (_title, make, expected) => {
    await make();
    await settled();
    expect(of('created')).toEqual([
      { name: 'created', sessionId: expect.any(String), userId: expect.any(String), ...expected },
    ]);
    const [row] = await server.rawFind('_Session', { objectId: of('created')[0]!.sessionId });
    expect(row.user.objectId).toBe(of('created')[0]!.userId);
  });

  it('is told for the session after a change of the password', async () => {
    const changing = await server.signUp();
    await settled();
    told.length = 0;
    const { body } = await server.rest('PUT', `/users/${changing.userId}`, {
      ...changing,
      body: { password: 'another one' },
    });
    await settled();
    const id = await idOf({ token: body.sessionToken });
    expect(of('created')).toMatchObject([{ sessionId: id, restricted: false, createdWith: null }]);
  });

  it('is not told for a session that is refused', async () => {
    const { token } = await server.restricted(user.token);
    await settled();
    told.length = 0;
    await server.rest('POST', '/sessions', { token, body: {} });
    await server.rest('POST', '/sessions', { token: user.token, body: { ip: '1.2.3.4' } });
    await server.rest('POST', '/login', { body: { username: user.username, password: 'wrong' } });
    await server.rest('POST', '/sessions', { body: {} });
    await settled();
    expect(of('created')).toEqual([]);
  });

  it('is not told for a session that is read or changed', async () => {
    await server.rest('GET', '/sessions/me', user);
    await server.rest('PUT', `/sessions/${await idOf(user)}`, { ...user, body: { color: 'red' } });
    await settled();
    expect(of('created')).toEqual([]);
  });
});

describe('newDevice', () => {
  let user: SpecUser;

  beforeEach(async () => {
    user = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.1') });
    await eventually(() => expect(of('newDevice')).toHaveLength(1));
    told.length = 0;
  });

  const login = (userAgent: string, ip: string) =>
    server.login(user.username, user.password, from(userAgent, ip));

  it('is told for the first session of a user', async () => {
    const other = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.1') });
    await eventually(async () =>
      expect(of('newDevice')).toEqual([
        {
          name: 'newDevice',
          sessionId: await idOf(other),
          userId: other.userId,
          device: { browser: 'Firefox', os: 'Linux', type: 'desktop' },
          ip: '192.0.2.1',
          place: null,
          createdWith: { action: 'signup', authProvider: 'password' },
          signUp: true,
        },
      ]),
    );
  });

  it.each([
    ['another browser', SAFARI, '192.0.2.1'],
    ['another operating system', FIREFOX_ON_WINDOWS, '192.0.2.1'],
    ['another network', FIREFOX, '198.51.100.1'],
    ['an IPv6 network', FIREFOX, '2001:db8:1:2::1'],
    ['a client without a name', 'x', '192.0.2.1'],
  ])('is told for a login from %s, the first time only', async (_what, userAgent, ip) => {
    const session = await login(userAgent, ip);
    await eventually(() => expect(of('newDevice')).toHaveLength(1));
    expect(of('newDevice')).toMatchObject([{ sessionId: await idOf(session), userId: user.userId }]);
    await login(userAgent, ip);
    await settled();
    expect(of('newDevice')).toHaveLength(1);
  });

  it.each([
    ['the same device', FIREFOX, '192.0.2.1'],
    ['another address of the same network', FIREFOX, '192.0.2.77'],
    ['a newer version of the browser', NEWER_FIREFOX, '192.0.2.1'],
    ['another port, as a proxy writes it', FIREFOX, '192.0.2.1:50001'],
  ])('is not told for a login from %s', async (_what, userAgent, ip) => {
    await login(userAgent, ip);
    await settled();
    expect(of('created')).toHaveLength(1);
    expect(of('newDevice')).toEqual([]);
  });

  it.each([
    [
      'an iOS app',
      'Acme/45 CFNetwork/1410.0.3 Darwin/22.6.0',
      'Acme/46 CFNetwork/1474 Darwin/23.0.0',
      'Other/45 CFNetwork/1410.0.3 Darwin/22.6.0',
    ],
    ['an Android app', 'okhttp/4.12.0', 'okhttp/5.0.0', 'Acme/1.0 (Android 14; Pixel 8)'],
    [
      'an Android app with its name',
      'Acme/7.3 (Android 13; Pixel 8)',
      'Acme/7.4 (Android 14; Pixel 8)',
      'Acme/5.2 (iPhone; iOS 17.1; Scale/3.00)',
    ],
    ['a script', 'python-requests/2.31.0', 'python-requests/2.32.3', 'curl/8.5.0'],
  ])('is told for %s, and not for its next version', async (_what, version, next, another) => {
    await login(version, '192.0.2.1');
    await eventually(() => expect(of('newDevice')).toHaveLength(1));
    await login(next, '192.0.2.1');
    await settled();
    expect(of('created')).toHaveLength(2);
    expect(of('newDevice')).toHaveLength(1);
    await login(another, '192.0.2.1');
    await eventually(() => expect(of('newDevice')).toHaveLength(2));
  });

  /** What version 0.1.0 of this package kept of a device: the browser as it took its name, and the rest. */
  const remember = (
    userId: string,
    ...device: [browser: string | null, os: string | null, network: string]
  ) =>
    server.rawInsert('ParseSessionDevice', {
      objectId: createHash('sha256')
        .update(`${userId} ${JSON.stringify(device)}`)
        .digest('hex'),
    });

  it.each<[string, string, string | null, string | null]>([
    ['a browser', SAFARI, 'Safari', 'iOS'],
    ['an iOS app', 'Acme/45 CFNetwork/1410.0.3 Darwin/22.6.0', 'Acme/45 CFNetwork', null],
    ['an Android app', 'okhttp/4.12.0', null, null],
    ['the Parse SDK of Android', 'Parse Android SDK API Level 34', 'Android Browser', 'Android'],
    ['the Parse SDK in Node.js', 'Parse/8.6.0 (NodeJS 20.20.2)', 'Parse', null],
  ])('is not told for a device that an earlier version knew: %s', async (_what, userAgent, browser, os) => {
    await remember(user.userId, browser, os, '203.0.113');
    await login(userAgent, '203.0.113.9');
    await settled();
    expect(of('created')).toHaveLength(1);
    expect(of('newDevice')).toEqual([]);
    // Of another network it knows nothing.
    await login(userAgent, '198.51.100.9');
    await eventually(() => expect(of('newDevice')).toHaveLength(1));
  });

  it('is not told for an app of which an older version has a session, made when nobody listened', async () => {
    const createdAt = new Date(Date.now() - 3_600_000).toISOString();
    const userAgent = 'Acme/44 CFNetwork/1408.0.4 Darwin/22.5.0';
    await makeSession(server, user.userId, { userAgent, ip: '203.0.113.9:49152', createdAt });
    await login('Acme/45 CFNetwork/1410.0.3 Darwin/22.6.0', '203.0.113.9');
    await settled();
    expect(of('newDevice')).toEqual([]);
  });

  it('is not told again after a log-out, a revocation or a change of the password', async () => {
    await server.rest('POST', '/logout', { token: user.token, body: {} });
    await login(FIREFOX, '192.0.2.1');
    await server.sessions.store.revokeAllForUser(user.userId);
    const again = await login(FIREFOX, '192.0.2.1');
    await server.rest('PUT', `/users/${user.userId}`, {
      token: again.token,
      headers: from(FIREFOX, '192.0.2.1'),
      body: { password: 'another one' },
    });
    await server.login(user.username, 'another one', from(FIREFOX, '192.0.2.1'));
    await settled();
    expect(of('newDevice')).toEqual([]);
  });

  it('is not told for a restricted session', async () => {
    const headers = from(SAFARI, '203.0.113.9');
    await server.rest('POST', '/sessions', { token: user.token, headers, body: {} });
    await server.run('createRestrictedSession', {}, { token: user.token, headers });
    await settled();
    expect(of('created')).toHaveLength(2);
    expect(of('newDevice')).toEqual([]);
  });

  it('is told once for ten logins at the same time', async () => {
    await Promise.all(Array.from({ length: 10 }, () => login(SAFARI, '203.0.113.1')));
    await settled();
    expect(of('created')).toHaveLength(10);
    expect(of('newDevice')).toHaveLength(1);
  });

  it('is not told for a device of sessions that were made when nobody listened', async () => {
    const userId = await makeUser(server);
    const createdAt = new Date(Date.now() - 3_600_000).toISOString();
    await makeSession(server, userId, { userAgent: FIREFOX, ip: '192.0.2.1', createdAt });
    const { body } = await server.rest('POST', '/loginAs', {
      master: true,
      body: { userId },
      headers: from(FIREFOX, '192.0.2.2'),
    });
    await settled();
    expect(of('created')).toMatchObject([{ sessionId: await idOf({ token: body.sessionToken }) }]);
    expect(of('newDevice')).toEqual([]);
  });

  it.each(['restricted', 'unrestricted'])(
    'is told for a device from which a stolen %s session was used before',
    async kind => {
      const user = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.7') });
      const stolen =
        kind === 'restricted'
          ? await server.restricted(user.token)
          : await server.login(user.username, user.password, from(FIREFOX, '192.0.2.7'));
      await settled();
      // All this is a while ago.
      const owner = createHash('sha256').update(user.userId).digest('hex');
      const createdAt = parseDate(Date.now() - HOUR);
      await server.rawUpdate('_Session', { user: pointerTo(user.userId) }, { createdAt }, true);
      await server.rawUpdate('ParseSessionDevice', { owner }, { createdAt }, true);
      await server.rest('GET', '/users/me', { token: stolen.token, headers: from(SAFARI, '203.0.113.5') });
      await eventually(async () => expect((await sessionRow(server, stolen)).userAgent).toBe(SAFARI));
      told.length = 0;
      await server.login(user.username, user.password, from(SAFARI, '203.0.113.5'));
      await eventually(() => expect(told.map(({ name }) => name)).toContain('newDevice'));
    },
  );

  it('keeps what it knows of devices from clients, and from whoever reads the database', async () => {
    const rows = await server.rawFind('ParseSessionDevice', {});
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${user.userId}|Firefox|192\\.0`));
    const { body } = await server.rest('GET', '/classes/ParseSessionDevice', user);
    expect(body.code).toBe(119);
  });

  it('is told again for a device that was first seen very long ago, once the purge has run', async () => {
    const age = async (days: number) => {
      const createdAt = new Date(Date.now() - days * 86_400_000).toISOString();
      await server.rawUpdate('ParseSessionDevice', { objectId: { $exists: true } }, { createdAt }, true);
      await server.sessions.store.revokeAllForUser(user.userId);
      await server.sessions.store.purgeExpired();
      await login(FIREFOX, '192.0.2.1');
      await settled();
    };
    await age(399);
    expect(of('newDevice')).toEqual([]);
    await age(401);
    expect(of('newDevice')).toHaveLength(1);
  });

  describe('tells how the session was made:', () => {
    type Made = (headers: Record<string, string>) => Promise<unknown>;
    const password = { action: 'login', authProvider: 'password' };
    const rest =
      (method: string, path: string, request: object): Made =>
      headers =>
        server.rest(method, path, { ...request, headers });
    const graphql =
      (query: string, input: () => object): Made =>
      headers =>
        server.rest('POST', server.graphqlUrl, { headers, body: { query, variables: { input: input() } } });
    const credentials = () => ({ username: user.username, password: user.password });
    const badge = (id: string) => ({ badge: { id } });
    const anonymous = (id: string) => ({ anonymous: { id } });
    const NEW: Array<[string, Made, object | null]> = [
      [
        'a sign-up',
        headers => server.signUp(undefined, { headers }),
        { action: 'signup', authProvider: 'password' },
      ],
      [
        'a sign-up in a batch',
        rest('POST', '/batch', {
          body: {
            requests: [
              { method: 'POST', path: '/parse/users', body: { username: 'of a batch', password: 'secret' } },
            ],
          },
        }),
        { action: 'signup', authProvider: 'password' },
      ],
      [
        'a sign-up by GraphQL',
        graphql(
          'mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { sessionToken } } }',
          () => ({
            fields: { username: 'of GraphQL', password: 'secret' },
          }),
        ),
        { action: 'signup', authProvider: 'password' },
      ],
      [
        'a sign-up with another service',
        rest('POST', '/users', { body: { authData: badge('new') } }),
        { action: 'login', authProvider: 'badge' },
      ],
      [
        'a sign-up with another service and a password',
        rest('POST', '/users', { body: { authData: badge('both'), username: 'both', password: 'secret' } }),
        { action: 'login', authProvider: 'badge' },
      ],
      [
        'a sign-up with another service by GraphQL',
        graphql(
          'mutation ($input: LogInWithInput!) { logInWith(input: $input) { viewer { sessionToken } } }',
          () => ({ authData: badge('new by GraphQL') }),
        ),
        { action: 'login', authProvider: 'badge' },
      ],
      [
        'an anonymous sign-up',
        rest('POST', '/users', { body: { authData: anonymous('new') } }),
        { action: 'login', authProvider: 'anonymous' },
      ],
    ];

    /** A network of its own for each, from which nobody has logged in. */
    let network = 0;
    const elsewhere = () => `203.0.${(network += 1)}.30`;

    it.each(NEW)('%s is one', async (_what, make, createdWith) => {
      const ip = elsewhere();
      await make(from(SAFARI, ip));
      await eventually(() => expect(of('newDevice')).toHaveLength(1));
      expect(of('newDevice')).toMatchObject([{ createdWith, signUp: true, ip }]);
      expect(of('created')).toMatchObject([{ createdWith }]);
    });

    const OLD: Array<[string, Made, object | null]> = [
      ['a log-in', headers => server.login(user.username, user.password, headers), password],
      [
        'a log-in by GraphQL',
        graphql(
          'mutation ($input: LogInInput!) { logIn(input: $input) { viewer { sessionToken } } }',
          credentials,
        ),
        password,
      ],
      [
        'a log-in by support',
        headers => server.rest('POST', '/loginAs', { master: true, headers, body: { userId: user.userId } }),
        { action: 'login', authProvider: 'masterkey' },
      ],
      [
        'a log-in with another service',
        rest('POST', '/users', { body: { authData: badge('known') } }),
        { action: 'login', authProvider: 'badge' },
      ],
      [
        'a log-in with another service by GraphQL',
        graphql(
          'mutation ($input: LogInWithInput!) { logInWith(input: $input) { viewer { sessionToken } } }',
          () => ({ authData: badge('known') }),
        ),
        { action: 'login', authProvider: 'badge' },
      ],
      [
        'an anonymous log-in',
        rest('POST', '/users', { body: { authData: anonymous('known') } }),
        { action: 'login', authProvider: 'anonymous' },
      ],
      [
        'the change of a password',
        headers =>
          server.rest('PUT', `/users/${user.userId}`, {
            ...user,
            headers,
            body: { password: 'another one' },
          }),
        null,
      ],
      [
        'a session of the master key',
        headers =>
          server.rest('POST', '/sessions', {
            master: true,
            headers,
            body: { user: pointerTo(user.userId), ip: headers['X-Forwarded-For'], userAgent: SAFARI },
          }),
        null,
      ],
    ];

    it.each(OLD)('%s is none', async (_what, make, createdWith) => {
      for (const authData of [badge('known'), anonymous('known')]) {
        await server.rest('POST', '/users', { headers: from(FIREFOX, '192.0.2.1'), body: { authData } });
      }
      await settled();
      told.length = 0;
      const ip = elsewhere();
      await make(from(SAFARI, ip));
      await eventually(() => expect(of('newDevice')).toHaveLength(1));
      expect(of('newDevice')).toMatchObject([{ createdWith, signUp: false, ip }]);
      expect(of('created')).toMatchObject([{ createdWith }]);
    });
  });

  it('fails no login when the device cannot be looked up', async () => {
    const { adapter } = server.server.config.databaseController;
    const create = adapter.createObject.bind(adapter);
    const failing = jest.spyOn(adapter, 'createObject').mockImplementation(async (...args: any[]) => {
      if (args[0] === 'ParseSessionDevice') throw new Error('no connection');
      return create(...args);
    });
    const { token } = await login(SAFARI, '203.0.113.2');
    await settled();
    failing.mockRestore();
    expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
    expect(of('created')).toHaveLength(1);
  });
});

describe('addressChanged', () => {
  it('is told when a session is used from another address, once for each change', async () => {
    const user = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.1') });
    const id = await idOf(user);
    const use = (ip: string) => server.rest('GET', '/users/me', { ...user, headers: from(FIREFOX, ip) });
    await use('192.0.2.1');
    for (let i = 0; i < 3; i += 1) await use('198.51.100.7');
    await eventually(() => expect(of('addressChanged', id)).toHaveLength(1));
    expect(of('addressChanged', id)).toEqual([
      {
        name: 'addressChanged',
        sessionId: id,
        userId: user.userId,
        previousIp: '192.0.2.1',
        ip: '198.51.100.7',
        previousPlace: null,
        place: null,
      },
    ]);
    await use('198.51.100.7');
    await use('192.0.2.1');
    await eventually(() => expect(of('addressChanged', id).length).toBeGreaterThan(1));
    await settled();
    expect(of('addressChanged', id).slice(1)).toEqual([
      expect.objectContaining({ previousIp: '198.51.100.7', ip: '192.0.2.1' }),
    ]);
  });

  it('is told although the session is used from its own address again before anything is written', async () => {
    const user = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.1') });
    const id = await idOf(user);
    const use = (ip: string) => server.rest('GET', '/users/me', { ...user, headers: from(FIREFOX, ip) });
    // Another session's access is being written for as long as this one is used.
    let written: (() => void) | undefined;
    const restore = beforeNext(
      server,
      'updateObjectsByQuery',
      '_Session',
      () => new Promise<void>(resolve => (written = resolve)),
    );
    await server.rest('GET', '/users/me', await server.signUp());
    await eventually(() => expect(written).toBeDefined());
    for (const ip of ['192.0.2.1', '198.51.100.66', '192.0.2.1']) await use(ip);
    written!();
    restore();
    await eventually(() => {
      const told = of('addressChanged', id);
      expect(told).toEqual([expect.objectContaining({ previousIp: '192.0.2.1', ip: '198.51.100.66' })]);
    });
  });

  it('is told of a session that ends itself before anything is written, and its record tells where it was', async () => {
    const user = await server.signUp(undefined, { headers: from(FIREFOX, '192.0.2.7') });
    const row = await sessionRow(server, user);
    await server.rest('POST', '/logout', { ...user, headers: from(SAFARI, '203.0.113.5'), body: {} });
    await eventually(() =>
      expect(told).toContainEqual(
        expect.objectContaining({
          name: 'addressChanged',
          sessionId: row.objectId,
          previousIp: '192.0.2.7',
          ip: '203.0.113.5',
        }),
      ),
    );
    const [ended] = await server.sessions.store.ended(user.userId);
    expect(ended).toMatchObject({ ip: '203.0.113.5', device: { browser: 'Safari' } });
    expect(Date.parse(ended!.lastAccessedAt!)).toBeGreaterThan(Date.parse(row.createdAt));
  });

  it('is not told for a session whose address was not known', async () => {
    const session = await makeSession(server, await makeUser(server));
    await server.rest('GET', '/users/me', { token: session.token, headers: from(FIREFOX, '192.0.2.1') });
    await eventually(async () => expect((await sessionRow(server, session)).ip).toBe('192.0.2.1'));
    await settled();
    expect(of('addressChanged', session.objectId)).toEqual([]);
  });
});

describe('in another process', () => {
  let second: SecondProcess;

  beforeAll(async () => {
    second = await startSecondProcess({
      parseServer: { databaseURI: server.databaseURI },
      listen: ['created', 'newDevice'],
    });
  });

  afterAll(() => second.stop());

  it('a session made there is told there, and not here', async () => {
    const id = await second.run(async ({ server }) => {
      const { token } = await server.signUp();
      return (await server.rawFind('_Session', { sessionToken: token }))[0].objectId as string;
    });
    await eventually(async () => {
      const there = await second.run(({ events }) => events);
      expect(there.filter(one => one.name === 'created').map(one => one.payload.sessionId)).toEqual([id]);
    });
    await settled();
    expect(of('created', id)).toEqual([]);
  });

  it('a device that is known there is not new here', async () => {
    const username = `user-${Math.random()}`;
    const userId = await second.run(async ({ server }, name) => {
      return (await server.signUp(name, { headers: { 'User-Agent': 'odd' } })).userId as string;
    }, username);
    await eventually(async () => {
      const there = await second.run(({ events }) => events);
      expect(there).toContainEqual({ name: 'newDevice', payload: expect.objectContaining({ userId }) });
    });
    await server.login(username, 'correct horse', { 'User-Agent': 'odd', 'X-Forwarded-For': '127.0.0.1' });
    await settled();
    expect(of('newDevice')).toEqual([]);
  });
});
