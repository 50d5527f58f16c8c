import { startServer, type SpecServer, type SpecUser } from '../support/server';

// With a token the read-only master key could write.
describe('the read-only master key', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({}, { allowAggregationForReadOnlyMasterKey: true }, { graphql: true });
    user = await server.signUp();
  });

  afterAll(() => server.stop());

  const ask = (query: Record<string, unknown>, who: object) => {
    const parameters = Object.entries(query).map(([key, value]): [string, string] => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return server.rest('GET', `/sessions?${new URLSearchParams(parameters)}`, who);
  };

  it('reads sessions, and none of their tokens', async () => {
    const { body } = await ask({}, { readOnlyMaster: true });
    expect(body.results).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain(user.token);
    const again = await server.rest('GET', `/sessions/${body.results[0].objectId}`, { readOnlyMaster: true });
    expect(JSON.stringify(again.body)).not.toContain(user.token);
    expect(JSON.stringify((await ask({}, { master: true })).body)).toContain(user.token);
  });

  it.each<[string, Record<string, unknown>]>([
    ['the beginning of a token', { where: { sessionToken: { $regex: '^r:0' } }, count: '1', limit: '0' }],
    ['one token', { where: { sessionToken: 'r:x' } }],
    ['tokens deep in a condition', { where: { $or: [{ sessionToken: { $gt: 'r:8' } }] } }],
    ['the order of tokens', { order: 'sessionToken' }],
  ])('does not guess them by %s', async (_what, query) => {
    expect((await ask(query, { readOnlyMaster: true })).body.code).toBe(102);
    expect((await ask(query, { master: true })).status).toBe(200);
  });

  it('does not aggregate sessions', async () => {
    const pipeline = encodeURIComponent(JSON.stringify([{ $group: { _id: '$sessionToken' } }]));
    for (const path of [
      `/aggregate/_Session?pipeline=${pipeline}`,
      '/aggregate/_Session?distinct=sessionToken',
    ]) {
      const answer = await server.rest('GET', path, { readOnlyMaster: true });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(answer.body)).not.toContain(user.token);
    }
  });

  it.each([
    ['POST', '/loginAs?userId=', {}],
    ['POST', '/users', { username: 'made', password: 'secret' }],
  ])('logs nobody in: %s %s', async (method, path, body) => {
    const target = path.endsWith('=') ? path + user.userId : path;
    const answer = await server.rest(method, target, { readOnlyMaster: true, body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.sessionToken).toBeUndefined();
    expect(await server.rawFind('_Session')).toHaveLength(1);
  });
});
