import { FolderFiles } from '../support/folder-files';
import { APP_ID, startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, sessionRow, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually, HOUR, letPass, MINUTE, moveClock, startClock, stopClock } from '../support/time';

// Parse Server renews a session of which half the length has passed.
const LENGTH = 2 * HOUR;

const storage = new FolderFiles();
let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  stopClock();
  server = await startServer(
    {},
    { sessionLength: LENGTH / 1000, extendSessionOnUse: true, filesAdapter: storage, cacheTTL: 1 },
  );
  user = await server.signUp();
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
  startClock();
});

const sensorFor = async (expiresIn: string) => {
  const { sessionToken } = await server.run('createRestrictedSession', { expiresIn }, user);
  return { token: sessionToken as string };
};

describe('the end that expiresIn chooses', () => {
  it('is when the token is refused, and not before', async () => {
    const sensor = await sensorFor('90m');
    moveClock(89 * MINUTE);
    expect(await useToken(server, sensor)).toBe(200);
    moveClock(MINUTE + 1);
    expect(await useToken(server, sensor)).toBe(209);
    await expect(server.run('getSession', {}, sensor)).rejects.toMatchObject({ code: 209 });
  });

  it('is not moved on by use, although Parse Server extends sessions on use', async () => {
    user = await server.login(user.username, user.password);
    const sensor = await sensorFor('90m');
    const end = await endOf(server, sensor);
    // Not used before: Parse Server looks at a token every half second only.
    const phone = await server.login(user.username, user.password);
    moveClock(61 * MINUTE);
    await server.rest('GET', '/classes/Note', sensor);
    await server.rest('GET', '/classes/Note', phone);
    await eventually(async () => {
      expect((await endOf(server, phone))!.getTime()).toBe(Date.now() + LENGTH);
    });
    expect(await endOf(server, sensor)).toEqual(end);
  });

  const HOW: Array<[string, () => Promise<{ token: string }>]> = [
    ['expiresIn', () => sensorFor('90m')],
    [
      'setExpiry',
      async () => {
        const phone = await server.login(user.username, user.password);
        const { objectId } = await sessionRow(server, phone);
        await server.sessions.store.setExpiry(objectId, new Date(Date.now() + 90 * MINUTE));
        return phone;
      },
    ],
  ];

  it.each(HOW)('is left alone at the file routes, which renew sessions, too: %s', async (_how, make) => {
    user = await server.login(user.username, user.password);
    const session = await make();
    const end = await endOf(server, session);
    moveClock(61 * MINUTE);
    const statements = watchStatements(server);
    await server.rest('GET', `/files/${APP_ID}/nothing.txt`, session);
    await eventually(async () => expect(statements.writes('_Session')).toHaveLength(1));
    statements.stop();
    expect(await endOf(server, session)).toEqual(end);
    moveClock(30 * MINUTE);
    expect(await useToken(server, session)).toBe(209);
  });

  it('is another one when the master key chooses that', async () => {
    user = await server.login(user.username, user.password);
    const { objectId, sessionToken } = await server.run('createRestrictedSession', { expiresIn: '1h' }, user);
    const later = new Date(Date.now() + 3 * HOUR);
    const body = { expiresAt: { __type: 'Date', iso: later.toISOString() } };
    expect((await server.rest('PUT', `/sessions/${objectId}`, { master: true, body })).status).toBe(200);
    expect(await useToken(server, sessionToken)).toBe(200);
    letPass(MINUTE);
    await server.rest('GET', '/classes/Note', user);
    expect(await endOf(server, sessionToken)).toEqual(later);
    moveClock(2 * HOUR);
    expect(await useToken(server, sessionToken)).toBe(200);
  });
});
