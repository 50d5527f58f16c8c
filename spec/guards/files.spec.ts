import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, postAsText, REFUSED, uploadByGraphQL } from '../support/ways-in';

/** Keeps files in memory. */
function filesAdapter() {
  const files = new Map<string, Buffer>();
  return {
    count: () => files.size,
    createFile: async (name: string, data: Buffer) => void files.set(name, data),
    deleteFile: async (name: string) => void files.delete(name),
    getFileData: async (name: string) => files.get(name) ?? Promise.reject(new Error('no such file')),
    getFileLocation: (config: any, name: string) => `${config.mount}/files/${config.applicationId}/${name}`,
  };
}

const anyFile = () => ({
  filesAdapter: filesAdapter(),
  fileUpload: { enableForPublic: true, enableForAuthenticatedUser: true },
});

const saveFile = (Parse: any) =>
  Parse.Cloud.define('saveFile', async ({ user, master }: any) => {
    const file = new Parse.File(
      'note.txt',
      { base64: Buffer.from('hello').toString('base64') },
      'text/plain',
    );
    await file.save(master ? { useMasterKey: true } : { sessionToken: user.getSessionToken() });
    return file.url();
  });

describe('files', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;

  afterEach(() => server.stop());

  let storage: ReturnType<typeof filesAdapter>;

  async function start(options: object, cloud: (Parse: any) => void = saveFile) {
    const parseServerOptions = anyFile();
    storage = parseServerOptions.filesAdapter;
    server = await startServer(options, parseServerOptions, { cloud, graphql: true });
    user = await server.signUp();
    restricted = (await server.restricted(user.token)).token;
  }

  const upload = async (who: object, headers: Record<string, string> = {}) => {
    const options = { ...who, body: 'hello', headers: { 'Content-Type': 'text/plain', ...headers } };
    return outcomeOf((await server.rest('POST', '/files/note.txt', options)).body);
  };
  const uploadAsText = async (token: string) =>
    outcomeOf(
      await postAsText(
        server,
        '/files/note.txt',
        { base64: 'aGVsbG8=', _ContentType: 'text/plain' },
        { token },
      ),
    );
  it('are closed to restricted sessions with guardFiles', async () => {
    await start({ guardFiles: true });
    expect(await upload({ token: restricted })).toEqual(REFUSED);
    expect(await upload({ token: restricted }, { 'X-Parse-Upload-Mode': 'stream' })).toEqual(REFUSED);
    expect(await uploadAsText(restricted)).toEqual(REFUSED);
    // Parse Server's GraphQL uploads by REST, and takes the refusal for a file without a name.
    expect((await uploadByGraphQL(server, restricted)).errors[0].path).toEqual([
      'createFile',
      'fileInfo',
      'name',
    ]);
    await expect(server.run('saveFile', {}, { token: restricted })).rejects.toMatchObject(REFUSED);
    expect(storage.count()).toBe(0);
  });

  it('stay open to other sessions, to the public and to the master key', async () => {
    await start({ guardFiles: true });
    for (const who of [{ token: user.token }, {}, { master: true }]) {
      expect(await upload(who)).not.toHaveProperty('code');
    }
    expect(await uploadAsText(user.token)).not.toHaveProperty('code');
    expect((await uploadByGraphQL(server, user.token)).data.createFile.fileInfo.url).toMatch(/note\.txt$/);
    await expect(server.run('saveFile', {}, { token: user.token })).resolves.toMatch(/note\.txt$/);
    await expect(server.run('saveFile', {}, { master: true })).resolves.toMatch(/note\.txt$/);
  });

  it('can be deleted by the master key only, guarded or not', async () => {
    await start({ guardFiles: true });
    const { result } = await upload({ master: true });
    const remove = (who: object) => server.rest('DELETE', `/files/${result.name}`, who);
    expect((await remove({ token: restricted })).status).toBe(403);
    expect((await fetch(result.url)).status).toBe(200);
    expect((await remove({ master: true })).status).toBe(200);
    expect((await fetch(result.url)).status).toBe(404);
  });

  it.each([{}, { guard: '*' }])('are open to restricted sessions without guardFiles (%j)', async options => {
    await start(options);
    expect(await upload({ token: restricted })).not.toHaveProperty('code');
    await expect(server.run('saveFile', {}, { token: restricted })).resolves.toMatch(/note\.txt$/);
  });

  it('keep the app’s own trigger, which does not run for a blocked upload', async () => {
    const calls: string[] = [];
    await start({ guardFiles: true }, Parse => {
      Parse.Cloud.beforeSave(
        Parse.File,
        ({ file, user: owner }: any) => {
          calls.push(owner?.id);
          file.addMetadata('seen', 'yes');
        },
        (request: any) => {
          if (request.fileSize > 100) throw 'too big';
        },
      );
    });
    expect(await upload({ token: restricted })).toEqual(REFUSED);
    expect(calls).toEqual([]);
    expect(await upload({ token: user.token })).not.toHaveProperty('code');
    expect(calls).toEqual([user.userId]);
    const big = { body: 'x'.repeat(101), headers: { 'Content-Type': 'text/plain' }, token: user.token };
    expect((await server.rest('POST', '/files/note.txt', big)).body).toMatchObject({ code: 142 });
  });
});
