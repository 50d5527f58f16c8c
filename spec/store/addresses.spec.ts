import { startServer } from '../support/server';

describe('the address of a new session, for a client that claims another one', () => {
  it.each([
    ['is the one that it sent from', false, /^(::ffff:)?127\.0\.0\.1$/],
    ['is the one that it claims, behind a proxy that the app trusts', true, /^192\.0\.2\.7$/],
  ])('%s', async (_what, trust, expected) => {
    const server = await startServer();
    server.app.set('trust proxy', trust);
    try {
      const user = await server.signUp(undefined, { headers: { 'X-Forwarded-For': '192.0.2.7' } });
      const [row] = await server.rawFind('_Session', { sessionToken: user.token });
      expect(row.ip).toMatch(expected);
    } finally {
      await server.stop();
    }
  });
});
