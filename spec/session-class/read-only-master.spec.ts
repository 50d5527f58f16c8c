import { startServer, type SpecServer, type SpecUser } from '../support/server';

// With a token the read-only master key could write.
describe('the read-only master key', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({}, { allowAggregationForReadOnlyMasterKey: true }, { graphql: true });
    user = await server.signUp();
    const body = { text: 'a', guess: user.token, session: await sessionOf(user) };
    await server.rest('POST', '/classes/Note', { master: true, body });
  });

  const sessionOf = async ({ token }: SpecUser) => {
    const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
    return { __type: 'Pointer', className: '_Session', objectId };
  };

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

  it.each<[string, Record<string, unknown>]>([
    ['the name that MongoDB has for it', { where: { _session_token: { $regex: '^r:' } } }],
    ['that name in a part of a filter', { where: { $or: [{ _session_token: { $gt: 'r:8' } }] } }],
    ['an expression', { where: { $expr: { $gt: ['$_session_token', 'r:'] } } }],
    ['an expression in a part', { where: { $and: [{ $expr: [{ $gt: ['$_session_token', 'r:'] }] }] } }],
    ['code', { where: { $where: 'this._session_token > "r:"' } }],
    ['a schema', { where: { $jsonSchema: { properties: { _session_token: { pattern: '^r' } } } } }],
    ['the order of that name', { order: '_session_token' }],
    ['the order of an index', { hint: '_Session_sessionToken' }],
    ['a plan', { explain: 'true' }],
  ])('does not guess them by %s', async (_what, query) => {
    const answer = await ask(query, { readOnlyMaster: true });
    expect([102, 105]).toContain(answer.body.code);
    const inQuery = { session: { $inQuery: { className: '_Session', where: query.where } } };
    if (!query.where) return;
    const path = `/classes/Note?${new URLSearchParams({ where: JSON.stringify(inQuery) })}`;
    expect([102, 105]).toContain((await server.rest('GET', path, { readOnlyMaster: true })).body.code);
  });

  it('does not find tokens by comparing them with another class, nor by a pointer', async () => {
    const select = { query: { className: '_Session', where: {} }, key: 'sessionToken' };
    const notes = (query: object, who: object) =>
      server.rest('GET', `/classes/Note?${new URLSearchParams(query as Record<string, string>)}`, who);
    const where = JSON.stringify({ guess: { $select: select } });
    expect((await notes({ where }, { readOnlyMaster: true })).body.results ?? []).toEqual([]);
    expect((await notes({ where }, { master: true })).body.results).toHaveLength(1);
    for (const query of [{ include: 'session', keys: 'session.sessionToken' }, { includeAll: 'true' }]) {
      const { body } = await notes({ ...query, excludeKeys: 'guess' }, { readOnlyMaster: true });
      expect(body.results).toHaveLength(1);
      expect(JSON.stringify(body)).not.toContain(user.token);
    }
    const { body } = await server.rest('POST', server.graphqlUrl, {
      readOnlyMaster: true,
      body: { query: '{ sessions { edges { node { objectId sessionToken } } } }' },
    });
    expect(body.data.sessions.edges[0].node).toMatchObject({ sessionToken: null });
  });

  const aggregate = (className: string, query: Record<string, unknown>, who: object) => {
    const parameters = Object.entries(query).map(([key, value]): [string, string] => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return server.rest('GET', `/aggregate/${className}?${new URLSearchParams(parameters)}`, who);
  };

  const JOIN = { localField: '_p_session', foreignField: 'x', as: 'found' };
  it.each<[string, unknown[]]>([
    ['$lookup', [{ $lookup: { from: '_Session', ...JOIN } }]],
    ['$lookup with a pipeline', [{ $lookup: { from: '_Session', let: {}, pipeline: [], as: 'found' } }]],
    ['$unionWith', [{ $unionWith: '_Session' }]],
    ['$unionWith with a pipeline', [{ $unionWith: { coll: '_Session', pipeline: [] } }]],
    [
      '$graphLookup',
      [
        {
          $graphLookup: {
            from: '_Session',
            startWith: '$text',
            connectFromField: 'x',
            connectToField: 'x',
            as: 'found',
          },
        },
      ],
    ],
    ['a stage in a stage', [{ $facet: { a: [{ $lookup: { from: '_Session', ...JOIN } }] } }]],
  ])('joins no sessions to another class: %s', async (_what, pipeline) => {
    for (const more of [{}, { rawFieldNames: true, rawValues: true }]) {
      const answer = await aggregate('Note', { pipeline, ...more }, { readOnlyMaster: true });
      expect(answer.body).toEqual({
        code: 102,
        error: 'Sessions cannot be explained or aggregated by this caller.',
      });
    }
  });

  it('aggregates another class as on stock', async () => {
    const pipeline = [{ $match: { text: 'a' } }, { $group: { _id: '$text', count: { $sum: 1 } } }];
    const { body } = await aggregate('Note', { pipeline }, { readOnlyMaster: true });
    expect(body.results).toEqual([{ objectId: 'a', count: 1 }]);
    expect((await aggregate('Note', { distinct: 'text' }, { readOnlyMaster: true })).body.results).toEqual([
      'a',
    ]);
  });

  it.each<[string, unknown[]]>([
    ['$out', [{ $out: 'Copy' }]],
    ['$merge', [{ $match: {} }, { $merge: { into: '_Session' } }]],
  ])('writes nothing by %s', async (_what, pipeline) => {
    const before = await server.rawFind('_Session');
    const answer = await aggregate('Note', { pipeline }, { readOnlyMaster: true });
    expect(answer.body).toEqual({ code: 119, error: 'The read-only master key cannot write.' });
    expect(await server.rawFind('_Session')).toEqual(before);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a filter', { where: { sessionToken: { $regex: '^old' } } }],
    ['a filter by the name that MongoDB has for it', { where: { _session_token: { $regex: '^old' } } }],
    ['a filter on the tokens of mails', { where: { $or: [{ _perishable_token: { $gt: 'a' } }] } }],
  ])('does not guess the legacy token of a user by %s', async (_what, query) => {
    const parameters = new URLSearchParams({ where: JSON.stringify(query.where) });
    const answer = await server.rest('GET', `/users?${parameters}`, { readOnlyMaster: true });
    expect(answer.body.code).toBe(102);
  });

  it('does not read the legacy token of a user by an aggregation', async () => {
    if (server.database === 'mongodb') {
      const { database } = server.server.config.databaseController.adapter as any;
      await database
        .collection('_User')
        .updateOne({ _id: user.userId }, { $set: { _session_token: 'an-old-token' } });
    }
    for (const query of [
      { distinct: '_session_token' },
      { distinct: 'sessionToken' },
      { pipeline: [{ $project: { x: '$_session_token' } }] },
      { pipeline: [{ $match: { _session_token: { $gt: 'a' } } }] },
    ])
      expect((await aggregate('_User', query, { readOnlyMaster: true })).body.code).toBe(102);
    const pipeline = [{ $match: { username: user.username } }];
    for (const more of [{}, { rawFieldNames: true }]) {
      const { body } = await aggregate('_User', { pipeline, ...more }, { readOnlyMaster: true });
      expect(body.results).toHaveLength(1);
      expect(JSON.stringify(body)).not.toContain('an-old-token');
    }
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
