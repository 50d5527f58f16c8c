import { FolderFiles } from '../support/folder-files';
import { liveQueryClients, type LiveQueryClient } from '../support/live-query';
import { startSecondProcess } from '../support/second-process';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { sessionRow } from '../support/sessions';
import { letPass, SECOND, startClock, stopClock } from '../support/time';

const SESSION_ENDED = 4209;
const storage = new FolderFiles();

let server: SpecServer;
let user: SpecUser;
const { open } = liveQueryClients(() => server);

beforeAll(async () => {
  // What runs at intervals, runs when the specs say so.
  stopClock(new Date());
  server = await startServer(
    {},
    { filesAdapter: storage, liveQuery: { classNames: ['Note', 'Telemetry'] } },
    { liveQuery: { websocketTimeout: 60 * SECOND } },
  );
  server.sessions.liveQuery(server.server.liveQueryServer);
  for (const className of ['Note', 'Telemetry']) await server.makeClass(className);
});

beforeEach(async () => {
  user = await server.signUp();
});

afterAll(async () => {
  await server.stop();
  startClock();
  await storage.dispose();
});

const rotate = async (token: string): Promise<string> =>
  (await server.run('rotateSession', {}, { token })).sessionToken;

describe('under its new token a session has', () => {
  it('its files, its secret and its token against cross-site request forgery', async () => {
    const { objectId } = await sessionRow(server, user);
    const { files, secret, csrfToken, verifyCsrfToken } = server.sessions;
    const before = [await secret(objectId), await csrfToken(objectId)];
    const file = await files(objectId).add('draft', { name: 'draft.txt', data: 'x' });
    const token = await rotate(user.token);
    expect([await secret(objectId), await csrfToken(objectId)]).toEqual(before);
    expect(await verifyCsrfToken(objectId, before[1])).toBe(true);
    expect((await files(objectId).get('draft'))?.name()).toBe(file.name());
    expect(storage.names()).toContain(file.name());
    await server.rest('POST', '/logout', { token, body: {} });
    expect(storage.names()).not.toContain(file.name());
  });

  it('its scopes for files', async () => {
    const scopes = ['@File:create', 'Telemetry:create'];
    const made = await server.run('createRestrictedSession', { scopes }, user);
    const token = await rotate(made.sessionToken);
    const upload = (as: string) =>
      server.rest('POST', '/files/note.txt', {
        token: as,
        body: 'hello',
        headers: { 'Content-Type': 'text/plain' },
      });
    const uploaded = await upload(token);
    expect(uploaded.status).toBe(201);
    const path = `/files/${server.appId}/${uploaded.body.name}`;
    expect((await server.rest('GET', path, { token })).status).not.toBe(200);
    expect((await upload(made.sessionToken)).body.code).toBe(209);
    expect((await server.rest('GET', path)).status).toBe(200);
  });
});

describe('LiveQuery', () => {
  const makeObject = async (className: string): Promise<string> =>
    (await server.rest('POST', `/classes/${className}`, { master: true, body: {} })).body.objectId;
  /** That a socket is open is shown by what comes through it. */
  async function expectOpen(socket: LiveQueryClient, className = 'Note'): Promise<void> {
    await socket.event(await makeObject(className));
    expect(socket.isOpen).toBe(true);
  }
  const withToken = async (token: string) => {
    const ofConnection = await open({ token });
    const ofSubscription = await open({});
    expect((await ofConnection.subscribe('Note')).op).toBe('subscribed');
    expect((await ofSubscription.subscribe('Note', token)).op).toBe('subscribed');
    return [ofConnection, ofSubscription];
  };

  it.each<[string, () => Promise<string>]>([
    ['rotateSession', () => rotate(user.token)],
    [
      'confirmIdentity',
      async () => {
        const params = { password: user.password, rotate: true };
        return (await server.run('confirmIdentity', params, user)).sessionToken;
      },
    ],
  ])('serves the new token and not the old one, once %s has answered', async (_name, renew) => {
    const old = await withToken(user.token);
    const other = await open({ token: (await server.login(user.username, user.password)).token });
    await other.subscribe('Note');
    await expectOpen(old[0]!);
    const token = await renew();
    const missed = await makeObject('Note');
    for (const socket of old) {
      expect(await socket.closed()).toBe(SESSION_ENDED);
      expect(socket.received.some(({ object }) => object?.objectId === missed)).toBe(false);
    }
    await other.event(missed);
    expect(await (await open({ token: user.token })).subscribe('Note')).toMatchObject({ code: 209 });
    expect(await (await open({})).subscribe('Note', user.token)).toMatchObject({ code: 209 });
    for (const socket of await withToken(token)) await expectOpen(socket);
  });

  it('keeps to the scopes of the session', async () => {
    const scopes = ['Telemetry:read'];
    const made = await server.run('createRestrictedSession', { scopes }, user);
    const before = await open({ token: made.sessionToken });
    await before.subscribe('Telemetry');
    const token = await rotate(made.sessionToken);
    expect(await before.closed()).toBe(SESSION_ENDED);
    const after = await open({ token });
    expect(await after.subscribe('Note')).toMatchObject({ op: 'error', code: 119 });
    expect((await after.subscribe('Telemetry')).op).toBe('subscribed');
    await expectOpen(after, 'Telemetry');
  });

  it('serves the old token for 30 seconds at most where another process has rotated it', async () => {
    const second = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
    try {
      const old = await withToken(user.token);
      await second.run(({ server }, token) => server.run('rotateSession', {}, { token }), user.token);
      letPass(31 * SECOND);
      for (const socket of old) expect(await socket.closed()).toBe(SESSION_ENDED);
    } finally {
      await second.stop();
    }
  });
});
