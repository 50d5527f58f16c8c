import { underLoad } from '../support/load';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, type SpecSession } from '../support/sessions';

const ROUNDS = 20;
const PARALLEL = 32;
const PHONE = 'the-phone';

describe('loads the token with 32 parallel requests while it is revoked, 20 times over', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer();
    await server.rest('POST', '/classes/Note', { body: { text: 'the first' } });
    user = await server.signUp();
    // Between reading the session and putting it into its cache Parse Server reads the user: a database that is not on
    // the same machine makes that a while.
    const { adapter } = server.server.config.databaseController;
    const { find } = adapter;
    adapter.find = async function (className: string, ...args: unknown[]) {
      const rows = await find.call(this, className, ...args);
      if (className === '_User') await new Promise(resolve => setTimeout(resolve, Math.random() * 20));
      return rows;
    };
  });

  afterAll(() => server.stop());

  const ok = async (answer: Promise<{ status: number; body: any }>) => {
    const { status, body } = await answer;
    if (status >= 400) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
    return body;
  };

  const ENDINGS: Array<[string, (session: SpecSession) => Promise<unknown>]> = [
    ['revokeSession', ({ objectId }) => server.run('revokeSession', { objectId }, user)],
    ['revokeOtherSessions', () => server.run('revokeOtherSessions', {}, user)],
    ['a log-out', ({ token }) => server.rest('POST', '/logout', { token, body: {} })],
    [
      'a change of the password',
      async () => {
        const password = `password ${Math.random()}`;
        const { token } = user;
        const answer = await ok(server.rest('PUT', `/users/${user.userId}`, { token, body: { password } }));
        user = { ...user, password, token: answer.sessionToken };
      },
    ],
    [
      'a login from the same installation',
      async () => {
        const body = { username: user.username, password: user.password };
        await ok(server.rest('POST', '/login', { installationId: PHONE, body }));
      },
    ],
  ];

  it.each(ENDINGS)(
    'not one success that began after the answer of %s',
    async (_title, end) => {
      const total = { acceptedBefore: 0, refusedAfter: 0, acceptedAfter: 0 };
      for (let round = 0; round < ROUNDS; round += 1) {
        const session = await makeSession(server, user.userId, { installationId: PHONE });
        const ask = async () =>
          (await server.rest('GET', '/classes/Note', { token: session.token })).status === 200;
        const counts = await underLoad({
          parallel: PARALLEL,
          ask,
          revoke: () => end(session),
          forget: () => server.server.config.cacheController.user.del(session.token),
        });
        for (const key of Object.keys(total) as Array<keyof typeof total>) total[key] += counts[key];
      }
      expect(total.acceptedAfter).toBe(0);
      expect(total.acceptedBefore).toBeGreaterThanOrEqual(ROUNDS);
      expect(total.refusedAfter).toBeGreaterThanOrEqual(ROUNDS * PARALLEL);
    },
    120_000,
  );
});
