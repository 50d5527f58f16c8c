import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, makeSession, parseDate, pointerTo, sessionRow, type SpecSession } from '../support/sessions';
import { eventually, HOUR } from '../support/time';

declare const Parse: any;

type Mode = 'works' | 'rejects' | 'hangs';

/** A cache of the app that can fail as Redis does when it is down: with `disableOfflineQueue` at once, without it hangs. */
class FailingCache {
  mode: Mode = 'works';
  readonly entries = new Map<string, unknown>();
  private waiting: Array<() => void> = [];

  get = (key: string) => this.does(key, () => this.entries.get(key) ?? null);
  put = (key: string, value: unknown) => this.does(key, () => void this.entries.set(key, value));
  del = (key: string) => this.does(key, () => void this.entries.delete(key));
  clear = () => this.does(':role:', () => this.entries.clear());

  private does<Answer>(key: string, what: () => Answer): Promise<Answer> {
    if (this.mode === 'works') return Promise.resolve(what());
    if (this.mode === 'hangs') {
      return new Promise(resolve => this.waiting.push(() => resolve(what())));
    }
    const failure = Promise.reject(new Error(`The client is offline: ${key}`));
    // Parse Server leaves what it writes of roles to itself, with this package and without. So does stock Parse Server with
    // what it writes of users.
    if (key.includes(':role:') || !this.isMounted) failure.catch(() => undefined);
    return failure;
  }

  constructor(private readonly isMounted: boolean) {}

  works(): void {
    this.mode = 'works';
    for (const answer of this.waiting.splice(0)) answer();
  }
}

interface App {
  server: SpecServer;
  cache: FailingCache;
  storage: FolderFiles;
  /** The id of a role, by which one may make sessions. */
  staff: string;
}

async function start(mounted: boolean, sessions: object = {}): Promise<App> {
  const cache = new FailingCache(mounted);
  const storage = new FolderFiles();
  const { put, get, del, clear } = cache;
  const server = await startServer(
    sessions,
    { cacheAdapter: { put, get, del, clear }, filesAdapter: storage },
    {
      graphql: true,
      mounted,
      cloud: () => {
        Parse.Cloud.define('makeSession', async ({ user }: any) => {
          const session = new Parse.Session();
          await session.save({}, { sessionToken: user.getSessionToken() });
        });
        Parse.Cloud.define(
          'countNotes',
          async () => (await new Parse.Query('Note').find({ useMasterKey: true })).length,
        );
      },
    },
  );
  await server.rest('POST', '/classes/Note', { body: {} });
  // Only makers may make sessions, and the staff are makers.
  const role = async (name: string, more: object = {}): Promise<string> => {
    const { body } = await server.rest('POST', '/roles', { master: true, body: { name, ACL: {}, ...more } });
    return body.objectId;
  };
  const staff = await role('staff');
  const staffRole = { __type: 'Pointer', className: '_Role', objectId: staff };
  await role('makers', { roles: { __op: 'AddRelation', objects: [staffRole] } });
  const all = { '*': true };
  await server.rest('PUT', '/schemas/_Session', {
    master: true,
    body: {
      classLevelPermissions: {
        find: all,
        get: all,
        count: all,
        update: all,
        delete: all,
        create: { 'role:makers': true },
      },
    },
  });
  return { server, cache, storage, staff };
}

async function stop({ server, cache, storage }: App): Promise<void> {
  cache.works();
  await server.stop();
  await storage.dispose();
}

interface Play {
  server: SpecServer;
  user: SpecUser;
  phone: SpecSession;
}

const asked = async (answer: Promise<{ status: number; body: any }>): Promise<unknown> => {
  const { status, body } = await answer;
  return body?.errors ?? body?.code ?? status;
};

/** Requests for which Parse Server asks its cache of users, or that of roles. */
const WITH_TOKEN: Array<[string, (play: Play) => Promise<unknown>]> = [
  ['a log-in', ({ server, user }) => asked(server.rest('POST', '/login', { body: accountOf(user) }))],
  [
    'a log-in from the same installation',
    ({ server, user }) =>
      asked(server.rest('POST', '/login', { installationId: 'the-phone', body: accountOf(user) })),
  ],
  ['a log-out', ({ server, phone }) => asked(server.rest('POST', '/logout', { ...phone, body: {} }))],
  [
    'a log-out by GraphQL',
    ({ server, phone }) => asked(server.graphql('mutation { logOut(input: {}) { ok } }', {}, phone.token)),
  ],
  [
    'DELETE /sessions/:id',
    ({ server, user, phone }) => asked(server.rest('DELETE', `/sessions/${phone.objectId}`, user)),
  ],
  ['a query', ({ server, user }) => asked(server.rest('GET', '/classes/Note', user))],
  ['a write', ({ server, user }) => asked(server.rest('POST', '/classes/Note', { ...user, body: {} }))],
  ['GET /users/me', ({ server, user }) => asked(server.rest('GET', '/users/me', user))],
  ['GET /sessions/me', ({ server, user }) => asked(server.rest('GET', '/sessions/me', user))],
  ['GET /sessions', ({ server, user }) => asked(server.rest('GET', '/sessions', user))],
  ['POST /sessions', ({ server, user }) => asked(server.rest('POST', '/sessions', { ...user, body: {} }))],
  [
    'a change of the password',
    ({ server, user }) =>
      asked(server.rest('PUT', `/users/${user.userId}`, { ...user, body: { password: 'another' } })),
  ],
  [
    'an upload',
    ({ server, user }) =>
      asked(
        server.rest('POST', '/files/a.txt', {
          token: user.token,
          body: 'x',
          headers: { 'Content-Type': 'text/plain' },
        }),
      ),
  ],
  [
    'a function that makes a session with the SDK',
    ({ server, user }) => asked(server.rest('POST', '/functions/makeSession', { ...user, body: {} })),
  ],
];

/** Requests for which Parse Server asks no cache. */
const WITHOUT_TOKEN: Array<[string, (play: Play) => Promise<unknown>]> = [
  ['a sign-up', async ({ server }) => typeof (await server.signUp()).token],
  [
    'DELETE /sessions/:id by the master key',
    ({ server, phone }) => asked(server.rest('DELETE', `/sessions/${phone.objectId}`, { master: true })),
  ],
  [
    'a function that works with the master key',
    ({ server }) => asked(server.rest('POST', '/functions/countNotes', { body: {} })),
  ],
];

const accountOf = ({ username, password }: SpecUser) => ({ username, password });

/** What a request answers while the cache is in a mode, and what is there of the phone's session after it. */
async function during({ server, cache, staff }: App, mode: Mode, request: (play: Play) => Promise<unknown>) {
  const user = await server.signUp();
  const phone = await makeSession(server, user.userId, { installationId: 'the-phone' });
  const users = { __op: 'AddRelation', objects: [pointerTo(user.userId)] };
  await server.rest('PUT', `/roles/${staff}`, { master: true, body: { users } });
  cache.mode = mode;
  try {
    const answer = await request({ server, user, phone });
    return { answer, isLeft: (await sessionRow(server, phone)) !== undefined };
  } finally {
    cache.works();
  }
}

describe('while the cache fails, a request answers as on stock Parse Server', () => {
  const cases = [
    ...WITH_TOKEN.map(([title, request]) => ['rejects', title, request] as const),
    ...WITHOUT_TOKEN.flatMap(([title, request]) => [
      ['rejects', title, request] as const,
      ['hangs', title, request] as const,
    ]),
  ];
  const stock = new Map<string, unknown>();

  describe('which', () => {
    let app: App;

    beforeAll(async () => {
      app = await start(false);
    });

    afterAll(() => stop(app));

    it.each(cases)('goes on, if the cache %s: %s', async (mode, title, request) => {
      const outcome = await during(app, mode, request);
      expect(outcome).not.toMatchObject({ answer: 1 });
      stock.set(`${mode} ${title}`, outcome);
    });
  });

  describe('with this package', () => {
    let app: App;

    beforeAll(async () => {
      app = await start(true);
    });

    afterAll(() => stop(app));

    it.each(cases)('if it %s: %s', async (mode, title, request) => {
      expect(await during(app, mode, request)).toEqual(stock.get(`${mode} ${title}`));
    });
  });
});

describe('a session that ends while the cache fails', () => {
  let app: App;
  let user: SpecUser;
  let phone: SpecSession;
  const told: unknown[] = [];

  beforeAll(async () => {
    app = await start(true);
    app.server.sessions.on('revoked', ({ sessionId }) => void told.push(sessionId));
  });

  afterAll(() => stop(app));

  beforeEach(async () => {
    app.cache.works();
    user = await app.server.signUp();
    phone = await makeSession(app.server, user.userId, { installationId: 'the-phone' });
  });

  const use = async ({ token }: { token: string }): Promise<number> => {
    const { status, body } = await app.server.rest('GET', '/classes/Note', { token });
    return status === 200 ? 200 : body.code;
  };

  const ENDS: Array<[string, () => Promise<unknown>]> = [
    ['a log-out', () => app.server.rest('POST', '/logout', { token: phone.token, body: {} })],
    ['revokeSession', () => app.server.run('revokeSession', { objectId: phone.objectId }, user)],
    ['revokeOtherSessions', () => app.server.run('revokeOtherSessions', {}, user)],
    ['store.revoke', () => app.server.sessions.store.revoke(phone.objectId)],
    ['invalidate', () => app.server.sessions.invalidate(phone.objectId)],
    [
      'a log-in from the same installation',
      () => app.server.rest('POST', '/login', { installationId: 'the-phone', body: accountOf(user) }),
    ],
  ];

  it.each(ENDS)(
    'has ended, with all that follows, and is marked for the other processes later: %s',
    async (_how, end) => {
      const { server, cache, storage } = app;
      const log = jest.spyOn(server.server.config.loggerController, 'error');
      const info = jest.spyOn(server.server.config.loggerController, 'info');
      const exists = (one: { name(): string }) => storage.names().includes(one.name());
      const file = await server.sessions
        .files(phone.objectId)
        .add('a', { name: 'a.txt', data: Buffer.from('x') } as never);
      expect(exists(file)).toBe(true);
      expect(await use(phone)).toBe(200);
      cache.mode = 'rejects';
      await end();
      expect(await use(phone)).toBe(209);
      await eventually(() => expect(told.filter(id => id === phone.objectId)).toHaveLength(1));
      expect(exists(file)).toBe(false);
      const mark = `${server.appId}:revokedSession:${phone.token}`;
      expect(cache.entries.has(mark)).toBe(false);

      cache.mode = 'works';
      await eventually(() => expect(cache.entries.get(mark)).toBe(true));
      expect(cache.entries.has(`${server.appId}:user:${phone.token}`)).toBe(false);
      await eventually(() =>
        expect(info.mock.calls.filter(([line]) => String(line).includes('works again'))).toHaveLength(1),
      );
      const lines = log.mock.calls.filter(([line]) => String(line).includes('parse-server-sessions'));
      expect(lines).toHaveLength(1);
      expect(String(lines[0])).not.toContain(phone.token);
      log.mockRestore();
      info.mockRestore();
    },
  );

  it('may be one of many', async () => {
    const others = await Promise.all(Array.from({ length: 50 }, () => makeSession(app.server, user.userId)));
    app.cache.mode = 'rejects';
    expect(await app.server.sessions.store.revokeAllForUser(user.userId)).toBe(52);
    app.cache.mode = 'works';
    for (const { token } of others) {
      await eventually(() =>
        expect(app.cache.entries.has(`${app.server.appId}:revokedSession:${token}`)).toBe(true),
      );
    }
  });

  it('may be one whose end is set', async () => {
    const end = new Date(Date.now() + HOUR);
    app.cache.mode = 'rejects';
    await app.server.sessions.store.setExpiry(phone.objectId, end);
    expect(await endOf(app.server, phone)).toEqual(end);
  });
});

it('a server is shut down while the cache hangs, with all accesses written', async () => {
  const app = await start(true, { expiry: { authenticated: { idle: '1h', maxAge: '30d' } } });
  try {
    const user = await app.server.signUp();
    const soon = await makeSession(app.server, user.userId, {
      expiresAt: parseDate(Date.now() + HOUR / 2),
    });
    expect((await app.server.rest('GET', '/classes/Note', soon)).status).toBe(200);
    app.cache.mode = 'hangs';
    await app.server.sessions.shutdown();
    expect((await endOf(app.server, soon))!.getTime()).toBeGreaterThan(Date.now() + HOUR / 2);
  } finally {
    await stop(app);
  }
});

it('the first call of the SDK in cloud code waits for no cache that it does not ask', async () => {
  const app = await start(true);
  try {
    app.cache.mode = 'hangs';
    expect(await app.server.run('countNotes')).toBe(1);
  } finally {
    await stop(app);
  }
});
