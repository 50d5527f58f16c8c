import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  defineSdkWrite,
  outcomeOf,
  REFUSED,
  transactionalBatch,
  waysIn,
  type Outcome,
  type WayIn,
  type Who,
} from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const pointer = (objectId: string) => ({ __type: 'Pointer', className: '_User', objectId });
const inYears = (years: number) => ({
  __type: 'Date',
  iso: new Date(Date.now() + years * 365 * 24 * 3600_000).toISOString(),
});

describe('a session that a client creates', () => {
  let server: SpecServer;
  let user: SpecUser;
  let stranger: SpecUser;

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      defineSdkWrite(Parse);
      Parse.Cloud.define('newSession', async ({ user: caller }: any) => {
        const session = await new Parse.Session().save({}, { sessionToken: caller.getSessionToken() });
        return session.toJSON();
      });
    };
    server = await startServer({}, {}, { graphql: true, cloud });
    [user, stranger] = [await server.signUp(), await server.signUp()];
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    const others = { user: pointer(user.userId), sessionToken: { $ne: user.token } };
    await server.rawDelete('_Session', others).catch(() => undefined);
  });

  const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointer(userId) });

  async function create(way: WayIn, fields: object, who: Who = { token: user.token }): Promise<Outcome> {
    return way(server, { operation: 'create', className: '_Session', fields }, who);
  }

  /** The one session of the user beside the one of his sign-up. */
  async function createdOne() {
    const sessions = await sessionsOf(user.userId);
    expect(sessions).toHaveLength(2);
    return sessions.find(session => session.sessionToken !== user.token);
  }

  /** What is sent to get an unrestricted session, or one of somebody else, or one without end. */
  const FORGED: Array<[string, (way: string) => object]> = [
    ['nothing', () => ({})],
    ['restricted: false', () => ({ restricted: false })],
    ['createdWith a login', () => ({ createdWith: { action: 'login', authProvider: 'password' } })],
    ['createdWith nothing', () => ({ createdWith: null })],
    ['a token', () => ({ sessionToken: 'r:chosen' })],
    ['an end far away', way => ({ expiresAt: way === 'GraphQL' ? inYears(50).iso : inYears(50) })],
    ['no end', () => ({ expiresAt: null })],
    [
      'another user',
      way => ({ user: way === 'GraphQL' ? { link: stranger.userId } : pointer(stranger.userId) }),
    ],
    ['no user', () => ({ user: null })],
    ...['user', 'sessionToken', 'expiresAt', 'createdWith', 'restricted'].map(
      (key): [string, (way: string) => object] => [
        `a deletion of ${key}`,
        // GraphQL has no operations.
        way => (way === 'GraphQL' ? {} : { [key]: { __op: 'Delete' } }),
      ],
    ),
  ];

  describe.each(waysIn)('by way of %s', (name, way) => {
    it.each(FORGED)('is restricted, its own user’s and ends in time, sent %s', async (_what, fields) => {
      const ofStranger = (await sessionsOf(stranger.userId)).length;
      const outcome = await create(way, fields(name));
      expect(outcome).not.toHaveProperty('code');
      const session = await createdOne();
      expect(session).toMatchObject({ restricted: true, createdWith: { action: 'create' } });
      expect(session.sessionToken).toMatch(/^r:[0-9a-f]{32}$/);
      expect(new Date(session.expiresAt.iso).getTime()).toBeLessThan(new Date(inYears(1.01).iso).getTime());
      expect(await sessionsOf(stranger.userId)).toHaveLength(ofStranger);
    });

    it.each([
      ['ip', '6.6.6.6'],
      ['userAgent', 'forged'],
      ['lastAccessedAt', inYears(1)],
      ['name', 'forged'],
    ])('is not made with a value for %s', async (column, value) => {
      const sent = name === 'GraphQL' && column === 'lastAccessedAt' ? (value as any).iso : value;
      expect(await create(way, { [column]: sent })).toMatchObject({ code: 105 });
      expect(await sessionsOf(user.userId)).toHaveLength(1);
    });

    it('is not made for a restricted session', async () => {
      const { token } = await server.restricted(user.token);
      expect(await create(way, {}, { token })).toEqual(REFUSED);
      expect(await sessionsOf(user.userId)).toHaveLength(2);
    });
  });

  it.each(['createdWith.action', 'user.objectId', 'restricted.x', 'expiresAt.iso', 'createdAt.x', 'ACL.x'])(
    'is not made with the dotted key %s',
    async key => {
      for (const path of ['/sessions', '/classes/_Session']) {
        const answer = await server.rest('POST', path, { token: user.token, body: { [key]: 'login' } });
        expect(answer.body.code).toBe(105);
      }
      expect(await sessionsOf(user.userId)).toHaveLength(1);
    },
  );

  it.each([
    ['objectId', 'chosen', 105],
    ['ACL', { '*': { read: true } }, 105],
    ['_session_token', 'r:chosen', 105],
    ['restricted', 'no', 111],
  ])('is not made with a value of its own for %s', async (key, value, code) => {
    const answer = await server.rest('POST', '/sessions', { token: user.token, body: { [key]: value } });
    expect(answer.body.code).toBe(code);
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  it('is not made without a session', async () => {
    for (const [, way] of waysIn.slice(0, 3)) {
      expect(await create(way, {}, {} as Who)).toMatchObject({ code: 209 });
    }
  });

  it('is answered as it is stored', async () => {
    const body = { restricted: false };
    const requests = [{ method: 'POST', path: '/parse/sessions', body }];
    const answers = [
      (await server.rest('POST', '/sessions', { token: user.token, body })).body,
      (await server.rest('POST', '/classes/_Session', { token: user.token, body })).body,
      (await server.rest('POST', '/batch', { token: user.token, body: { requests } })).body[0].success,
      await server.run('newSession', {}, { token: user.token }),
    ];
    for (const answer of answers) {
      const [stored] = await server.rawFind('_Session', { objectId: answer.objectId });
      expect(stored.restricted).toBe(true);
      expect(answer).toMatchObject({
        restricted: true,
        sessionToken: stored.sessionToken,
        createdWith: { action: 'create' },
      });
    }
  });

  it('keeps its rules in a GraphQL document that logs in first', async () => {
    const attempt = (fields: string) =>
      server.graphql(`mutation {
        logIn(input: { username: "${user.username}", password: "${user.password}" }) { viewer { user { objectId } } }
        createSession(input: { fields: { ${fields} } }) { session { objectId } }
      }`);
    expect((await attempt('name: "forged"')).body.errors[0].extensions.code).toBe(105);
    await attempt('restricted: false');
    const created = { user: pointer(user.userId), 'createdWith.action': 'create' };
    expect(await server.rawFind('_Session', created)).toMatchObject([{ restricted: true }]);
  });

  it('made by the master key is as the master key wants it', async () => {
    const body = {
      user: pointer(user.userId),
      sessionToken: 'r:of-the-master',
      restricted: false,
      name: 'job',
    };
    const answer = await server.rest('POST', '/sessions', { master: true, body });
    expect(answer.status).toBe(201);
    expect(await createdOne()).toMatchObject({
      sessionToken: 'r:of-the-master',
      restricted: false,
      name: 'job',
    });
    const restrictedBody = { user: pointer(user.userId), sessionToken: 'r:sensor', restricted: true };
    await server.rest('POST', '/sessions', { master: true, body: restrictedBody });
    const write = await server.rest('PUT', `/users/${user.userId}`, { token: 'r:sensor', body: { a: 1 } });
    expect(outcomeOf(write.body)).toEqual(REFUSED);
  });

  it('is not made by the read-only master key', async () => {
    const body = { user: pointer(user.userId), sessionToken: 'r:read-only' };
    const answer = await server.rest('POST', '/sessions', { readOnlyMaster: true, body });
    expect(answer.body.code).toBe(119);
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  if (SPEC_DATABASE === 'postgresql') {
    it('is restricted out of a batch that is one transaction, too', async () => {
      expect(await create(transactionalBatch, { restricted: false })).not.toHaveProperty('code');
      const { sessionToken, restricted } = await createdOne();
      expect(restricted).toBe(true);
      expect(await create(transactionalBatch, {}, { token: sessionToken })).toHaveProperty('code');
      expect(await sessionsOf(user.userId)).toHaveLength(2);
    });
  }

  describe('with the installationId of another device', () => {
    const phoneOf = async ({ username, password }: SpecUser, installationId: string) => {
      const { body } = await server.rest('POST', '/login', { installationId, body: { username, password } });
      return body.sessionToken as string;
    };
    const isAlive = async (token: string) =>
      (await server.rest('GET', '/users/me', { token })).status === 200;

    it('ends that device’s session at once, when an unrestricted session of the user asks for it', async () => {
      const phone = await phoneOf(user, 'a-phone');
      expect(await isAlive(phone)).toBe(true);
      await server.restricted(user.token, { installationId: 'a-phone' });
      expect(await isAlive(phone)).toBe(false);
      const answer = await server.rest('GET', '/classes/Note', { token: phone });
      expect(answer.body.code).toBe(209);
    });

    it('leaves it alone when a restricted session asks', async () => {
      const phone = await phoneOf(user, 'b-phone');
      const { token } = await server.restricted(user.token);
      const body = { installationId: 'b-phone' };
      expect(outcomeOf((await server.rest('POST', '/sessions', { token, body })).body)).toEqual(REFUSED);
      expect(await isAlive(phone)).toBe(true);
    });

    it('leaves that of another user alone', async () => {
      const phone = await phoneOf(stranger, 'c-phone');
      await server.restricted(user.token, { installationId: 'c-phone' });
      expect(await isAlive(phone)).toBe(true);
    });
  });
});

describe('a session that Parse Server makes', () => {
  let server: SpecServer;

  beforeAll(async () => {
    const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
    server = await startServer({}, { auth: { badge } }, { graphql: true });
  });

  afterAll(() => server.stop());

  const stored = async (token: string) => (await server.rawFind('_Session', { sessionToken: token }))[0];
  const tokenOf = async (answer: Promise<{ body: any }>) => (await answer).body.sessionToken;

  const MADE: Array<[string, (user: SpecUser) => Promise<string>]> = [
    ['sign-up', async user => user.token],
    ['a login', async user => (await server.login(user.username, user.password)).token],
    [
      'a sign-up with another service',
      user =>
        tokenOf(server.rest('POST', '/users', { body: { authData: { badge: { id: user.username } } } })),
    ],
    [
      'a login with another service',
      async user => {
        const authData = { badge: { id: `badge of ${user.username}` } };
        await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { authData } });
        return tokenOf(server.rest('POST', '/users', { body: { authData } }));
      },
    ],
    [
      'an anonymous sign-up',
      user =>
        tokenOf(server.rest('POST', '/users', { body: { authData: { anonymous: { id: user.username } } } })),
    ],
    [
      '/loginAs',
      user => tokenOf(server.rest('POST', '/loginAs', { master: true, body: { userId: user.userId } })),
    ],
    [
      'a change of password',
      user =>
        tokenOf(
          server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'another' } }),
        ),
    ],
    [
      'a login by GraphQL',
      async ({ username, password }) => {
        const input = `{ username: "${username}", password: "${password}" }`;
        const { body } = await server.graphql(
          `mutation { logIn(input: ${input}) { viewer { sessionToken } } }`,
        );
        return body.data.logIn.viewer.sessionToken;
      },
    ],
    [
      'a sign-up by GraphQL',
      async ({ username }) => {
        const input = `{ fields: { username: "${username}-2", password: "secret" } }`;
        const { body } = await server.graphql(
          `mutation { signUp(input: ${input}) { viewer { sessionToken } } }`,
        );
        return body.data.signUp.viewer.sessionToken;
      },
    ],
  ];

  it.each(MADE)(
    'at %s is unrestricted, may write its user, and knows where it came from',
    async (_how, make) => {
      const token = await make(await server.signUp());
      const session = await stored(token);
      expect(session).toMatchObject({ restricted: false, ip: '127.0.0.1', userAgent: 'node' });
      expect(Math.abs(new Date(session.lastAccessedAt.iso).getTime() - Date.now())).toBeLessThan(5000);
      const answer = await server.rest('PUT', `/users/${session.user.objectId}`, {
        token,
        body: { nickname: 'x' },
      });
      expect(answer.status).toBe(200);
    },
  );

  it('is written once, with everything in it', async () => {
    const { username, password } = await server.signUp();
    const { adapter } = server.server.config.databaseController;
    const writes: string[] = [];
    for (const method of ['createObject', 'findOneAndUpdate', 'updateObjectsByQuery', 'upsertOneObject']) {
      const original = adapter[method];
      adapter[method] = (className: string, ...rest: unknown[]) => {
        if (className === '_Session') writes.push(method);
        return original.call(adapter, className, ...rest);
      };
    }
    const { token } = await server.login(username, password, { 'User-Agent': 'Specs/1.0' });
    const { token: restricted } = await server.restricted(token);
    expect(writes).toEqual(['createObject', 'createObject']);
    expect(await stored(token)).toMatchObject({ userAgent: 'Specs/1.0', ip: '127.0.0.1', restricted: false });
    expect(await stored(restricted)).toMatchObject({ userAgent: 'node', ip: '127.0.0.1', restricted: true });
  });

  it('keeps no more than 512 characters of the user agent', async () => {
    const { username, password } = await server.signUp();
    const { token } = await server.login(username, password, { 'User-Agent': 'x'.repeat(2000) });
    expect((await stored(token)).userAgent).toBe('x'.repeat(512));
  });

  it('is not made for a restricted session by the upgrade to a revocable one', async () => {
    const user = await server.signUp();
    const { token } = await server.restricted(user.token);
    const answer = await server.rest('POST', '/upgradeToRevocableSession', { token, body: {} });
    expect(outcomeOf(answer.body)).toEqual(REFUSED);
    expect(await server.rawFind('_Session', { user: pointer(user.userId) })).toHaveLength(2);
  });

  // On PostgreSQL, Parse Server answers an upgrade with an internal error.
  if (SPEC_DATABASE === 'mongodb') {
    it.each(['a revocable token', 'a token of the time before'])(
      'at the upgrade of %s is unrestricted',
      async what => {
        const user = await server.signUp();
        let { token } = user;
        if (what !== 'a revocable token') {
          token = `legacy-${user.userId}`;
          const { adapter } = server.server.config.databaseController;
          const users = adapter.database.collection('_User');
          await users.updateOne({ _id: user.userId }, { $set: { _session_token: token } });
        }
        const { body } = await server.rest('POST', '/upgradeToRevocableSession', { token, body: {} });
        expect(body).toMatchObject({ createdWith: { action: 'upgrade' }, restricted: false });
        expect((await stored(body.sessionToken)).restricted).toBe(false);
      },
    );
  }
});

describe('class-level permissions on _Session', () => {
  let server: SpecServer;
  let user: SpecUser;
  let other: SpecUser;
  let permissions: object;

  beforeAll(async () => {
    server = await startServer({}, {}, { graphql: true, cloud: defineSdkWrite });
    [user, other] = [await server.signUp(), await server.signUp()];
    const { body } = await server.rest('GET', '/schemas/_Session', { master: true });
    permissions = body.classLevelPermissions;
    const users = { __op: 'AddRelation', objects: [pointer(other.userId)] };
    await server.rest('POST', '/roles', { master: true, body: { name: 'Boss', ACL: {}, users } });
  });

  afterAll(() => server.stop());

  const permit = (create: object) =>
    server.rest('PUT', '/schemas/_Session', {
      master: true,
      body: { classLevelPermissions: { ...permissions, create } },
    });

  it('create: {} does not keep anybody from logging in', async () => {
    await permit({});
    expect(await server.login(user.username, user.password)).toHaveProperty('token');
  });

  describe.each(waysIn)('by way of %s', (_name, way) => {
    const fields = { installationId: 'the-sensor' };
    const create = (token: string) =>
      way(server, { operation: 'create', className: '_Session', fields }, { token });

    it('create: {} keeps clients from making sessions, and the older one of the installation stays', async () => {
      await permit({ '*': true });
      const older = await server.restricted(user.token, fields);
      await permit({});
      const before = await server.rawFind('_Session');
      expect(await create(user.token)).toMatchObject({ code: 119 });
      expect(await server.rawFind('_Session')).toHaveLength(before.length);
      expect((await server.rest('GET', '/users/me', { token: older.token })).status).toBe(200);
    });

    it('create for a user or a role lets that user make one, and no other', async () => {
      await permit({ [user.userId]: true });
      expect(await create(user.token)).not.toHaveProperty('code');
      expect(await create(other.token)).toMatchObject({ code: 119 });

      await permit({ 'role:Boss': true });
      expect(await create(other.token)).not.toHaveProperty('code');
      expect(await create(user.token)).toMatchObject({ code: 119 });
    });
  });
});
