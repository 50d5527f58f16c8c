import { startServer, type SpecServer } from './support/server';

describe('a stock Parse Server, without this package', () => {
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer({}, {}, { mounted: false });
  });

  afterAll(() => server.stop());

  it('makes a full session for whoever has a token: what restricted sessions are for', async () => {
    const user = await server.signUp();
    const { token } = await server.restricted(user.token);
    const answer = await server.rest('PUT', `/users/${user.userId}`, {
      token,
      body: { nickname: 'Mallory' },
    });
    expect(answer.status).toBe(200);
  });

  it('shows a client the tokens of all its user’s devices', async () => {
    const user = await server.signUp();
    const other = await server.login(user.username, user.password);
    const { body } = await server.rest('GET', '/sessions', { token: user.token });
    expect(body.results.map((session: any) => session.sessionToken)).toContain(other.token);
  });
});
