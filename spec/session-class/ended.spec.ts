import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { outcomeOf, REFUSED } from '../support/ways-in';

const inThePast = { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' };

describe('the token of a session that has ended', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      Parse.Cloud.define('saveUser', ({ user: caller }: any) =>
        caller.save({ nickname: 'x' }, { sessionToken: caller.getSessionToken() }),
      );
    };
    server = await startServer({ guard: ['Invoice'] }, {}, { graphql: true, cloud });
    await server.rest('POST', '/classes/Note', { master: true, body: {} });
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    user = await server.signUp();
  });

  const read = async (token: string) =>
    outcomeOf((await server.rest('GET', '/classes/Note', { token })).body).code;
  const login = async (installationId: string, { username, password } = user): Promise<string> =>
    (await server.rest('POST', '/login', { installationId, body: { username, password } })).body.sessionToken;
  /** Has the package read a session anew, as it does after `cacheTTL`; Parse Server's cache still knows its user. */
  const forget = async (token: string) => {
    const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
    const body = { authenticatedAt: parseDate(Date.now()) };
    expect((await server.rest('PUT', `/sessions/${objectId}`, { master: true, body })).status).toBe(200);
  };
  const deleteBehindTheBack = (token: string) => server.rawDelete('_Session', { sessionToken: token });

  const ENDINGS: Array<[string, (token: string) => Promise<unknown>]> = [
    ['logout', token => server.rest('POST', '/logout', { token, body: {} })],
    ['logout by GraphQL', token => server.graphql('mutation { logOut(input: {}) { ok } }', {}, token)],
    [
      'deletion by another session',
      async token => {
        const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
        return server.rest('DELETE', `/sessions/${objectId}`, { token: user.token });
      },
    ],
    [
      'deletion by the master key',
      async token => {
        const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
        return server.rest('DELETE', `/sessions/${objectId}`, { master: true });
      },
    ],
    [
      'a change of password',
      () => server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'another' } }),
    ],
    [
      'a change of password by the master key',
      () => server.rest('PUT', `/users/${user.userId}`, { master: true, body: { password: 'another' } }),
    ],
    ['a login from the same installation', () => login('the-phone')],
    [
      'a session made for the same installation',
      () => server.restricted(user.token, { installationId: 'the-phone' }),
    ],
  ];

  it.each(ENDINGS)('is refused at once after %s, although it has just been used', async (_how, end) => {
    const token = await login('the-phone');
    expect(await read(token)).toBeUndefined();
    expect((await server.rest('POST', '/classes/Invoice', { token, body: {} })).status).toBe(201);
    await end(token);
    expect(await read(token)).toBe(209);
    expect((await server.rest('POST', '/classes/Invoice', { token, body: {} })).body.code).toBe(209);
    expect((await server.rest('GET', '/sessions/me', { token })).body.code).toBe(209);
    await expect(server.run('listSessions', {}, { token })).rejects.toMatchObject({ code: 209 });
  });

  it('comes not back by requests that are under way when the password changes', async () => {
    const token = await login('the-tablet');
    const stop = Date.now() + 400;
    const hammer = async () => {
      while (Date.now() < stop) await read(token);
    };
    const hammers = Array.from({ length: 8 }, hammer);
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'another' } });
    await Promise.all(hammers);
    expect(await read(token)).toBe(209);
  });

  it('after a change of password the answer’s token works, and it is the only one', async () => {
    const body = { password: 'another' };
    const answer = await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
    const { sessionToken } = answer.body;
    expect(await read(sessionToken)).toBeUndefined();
    const pointer = { __type: 'Pointer', className: '_User', objectId: user.userId };
    expect(await server.rawFind('_Session', { user: pointer })).toMatchObject([
      { sessionToken, restricted: false },
    ]);
  });

  // Parse Server trusts a token for some seconds without looking. Here nobody told the package that it is gone.
  describe.each([
    ['deleted', (token: string) => deleteBehindTheBack(token)],
    [
      'expired',
      (token: string) => server.rawUpdate('_Session', { sessionToken: token }, { expiresAt: inThePast }),
    ],
  ])('in the database it is %s, in Parse Server’s cache it is not', (_how, end) => {
    it.each<[string, (token: string) => Promise<{ body: any }>]>([
      [
        'write its user',
        token => server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'x' } }),
      ],
      ['write a guarded class', token => server.rest('POST', '/classes/Invoice', { token, body: {} })],
      ['make a session', token => server.rest('POST', '/sessions', { token, body: {} })],
      ['list sessions', token => server.rest('GET', '/sessions', { token })],
    ])('it cannot %s', async (_what, attempt) => {
      const { token: asking } = await server.login(user.username, user.password);
      const restricted = await server.restricted(asking);
      for (const { token } of [user, restricted]) {
        expect(await read(token)).toBeUndefined();
        await forget(token);
        await end(token);
        expect((await attempt(token)).body.code).toBe(209);
      }
    });

    it('it cannot have cloud code write', async () => {
      const { token } = user;
      expect(await read(token)).toBeUndefined();
      await forget(token);
      await end(token);
      await expect(server.run('saveUser', {}, { token })).rejects.toMatchObject({ code: 209 });
    });
  });

  it('a session that the master key restricts is restricted at once, and free again at once', async () => {
    const { token } = user;
    const write = async () =>
      outcomeOf((await server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'x' } })).body);
    const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
    const restrict = (restricted: boolean) =>
      server.rest('PUT', `/sessions/${objectId}`, { master: true, body: { restricted } });
    expect(await write()).not.toHaveProperty('code');
    await restrict(true);
    expect(await write()).toEqual(REFUSED);
    await restrict(false);
    expect(await write()).not.toHaveProperty('code');
  });

  it('is refused at once even where the app protects tokens from clients', async () => {
    const { body } = await server.rest('GET', '/schemas/_Session', { master: true });
    const classLevelPermissions = {
      ...body.classLevelPermissions,
      protectedFields: { '*': ['sessionToken'] },
    };
    await server.rest('PUT', '/schemas/_Session', { master: true, body: { classLevelPermissions } });
    const token = await login('the-phone');
    const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
    expect(await read(token)).toBeUndefined();
    expect((await server.rest('DELETE', `/sessions/${objectId}`, { token: user.token })).status).toBe(200);
    expect(await read(token)).toBe(209);
    const me = await server.rest('GET', '/sessions/me', { token: user.token });
    expect(me.body).not.toHaveProperty('sessionToken');
  });
});
