import { APP_ID, startServer, type RestOptions, type SpecServer } from '../support/server';
import { parseDate } from '../support/sessions';
import { insertSession } from './sessions';

declare const Parse: any;

/** Parse Server's own keeps files in MongoDB only. */
class Files {
  async createFile() {}
  async deleteFile() {}
  async getFileData() {
    return Buffer.from('hello');
  }
  getFileLocation(_config: unknown, name: string) {
    return `http://127.0.0.1/${name}`;
  }
}

let server: SpecServer;

beforeAll(async () => {
  server = await startServer(
    {},
    { filesAdapter: new Files(), fileUpload: { enableForAuthenticatedUser: true, fileExtensions: ['*'] } },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('whoami', ({ user }: any) => user?.id ?? null);
        Parse.Cloud.define('saveNoteAs', async ({ params }: any) => {
          const note = await new Parse.Object('Note').save(
            { text: 'x' },
            { sessionToken: params.sessionToken },
          );
          return note.id;
        });
        Parse.Cloud.define('findNotesAs', async ({ params }: any) => {
          return new Parse.Query('Note').find({ sessionToken: params.sessionToken });
        });
        Parse.Cloud.define('listSessionsAs', ({ params }: any) =>
          Parse.Cloud.run('listSessions', {}, { sessionToken: params.sessionToken }),
        );
      },
    },
  );
  await server.rest('POST', '/classes/Note', { body: { text: 'the first' } });
});

afterAll(() => server.stop());

type Send = (token: string) => Promise<{ status: number; body: any }>;

const rest =
  (method: string, path: string, request: RestOptions = {}): Send =>
  token =>
    server.rest(method, path, { ...request, token });

/** A call in cloud code with the token, for a caller who needs none. */
const inCloudCode =
  (name: string): Send =>
  sessionToken =>
    server.rest('POST', `/functions/${name}`, { body: { sessionToken } });

const REQUESTS: Array<[string, Send]> = [
  ['reading the user', rest('GET', '/users/me')],
  ['reading the session', rest('GET', '/sessions/me')],
  ['listing sessions', rest('GET', '/sessions')],
  ['finding objects', rest('GET', '/classes/Note')],
  [
    'finding objects, the token in the body',
    async _SessionToken => {
      const body = JSON.stringify({ _method: 'GET', _ApplicationId: APP_ID, _SessionToken });
      const response = await fetch(`${server.url}/classes/Note`, { method: 'POST', body });
      return { status: response.status, body: await response.json() };
    },
  ],
  ['creating an object', rest('POST', '/classes/Note', { body: { text: 'x' } })],
  ['calling a function of the app', rest('POST', '/functions/whoami', { body: {} })],
  ['calling a function of this package', rest('POST', '/functions/listSessions', { body: {} })],
  ['making a session', rest('POST', '/sessions', { body: {} })],
  ['uploading a file', rest('POST', '/files/note.txt', { body: 'hello' })],
  ['reading the configuration', rest('GET', '/config')],
  [
    'a batch',
    rest('POST', '/batch', {
      body: { requests: [{ method: 'POST', path: '/parse/classes/Note', body: { text: 'x' } }] },
    }),
  ],
  ['a GraphQL query', async token => server.graphql('{ viewer { user { id } } }', {}, token)],
  [
    'a GraphQL mutation',
    async token =>
      server.graphql('mutation { createSession(input: {}) { session { objectId } } }', {}, token),
  ],
  ['a save in cloud code', inCloudCode('saveNoteAs')],
  ['a query in cloud code', inCloudCode('findNotesAs')],
  ['a function called in cloud code', inCloudCode('listSessionsAs')],
  ['logging out', rest('POST', '/logout', { body: {} })],
];

const codeOf = (body: any): number | undefined =>
  body.code ?? body.errors?.[0]?.extensions?.code ?? body[0]?.error?.code;

describe('a token whose session was revoked', () => {
  it.each(REQUESTS)('is refused at once with 209 by %s, which worked before', async (_what, send) => {
    const user = await server.signUp();
    const { objectId, token } = await insertSession(server, user.userId);
    // So that every cache holds the token.
    await server.rest('GET', '/sessions', { token });
    await server.rest('POST', '/functions/whoami', { token, body: {} });
    const control = await insertSession(server, user.userId);
    expect(codeOf((await send(control.token)).body)).toBeUndefined();

    await server.run('revokeSession', { objectId }, user);
    expect(codeOf((await send(token)).body)).toBe(209);
  });

  it.each([
    ['revokeSession', async (user: any, objectId: string) => server.run('revokeSession', { objectId }, user)],
    ['revokeOtherSessions', async (user: any) => server.run('revokeOtherSessions', {}, user)],
    ['revokeSessions', async (user: any) => server.run('revokeSessions', {}, user)],
    [
      'revokeSessions by the master key',
      async ({ userId }: any) => server.run('revokeSessions', { userId }, { master: true }),
    ],
    ['store.revoke', async (_user: any, objectId: string) => server.sessions.store.revoke(objectId)],
    ['store.revokeAllForUser', async ({ userId }: any) => server.sessions.store.revokeAllForUser(userId)],
  ])('is refused at once after %s', async (_what, revoke) => {
    const user = await server.signUp();
    const { objectId, token } = await insertSession(server, user.userId);
    expect((await server.rest('POST', '/functions/whoami', { token, body: {} })).body.result).toBe(
      user.userId,
    );
    await revoke(user, objectId);
    expect((await server.rest('POST', '/functions/whoami', { token, body: {} })).body.code).toBe(209);
    expect((await server.rest('GET', '/classes/Note', { token })).body.code).toBe(209);
  });
});

describe('a revocation while requests of the session are under way', () => {
  /** Holds the answer to the next look-up of this token back until `open()` is called. */
  function holdLookUp(token: string) {
    const { adapter } = server.server.config.databaseController;
    const { find } = adapter;
    let open!: () => void;
    const opened = new Promise<void>(resolve => (open = resolve));
    let reached!: () => void;
    const isReached = new Promise<void>(resolve => (reached = resolve));
    adapter.find = async (className: string, schema: unknown, query: any, ...more: unknown[]) => {
      const rows = await find.call(adapter, className, schema, query, ...more);
      if (className === '_Session' && JSON.stringify(query).includes(token)) {
        reached();
        await opened;
      }
      return rows;
    };
    return { reached: isReached, open, restore: () => (adapter.find = find) };
  }

  it('is not undone by a request that reads the session as it is deleted', () => race(false));
  it('is a 209 for a request that looks its caller up as it is deleted', () => race(true));

  async function race(userIsCached: boolean) {
    const user = await server.signUp();
    const { objectId, token } = await insertSession(server, user.userId);
    if (userIsCached) {
      await server.rest('POST', '/functions/whoami', { token, body: {} });
      // What the package knows of the session is over by this, and Parse Server's cache of users stays.
      const body = { authenticatedAt: parseDate(Date.now()) };
      await server.rest('PUT', `/sessions/${objectId}`, { master: true, body });
    }
    const held = holdLookUp(token);
    try {
      const underWay = server.rest('POST', '/functions/listSessions', { token, body: {} });
      await held.reached;
      await server.run('revokeSession', { objectId }, user);
      held.open();
      const { body } = await underWay;
      // Either it came in time, or it is refused; anything else would be a failure of the server.
      expect(body.code ?? 209).toBe(209);
    } finally {
      held.open();
      held.restore();
    }
    expect((await server.rest('POST', '/functions/whoami', { token, body: {} })).body.code).toBe(209);
    expect((await server.rest('GET', '/classes/Note', { token })).body.code).toBe(209);
  }

  it('leaves the requests of other sessions alone', async () => {
    const user = await server.signUp();
    const { objectId } = await insertSession(server, user.userId);
    const other = await insertSession(server, user.userId);
    const held = holdLookUp(other.token);
    try {
      const underWay = server.rest('POST', '/functions/listSessions', { token: other.token, body: {} });
      await held.reached;
      await server.run('revokeSession', { objectId }, user);
      held.open();
      expect((await underWay).body.result).toHaveLength(2);
    } finally {
      held.open();
      held.restore();
    }
  });
});
