import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow, useToken } from '../support/sessions';
import { HOUR } from '../support/time';

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer(
    { fresh: ['PaymentMethod'], maxSessionsPerUser: { authenticated: 2 }, onLimit: 'refuse' },
    {},
    { graphql: true },
  );
  await server.makeClass('Telemetry');
});

beforeEach(async () => {
  user = await server.signUp();
});

afterAll(() => server.stop());

const rotate = (who: { token: string }) => server.run('rotateSession', {}, { token: who.token });
const save = async ({ token }: { token: string }) =>
  (await server.rest('POST', '/classes/PaymentMethod', { token, body: {} })).body.code ?? 'saved';

describe('rotateSession', () => {
  it('gives the session a new token, and the old one is refused on every path at once', async () => {
    const before = await sessionRow(server, user);
    // Every cache knows the old one.
    expect(await useToken(server, user)).toBe(200);
    const answer = await rotate(user);
    expect(answer).toEqual({
      sessionToken: expect.stringMatching(/^r:[0-9a-f]{32}$/),
      expiresAt: before.expiresAt.iso,
    });
    const { token } = user;
    const codes = [
      await useToken(server, token),
      (await server.rest('GET', '/sessions/me', { token })).body.code,
      (await server.rest('GET', '/sessions', { token })).body.code,
      (await server.rest('POST', '/classes/Note', { token, body: {} })).body.code,
      (await server.rest('POST', '/functions/getSession', { token, body: {} })).body.code,
      (await server.rest('POST', '/functions/rotateSession', { token, body: {} })).body.code,
      (await server.rest('POST', '/upgradeToRevocableSession', { token, body: {} })).body.code,
      (await server.graphql('{ viewer { sessionToken } }', {}, token)).body.code,
    ];
    expect(codes).toEqual(codes.map(() => 209));
    expect(await useToken(server, answer.sessionToken)).toBe(200);
  });

  it('goes on as the same session', async () => {
    const { objectId } = await sessionRow(server, user);
    const secret = await server.sessions.secret(objectId);
    const before = await server.run('getSession', {}, user);
    const { sessionToken: token } = await rotate(user);
    const after = await server.run('getSession', {}, { token });
    expect({ ...after, lastAccessedAt: null }).toEqual({ ...before, lastAccessedAt: null });
    expect(await server.sessions.secret(objectId)).toBe(secret);
    expect(
      await server.rawFind('_Session', {
        user: { __type: 'Pointer', className: '_User', objectId: user.userId },
      }),
    ).toHaveLength(1);
    // It counts once for the limits.
    await expect(server.login(user.username, user.password)).resolves.toHaveProperty('token');
    await expect(server.login(user.username, user.password)).rejects.toThrow();
    expect(await server.run('revokeOtherSessions', {}, { token })).toEqual({ revoked: 1 });
    expect(await server.run('endedSession', { sessionToken: user.token })).toBeNull();
  });

  it.each([undefined, ['Telemetry:create']])(
    'a restricted session stays what it is: scopes %j',
    async scopes => {
      const made = await server.run('createRestrictedSession', { name: 'Boiler', scopes }, user);
      const { sessionToken: token } = await rotate({ token: made.sessionToken });
      expect(await useToken(server, made.sessionToken)).toBe(209);
      expect(token.startsWith('r:scoped-')).toBe(scopes !== undefined);
      const view = await server.run('getSession', {}, { token });
      expect(view).toMatchObject({ restricted: true, scopes: scopes ?? null, name: 'Boiler' });
      const write = (className: string) => server.rest('POST', `/classes/${className}`, { token, body: {} });
      expect((await write('Telemetry')).status).toBe(201);
      expect((await write('Note')).status).toBe(scopes ? 400 : 201);
      const body = { nickname: 'thief' };
      expect((await server.rest('PUT', `/users/${user.userId}`, { token, body })).body.code).toBe(119);
    },
  );

  it('makes it no fresher', async () => {
    const session = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
    const { sessionToken: token } = await rotate(session);
    expect(await save({ token })).toBe(119);
  });

  it('is for sessions only, and takes no parameters', async () => {
    const code = async (params: object, who?: object) =>
      (await server.rest('POST', '/functions/rotateSession', { ...who, body: params })).body.code;
    expect(await code({})).toBe(209);
    expect(await code({}, { master: true })).toBe(209);
    expect(await code({}, { readOnlyMaster: true })).toBe(209);
    expect(await code({ sessionToken: 'mine' }, user)).toBe(142);
    const session = await makeSession(server, user.userId);
    await server.sessions.invalidate(session.objectId);
    expect(await code({}, session)).toBe(209);
  });

  it('of several at the same time one succeeds', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => rotate(user)));
    const won = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value.sessionToken] : []));
    expect(won).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 209 });
    expect(await useToken(server, won[0])).toBe(200);
  });
});

describe('confirmIdentity with rotate', () => {
  it('does both', async () => {
    const session = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
    const params = { password: user.password, rotate: true };
    const answer = await server.run('confirmIdentity', params, { token: session.token });
    expect(answer).toEqual({
      authenticatedAt: expect.any(String),
      sessionToken: expect.any(String),
      expiresAt: null,
    });
    expect(await useToken(server, session)).toBe(209);
    expect(await save({ token: answer.sessionToken })).toBe('saved');
  });

  it('does neither for a wrong password', async () => {
    const session = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
    const params = { password: 'wrong', rotate: true };
    await expect(server.run('confirmIdentity', params, { token: session.token })).rejects.toMatchObject({
      code: 101,
    });
    expect(await useToken(server, session)).toBe(200);
    expect(await save(session)).toBe(119);
  });

  it('takes true or false', async () => {
    const params = { password: user.password, rotate: 'yes' };
    await expect(server.run('confirmIdentity', params, user)).rejects.toMatchObject({ code: 142 });
  });
});

describe('over two processes', () => {
  let second: SecondProcess;

  beforeAll(async () => {
    second = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
  });

  afterAll(() => second?.stop());

  const there = (name: string, params: object, token: string): Promise<any> =>
    second.run(
      async ({ server }, [name, params, token]) =>
        (await server.rest('POST', `/functions/${name}`, { token, body: params })).body,
      [name, params, token] as const,
    );

  it('concurrent rotations leave one valid token', async () => {
    for (let round = 0; round < 5; round += 1) {
      const session = await makeSession(server, user.userId);
      const answers = await Promise.all([
        rotate(session).catch(error => error),
        there('rotateSession', {}, session.token),
        rotate(session).catch(error => error),
        there('rotateSession', {}, session.token),
      ]);
      const won = answers.flatMap(answer => answer.sessionToken ?? answer.result?.sessionToken ?? []);
      expect(won).toHaveLength(1);
      expect(await useToken(server, won[0])).toBe(200);
      expect(await useToken(server, session)).toBe(209);
    }
  });

  it('a rotation in the midst of `revokeOtherSessions` does not end the session that asks', async () => {
    const [session, other] = [await makeSession(server, user.userId), await makeSession(server, user.userId)];
    const { adapter } = server.server.config.databaseController;
    const find = adapter.find.bind(adapter);
    let rotated: string | undefined;
    const spy = jest.spyOn(adapter, 'find').mockImplementation(async (...args: any[]) => {
      if (!rotated && JSON.stringify(args[2]).includes('$nin')) {
        spy.mockRestore();
        rotated = (await rotate(session)).sessionToken;
      }
      return find(...args);
    });
    await server.run('revokeOtherSessions', {}, session);
    spy.mockRestore();
    expect(await useToken(server, rotated!)).toBe(200);
    expect(await useToken(server, other)).toBe(209);
  });

  it('attempts to confirm are limited per user', async () => {
    const other = await server.signUp();
    const attempt = async (process: number, token: string): Promise<number> => {
      const params = { password: 'wrong' };
      if (process === 1) return (await there('confirmIdentity', params, token)).code;
      return (await server.rest('POST', '/functions/confirmIdentity', { token, body: params })).body.code;
    };
    const codes = await Promise.all(Array.from({ length: 12 }, (_, i) => attempt(i % 2, user.token)));
    expect(codes.filter(code => code === 101)).toHaveLength(5);
    expect(codes.filter(code => code === 155)).toHaveLength(7);
    for (const process of [0, 1]) {
      expect(await attempt(process, user.token)).toBe(155);
      expect(await attempt(process, other.token)).toBe(101);
    }
  });
});
