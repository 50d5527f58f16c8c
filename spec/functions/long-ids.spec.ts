import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer } from '../support/server';
import { pointerTo } from './sessions';

/** Ids that an app chooses itself (`allowCustomObjectId`). */
const LENGTHS = [65, 128, 256];
const idOf = (length: number, letter: string) => `${letter}-`.padEnd(length, '0123456789');

const storage = new FolderFiles();
let server: SpecServer;

beforeAll(async () => {
  server = await startServer({}, { allowCustomObjectId: true, filesAdapter: storage });
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

describe.each(LENGTHS)('a user with an id of %i characters, and sessions with such ids', length => {
  const userId = idOf(length, 'u');
  const master = { master: true };
  let token: string;

  beforeAll(async () => {
    const body = { objectId: userId, username: `user-${length}`, password: 'correct horse' };
    const { body: made } = await server.rest('POST', '/users', { ...master, body });
    expect(made).toMatchObject({ objectId: userId });
  });

  beforeEach(async () => {
    token = (await server.login(`user-${length}`, 'correct horse')).token;
  });

  afterEach(() => server.rawDelete('_Session', { user: pointerTo(userId) }));

  async function session(letter: string): Promise<string> {
    const body = { objectId: idOf(length, letter), user: pointerTo(userId), sessionToken: `r:${letter}` };
    const answer = await server.rest('POST', '/sessions', { ...master, body });
    expect(answer.status).toBe(201);
    return body.objectId;
  }

  it('are managed by the master key', async () => {
    const objectId = await session('s');
    const ids = async () =>
      (await server.run('listSessions', { userId }, master)).map((view: any) => view.objectId);
    expect(await ids()).toContain(objectId);
    expect(await server.run('countSessions', { userId }, master)).toEqual({ active: 2 });
    expect(await server.run('renameSession', { objectId, name: 'old' }, master)).toMatchObject({ objectId });
    const made = await server.run('createRestrictedSession', { userId }, master);
    expect(await ids()).toContain(made.objectId);
    expect(await server.run('revokeSession', { objectId }, master)).toEqual({ revoked: 1 });
    expect(await ids()).not.toContain(objectId);
    expect(await server.run('revokeOtherSessions', { userId, except: token }, master)).toEqual({
      revoked: 1,
    });
    expect(await server.run('revokeSessions', { userId }, master)).toEqual({ revoked: 1 });
  });

  it('are managed by the user himself', async () => {
    const objectId = await session('t');
    const renamed = await server.run('renameSession', { objectId, name: 'old' }, { token });
    expect(renamed).toMatchObject({ objectId, name: 'old' });
    expect(await server.run('revokeSession', { objectId }, { token })).toEqual({ revoked: 1 });
    expect(await server.run('confirmIdentity', { password: 'correct horse' }, { token })).toEqual({
      authenticatedAt: expect.any(String),
    });
  });

  it('are managed by code on the server', async () => {
    const { store, files, secret } = server.sessions;
    const objectId = await session('v');
    await store.setExpiry(objectId, new Date('2100-01-01'));
    await files(objectId).add('note', { name: 'note.txt', data: 'x' });
    expect(Object.keys(await files(objectId).list())).toEqual(['note']);
    expect(await secret(objectId)).toHaveLength(44);
    expect(await store.countActive(userId)).toBe(2);
    expect(await store.revoke(objectId)).toBe(true);
    expect(await store.revokeAllForUser(userId)).toBe(1);
  });
});

it.each([
  ['listSessions', 'userId'],
  ['countSessions', 'userId'],
  ['revokeSessions', 'userId'],
  ['revokeOtherSessions', 'userId'],
  ['createRestrictedSession', 'userId'],
  ['revokeSession', 'objectId'],
])('%s refuses a longer %s with 142', async (name, parameter) => {
  const call = server.run(name, { [parameter]: idOf(257, 'x') }, { master: true });
  await expect(call).rejects.toMatchObject({
    code: 142,
    message: `${parameter}: expected a text of 1 to 256 characters`,
  });
});
