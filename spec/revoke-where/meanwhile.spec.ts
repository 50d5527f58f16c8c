import { FolderFiles } from '../support/folder-files';
import { liveQueryClients } from '../support/live-query';
import { insertSessions } from '../support/many-sessions';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, pointerTo, useToken } from '../support/sessions';
import { eventually, HOUR } from '../support/time';

const ADDRESS = '192.0.2.7';
/** As the server closes the socket of a session that has ended. */
const SESSION_ENDED = 4209;

/** With records each session is ended by itself, without them they go by range where they are many. */
describe.each([
  ['with records, a few', {}, 0],
  ['with records, many', {}, 1200],
  ['without records, a few', { history: false as const }, 0],
  ['without records, many', { history: false as const }, 1200],
])('what is there while revokeWhere() runs, %s', (_title, options, count) => {
  let server: SpecServer;
  const filesAdapter = new FolderFiles();
  const { open } = liveQueryClients(() => server);

  beforeAll(async () => {
    // Its pings must be answered while thousands of sessions end.
    server = await startServer(options, { filesAdapter }, { liveQuery: { websocketTimeout: 240 } });
    server.sessions.liveQuery((server.server as any).liveQueryServer);
  });

  afterAll(async () => {
    await server.stop();
    await filesAdapter.dispose();
  });

  beforeEach(async () => {
    const userId = await makeUser(server);
    await insertSessions(server, count, { userId, expiresAt: new Date(Date.now() + HOUR), spread: 1 });
    await server
      .rawUpdate('_Session', { user: pointerTo(userId) }, { ip: ADDRESS }, true)
      .catch(() => undefined);
  });

  it('log-ins go on, and their sessions live; those of before do not', async () => {
    const user = await server.signUp();
    await server.rawUpdate('_Session', { sessionToken: user.token }, { ip: ADDRESS });
    const started = Date.now();
    let isOver = false;
    const run = server.sessions.store.revokeWhere({ all: true }).finally(() => (isOver = true));
    // A log-in of the millisecond of the start is one of before.
    await eventually(() => expect(Date.now()).toBeGreaterThan(started));
    const client = async () => {
      const tokens: string[] = [];
      do tokens.push((await server.login(user.username, user.password)).token);
      while (!isOver);
      return tokens;
    };
    const tokens = (await Promise.all([1, 2, 3, 4].map(client))).flat();
    expect((await run).revoked).toBeGreaterThan(count);
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    for (const token of tokens) expect(await useToken(server, token)).toBe(200);
    expect(await useToken(server, user)).toBe(209);
  });

  it('the LiveQuery sockets of those that end are closed, the others stay open', async () => {
    const [user, bystander] = [await server.signUp(), await server.signUp()];
    await server.rawUpdate('_Session', { sessionToken: user.token }, { ip: ADDRESS });
    await server.rawUpdate('_Session', { sessionToken: bystander.token }, { ip: '192.0.2.8' });
    const ending = await open({ token: user.token });
    const staying = await open({ token: bystander.token });
    for (const socket of [ending, staying]) {
      expect(await socket.subscribe('Note')).toMatchObject({ op: 'subscribed' });
    }
    await server.sessions.store.revokeWhere({ ip: ADDRESS });
    expect(await ending.closed()).toBe(SESSION_ENDED);
    expect(await staying.subscribe('Note')).toMatchObject({ op: 'subscribed' });
    expect(staying.isOpen).toBe(true);
  });

  // Last: from the first file on, each session is ended by itself.
  it('the files of those that end are deleted, the others stay', async () => {
    const userId = await makeUser(server);
    const ending = await makeSession(server, userId, { ip: ADDRESS });
    const staying = await makeSession(server, userId, { ip: '192.0.2.8' });
    for (const { objectId } of [ending, staying]) {
      await server.sessions.files(objectId).add('report', { name: `${objectId}.txt`, data: 'hello' });
    }
    await server.sessions.store.revokeWhere({ ip: ADDRESS }, { dryRun: true });
    expect(filesAdapter.names()).toHaveLength(2);
    await server.sessions.store.revokeWhere({ ip: ADDRESS });
    expect(filesAdapter.names()).toEqual([expect.stringContaining(staying.objectId)]);
  });
});
