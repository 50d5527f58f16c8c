import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { watchForRest } from '../support/settled';
import { defineSdkWrite, waysIn, type Operation } from '../support/ways-in';

declare const Parse: any;

const storage = new FolderFiles();
const told: any[] = [];
let server: SpecServer;
let settled: () => Promise<void>;
let user: SpecUser;
let restricted: { objectId: string; token: string };
let scoped: { objectId: string; token: string };
let invoice: string;
let role: string;

beforeAll(async () => {
  server = await startServer(
    { guard: ['Invoice', 'Letter'], guardFiles: true, fresh: ['Card'] },
    { filesAdapter: storage, fileUpload: { enableForAuthenticatedUser: true, fileExtensions: ['*'] } },
    {
      graphql: true,
      cloud: () => {
        defineSdkWrite(Parse);
        // An app's own trigger on a guarded class gets the guard in front of it.
        Parse.Cloud.beforeSave('Letter', () => {});
        Parse.Cloud.beforeDelete('Letter', () => {});
        Parse.Cloud.define('open', () => 'open');
        Parse.Cloud.define('closed', () => 'closed', requireUnrestrictedSession);
        Parse.Cloud.define('fresh', () => 'fresh', requireFreshSession);
      },
    },
  );
  settled = watchForRest(server);
  server.sessions.on('blocked', payload => void told.push(payload));
  for (const className of ['Telemetry', 'Note']) await server.makeClass(className);
  user = await server.signUp();
  restricted = await server.restricted(user.token);
  const made = await server.run('createRestrictedSession', { scopes: ['Telemetry:create'] }, user);
  scoped = { objectId: made.objectId, token: made.sessionToken };
  const create = async (path: string, body: object) =>
    (await server.rest('POST', path, { master: true, body })).body.objectId as string;
  invoice = await create('/classes/Invoice', { total: 1 });
  await create('/classes/Letter', { text: 'a' });
  role = await create('/roles', { name: 'staff', ACL: { '*': { read: true, write: true } } });
});

/** Cloud code is loaded before `server` is there. */
const requireUnrestrictedSession = (request: any): Promise<void> =>
  server.sessions.requireUnrestrictedSession(request);
const requireFreshSession = (request: any): Promise<void> =>
  server.sessions.requireFreshSession({ within: 1 })(request);

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

beforeEach(() => (told.length = 0));

const ofSession = ({ objectId }: { objectId: string }) => ({ sessionId: objectId, userId: user.userId });

describe.each(waysIn)('one event per refused write: %s', (_way, write) => {
  it.each<[Operation, string, () => string | undefined]>([
    ['create', 'Invoice', () => undefined],
    ['update', 'Invoice', () => invoice],
    ['delete', 'Invoice', () => invoice],
    ['create', 'Letter', () => undefined],
    ['update', '_User', () => user.userId],
    ['delete', '_User', () => user.userId],
    ['update', '_Role', () => role],
  ])('%s of %s', async (operation, className, objectId) => {
    const outcome = await write(
      server,
      { operation, className, objectId: objectId(), fields: {} },
      { token: restricted.token },
    );
    expect(outcome.code).toBe(119);
    await settled();
    expect(told).toEqual([{ ...ofSession(restricted), operation, target: className }]);
  });
});

describe('one event per refusal', () => {
  it.each<[string, () => Promise<unknown>, object]>([
    [
      'POST /sessions',
      () => server.rest('POST', '/sessions', { token: restricted.token, body: {} }),
      { operation: 'create', target: '_Session' },
    ],
    [
      'POST /users',
      () =>
        server.rest('POST', '/users', {
          token: restricted.token,
          body: { username: 'new', password: 'tell nobody' },
        }),
      { operation: 'create', target: '_User' },
    ],
    [
      'a function of this package',
      () => server.rest('POST', '/functions/revokeSessions', { token: restricted.token, body: {} }),
      { operation: 'call', target: 'revokeSessions' },
    ],
    [
      'a function behind requireUnrestrictedSession',
      () => server.rest('POST', '/functions/closed', { token: restricted.token, body: {} }),
      { operation: 'call', target: 'closed' },
    ],
    [
      'a function behind requireFreshSession',
      () => server.rest('POST', '/functions/fresh', { token: restricted.token, body: {} }),
      { operation: 'call', target: 'fresh' },
    ],
    [
      'an upload',
      () =>
        server.rest('POST', '/files/a.txt', {
          token: restricted.token,
          body: 'x',
          headers: { 'Content-Type': 'text/plain' },
        }),
      { operation: 'create', target: '@File' },
    ],
  ])('of a restricted session: %s', async (_title, ask, expected) => {
    await ask();
    await settled();
    expect(told).toEqual([{ ...ofSession(restricted), ...expected }]);
  });

  it.each<[string, string, string, object | undefined, object]>([
    ['a write', 'POST', '/classes/Note', {}, { operation: 'create', target: 'Note' }],
    ['a read', 'GET', '/classes/Note', undefined, { operation: 'read', target: 'Note' }],
    ['a function', 'POST', '/functions/open', {}, { operation: 'call', target: 'open' }],
    ['a route', 'POST', '/events/opened', {}, { operation: 'request', target: 'events' }],
  ])('of a scoped session: %s', async (_title, method, path, body, expected) => {
    const { body: answer } = await server.rest(method, path, { token: scoped.token, body });
    expect(answer.code).toBe(119);
    await settled();
    expect(told).toEqual([{ ...ofSession(scoped), ...expected }]);
  });

  it.each<[string, (token: string) => Promise<unknown>, object]>([
    [
      'a write',
      token => server.rest('POST', '/classes/Card', { token, body: {} }),
      { operation: 'create', target: 'Card' },
    ],
    [
      'a function',
      token => server.rest('POST', '/functions/fresh', { token, body: {} }),
      { operation: 'call', target: 'fresh' },
    ],
  ])('of a session whose login is long ago: %s', async (_title, ask, expected) => {
    const session = await makeSession(server, user.userId, { authenticatedAt: parseDate('2020-01-01') });
    await ask(session.token);
    await settled();
    expect(told).toEqual([{ ...ofSession(session), ...expected }]);
  });

  it.each([
    ['a token', (token: string) => `a${token.slice(2)}`],
    ['very much text', () => `A${'x'.repeat(100_000)}`],
    ['something else', () => 'A<script>'],
  ])('names nothing that a client put into it: %s', async (_what, name) => {
    const where = {
      $relatedTo: {
        object: { __type: 'Pointer', className: name(scoped.token), objectId: 'x' },
        key: 'items',
      },
    };
    const reader = await server.run('createRestrictedSession', { scopes: ['Note:read'] }, user);
    const query = new URLSearchParams({ where: JSON.stringify(where) });
    const path = name(scoped.token).length > 1000 ? '/classes/Note' : `/classes/Note?${query}`;
    if (path === '/classes/Note') {
      const body = { _method: 'GET', where };
      await server.rest('POST', path, { token: reader.sessionToken, body });
    } else await server.rest('GET', path, { token: reader.sessionToken });
    await settled();
    expect(told).toEqual([
      { sessionId: reader.objectId, userId: user.userId, operation: 'read', target: '' },
    ]);
  });

  it('one for each part of a batch', async () => {
    const request = { method: 'POST', path: '/parse/classes/Invoice', body: {} };
    await server.rest('POST', '/batch', {
      token: restricted.token,
      body: { requests: [request, request, { ...request, path: '/parse/classes/Note' }] },
    });
    await settled();
    expect(told).toHaveLength(2);
  });
});

describe('no event', () => {
  it('for what is allowed', async () => {
    await server.rest('POST', '/classes/Note', { token: restricted.token, body: {} });
    await server.rest('GET', '/classes/Invoice', { token: restricted.token });
    await server.rest('POST', '/functions/open', { token: restricted.token, body: {} });
    await server.rest('POST', '/classes/Telemetry', { token: scoped.token, body: {} });
    await server.rest('POST', '/classes/Invoice', { token: user.token, body: {} });
    await server.rest('POST', '/classes/Invoice', { master: true, body: {} });
    await settled();
    expect(told).toEqual([]);
  });

  it('for a write that fails for its own reasons', async () => {
    const { body } = await server.rest('PUT', '/classes/Note/nosuchid', {
      token: restricted.token,
      body: {},
    });
    expect(body.code).toBe(101);
    await server.rest('POST', '/classes/Invoice', { token: 'r:unknown', body: {} });
    await settled();
    expect(told).toEqual([]);
  });
});
