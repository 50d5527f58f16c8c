import { FolderFiles } from '../support/folder-files';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, pointerTo, sessionRow } from '../support/sessions';

declare const Parse: any;

const storage = new FolderFiles();
let server: SpecServer;
let second: SecondProcess;
const links: string[] = [];

beforeAll(async () => {
  server = await startServer(
    { maxSessionsPerUser: { anonymous: 1 } },
    {
      filesAdapter: storage,
      emailAdapter: {
        sendMail: async () => {},
        sendPasswordResetEmail: async ({ link }: { link: string }) => void links.push(link),
      },
      appName: 'specs',
      publicServerURL: 'http://127.0.0.1/parse',
    },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('destroyOwnSession', async ({ user }: any) => {
          const sessionToken = user.getSessionToken();
          const [session] = await new Parse.Query('_Session')
            .equalTo('sessionToken', sessionToken)
            .find({ sessionToken });
          await session.destroy({ sessionToken });
        });
      },
    },
  );
  second = await startSecondProcess({
    parseServer: { databaseURI: server.databaseURI },
    filesFolder: storage.folder,
  });
});

afterAll(async () => {
  await second?.stop();
  await server.stop();
  await storage.dispose();
});

const exists = (name: string) => storage.names().includes(name);
const MASTER = { master: true } as const;

async function addFile(objectId: string): Promise<string> {
  return (await server.sessions.files(objectId).add('report', { name: 'report.txt', data: 'x' })).name();
}

const idOf = async (user: { token: string }) => (await sessionRow(server, user)).objectId as string;

it('a logout deletes a file in a process that knew of none', async () => {
  const user = await server.signUp();
  const name = await second.run(
    async ({ server }, id) =>
      (await server.sessions.files(id).add('first', { name: 'first.txt', data: 'x' })).name(),
    await idOf(user),
  );
  expect(exists(name)).toBe(true);
  await server.rest('POST', '/logout', { token: user.token, body: {} });
  expect(exists(name)).toBe(false);
});

type End = (user: SpecUser, sessionId: string) => Promise<unknown>;

const graphql = (text: string, user: SpecUser) =>
  server.rest('POST', server.graphqlUrl, { token: user.token, body: { query: text } });

/** Ways in which one session of a user ends, the one whose token he has. */
const WAYS: Array<[string, End]> = [
  ['a logout', user => server.rest('POST', '/logout', { token: user.token, body: {} })],
  ['a logout by GraphQL', user => graphql('mutation { logOut(input: {}) { ok } }', user)],
  ['DELETE /sessions/:id', (user, id) => server.rest('DELETE', `/sessions/${id}`, { token: user.token })],
  ['DELETE by the master key', (_user, id) => server.rest('DELETE', `/sessions/${id}`, MASTER)],
  [
    'DELETE in a batch',
    (user, id) =>
      server.rest('POST', '/batch', {
        token: user.token,
        body: { requests: [{ method: 'DELETE', path: `/parse/sessions/${id}` }] },
      }),
  ],
  [
    'deleteSession of GraphQL',
    (user, id) =>
      graphql(`mutation { deleteSession(input: { id: "${id}" }) { session { objectId } } }`, user),
  ],
  ['the SDK in cloud code', user => server.run('destroyOwnSession', {}, user)],
  ['revokeSession', (user, id) => server.run('revokeSession', { objectId: id }, user)],
  ['revokeSessions', user => server.run('revokeSessions', {}, user)],
  [
    'revokeOtherSessions',
    async user => server.run('revokeOtherSessions', {}, await server.login(user.username, user.password)),
  ],
  ['store.revoke', (_user, id) => server.sessions.store.revoke(id)],
  ['store.revokeAllForUser', user => server.sessions.store.revokeAllForUser(user.userId)],
  ['invalidate', (_user, id) => server.sessions.invalidate(id)],
  [
    'a login from the same installation',
    user => server.login(user.username, user.password, { 'X-Parse-Installation-Id': 'phone' }),
  ],
  [
    'a change of the password',
    user => server.rest('PUT', `/users/${user.userId}`, { ...user, body: { password: 'a new one' } }),
  ],
  [
    'a change of the password by the master key',
    user => server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { password: 'a new one' } }),
  ],
  [
    'a reset of the password',
    async user => {
      const email = `${user.username}@example.com`;
      await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { email } });
      await server.rest('POST', '/requestPasswordReset', { body: { email } });
      const token = new URL(links.at(-1)!).searchParams.get('token')!;
      const form = new URLSearchParams({ token, new_password: 'a new one' });
      const answer = await server.rest('POST', '/apps/specs/request_password_reset', {
        body: form.toString(),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Requested-With': 'XMLHttpRequest',
        },
      });
      expect(answer.status).toBe(200);
    },
  ],
  [
    'the purge of expired sessions',
    async (_user, objectId) => {
      await server.rawUpdate('_Session', { objectId }, { expiresAt: parseDate('2020-01-01') });
      await server.sessions.store.purgeExpired();
    },
  ],
  [
    'the purge of sessions whose user is deleted',
    async user => {
      await server.rest('DELETE', `/users/${user.userId}`, MASTER);
      await server.sessions.store.purgeExpired({ orphans: true });
    },
  ],
];

describe('the files of a session are deleted by', () => {
  it.each(WAYS)('%s', async (_title, end) => {
    const user = await server.signUp(undefined, { installationId: 'phone' });
    const bystander = await server.signUp();
    const id = await idOf(user);
    const [name, kept] = [await addFile(id), await addFile(await idOf(bystander))];
    await end(user, id);
    expect(exists(name)).toBe(false);
    expect(await server.rawFind('ParseSessionFile', { sessionId: id })).toEqual([]);
    expect(exists(kept)).toBe(true);
  });

  it('a limit', async () => {
    const authData = { anonymous: { id: 'the one anonymous user' } };
    const first = await server.rest('POST', '/users', { body: { authData } });
    const name = await addFile(await idOf({ token: first.body.sessionToken }));
    await server.rest('POST', '/users', { body: { authData } });
    expect(exists(name)).toBe(false);
  });

  it('a new restricted session of the same installation', async () => {
    const user = await server.signUp();
    const params = { installationId: 'sensor' };
    const { objectId } = await server.run('createRestrictedSession', params, user);
    const name = await addFile(objectId);
    await server.run('createRestrictedSession', params, user);
    expect(exists(name)).toBe(false);
  });
});

describe('the files of a session stay', () => {
  it('while it is used, extended, renamed and purged around', async () => {
    const user = await server.signUp();
    const id = await idOf(user);
    const name = await addFile(id);
    await server.rest('GET', '/users/me', user);
    await server.run('renameSession', { objectId: id, name: 'mine' }, user);
    await server.sessions.store.setExpiry(id, new Date(Date.now() + 60_000));
    await server.sessions.store.purgeExpired({ orphans: true });
    expect(exists(name)).toBe(true);
  });

  it('when another session of the user ends', async () => {
    const user = await server.signUp();
    const name = await addFile(await idOf(user));
    const other = await server.login(user.username, user.password);
    await server.rest('POST', '/logout', { token: other.token, body: {} });
    expect(exists(name)).toBe(true);
  });

  it('when somebody is refused who wants to end it', async () => {
    const user = await server.signUp();
    const stranger = await server.signUp();
    const id = await idOf(user);
    const name = await addFile(id);
    const answer = await server.rest('DELETE', `/sessions/${id}`, stranger);
    expect(answer.status).toBe(404);
    expect(exists(name)).toBe(true);
  });

  it('in a dry run of the purge', async () => {
    const user = await server.signUp();
    const id = await idOf(user);
    const name = await addFile(id);
    await server.rawUpdate('_Session', { objectId: id }, { expiresAt: parseDate('2020-01-01') });
    await server.sessions.store.purgeExpired({ dryRun: true });
    expect(exists(name)).toBe(true);
  });
});

it('one purge deletes the files of many sessions in bounded batches', async () => {
  const user = await server.signUp();
  await server.sessions.store.purgeExpired();
  const before = storage.names().length;
  for (let i = 0; i < 25; i += 1) {
    const { objectId } = await makeSession(server, user.userId);
    await addFile(objectId);
    await server.rawDelete('_Session', { user: pointerTo(user.userId), objectId });
  }
  expect(storage.names()).toHaveLength(before + 25);
  await server.sessions.store.purgeExpired({ batchSize: 4 });
  expect(storage.names()).toHaveLength(before);
});
