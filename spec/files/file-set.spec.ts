import { FolderFiles } from '../support/folder-files';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { freshDatabase, startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, sessionRow } from '../support/sessions';

declare const Parse: any;

const storage = new FolderFiles();
let server: SpecServer;
let second: SecondProcess;
let userId: string;
let sessionId: string;

beforeAll(async () => {
  server = await startServer({}, { filesAdapter: storage });
  userId = await makeUser(server);
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

beforeEach(async () => {
  sessionId = (await makeSession(server, userId)).objectId;
});

const report = { name: 'report.txt', data: 'quarterly', type: 'text/plain' };
const files = (id = sessionId) => server.sessions.files(id);
const contentOf = async (file: any) => (await storage.getFileData(file.name())).toString();

describe('add', () => {
  it.each([
    ['text', 'quarterly'],
    ['bytes', new TextEncoder().encode('quarterly')],
    ['a Buffer', Buffer.from('quarterly')],
  ])('stores %s, and answers a Parse.File', async (_what, data) => {
    const file = await files().add('report', { name: 'report.txt', data });
    expect(file).toBeInstanceOf(Parse.File);
    expect(file.name()).toMatch(/^[0-9a-f]{32}_report\.txt$/);
    expect(await contentOf(file)).toBe('quarterly');
  });

  it('stores a Parse.File that is not saved yet', async () => {
    const unsaved = new Parse.File('notes.txt', { base64: Buffer.from('a note').toString('base64') });
    const file = await files().add('notes', unsaved);
    expect(await contentOf(file)).toBe('a note');
  });

  it('takes over a saved Parse.File as it is', async () => {
    const saved = new Parse.File('photo.txt', { base64: Buffer.from('a photo').toString('base64') });
    await saved.save({ useMasterKey: true });
    const before = storage.names();
    const file = await files().add('photo', saved);
    expect(file.name()).toBe(saved.name());
    expect(storage.names()).toEqual(before);
    expect(await files().remove('photo')).toBe(true);
    expect(storage.names()).not.toContain(saved.name());
  });

  it('stores a copy of a saved Parse.File with `copy`, and leaves the original alone', async () => {
    const saved = new Parse.File('photo.txt', { base64: Buffer.from('a photo').toString('base64') });
    await saved.save({ useMasterKey: true });
    const file = await files().add('photo', saved, { copy: true });
    expect(file.name()).toMatch(/^[0-9a-f]{32}_photo\.txt$/);
    expect(file.name()).not.toBe(saved.name());
    expect(await contentOf(file)).toBe('a photo');
    await server.sessions.store.revoke(sessionId);
    expect(storage.names()).not.toContain(file.name());
    expect(await contentOf(saved)).toBe('a photo');
  });

  it('copies a file that a client named from the storage, not from the address that he gave', async () => {
    const saved = new Parse.File('photo.txt', { base64: Buffer.from('a photo').toString('base64') });
    await saved.save({ useMasterKey: true });
    const named = (name: string) =>
      Parse.File.fromJSON({ __type: 'File', name, url: `${server.url}/health` });
    const file = await files().add('photo', named(saved.name()), { copy: true });
    expect(await contentOf(file)).toBe('a photo');
    const before = storage.names();
    await expect(files().add('gone', named('gone.txt'), { copy: true })).rejects.toThrow(/ENOENT/);
    expect(storage.names()).toEqual(before);
    expect(await files().get('gone')).toBeNull();
  });

  it.each(['../note.txt', 'a/../../note.txt', '..', '/etc/note.txt', 'a\\..\\note.txt', 'note.txt\0'])(
    'neither takes over nor copies a file by the name %j, which no storage gives',
    async name => {
      const named = Parse.File.fromJSON({ __type: 'File', name, url: 'http://files.example/note.txt' });
      for (const options of [undefined, { copy: true }]) {
        await expect(files().add('note', named, options)).rejects.toThrow(TypeError);
      }
      expect(await files().get('note')).toBeNull();
    },
  );

  it('stores contents and unsaved files as ever with `copy`', async () => {
    expect(await contentOf(await files().add('report', report, { copy: true }))).toBe('quarterly');
    const unsaved = new Parse.File('notes.txt', { base64: Buffer.from('a note').toString('base64') });
    expect(await contentOf(await files().add('notes', unsaved, { copy: true }))).toBe('a note');
  });

  it.each([null, true, 'copy', [], { copy: 1 }, { copy: 'true' }, { copies: true }, { copy: true, move: 1 }])(
    'throws a TypeError for the options %j that says what it takes',
    async options => {
      const add = files().add('report', report, options as never);
      await expect(add).rejects.toThrow(new TypeError('files().add() takes the options { copy: boolean }.'));
      expect(await files().list()).toEqual({});
    },
  );

  it('answers a URL that serves the file', async () => {
    const file = await files().add('report', report);
    expect(file.url()!.startsWith(`${server.url}/files/`)).toBe(true);
    const { body } = await server.rest('GET', file.url()!);
    expect(body).toBe('quarterly');
    expect((await files().get('report'))!.url()).toBe(file.url());
  });

  it.each(['../../etc/passwd', 'a/b\\c:d?.txt', 'ünïcödé 🙂.txt', '', '.', 'x'.repeat(300)])(
    'makes a name of %j that stays in its place',
    async name => {
      const file = await files().add('odd', { ...report, name });
      expect(file.name()).toMatch(/^[0-9a-f]{32}_[A-Za-z0-9._-]{0,64}$/);
      expect(storage.names()).toContain(file.name());
    },
  );

  it('takes a session by its object, its record or its id', async () => {
    const user = await server.signUp();
    const session = (await server.sessions.store.find(user.token))!;
    await server.sessions.files(session).add('one', report);
    await server.sessions.files({ objectId: session.id }).add('two', report);
    expect(Object.keys(await files(session.id!).list()).sort()).toEqual(['one', 'two']);
  });

  it('deletes the file that had this id before', async () => {
    const first = await files().add('report', report);
    const second = await files().add('report', { ...report, data: 'yearly' });
    expect(storage.names()).not.toContain(first.name());
    expect(await contentOf((await files().get('report'))!)).toBe('yearly');
    expect(Object.keys(await files().list())).toEqual(['report']);
    expect(second.name()).not.toBe(first.name());
  });

  it('keeps one file of ten that are added under one id at the same time, in two processes', async () => {
    const before = storage.names().length;
    await Promise.all([
      ...Array.from({ length: 5 }, (_, i) => files().add('same', { ...report, data: `here ${i}` })),
      second.run(
        ({ server }, id) =>
          Promise.all(
            [0, 1, 2, 3, 4].map(i =>
              server.sessions.files(id).add('same', { name: 'x', data: `there ${i}` }),
            ),
          ).then(() => null),
        sessionId,
      ),
    ]);
    expect(await files().get('same')).not.toBeNull();
    expect(storage.names()).toHaveLength(before + 1);
  });

  it('answers 101 for no session, and stores nothing', async () => {
    const before = storage.names();
    await expect(files('nosuchid00').add('report', report)).rejects.toMatchObject({ code: 101 });
    expect(storage.names()).toEqual(before);
    expect(await server.rawFind('ParseSessionFile', { sessionId: 'nosuchid00' })).toEqual([]);
  });

  it('stores nothing for a session that ends while the storage works', async () => {
    const before = storage.names();
    for (const moment of ['beforeCreate', 'afterCreate'] as const) {
      const { objectId } = await makeSession(server, userId);
      storage[moment] = () => server.sessions.store.revoke(objectId);
      try {
        await expect(files(objectId).add('report', report)).rejects.toMatchObject({ code: 101 });
      } finally {
        storage[moment] = async () => {};
      }
      expect(await server.rawFind('ParseSessionFile', { sessionId: objectId })).toEqual([]);
    }
    expect(storage.names()).toEqual(before);
  });

  it('fails with the storage, and leaves nothing', async () => {
    storage.failure = () => new Error('the storage is full');
    try {
      await expect(files().add('report', report)).rejects.toThrow('the storage is full');
    } finally {
      storage.failure = undefined;
    }
    expect(await files().get('report')).toBeNull();
    expect(await files().list()).toEqual({});
  });

  it.each([
    ['', report],
    [undefined, report],
    [5, report],
  ])('throws a TypeError for the id %j', async (id, file) => {
    await expect(files().add(id as never, file)).rejects.toThrow(TypeError);
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { name: 'x' },
    { data: 'x' },
    { name: 'x', data: 5 },
    { name: 5, data: 'x' },
  ])('throws a TypeError for %j as a file', async file => {
    await expect(files().add('report', file as never)).rejects.toThrow(TypeError);
    expect(await files().list()).toEqual({});
  });
});

describe('get, list, remove and removeAll', () => {
  it('answer what was added, and null or nothing else', async () => {
    const one = await files().add('one', report);
    await files().add('two', report);
    expect((await files().get('one'))!.name()).toBe(one.name());
    expect((await files().get('one'))!.url()).toBe(one.url());
    expect(await files().get('three')).toBeNull();
    expect(Object.keys(await files().list()).sort()).toEqual(['one', 'two']);
  });

  it('know the files of their own session only', async () => {
    await files().add('one', report);
    const other = (await makeSession(server, userId)).objectId;
    expect(await files(other).get('one')).toBeNull();
    expect(await files(other).list()).toEqual({});
    expect(await files(other).remove('one')).toBe(false);
    expect(await files(other).removeAll()).toBe(0);
    expect(await files().get('one')).not.toBeNull();
  });

  it('delete one file, once', async () => {
    const one = await files().add('one', report);
    const two = await files().add('two', report);
    expect(await files().remove('one')).toBe(true);
    expect(await files().remove('one')).toBe(false);
    expect(await files().get('one')).toBeNull();
    expect(storage.names()).not.toContain(one.name());
    expect(storage.names()).toContain(two.name());
  });

  it('delete all files of the session', async () => {
    const added = [await files().add('one', report), await files().add('two', report)];
    expect(await files().removeAll()).toBe(2);
    expect(await files().list()).toEqual({});
    for (const file of added) expect(storage.names()).not.toContain(file.name());
  });

  it('do well with a file that the storage has lost', async () => {
    const file = await files().add('one', report);
    await storage.deleteFile(file.name());
    expect(await files().remove('one')).toBe(true);
    expect(await files().get('one')).toBeNull();
  });

  it('see what another process added', async () => {
    await second.run(
      ({ server }, id) =>
        server.sessions
          .files(id)
          .add('there', { name: 'x', data: 'y' })
          .then(() => null),
      sessionId,
    );
    expect(await files().get('there')).not.toBeNull();
  });
});

describe('release', () => {
  it('hands a file over: it is not the session’s any more, and outlives it', async () => {
    const file = await files().add('one', report);
    const released = await files().release('one');
    expect(released!.name()).toBe(file.name());
    expect(await files().get('one')).toBeNull();
    await server.sessions.store.revoke(sessionId);
    await server.sessions.store.purgeExpired();
    expect(await contentOf(released)).toBe('quarterly');
  });

  it('answers null for a file that is not there, or was released before', async () => {
    await files().add('one', report);
    expect(await files().release('none')).toBeNull();
    expect(await files().release('one')).not.toBeNull();
    expect(await files().release('one')).toBeNull();
  });

  it('either hands over or answers null when the session ends at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { objectId } = await makeSession(server, userId);
      const file = await files(objectId).add('one', report);
      const [released] = await Promise.all([
        files(objectId).release('one'),
        server.sessions.store.revoke(objectId),
      ]);
      expect(storage.names().includes(file.name())).toBe(released !== null);
    }
  });
});

describe('the class of the files', () => {
  it('is closed to clients', async () => {
    const user = await server.signUp();
    await files((await sessionRow(server, user)).objectId).add('one', report);
    const [row] = await server.rawFind('ParseSessionFile', {});
    for (const [method, path] of [
      ['GET', '/classes/ParseSessionFile'],
      ['GET', `/classes/ParseSessionFile/${row.objectId}`],
      ['PUT', `/classes/ParseSessionFile/${row.objectId}`],
      ['DELETE', `/classes/ParseSessionFile/${row.objectId}`],
      ['POST', '/classes/ParseSessionFile'],
    ] as const) {
      const { body } = await server.rest(method, path, {
        ...user,
        body: method === 'POST' || method === 'PUT' ? { fileName: 'x' } : undefined,
      });
      expect(body.code).toBe(119);
    }
  });

  it('is not made before the first file', async () => {
    const other = await startServerOfNoFiles();
    expect(other).toBe(false);
  });
});

/** In the second process: Parse Server keeps global state, one server at a time. */
async function startServerOfNoFiles(): Promise<boolean> {
  const third = await startSecondProcess({ parseServer: { databaseURI: await freshDatabase() } });
  try {
    return await third.run(async ({ server }) => {
      const user = await server.signUp();
      await server.rest('POST', '/logout', { token: user.token, body: {} });
      await server.sessions.store.purgeExpired();
      const schema = await server.server.config.databaseController.loadSchema({ clearCache: true });
      return schema.hasClass('ParseSessionFile');
    });
  } finally {
    await third.stop();
  }
}
