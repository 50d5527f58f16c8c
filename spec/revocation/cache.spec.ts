import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, useToken } from '../support/sessions';

// What this process knows anyway must not push the app's own entries out of a cache of bounded size.
describe('the mark of a revoked token', () => {
  let server: SpecServer;
  afterEach(() => server.stop());

  async function marksOf(parseServerOptions: object): Promise<unknown> {
    server = await startServer({}, parseServerOptions);
    const session = await makeSession(server, await makeUser(server));
    expect(await useToken(server, session)).toBe(200);
    await server.sessions.store.revoke(session.objectId);
    expect(await useToken(server, session)).toBe(209);
    return server.server.config.cacheController.get(`revokedSession:${session.token}`);
  }

  it('is not kept in Parse Server’s own cache, which no other process sees', async () => {
    expect(await marksOf({})).toBeNull();
  });

  it('is kept in a cache of the app’s own, which others may share', async () => {
    const entries = new Map<string, unknown>();
    const cacheAdapter = {
      get: async (key: string) => entries.get(key) ?? null,
      put: async (key: string, value: unknown) => void entries.set(key, value),
      del: async (key: string) => void entries.delete(key),
      clear: async () => entries.clear(),
    };
    expect(await marksOf({ cacheAdapter })).toBe(true);
  });
});
