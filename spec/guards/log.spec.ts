import { startServer, type SpecServer } from '../support/server';

const PASSWORD = 'open sesame';
const BADGE_ID = 'badge-of-the-owner';

/** A world with every kind of session, signing up, being refused, managing sessions. Answers the tokens in it. */
async function play(server: SpecServer): Promise<string[]> {
  const authData = { badge: { id: BADGE_ID } };
  const user = await server.rest('POST', '/users', { body: { username: 'owner', password: PASSWORD } });
  const { objectId: userId, sessionToken: token } = user.body;
  const login = await server.rest('POST', '/login', { body: { username: 'owner', password: PASSWORD } });
  const sensor = await server.rest('POST', '/sessions', { token, body: {} });
  const restricted = sensor.body.sessionToken;
  const tokens = [token, login.body.sessionToken, restricted];
  await server.rest('PUT', `/users/${userId}`, { token, body: { authData } });
  const other = await server.rest('POST', '/users', {
    body: { authData: { badge: { id: `${BADGE_ID}-2` } } },
  });
  tokens.push(other.body.sessionToken);
  const write = { password: PASSWORD, authData };
  await server.rest('PUT', `/users/${userId}`, { token: restricted, body: write });
  await server.rest('POST', '/users', { token: restricted, body: { username: 'x', ...write } });
  await server.rest('DELETE', `/users/${userId}`, { token: restricted });
  await server.rest('POST', '/sessions', { token: restricted, body: {} });
  await server.rest('GET', '/sessions?where={"sessionToken":{"$gt":"r:"}}', { token });
  await server.rest('PUT', `/sessions/${sensor.body.objectId}`, { token, body: { restricted: false } });
  const made = await server.run('createRestrictedSession', { name: 'lamp' }, { token });
  tokens.push(made.sessionToken);
  await server.run('getSession', { sessionToken: token }, { master: true });
  await server.run('getSession', { sessionToken: 'r:unknown-token' }, { master: true });
  await server.run('listSessions', {}, { token });
  await server.run('revokeOtherSessions', { userId, except: token }, { master: true });
  await server.run('createRestrictedSession', { name: 1 }, { token }).catch(() => undefined);
  await server.run('getSession', { sessionToken: token }, { token }).catch(() => undefined);
  const changed = await server.rest('PUT', `/users/${userId}`, { token, body: { password: `${PASSWORD}!` } });
  tokens.push(changed.body.sessionToken);
  await server.rest('POST', '/logout', { token: changed.body.sessionToken, body: {} });
  return tokens;
}

describe('the log of Parse Server', () => {
  it('holds no token, no password and no authData', async () => {
    const lines: string[] = [];
    const loggerAdapter = {
      log: (...args: unknown[]) => void lines.push(JSON.stringify(args)),
      query: () => [],
    };
    const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
    const options = { silent: false, loggerAdapter, auth: { badge } };
    const server = await startServer({}, options);
    try {
      const tokens = await play(server);
      expect(tokens.map(token => typeof token)).toEqual(tokens.map(() => 'string'));
      expect(lines.join()).toContain('Ran cloud function listSessions');
      for (const secret of [...tokens, PASSWORD, BADGE_ID, 'r:unknown-token']) {
        expect(lines.filter(line => line.includes(secret))).toEqual([]);
      }
    } finally {
      await server.stop();
    }
  });

  it('says nothing of uploads and users that the package lets pass', async () => {
    const lines: string[] = [];
    const loggerAdapter = {
      log: (...args: unknown[]) => void lines.push(JSON.stringify(args)),
      query: () => [],
    };
    const filesAdapter = {
      createFile: async () => undefined,
      deleteFile: async () => undefined,
      getFileData: async () => Buffer.from(''),
      getFileLocation: () => 'http://files.example/note.txt',
    };
    // As for a request that comes in past the middleware: only the trigger looks the session up.
    const requestContextMiddleware = ({ config }: any, _response: unknown, next: () => void) => {
      for (const method of ['find', 'create', 'update', 'destroy', 'validateObject'])
        delete config.database[method];
      next();
    };
    const options = { silent: false, loggerAdapter, filesAdapter, requestContextMiddleware };
    const server = await startServer({ guardFiles: true }, options);
    try {
      const user = await server.signUp();
      const again = await server.login(user.username, user.password);
      lines.length = 0;
      const headers = { 'Content-Type': 'text/plain' };
      const file = await server.rest('POST', '/files/note.txt', {
        token: user.token,
        body: 'hello',
        headers,
      });
      expect(file.status).toBe(201);
      const update = { token: again.token, body: { nickname: 'Bo' } };
      expect((await server.rest('PUT', `/users/${user.userId}`, update)).status).toBe(200);
      expect(lines).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
