import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { sessionRow } from '../support/sessions';
import { postAsText } from '../support/ways-in';

declare const Parse: any;

const OUT_OF_SCOPE = {
  code: 119,
  error: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
};

const storage = new FolderFiles();
let server: SpecServer;
let user: SpecUser;
let sensor: { token: string; objectId: string };

const cloud = () => {
  Parse.Cloud.define('report', ({ user }: any) => user.id);
  Parse.Cloud.define('secret', () => 'not for sensors');
  Parse.Cloud.define('open', ({ user }: any) => (user ? 'user' : 'nobody'));
  Parse.Cloud.define('runs', ({ params, user }: any) =>
    Parse.Cloud.run(params.name, {}, { sessionToken: user.getSessionToken() }),
  );
};

async function scoped(...scopes: string[]) {
  const { objectId, sessionToken } = await server.run('createRestrictedSession', { scopes }, user);
  return { objectId, token: sessionToken };
}

beforeAll(async () => {
  const fileUpload = { enableForAuthenticatedUser: true, fileExtensions: ['*'] };
  server = await startServer({}, { filesAdapter: storage, fileUpload }, { graphql: true, cloud });
  user = await server.signUp();
  await server.rest('POST', '/classes/Telemetry', { master: true, body: {} });
  await server.rest('POST', '/classes/Note', { master: true, body: {} });
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

beforeEach(async () => {
  sensor = await scoped('Telemetry:create', 'function:report', 'function:runs');
});

describe('createRestrictedSession with scopes', () => {
  it('makes a restricted session that keeps them', async () => {
    const row = await sessionRow(server, sensor);
    expect(row).toMatchObject({
      restricted: true,
      scopes: ['Telemetry:create', 'function:report', 'function:runs'],
    });
  });

  it('is for the master key, too', async () => {
    const params = { userId: user.userId, scopes: ['Telemetry:create'] };
    const { sessionToken: token } = await server.run('createRestrictedSession', params, { master: true });
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    expect((await server.rest('POST', '/classes/Note', { token, body: {} })).body).toEqual(OUT_OF_SCOPE);
  });

  it.each(['Telemetry', 'Telemetry:write', '*:create', 'function:', 'function:a b', ''])(
    'answers 142 for a wrong scope, and names it: %j',
    async scope => {
      const params = { scopes: ['Telemetry:create', scope] };
      const call = server.run('createRestrictedSession', params, user);
      await expect(call).rejects.toMatchObject({ code: 142 });
      await expect(call).rejects.toThrow(/^scopes\.1: /);
      await expect(call).rejects.toThrow(`"${scope}"`);
    },
  );

  it.each([[[]], ['Telemetry:create'], [[1]], [{}], [Array.from({ length: 65 }, () => 'Note:read')]])(
    'answers 142 for what is no list of scopes',
    async scopes => {
      const before = (await server.rawFind('_Session')).length;
      await expect(server.run('createRestrictedSession', { scopes }, user)).rejects.toMatchObject({
        code: 142,
      });
      expect((await server.rawFind('_Session')).length).toBe(before);
    },
  );

  it('is the only way to scopes: nobody writes them later, or elsewhere', async () => {
    const { objectId } = sensor;
    const body = { scopes: ['Note:*'] };
    for (const who of [{ token: user.token }, { master: true }]) {
      expect((await server.rest('PUT', `/sessions/${objectId}`, { ...who, body })).body.code).toBe(105);
      expect((await server.rest('POST', '/sessions', { ...who, body })).body.code).toBe(105);
    }
    expect((await server.rest('PUT', `/sessions/${objectId}`, { ...sensor, body })).body.code).toBe(119);
    expect((await sessionRow(server, sensor)).scopes).toContain('function:report');
  });
});

describe('a scoped session calls', () => {
  it('the functions of its scopes, by REST, batch, GraphQL and the SDK in cloud code', async () => {
    expect(await server.run('report', {}, sensor)).toBe(user.userId);
    const requests = [{ method: 'POST', path: '/parse/functions/report', body: {} }];
    const batch = await server.rest('POST', '/batch', { ...sensor, body: { requests } });
    expect(batch.body[0].success.result).toBe(user.userId);
    const mutation = 'mutation { callCloudCode(input: { functionName: report }) { result } }';
    const { body } = await server.graphql(mutation, {}, sensor.token);
    expect(body.data.callCloudCode.result).toBe(user.userId);
    expect(await server.run('runs', { name: 'report' }, sensor)).toBe(user.userId);
  });

  it.each(['secret', 'listSessions', 'countSessions', 'renameSession', 'createRestrictedSession', 'nosuch'])(
    'no other function: %s',
    async name => {
      await expect(server.run(name, {}, sensor)).rejects.toMatchObject({ code: 119 });
      const requests = [{ method: 'POST', path: `/parse/functions/${name}`, body: {} }];
      const batch = await server.rest('POST', '/batch', { ...sensor, body: { requests } });
      expect((batch.body[0]?.error ?? batch.body).code).toBe(119);
      await expect(server.run('runs', { name }, sensor)).rejects.toMatchObject({ code: 119 });
      if (name === 'nosuch') return;
      const mutation = `mutation { callCloudCode(input: { functionName: ${name} }) { result } }`;
      const { body } = await server.graphql(mutation, {}, sensor.token);
      expect(body.errors[0].extensions.code).toBe(119);
    },
  );

  it.each([
    '/functions/%73ecret',
    '/FUNCTIONS/secret',
    '/functions//secret',
    '/functions/report/../secret',
    '/functions/report%2f..%2fsecret',
  ])('no other function by another spelling: %s', async path => {
    const { body } = await server.rest('POST', path, { ...sensor, body: {} });
    expect(body.result).toBeUndefined();
    expect((await server.rest('POST', '/functions/secret', { ...user, body: {} })).body.result).toBe(
      'not for sensors',
    );
  });

  it('a session with the scope of a function only, nothing of that name', async () => {
    const { token } = await scoped('function:Note');
    expect((await server.rest('POST', '/classes/Note', { token, body: {} })).body).toEqual(OUT_OF_SCOPE);
  });
});

describe('a scoped session is refused', () => {
  it.each<[string, string, string, object | undefined]>([
    ['its own user', 'GET', '/users/me', undefined],
    ['its session', 'GET', '/sessions/me', undefined],
    ['the sessions', 'GET', '/sessions', undefined],
    ['another session', 'POST', '/sessions', {}],
    ['an upgrade', 'POST', '/upgradeToRevocableSession', {}],
    ['the config', 'GET', '/config', undefined],
    ['an installation', 'POST', '/installations', { deviceType: 'web', installationId: 'x' }],
    ['a sign-up', 'POST', '/users', { username: 'other', password: 'x' }],
    ['an analytics event', 'POST', '/events/opened', {}],
    ['a password check', 'GET', '/verifyPassword?username=a&password=b', undefined],
    ['a mail', 'POST', '/requestPasswordReset', { email: 'a@example.com' }],
    ['a class that is not there', 'POST', '/classes/Made', {}],
  ])('%s', async (_what, method, path, body) => {
    const answer = await server.rest(method, path, { token: sensor.token, body });
    expect(answer.body.code).toBe(119);
    // What a restricted session may not do anyway is refused for that.
    const restricted = 'write operation not allowed: restricted session';
    if (answer.body.error !== restricted) expect(answer.body).toEqual(OUT_OF_SCOPE);
  });

  it('what a restricted session without scopes may do', async () => {
    const { token } = await server.restricted(user.token);
    expect((await server.rest('POST', '/events/opened', { token, body: {} })).status).toBe(200);
    expect((await server.rest('GET', '/sessions/me', { token })).status).toBe(200);
    expect((await server.rest('GET', '/config', { token })).status).toBe(200);
  });

  it('files, with guardFiles off as well', async () => {
    const request = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
    const answer = await server.rest('POST', '/files/a.txt', { ...request, token: sensor.token });
    expect(answer.body.code).toBe(119);
    const { token } = await server.restricted(user.token);
    expect((await server.rest('POST', '/files/a.txt', { ...request, token })).status).toBe(201);
  });

  it('whatever the method override, the text body or the batch say', async () => {
    const who = { token: sensor.token };
    expect(await postAsText(server, '/classes/Note', { _method: 'GET' }, who)).toEqual(OUT_OF_SCOPE);
    expect(await postAsText(server, '/classes/Note', {}, who)).toEqual(OUT_OF_SCOPE);
    const requests = [
      { method: 'POST', path: '/parse/classes/Telemetry', body: {} },
      { method: 'POST', path: '/parse/classes/Note', body: {} },
      { method: 'GET', path: '/parse/classes/Telemetry' },
    ];
    const { body } = await server.rest('POST', '/batch', { ...sensor, body: { requests } });
    expect(body[0].success.objectId).toBeDefined();
    expect(body.slice(1).map((part: any) => part.error)).toEqual([OUT_OF_SCOPE, OUT_OF_SCOPE]);
  });

  it('nothing that its scopes name, and its log-out', async () => {
    expect((await server.rest('POST', '/classes/Telemetry', { ...sensor, body: {} })).status).toBe(201);
    expect((await server.rest('POST', '/logout', { ...sensor, body: {} })).status).toBe(200);
    expect((await server.rest('POST', '/classes/Telemetry', { ...sensor, body: {} })).body.code).toBe(209);
    expect(await sessionRow(server, sensor)).toBeUndefined();
  });

  it('everything once its scopes are lost: it is no restricted session without scopes then', async () => {
    await server.rawUpdate('_Session', { objectId: sensor.objectId }, { scopes: { __op: 'Delete' } });
    expect((await server.rest('POST', '/classes/Telemetry', { ...sensor, body: {} })).body).toEqual(
      OUT_OF_SCOPE,
    );
    await expect(server.run('report', {}, sensor)).rejects.toMatchObject({ code: 119 });
  });
});
