import { WebSocket } from 'ws';
import { startServer, type SpecServer, type SpecUser } from '../support/server';

// Holes that Parse Server's sessions had in the last years, and that no other spec here is about.
describe('a hole of the past is closed', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({}, { allowCustomObjectId: true }, { graphql: true });
    user = await server.signUp();
  });

  afterAll(() => server.stop());

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'listSessions.constructor', 'valueOf'])(
    'a function is found by its own name only: %s (GHSA-4263-jgmp-7pf4)',
    async name => {
      const answer = await server.rest('POST', `/functions/${name}`, { ...user, body: {} });
      expect(answer.body.code).toBe(141);
      expect(answer.body.result).toBeUndefined();
    },
  );

  it.each([{ token: true }, { master: true }, {}])(
    'nobody is a role by his id (GHSA-8xq9-g7ch-35hg): %j',
    async who => {
      const body = { objectId: 'role:Boss', username: `u${Math.random()}`, password: 'x' };
      const caller = 'token' in who ? { token: user.token } : who;
      const answer = await server.rest('POST', '/users', { ...caller, body });
      expect(answer.body.code).toBe(119);
      expect(await server.rawFind('_User', { objectId: 'role:Boss' })).toEqual([]);
    },
  );

  it('GraphQL answers no WebSocket, where no middleware would see it (GHSA-p2x3-8689-cwpg)', async () => {
    const socket = new WebSocket(server.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws');
    const outcome = await new Promise(resolve => {
      socket.once('open', () => resolve('open'));
      socket.once('error', () => resolve('refused'));
      setTimeout(() => resolve('no answer'), 2000).unref();
    });
    socket.terminate();
    expect(outcome).not.toBe('open');
  });
});
