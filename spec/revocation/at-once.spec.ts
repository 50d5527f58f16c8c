import { FolderFiles } from '../support/folder-files';
import { APP_ID, startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, sessionRow, useToken, type SpecSession } from '../support/sessions';

const PHONE = 'the-phone';

/** The password reset links that were mailed. */
const mailed: string[] = [];

const emailAdapter = {
  sendMail: async () => undefined,
  sendVerificationEmail: async () => undefined,
  sendPasswordResetEmail: async ({ link }: { link: string }) => void mailed.push(link),
};

describe('a token that has just been used', () => {
  const filesAdapter = new FolderFiles();
  let server: SpecServer;
  let user: SpecUser;
  /** The session that ends. */
  let phone: SpecSession;
  /** Another one of the same user. */
  let tablet: SpecSession;

  beforeAll(async () => {
    server = await startServer(
      {},
      {
        filesAdapter,
        fileUpload: { enableForAuthenticatedUser: true, fileExtensions: ['*'] },
        emailAdapter,
        appName: 'specs',
        // The links in mails are not followed here.
        publicServerURL: 'http://127.0.0.1/parse',
      },
    );
  });

  afterAll(async () => {
    await server.stop();
    await filesAdapter.dispose();
  });

  beforeEach(async () => {
    user = await server.signUp();
    phone = await makeSession(server, user.userId, { installationId: PHONE });
    tablet = await makeSession(server, user.userId, { installationId: 'the-tablet' });
  });

  const WAYS: Array<[string, (token: string) => Promise<{ status: number; body: any }>]> = [
    ['GET /users/me', token => server.rest('GET', '/users/me', { token })],
    ['GET /sessions/me', token => server.rest('GET', '/sessions/me', { token })],
    ['a class', token => server.rest('GET', '/classes/Note', { token })],
    ['a function', token => server.rest('POST', '/functions/countSessions', { token, body: {} })],
    ['a file', token => server.rest('POST', '/files/hello.txt', { token, body: 'hello' })],
  ];

  /** What each way in answers: Parse's error code, or undefined where the token is accepted. */
  async function answers(token: string): Promise<Record<string, number | undefined>> {
    const codes = await Promise.all(WAYS.map(async ([way, ask]) => [way, (await ask(token)).body.code]));
    return Object.fromEntries(codes);
  }

  const ACCEPTED = Object.fromEntries(WAYS.map(([way]) => [way, undefined]));
  const REFUSED = Object.fromEntries(WAYS.map(([way]) => [way, 209]));

  const ok = async (answer: Promise<{ status: number; body: any }>) => {
    const { status, body } = await answer;
    if (status >= 400) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
  };

  async function resetByPage(): Promise<void> {
    const email = `${user.username}@example.com`;
    await server.rawUpdate('_User', { objectId: user.userId }, { email });
    await ok(server.rest('POST', '/requestPasswordReset', { body: { email } }));
    const token = new URL(mailed.at(-1)!).searchParams.get('token')!;
    const page = await server.rest('POST', `/apps/${APP_ID}/request_password_reset`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Requested-With': 'XMLHttpRequest' },
      body: new URLSearchParams({ token, new_password: 'by the page' }).toString(),
    });
    if (page.status !== 200) throw new Error(`The page answered ${page.status}: ${page.body}`);
  }

  /** How the phone's session ends, and which of the user's other sessions are to go with it. */
  const ENDINGS: Array<[string, { tablet: boolean; current: boolean }, () => Promise<unknown>]> = [
    [
      'revokeSession',
      { tablet: false, current: false },
      () => server.run('revokeSession', { objectId: phone.objectId }, user),
    ],
    [
      'revokeOtherSessions',
      { tablet: true, current: false },
      () => server.run('revokeOtherSessions', {}, user),
    ],
    ['revokeSessions', { tablet: true, current: true }, () => server.run('revokeSessions', {}, user)],
    [
      'revokeSessions by the master key',
      { tablet: true, current: true },
      () => server.run('revokeSessions', { userId: user.userId }, { master: true }),
    ],
    ['store.revoke', { tablet: false, current: false }, () => server.sessions.store.revoke(phone.objectId)],
    [
      'store.invalidate',
      { tablet: false, current: false },
      () => server.sessions.store.invalidate(phone.objectId),
    ],
    [
      'its log-out',
      { tablet: false, current: false },
      () => ok(server.rest('POST', '/logout', { token: phone.token, body: {} })),
    ],
    [
      'DELETE /sessions/:id of another session',
      { tablet: false, current: false },
      () => ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { token: user.token })),
    ],
    [
      'DELETE /sessions/:id of its own',
      { tablet: false, current: false },
      () => ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { token: phone.token })),
    ],
    [
      'DELETE /sessions/:id by the master key',
      { tablet: false, current: false },
      () => ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { master: true })),
    ],
    [
      'a login from the same installation',
      { tablet: false, current: false },
      () =>
        ok(
          server.rest('POST', '/login', {
            installationId: PHONE,
            body: { username: user.username, password: user.password },
          }),
        ),
    ],
    [
      'a change of the password by its owner',
      { tablet: true, current: true },
      () =>
        ok(
          server.rest('PUT', `/users/${user.userId}`, {
            token: user.token,
            body: { password: 'by the owner' },
          }),
        ),
    ],
    [
      'a change of the password with the very token',
      { tablet: true, current: true },
      () =>
        ok(
          server.rest('PUT', `/users/${user.userId}`, {
            token: phone.token,
            body: { password: 'by the phone' },
          }),
        ),
    ],
    [
      'a change of the password by the master key',
      { tablet: true, current: true },
      () =>
        ok(
          server.rest('PUT', `/users/${user.userId}`, { master: true, body: { password: 'by the master' } }),
        ),
    ],
    ['a reset of the password by the page', { tablet: true, current: true }, resetByPage],
  ];

  it.each(ENDINGS)(
    'is refused at once in every way after %s, the others only if meant',
    async (_title, meant, end) => {
      expect(await answers(phone.token)).toEqual(ACCEPTED);
      expect([await useToken(server, tablet), await useToken(server, user)]).toEqual([200, 200]);
      await end();
      expect(await answers(phone.token)).toEqual(REFUSED);
      const others = { tablet: await useToken(server, tablet), current: await useToken(server, user) };
      expect(others).toEqual({ tablet: meant.tablet ? 209 : 200, current: meant.current ? 209 : 200 });
    },
  );

  it('is accepted on when an ending fails: of another user’s session, or by a restricted session', async () => {
    const stranger = await server.signUp();
    const restricted = await server.restricted(user.token);
    const attempts = [
      server.run('revokeSession', { objectId: phone.objectId }, stranger),
      server.run('revokeSession', { objectId: phone.objectId }, restricted),
      ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { token: stranger.token })),
      ok(server.rest('DELETE', `/sessions/${phone.objectId}`, { token: restricted.token })),
      ok(
        server.rest('PUT', `/users/${user.userId}`, { token: stranger.token, body: { password: 'stolen' } }),
      ),
    ];
    await Promise.all(attempts.map(attempt => expect(attempt).rejects.toThrow()));
    expect(await answers(phone.token)).toEqual(ACCEPTED);
    expect(await sessionRow(server, phone)).toBeDefined();
  });
});
