import { insertSessions } from '../support/many-sessions';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';

const LIMIT = 1000;

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

describe('the list of very many sessions', () => {
  it('begins with those accessed last, and leaves out others that never were', async () => {
    const { username, password, userId } = await server.signUp();
    // As they are before this package is installed.
    await insertSessions(server, LIMIT + 200, { userId, expiresAt: null });
    const user = await server.login(username, password);
    const used = await makeSession(server, user.userId, { lastAccessedAt: parseDate('2030-01-01') });
    const list = await server.run('listSessions', {}, user);
    expect(list).toHaveLength(LIMIT);
    expect(list[0].objectId).toBe(used.objectId);
    expect(list.filter(({ current }: any) => current)).toHaveLength(1);
    expect(await server.run('countSessions', {}, user)).toEqual({ active: LIMIT + 203 });
  });

  it('always holds the session that asks', async () => {
    const { userId } = await server.signUp();
    await insertSessions(server, LIMIT + 200, { userId, expiresAt: null });
    const old = await makeSession(server, userId, {
      createdAt: '2001-01-01T00:00:00.000Z',
      updatedAt: '2001-01-01T00:00:00.000Z',
    });
    const list = await server.run('listSessions', {}, old);
    expect(list).toHaveLength(LIMIT + 1);
    expect(list.at(-1)).toMatchObject({ objectId: old.objectId, current: true });
    const page = await server.run('listSessions', { limit: LIMIT }, old);
    expect(page).toEqual(list.slice(0, LIMIT));
    expect(await server.run('listSessions', { skip: LIMIT + 201 }, old)).toEqual(list.slice(-1));
  });
});
