import { liveQueryClients } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { defineSdkRead, defineSdkWrite, waysIn } from '../support/ways-in';

const REFUSED = {
  code: 119,
  message: expect.stringMatching(
    /^(not allowed: outside the scopes of this session|write operation not allowed)/,
  ),
};

let server: SpecServer;
let user: SpecUser;
let token: string;
const ids: Record<string, string> = {};
const { open } = liveQueryClients(() => server);

beforeAll(async () => {
  server = await startServer(
    {
      guard: ['Invoice'],
      pairing: { verificationUri: 'https://example.com/pair', scopes: ['*:read', 'Note:create'] },
    },
    { liveQuery: { classNames: ['Note', 'Invoice', '_User'] } },
    {
      graphql: true,
      liveQuery: true,
      cloud: Parse => {
        defineSdkRead(Parse);
        defineSdkWrite(Parse);
        Parse.Cloud.define('report', () => 'reported');
      },
    },
  );
  const part = { type: 'Relation', targetClass: 'Note' };
  for (const name of ['Note', 'Invoice']) {
    await server.makeClass(name, { text: { type: 'String' }, parts: part });
    const body = { text: 'before' };
    ids[name] = (await server.rest('POST', `/classes/${name}`, { master: true, body })).body.objectId;
  }
  user = await server.signUp();
  ids._User = user.userId;
  // The functions of the specs that read and write with the SDK have to be called first.
  const scopes = ['*:read', 'function:sdkRead', 'function:sdkWrite'];
  token = (await server.run('createRestrictedSession', { scopes }, user)).sessionToken;
});

afterAll(() => server.stop());

// To log out and to learn who asks, Parse Server reads sessions and roles itself.
describe.each(waysIn)('a session with *:read, by way of %s,', (_name, way) => {
  const selection = 'objectId';

  it('gets and finds the objects of any class of the app', async () => {
    const get = await way(
      server,
      { operation: 'get', className: 'Note', objectId: ids.Note, selection },
      { token },
    );
    expect(get).not.toHaveProperty('code');
    const found = await way(
      server,
      { operation: 'find', className: 'Note', ids: [ids.Note!], selection },
      { token },
    );
    expect(found.result.results).toHaveLength(1);
  });

  it.each(['Invoice', '_User'])('reads nothing of %s, which is guarded', async className => {
    const of = { className, selection };
    expect(await way(server, { ...of, operation: 'get', objectId: ids[className] }, { token })).toEqual(
      REFUSED,
    );
    expect(await way(server, { ...of, operation: 'find', ids: [ids[className]!] }, { token })).toEqual(
      REFUSED,
    );
  });

  it('writes nothing', async () => {
    for (const className of ['Note', 'Invoice']) {
      const before = await server.rawFind(className);
      const write = { className, objectId: ids[className], fields: { text: 'after' }, selection };
      for (const operation of ['create', 'update', 'delete'] as const) {
        const { objectId: _, ...create } = write;
        const call = operation === 'create' ? { ...create, operation } : { ...write, operation };
        expect(await way(server, call, { token })).toEqual(REFUSED);
      }
      expect(await server.rawFind(className)).toEqual(before);
    }
  });
});

describe('a session with *:read', () => {
  const codeOf = async (method: string, path: string, body?: object) =>
    (await server.rest(method, path, { token, body })).body.code;
  const where = (query: object) => `?where=${encodeURIComponent(JSON.stringify(query))}`;

  it('counts', async () => {
    const { body } = await server.rest('GET', '/classes/Note?count=1&limit=0', { token });
    expect(body).toEqual({ results: [], count: 1 });
  });

  it('subscribes to what it may read', async () => {
    const socket = await open({ token });
    expect((await socket.subscribe('Note')).op).toBe('subscribed');
    const { body } = await server.rest('POST', '/classes/Note', { master: true, body: { text: 'new' } });
    expect((await socket.event(body.objectId)).object.text).toBe('new');
    await server.rest('DELETE', `/classes/Note/${body.objectId}`, { master: true });
    for (const className of ['Invoice', '_User'])
      expect(await socket.subscribe(className)).toMatchObject({ op: 'error', code: 119 });
  });

  it('sees nothing of other classes by joins, relations, or a class of this package', async () => {
    const object = { __type: 'Pointer', className: 'Invoice', objectId: ids.Invoice };
    const paths = [
      `/classes/Note${where({ text: { $select: { query: { className: 'Invoice', where: {} }, key: 'text' } } })}`,
      `/classes/Note${where({ $relatedTo: { object, key: 'parts' } })}`,
      '/classes/ParseEndedSession',
      '/classes/ParseSessionPairing',
      '/classes/_Installation',
      '/sessions',
      '/roles',
      '/users/me',
      '/config',
    ];
    for (const path of paths) expect([path, await codeOf('GET', path)]).toEqual([path, expect.any(Number)]);
  });

  it('calls no function, and comes to no file', async () => {
    expect(await codeOf('POST', '/functions/report', {})).toBe(119);
    expect(await codeOf('POST', '/functions/listSessions', {})).toBe(119);
    expect(await codeOf('POST', '/files/a.txt', {})).toBe(119);
  });

  it('is what a paired device may get, or less of it', async () => {
    const start = (...scopes: string[]) => server.run('startPairing', { scopes });
    for (const wrong of ['Invoice:read', '_User:read', 'Note:update', '@File:read', 'function:report'])
      await expect(start(wrong)).rejects.toMatchObject({ code: 142 });
    const { deviceCode, userCode } = await start('*:read');
    const approve = (...scopes: string[]) => server.run('approvePairing', { userCode, scopes }, user);
    await expect(approve('Invoice:read')).rejects.toMatchObject({ code: 142 });
    await expect(approve('Note:create')).rejects.toMatchObject({ code: 142 });
    await approve('Note:read');
    const { scopes } = await server.run('completePairing', { deviceCode });
    expect(scopes).toEqual(['Note:read']);
  });
});
