import { FolderFiles } from '../support/folder-files';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, sessionRow } from '../support/sessions';
import { eventually } from '../support/time';

const storage = new FolderFiles();
const errors: string[] = [];
let server: SpecServer;
let userId: string;

beforeAll(async () => {
  const log = (level: string, ...message: unknown[]) => {
    if (level === 'error') errors.push(String(message[0]));
  };
  server = await startServer({}, { filesAdapter: storage, silent: false, loggerAdapter: { log } });
  userId = await makeUser(server);
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

const exists = (name: string) => storage.names().includes(name);
const purge = () => server.sessions.store.purgeExpired();

async function fileOf(objectId: string): Promise<string> {
  return (await server.sessions.files(objectId).add('report', { name: 'report.txt', data: 'x' })).name();
}

const rowsOf = (sessionId: string) => server.rawFind('ParseSessionFile', { sessionId });

describe('a storage that fails', () => {
  beforeEach(() => (errors.length = 0));
  afterEach(() => (storage.failure = undefined));

  it('fails no logout, is told in the log, and is tried again by the next purge', async () => {
    const user = await server.signUp();
    const { objectId } = await sessionRow(server, user);
    const name = await fileOf(objectId);
    storage.failure = () => new Error('the storage is down');
    const { status } = await server.rest('POST', '/logout', { token: user.token, body: {} });
    expect(status).toBe(200);
    expect(await sessionRow(server, user)).toBeUndefined();
    expect(errors.join()).toContain('the storage is down');
    expect(exists(name)).toBe(true);
    await purge();
    expect(exists(name)).toBe(true);
    storage.failure = undefined;
    await purge();
    expect(exists(name)).toBe(false);
    expect(await rowsOf(objectId)).toEqual([]);
  });

  it.each<[string, () => never | Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects with nothing', () => Promise.reject(undefined)],
  ])('fails no revocation when it %s', async (_how, fail) => {
    const { objectId } = await makeSession(server, userId);
    const name = await fileOf(objectId);
    const deleteFile = jest.spyOn(storage, 'deleteFile').mockImplementation(fail);
    expect(await server.sessions.store.revoke(objectId)).toBe(true);
    deleteFile.mockRestore();
    expect(exists(name)).toBe(true);
    await purge();
    expect(exists(name)).toBe(false);
  });

  it('keeps no other file from being deleted, nor an expired session', async () => {
    const sessions = await Promise.all(Array.from({ length: 5 }, () => makeSession(server, userId)));
    const names = await Promise.all(sessions.map(({ objectId }) => fileOf(objectId)));
    for (const { objectId } of sessions) {
      await server.rawUpdate('_Session', { objectId }, { expiresAt: parseDate('2020-01-01') });
    }
    storage.failure = name => (name === names[2] ? new Error('this one is locked') : undefined);
    expect(await purge()).toMatchObject({ deleted: 5 });
    expect(names.filter(exists)).toEqual([names[2]]);
    storage.failure = undefined;
    await purge();
    expect(names.filter(exists)).toEqual([]);
  });

  it('tells the one who removes a file', async () => {
    const { objectId } = await makeSession(server, userId);
    const name = await fileOf(objectId);
    storage.failure = () => new Error('the storage is down');
    await expect(server.sessions.files(objectId).remove('report')).rejects.toThrow('the storage is down');
    storage.failure = undefined;
    await purge();
    expect(exists(name)).toBe(false);
  });
});

describe('a crash', () => {
  let second: SecondProcess | undefined;

  afterEach(() => second?.kill());

  const start = async () =>
    (second = await startSecondProcess({
      parseServer: { databaseURI: server.databaseURI },
      filesFolder: storage.folder,
    }));

  it('between the end of the session and of its files leaves them to the next purge', async () => {
    const session = await makeSession(server, userId);
    const name = await fileOf(session.objectId);
    const other = await start();
    await other.run(({ server, state }, id) => {
      state.filesAdapter.beforeDelete = () => new Promise(() => {});
      void server.sessions.store.revoke(id);
    }, session.objectId);
    await eventually(async () => expect(await sessionRow(server, session)).toBeUndefined());
    await other.kill();
    expect(exists(name)).toBe(true);
    await purge();
    expect(exists(name)).toBe(false);
    expect(await rowsOf(session.objectId)).toEqual([]);
  });

  it('between the end of a file and of its row leaves the row to the next purge', async () => {
    const { objectId } = await makeSession(server, userId);
    const name = await fileOf(objectId);
    await storage.deleteFile(name);
    await server.rawDelete('_Session', { objectId });
    await purge();
    expect(await rowsOf(objectId)).toEqual([]);
  });

  it.each([
    ['before the storage has the file', 'beforeCreate'],
    ['when the storage has just got the file', 'afterCreate'],
  ])('%s leaves nothing when the session has ended, too', async (_when, moment) => {
    const session = await makeSession(server, userId);
    const before = storage.names();
    const other = await start();
    await other.run(
      ({ server, state }, [id, when]: [string, string]) => {
        state.filesAdapter[when] = () => new Promise(() => {});
        void server.sessions.files(id).add('report', { name: 'report.txt', data: 'x' });
      },
      [session.objectId, moment] as [string, string],
    );
    await eventually(async () => {
      expect(await rowsOf(session.objectId)).toHaveLength(1);
      if (moment === 'afterCreate') expect(storage.names()).toHaveLength(before.length + 1);
    });
    await other.kill();
    expect(await server.sessions.files(session.objectId).list()).toEqual({});
    await server.sessions.store.revoke(session.objectId);
    expect(storage.names()).toEqual(before);
    // It might have been slow only: its row is kept for a while.
    const [row] = await rowsOf(session.objectId);
    const createdAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
    await server.rawUpdate('ParseSessionFile', { objectId: row.objectId }, { createdAt });
    await purge();
    expect(await rowsOf(session.objectId)).toEqual([]);
    expect(storage.names()).toEqual(before);
  });

  it('before the storage has the file leaves no row for ever while the session lives', async () => {
    const { objectId } = await makeSession(server, userId);
    const createdAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const row = { sessionId: objectId, fileId: 'x', fileName: 'never-stored.txt', stored: false, createdAt };
    await fileOf(objectId);
    await server.rawInsert('ParseSessionFile', row);
    await purge();
    expect((await rowsOf(objectId)).map(({ fileId }) => fileId)).toEqual(['report']);
  });
});

describe('a session deleted past this package', () => {
  it.each([
    ['straight in the database', (objectId: string) => server.rawDelete('_Session', { objectId })],
    ['with all sessions', () => server.rest('DELETE', '/purge/_Session', { master: true })],
  ])('%s leaves its files to the next purge', async (_how, remove) => {
    const { objectId } = await makeSession(server, userId);
    const name = await fileOf(objectId);
    await remove(objectId);
    await purge();
    expect(exists(name)).toBe(false);
  });
});
