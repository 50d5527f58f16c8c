import { FolderFiles } from '../support/folder-files';
import { APP_ID, startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, sessionRow, useToken } from '../support/sessions';
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

const readFile = (session: { token: string }) => server.rest('GET', `/files/${APP_ID}/nothing.txt`, session);

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

  it('is not moved on at the file routes, where no door tells who asks, either', async () => {
    user = await server.login(user.username, user.password);
    const sensor = await sensorFor('90m');
    const end = await endOf(server, sensor);
    const phone = await server.login(user.username, user.password);
    moveClock(61 * MINUTE);
    await readFile(sensor);
    await readFile(phone);
    await eventually(async () => {
      expect((await endOf(server, phone))!.getTime()).toBe(Date.now() + LENGTH);
    });
    expect(await endOf(server, sensor)).toEqual(end);
    moveClock(29 * MINUTE + 1);
    expect(await useToken(server, sensor)).toBe(209);
  });

  it('is that of setExpiry, too', async () => {
    user = await server.login(user.username, user.password);
    const phone = await server.login(user.username, user.password);
    const end = new Date(Date.now() + 90 * MINUTE);
    await server.sessions.store.setExpiry((await sessionRow(server, phone)).objectId, end);
    const other = await server.login(user.username, user.password);
    moveClock(61 * MINUTE);
    await readFile(phone);
    await readFile(other);
    await eventually(async () => {
      expect((await endOf(server, other))!.getTime()).toBe(Date.now() + LENGTH);
    });
    expect(await endOf(server, phone)).toEqual(end);
    moveClock(29 * MINUTE + 1);
    expect(await useToken(server, phone)).toBe(209);
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
