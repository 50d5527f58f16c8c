import type { SessionsOptions } from '../../src';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, pointerTo, useToken } from '../support/sessions';

// Forty passwords are hashed, for each of these.
jest.setTimeout(90_000);

let server: SpecServer;
let second: SecondProcess;

const CONCURRENT = 40;
const HALF = CONCURRENT / 2;

async function start(sessions: SessionsOptions): Promise<void> {
  server = await startServer(sessions);
  second = await startSecondProcess({ sessions, parseServer: { databaseURI: server.databaseURI } });
}

async function stop(): Promise<void> {
  await second?.stop();
  await server.stop();
}

const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointerTo(userId) });

/** What each of 40 requests answered, half of them in the other process. */
async function atOnce(method: string, path: string, token: string | undefined, body: object): Promise<any[]> {
  const request = { token, body };
  const [here, there] = await Promise.all([
    Promise.all(Array.from({ length: HALF }, () => server.rest(method, path, request))),
    second.run(
      ({ server }, [count, method, path, request]) =>
        Promise.all(
          Array.from({ length: count }, async () => ({
            body: (await server.rest(method, path, request)).body,
          })),
        ),
      [HALF, method, path, request] as [number, string, string, { body: object }],
    ),
  ]);
  return [...here, ...there].map(answer => answer.body);
}

const loginAtOnce = ({ username, password }: { username: string; password: string }) =>
  atOnce('POST', '/login', undefined, { username, password });

describe('40 logins at the same time in two processes', () => {
  describe('that revoke the oldest', () => {
    beforeAll(() => start({ maxSessionsPerUser: { authenticated: 10, restricted: 7 } }));
    afterAll(stop);

    it('all get a session, and leave the limit in the end', async () => {
      const user = await server.signUp();
      const answers = await loginAtOnce(user);
      for (const { sessionToken } of answers) expect(sessionToken).toMatch(/^r:/);
      expect(await sessionsOf(user.userId)).toHaveLength(10);
      const states = await Promise.all(answers.map(({ sessionToken }) => useToken(server, sessionToken)));
      expect(states.filter(state => state === 200).length).toBe(10);
    });

    it('leave the limit of restricted sessions, and their maker', async () => {
      const user = await server.signUp();
      for (const path of ['/sessions', '/functions/createRestrictedSession']) {
        await atOnce('POST', path, user.token, {});
        const rows = await sessionsOf(user.userId);
        expect(rows.filter(row => row.restricted)).toHaveLength(7);
        expect(await useToken(server, user.token)).toBe(200);
      }
    });
  });

  describe('of which some are refused', () => {
    beforeAll(() => start({ maxSessionsPerUser: { authenticated: 10, restricted: 7 }, onLimit: 'refuse' }));
    afterAll(stop);

    it('never make more sessions than the limit, and some', async () => {
      const user = await server.signUp();
      const answers = await loginAtOnce(user);
      const made = answers.filter(({ sessionToken }) => sessionToken);
      for (const answer of answers) if (!answer.sessionToken) expect(answer.code).toBe(119);
      const rows = await sessionsOf(user.userId);
      const tokens = [user.token, ...made.map(({ sessionToken }) => sessionToken)].sort();
      // Whoever was let in has his session, and nobody else.
      expect(rows.map(row => row.sessionToken).sort()).toEqual(tokens);
      expect(rows.length).toBeLessThanOrEqual(10);
      // There was room for nine more; whoever comes late with an early time may find it taken.
      expect(made.length).toBeGreaterThanOrEqual(7);
    });

    it('leave one session where there is room for one', async () => {
      const user = await server.signUp();
      for (let i = 0; i < 8; i += 1) await makeSession(server, user.userId);
      const answers = await loginAtOnce(user);
      expect(answers.filter(({ sessionToken }) => sessionToken)).toHaveLength(1);
      expect(await sessionsOf(user.userId)).toHaveLength(10);
    });

    it('leave nothing where there is no room', async () => {
      const user = await server.signUp();
      for (let i = 0; i < 9; i += 1) await makeSession(server, user.userId);
      const answers = await loginAtOnce(user);
      expect(answers.filter(({ code }) => code === 119)).toHaveLength(CONCURRENT);
      expect(await sessionsOf(user.userId)).toHaveLength(10);
    });

    it('make as many restricted sessions as allowed', async () => {
      const user = await server.signUp();
      const answers = await atOnce('POST', '/sessions', user.token, {});
      const made = answers.filter(({ sessionToken }) => sessionToken);
      expect(made.length).toBeGreaterThanOrEqual(5);
      expect(made.length).toBeLessThanOrEqual(7);
      expect((await sessionsOf(user.userId)).filter(row => row.restricted)).toHaveLength(made.length);
    });
  });
});
