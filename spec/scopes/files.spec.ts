import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { uploadByGraphQL } from '../support/ways-in';

declare const Parse: any;

const outOfScope = (scope: string) => ({
  code: 119,
  error: `not allowed: outside the scopes of this session (${scope})`,
});
const CANNOT_READ = outOfScope('@File:read');
const CANNOT_CREATE = outOfScope('@File:create');

/** A storage that keeps notes beside its files. */
class NotedFiles extends FolderFiles {
  async getMetadata(name: string) {
    return { metadata: { of: name } };
  }
}

const storage = new NotedFiles();
let server: SpecServer;
let user: SpecUser;
/** The path of a file that only logged-in users may have. */
let name: string;

const cloud = () => {
  Parse.Cloud.define('saveFile', async ({ user: caller }: any) => {
    const file = new Parse.File('note.txt', { base64: 'aGVsbG8=' }, 'text/plain');
    await file.save({ sessionToken: caller.getSessionToken() });
    return file.name();
  });
};

async function start(sessionsOptions = {}, parseServerOptions = {}) {
  server = await startServer(
    sessionsOptions,
    {
      filesAdapter: storage,
      fileDownload: { enableForPublic: false },
      fileUpload: { enableForPublic: true, enableForAuthenticatedUser: true },
      ...parseServerOptions,
    },
    { cloud, graphql: true },
  );
  user = await server.signUp();
  await server.makeClass('Telemetry');
  name = (await upload({ master: true })).body.name;
}

afterEach(() => server.stop());
afterAll(() => storage.dispose());

async function scoped(...scopes: string[]): Promise<string> {
  return (await server.run('createRestrictedSession', { scopes }, user)).sessionToken;
}

const read = (who: object, path = name, method = 'GET') =>
  server.rest(method, `/files/${server.appId}/${path}`, who);
const upload = (who: object, headers = {}) =>
  server.rest('POST', '/files/note.txt', {
    ...who,
    body: 'hello',
    headers: { 'Content-Type': 'text/plain', ...headers },
  });

describe('a scoped session without a scope for files', () => {
  let token: string;
  beforeEach(async () => {
    await start();
    token = await scoped('Telemetry:*', 'function:saveFile', '_User:*');
  });

  it.each<[string, object, (name: string) => string, string?]>([
    ['the file', {}, file => file],
    ['a part of it', { headers: { Range: 'bytes=0-1' } }, file => file],
    ['whether it is there', {}, file => file, 'HEAD'],
    ['its metadata', {}, file => `metadata/${file}`],
    ['it by another spelling', {}, file => `/${file.replace('n', '%6e')}`],
    ['its metadata by another spelling', {}, file => `METADATA/${file}`],
    ['a file that is not there', {}, () => 'nosuch.txt'],
  ])('is not told %s', async (_what, request, path, method = 'GET') => {
    const refused = await read({ ...request, token }, path(name), method);
    expect(refused.status).toBe(403);
    if (method === 'GET') expect(refused.body).toEqual(CANNOT_READ);
    expect(JSON.stringify([...refused.headers])).not.toContain('note.txt');
    expect((await read({ token: user.token })).body).toBe('hello');
  });

  it('uploads none, by REST, in parts, by GraphQL or by the SDK in cloud code', async () => {
    const before = storage.names();
    expect((await upload({ token })).body).toEqual(CANNOT_CREATE);
    expect((await upload({ token }, { 'X-Parse-Upload-Mode': 'stream' })).body).toEqual(CANNOT_CREATE);
    expect((await uploadByGraphQL(server, token)).data?.createFile ?? null).toBeNull();
    await expect(server.run('saveFile', {}, { token })).rejects.toMatchObject({ code: 119 });
    expect(storage.names()).toEqual(before);
  });

  it('is told of in an event', async () => {
    const blocked: unknown[] = [];
    server.sessions.on('blocked', ({ operation, target }) => blocked.push([operation, target]));
    await read({ token });
    await upload({ token });
    expect(blocked).toEqual([
      ['read', '@File'],
      ['create', '@File'],
    ]);
  });

  it('reads no public file either, which it may have without its token', async () => {
    await server.stop();
    await start({}, { fileDownload: {} });
    token = await scoped('Telemetry:*');
    expect((await read({ token })).body).toEqual(CANNOT_READ);
    expect((await read({})).body).toBe('hello');
  });
});

describe('a scoped session', () => {
  it('reads files with @File:read, and uploads none', async () => {
    await start();
    const token = await scoped('@File:read', 'function:saveFile');
    expect((await read({ token })).body).toBe('hello');
    expect((await read({ token }, `metadata/${name}`)).body).toEqual({ metadata: { of: name } });
    expect((await upload({ token })).body).toEqual(CANNOT_CREATE);
    await expect(server.run('saveFile', {}, { token })).rejects.toMatchObject({ code: 119 });
  });

  it('uploads files with @File:create, whatever the way in, and reads none', async () => {
    await start();
    const token = await scoped('@File:create', 'function:saveFile');
    expect((await upload({ token })).status).toBe(201);
    expect((await upload({ token }, { 'X-Parse-Upload-Mode': 'stream' })).status).toBe(201);
    expect((await uploadByGraphQL(server, token)).data.createFile.fileInfo.name).toMatch(/note\.txt$/);
    await expect(server.run('saveFile', {}, { token })).resolves.toMatch(/note\.txt$/);
    expect((await read({ token })).body).toEqual(CANNOT_READ);
  });

  it('does both with @File:*, and nothing else', async () => {
    await start();
    const token = await scoped('@File:*');
    expect((await upload({ token })).status).toBe(201);
    expect((await read({ token })).body).toBe('hello');
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).body).toEqual(
      outOfScope('Telemetry:create'),
    );
    // Parse Server lets the master key alone delete files.
    expect((await server.rest('DELETE', `/files/${name}`, { token })).status).toBe(403);
  });

  it('uploads none with guardFiles, whatever its scopes, and reads them', async () => {
    await start({ guardFiles: true });
    const token = await scoped('@File:*');
    expect((await upload({ token })).body).toEqual({
      code: 119,
      error: 'write operation not allowed: restricted session',
    });
    expect((await read({ token })).body).toBe('hello');
  });

  it('reads none any more once it is revoked', async () => {
    await start();
    const token = await scoped('@File:read');
    const [session] = await server.rawFind('_Session', { sessionToken: token });
    await server.sessions.store.revoke(session.objectId);
    expect((await read({ token })).body.code).toBe(209);
  });

  it('is used when it reads a file, and keeps its address', async () => {
    await start({ activity: { flushInterval: 3600 } });
    const token = await scoped('@File:read', 'Telemetry:create');
    await server.rest('POST', '/classes/Telemetry', { token, body: {} });
    const [{ lastAccessedAt }] = await server.rawFind('_Session', { sessionToken: token });
    await read({ token });
    await server.sessions.shutdown();
    const [used] = await server.rawFind('_Session', { sessionToken: token });
    expect(Date.parse(used.lastAccessedAt.iso)).toBeGreaterThan(Date.parse(lastAccessedAt.iso));
    expect(used.ip).toBe('127.0.0.1');
  });
});

describe('with a beforeFind of the app on files', () => {
  const calls: string[] = [];
  const register = () =>
    Parse.Cloud.beforeFind(Parse.File, ({ user: caller, file }: any) => {
      calls.push(`${caller?.id} ${file.name()}`);
    });

  beforeEach(() => calls.splice(0));

  it.each<[string, object]>([
    ['in the cloud code', { cloud: register }],
    ['before the start', { beforeStart: register }],
  ])('registered %s, both judge, and a refused read does not come to it', async (_when, harness) => {
    const options = { filesAdapter: storage, fileDownload: { enableForPublic: false } };
    server = await startServer({}, options, harness);
    user = await server.signUp();
    await server.makeClass('Telemetry');
    name = (await upload({ master: true })).body.name;
    expect((await read({ token: await scoped('Telemetry:*') })).body).toEqual(CANNOT_READ);
    expect(calls).toEqual([]);
    expect((await read({ token: user.token })).body).toBe('hello');
    expect(calls).toEqual([`${user.userId} ${name}`]);
  });

  it('registered while the server runs, too', async () => {
    await start();
    register();
    expect((await read({ token: await scoped('Telemetry:*') })).body).toEqual(CANNOT_READ);
    expect(calls).toEqual([]);
    expect((await read({ token: user.token })).body).toBe('hello');
    expect(calls).toHaveLength(1);
  });
});
