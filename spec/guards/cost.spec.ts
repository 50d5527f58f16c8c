import { startServer, type SpecServer, type SpecUser } from '../support/server';

/** Longer than these specs take; what follows the end of it, `spec/unit/store/caller-sessions.spec.ts` has. */
const CACHE_TTL = 60_000;

describe('what the guard costs', () => {
  let server: SpecServer;
  let user: SpecUser;
  /** The look-ups of a session by its token, Parse Server's own included. */
  let lookups: string[];

  beforeAll(async () => {
    server = await startServer({ guard: ['Invoice'] }, { cacheTTL: CACHE_TTL });
    const { adapter } = server.server.config.databaseController;
    const find = adapter.find.bind(adapter);
    adapter.find = (className: string, schema: unknown, query: any, options: unknown) => {
      if (className === '_Session' && query.sessionToken)
        lookups.push(query.sessionToken.$eq ?? query.sessionToken);
      return find(className, schema, query, options);
    };
    user = await server.signUp();
    await server.rest('POST', '/classes/Invoice', { master: true, body: {} });
    await server.rest('POST', '/classes/Note', { master: true, body: {} });
  });

  afterAll(() => server.stop());

  beforeEach(() => {
    lookups = [];
  });

  const write = (className: string, token: string) =>
    server.rest('POST', `/classes/${className}`, { token, body: { amount: 1 } });

  /** A session that neither Parse Server nor the package has seen yet. */
  const newSession = async () => {
    const { token } = await server.login(user.username, user.password);
    lookups = [];
    return token;
  };

  it('is no look-up of the caller’s session beside the one of Parse Server', async () => {
    const token = await newSession();
    for (let i = 0; i < 5; i++) expect((await write('Invoice', token)).status).toBe(201);
    await server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'Bo' } });
    // A change of password would look once more: another process may have revoked the session.
    expect(lookups).toEqual([token]);
  });

  it('is no look-up for a batch and for simultaneous requests either', async () => {
    const token = await newSession();
    // Parse Server itself asks once for each request that finds its cache empty.
    await server.rest('GET', '/classes/Note', { token });
    lookups = [];
    const requests = Array.from({ length: 20 }, () => ({
      method: 'POST',
      path: '/parse/classes/Invoice',
      body: {},
    }));
    await Promise.all([
      server.rest('POST', '/batch', { token, body: { requests } }),
      ...Array.from({ length: 10 }, () => write('Invoice', token)),
    ]);
    expect(lookups).toEqual([]);
  });

  it('is nothing for writes that a restricted session may make, and for reads', async () => {
    const token = await newSession();
    await write('Note', token);
    await server.rest('GET', '/classes/Note', { token });
    await server.rest('GET', '/classes/Invoice', { token });
    await server.rest('GET', `/users/${user.userId}`, { token });
    expect(lookups).toEqual([token]);
  });

  it('is nothing for the master key and for requests without a session', async () => {
    for (const who of [{ master: true }, {}]) {
      for (const className of ['Invoice', 'Note']) {
        const { body } = await server.rest('POST', `/classes/${className}`, { ...who, body: { amount: 1 } });
        const path = `/classes/${className}/${body.objectId}`;
        await server.rest('PUT', path, { ...who, body: { amount: 2 } });
        await server.rest('GET', path, who);
        await server.rest('DELETE', path, who);
      }
    }
    await server.rest('PUT', `/users/${user.userId}`, { master: true, body: { nickname: 'Al' } });
    expect(lookups).toEqual([]);
  });
});
