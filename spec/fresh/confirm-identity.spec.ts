import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { requireFreshSession as imported } from '../../src';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';

declare const Parse: any;

const sessionsOptions = { fresh: ['PaymentMethod'], freshWithin: '20m' };
let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer(
    sessionsOptions,
    {},
    {
      cloud: () => {
        const define = (name: string, validator: unknown) =>
          Parse.Cloud.define(name, () => 'done', validator);
        define('within15m', imported({ within: '15m' }));
        define('imported', imported());
        define('ofTheOption', (request: any) => server.sessions.requireFreshSession()(request));
        define('within1h', imported({ within: '1h' }));
        define('withinSeconds', imported({ within: 3600 }));
        define('mounted', (request: any) => server.sessions.requireFreshSession({ within: '1h' })(request));
        define('open', undefined);
      },
    },
  );
});

afterAll(() => server.stop());

beforeEach(async () => {
  user = await server.signUp();
});

const MINUTES = 60_000;

const loggedIn = (minutesAgo: number) =>
  makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - minutesAgo * MINUTES) });
const confirm = (password: string, who: { token?: string }) =>
  server.run('confirmIdentity', { password }, who);
const save = async (token: string) =>
  (await server.rest('POST', '/classes/PaymentMethod', { token, body: {} })).status;

describe('requireFreshSession', () => {
  it.each([
    ['within15m', 14, 16],
    ['imported', 19, 21],
    ['ofTheOption', 19, 21],
    ['within1h', 59, 61],
    ['withinSeconds', 59, 61],
    ['mounted', 59, 61],
  ])(
    '%s: passes %i minutes after the login, and refuses %i minutes after it',
    async (name, before, after) => {
      expect(await server.run(name, {}, await loggedIn(before))).toBe('done');
      await expect(server.run(name, {}, await loggedIn(after))).rejects.toMatchObject({ code: 119 });
      expect(await server.run('open', {}, await loggedIn(after))).toBe('done');
    },
  );

  it('passes the master key, and refuses nobody with 209 and a restricted session with 119', async () => {
    expect(await server.run('within15m', {}, { master: true })).toBe('done');
    await expect(server.run('within15m')).rejects.toMatchObject({ code: 209 });
    const restricted = await server.restricted(user.token);
    await expect(server.run('within15m', {}, restricted)).rejects.toMatchObject({ code: 119 });
  });

  it('takes no other option', () => {
    expect(() => imported({ witin: '15m' } as never)).toThrow(TypeError);
    expect(() => server.sessions.requireFreshSession({ witin: '15m' } as never)).toThrow(TypeError);
  });

  it.each([0, -1, '', 'soon', null, NaN])('takes no %j, and says so at once', within => {
    expect(() => imported({ within: within as never })).toThrow(TypeError);
    expect(() => imported({ within: within as never })).toThrow('takes { within }');
    expect(() => server.sessions.requireFreshSession({ within: within as never })).toThrow(TypeError);
  });
});

describe('confirmIdentity', () => {
  it('makes the session fresh, at once, and only this one', async () => {
    const session = await loggedIn(60);
    const other = await loggedIn(60);
    expect(await save(session.token)).toBe(400);
    const { authenticatedAt } = await confirm(user.password, session);
    expect(Math.abs(new Date(authenticatedAt).getTime() - Date.now())).toBeLessThan(MINUTES);
    expect(await save(session.token)).toBe(201);
    expect(await server.run('within15m', {}, session)).toBe('done');
    expect(await save(other.token)).toBe(400);
  });

  it('does so in another process, too', async () => {
    const session = await loggedIn(60);
    const second: SecondProcess = await startSecondProcess({
      sessions: sessionsOptions,
      parseServer: { databaseURI: server.databaseURI },
    });
    try {
      const saveThere = () =>
        second.run(
          async ({ server }, token) =>
            (await server.rest('POST', '/classes/PaymentMethod', { token, body: {} })).status,
          session.token,
        );
      // What that process knows of the session now is what it was.
      expect(await saveThere()).toBe(400);
      await confirm(user.password, session);
      expect(await saveThere()).toBe(201);
    } finally {
      await second.stop();
    }
  });

  it('answers 101 for a wrong password, which makes nothing fresh', async () => {
    const session = await loggedIn(60);
    await expect(confirm('wrong', session)).rejects.toMatchObject({ code: 101 });
    expect(await save(session.token)).toBe(400);
    expect(new Date((await sessionRow(server, session)).authenticatedAt.iso).getTime()).toBeLessThan(
      Date.now() - 59 * MINUTES,
    );
  });

  it('answers 155 to the sixth attempt, even with the right password, in whatever session of the user', async () => {
    const session = await loggedIn(60);
    for (let i = 0; i < 5; i += 1)
      await expect(confirm('wrong', session)).rejects.toMatchObject({ code: 101 });
    await expect(confirm(user.password, session)).rejects.toMatchObject({ code: 155 });
    await expect(confirm(user.password, await loggedIn(60))).rejects.toMatchObject({ code: 155 });
    expect(await save(session.token)).toBe(400);
    const another = await server.signUp();
    await expect(confirm(another.password, another)).resolves.toHaveProperty('authenticatedAt');
  });

  it('answers 155 to those beyond five that come at once', async () => {
    const session = await loggedIn(60);
    const codes = await Promise.all(
      Array.from({ length: 12 }, () =>
        confirm('wrong', session).then(
          () => 0,
          error => error.code,
        ),
      ),
    );
    expect(codes.filter(code => code === 101)).toHaveLength(5);
    expect(codes.filter(code => code === 155)).toHaveLength(7);
  });

  it('takes no password of somebody who has the user’s former name', async () => {
    const session = await loggedIn(60);
    // Parse Server and its cache know the user by his former name here.
    expect(await save(session.token)).toBe(400);
    await server.rawUpdate('_User', { objectId: user.userId }, { username: `${user.username}-renamed` });
    await server.rest('POST', '/users', { body: { username: user.username, password: 'of another' } });
    await expect(confirm('of another', session)).rejects.toMatchObject({ code: 101 });
    expect(await save(session.token)).toBe(400);
  });

  it('counts no more what came before a right password', async () => {
    const session = await loggedIn(60);
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 4; i += 1)
        await expect(confirm('wrong', session)).rejects.toMatchObject({ code: 101 });
      await confirm(user.password, session);
    }
  });

  it('is not for a restricted session, the master key or nobody', async () => {
    const restricted = await server.restricted(user.token);
    await expect(confirm(user.password, restricted)).rejects.toMatchObject({ code: 119 });
    await expect(
      server.run('confirmIdentity', { password: user.password }, { master: true }),
    ).rejects.toMatchObject({ code: 209 });
    await expect(confirm(user.password, {})).rejects.toMatchObject({ code: 209 });
  });

  it.each([
    [{}],
    [{ password: '' }],
    [{ password: 1 }],
    [{ password: { $ne: '' } }],
    [{ password: 'x', user: 'y' }],
  ])('answers 142 for wrong parameters, without an attempt: %j', async params => {
    for (let i = 0; i < 6; i += 1) {
      await expect(server.run('confirmIdentity', params, user)).rejects.toMatchObject({ code: 142 });
    }
    await expect(confirm(user.password, user)).resolves.toHaveProperty('authenticatedAt');
  });
});
