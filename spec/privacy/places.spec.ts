import { startServer, type SpecServer } from '../support/server';
import { sessionRow } from '../support/sessions';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';

const from = (ip: string) => ({ 'X-Forwarded-For': ip });
const asked: string[] = [];
/** Look-ups that wait for their answer, by address. */
const waiting = new Map<string, (place: string) => void>();
const NEVER = '203.0.113.99';
const FAILS = '203.0.113.98';
let server: SpecServer;
let told: Told[];
const logged: string[] = [];

beforeAll(async () => {
  server = await startServer(
    {
      locate: ip => {
        asked.push(ip);
        if (ip === FAILS) throw new Error('no such file');
        if (ip === NEVER) return new Promise<string>(resolve => void waiting.set(ip, resolve));
        return Promise.resolve(`the place of ${ip}`);
      },
    },
    { masterKeyIps: ['0.0.0.0/0', '::/0'] },
  );
  server.app.set('trust proxy', true);
  told = listenTo(server, ['newDevice', 'addressChanged']);
  const log = server.server.config.loggerController;
  const error = log.error.bind(log);
  log.error = (...args: unknown[]) => {
    logged.push(args.join(' '));
    return error(...args);
  };
});

afterAll(() => server.stop());

it('is in lists, records and events', async () => {
  const user = await server.signUp(undefined, { headers: from('192.0.2.1') });
  const { objectId } = await sessionRow(server, user);
  const as = { ...user, headers: from('192.0.2.1') };
  expect(await server.run('listSessions', {}, as)).toMatchObject([{ place: 'the place of 192.0.2.1' }]);
  expect(await server.run('getSession', {}, as)).toMatchObject({ place: 'the place of 192.0.2.1' });
  await eventually(() =>
    expect(told).toContainEqual(
      expect.objectContaining({ name: 'newDevice', sessionId: objectId, place: 'the place of 192.0.2.1' }),
    ),
  );

  await server.rest('GET', '/users/me', { ...user, headers: from('192.0.2.2') });
  await server.sessions.exportUser(user.userId);
  await eventually(() =>
    expect(told).toContainEqual(
      expect.objectContaining({
        name: 'addressChanged',
        sessionId: objectId,
        previousPlace: 'the place of 192.0.2.1',
        place: 'the place of 192.0.2.2',
      }),
    ),
  );
  await server.rest('POST', '/logout', { ...user, headers: from('192.0.2.2') });
  expect(await server.sessions.store.ended(user.userId)).toMatchObject([{ place: 'the place of 192.0.2.2' }]);
  expect(asked.filter(ip => ip.startsWith('192.0.2.'))).toEqual(['192.0.2.1', '192.0.2.2']);
});

it('is null until it is known: no request waits for it', async () => {
  const user = await server.signUp(undefined, { headers: from(NEVER) });
  const as = { ...user, headers: from(NEVER) };
  expect(await server.run('listSessions', {}, as)).toMatchObject([{ ip: NEVER, place: null }]);
  expect(told.filter(one => one.userId === user.userId)).toEqual([]);
  waiting.get(NEVER)!('Lagos');
  await eventually(() =>
    expect(told.filter(one => one.userId === user.userId)).toMatchObject([
      { name: 'newDevice', place: 'Lagos' },
    ]),
  );
  expect(await server.run('listSessions', {}, as)).toMatchObject([{ ip: NEVER, place: 'Lagos' }]);
});

it('is null where the look-up fails, which is logged once', async () => {
  const user = await server.signUp(undefined, { headers: from(FAILS) });
  const as = { ...user, headers: from(FAILS) };
  expect(await server.run('listSessions', {}, as)).toMatchObject([{ ip: FAILS, place: null }]);
  await eventually(() =>
    expect(told.filter(one => one.userId === user.userId)).toMatchObject([
      { name: 'newDevice', place: null },
    ]),
  );
  expect(logged.filter(line => line.includes('locate'))).toEqual([expect.stringContaining('no such file')]);
});

it('whoever asks for the end of a token has nothing looked up', async () => {
  const user = await server.signUp(undefined, { headers: from('192.0.2.40') });
  await server.rawUpdate('_Session', { sessionToken: user.token }, { ip: '192.0.2.41' });
  await server.run('revokeSessions', { userId: user.userId }, { master: true });
  expect(await server.run('endedSession', { sessionToken: user.token })).toMatchObject({ reason: 'revoked' });
  expect(asked).not.toContain('192.0.2.41');
});
