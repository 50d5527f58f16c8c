import { startServer, type SpecServer, type SpecUser } from '../support/server';

type Json = Record<string, any>;

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const search = (parameters: Json) =>
  new URLSearchParams(
    Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, textOf(value)])),
  );

describe('what a client may filter and sort sessions by', () => {
  let server: SpecServer;
  let user: SpecUser;
  let laptop: SpecUser;
  let sensor: { objectId: string; token: string };

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      Parse.Cloud.define('search', async ({ user: caller, params }: any) => {
        const query = new Parse.Query('_Session').withJSON(JSON.parse(params.query));
        return (await query.find({ sessionToken: caller.getSessionToken() })).length;
      });
    };
    server = await startServer({}, {}, { graphql: true, cloud });
    user = await server.signUp();
    laptop = await server.login(user.username, user.password);
    sensor = await server.restricted(user.token);
    await server.rest('POST', '/classes/Bookmark', { master: true, body: { token: laptop.token } });
  });

  afterAll(() => server.stop());

  const find = async (parameters: Json, token: string, path = '/sessions') =>
    (await server.rest('GET', `${path}?${search(parameters)}`, { token })).body;

  /** Each would tell whether a guess at the laptop’s token is right, or how far. */
  const GUESSES: Array<[string, (token: string) => Json]> = [
    ['equality', token => ({ sessionToken: token })],
    ['$eq', token => ({ sessionToken: { $eq: token } })],
    ['a prefix', token => ({ sessionToken: { $regex: `^${token.slice(0, 4)}` } })],
    ['a prefix in any case', token => ({ sessionToken: { $regex: token.slice(0, 4), $options: 'i' } })],
    ['$gt', token => ({ sessionToken: { $gt: token } })],
    ['$gte', token => ({ sessionToken: { $gte: token } })],
    ['$lt', token => ({ sessionToken: { $lt: token } })],
    ['$lte', token => ({ sessionToken: { $lte: token } })],
    ['$ne', token => ({ sessionToken: { $ne: token } })],
    ['$in', token => ({ sessionToken: { $in: [token] } })],
    ['$nin', token => ({ sessionToken: { $nin: [token] } })],
    ['$exists', () => ({ sessionToken: { $exists: true } })],
    ['$all', token => ({ sessionToken: { $all: [token] } })],
    ['$text', token => ({ sessionToken: { $text: { $search: { $term: token } } } })],
    [
      '$select',
      () => ({ sessionToken: { $select: { query: { className: 'Bookmark', where: {} }, key: 'token' } } }),
    ],
    [
      '$dontSelect',
      () => ({
        sessionToken: { $dontSelect: { query: { className: 'Bookmark', where: {} }, key: 'token' } },
      }),
    ],
    ['a dotted key', token => ({ 'sessionToken.x': token })],
    ['nothing', () => ({ sessionToken: null })],
    ['$or', token => ({ $or: [{ restricted: true }, { sessionToken: token }] })],
    ['$and', token => ({ $and: [{ sessionToken: { $gt: token } }] })],
    ['$nor', token => ({ $nor: [{ sessionToken: token }] })],
    ['nested logic', token => ({ $or: [{ $and: [{ $nor: [{ sessionToken: token }] }] }] })],
    [
      'its own token and a guess',
      token => ({ $or: [{ sessionToken: token }, { sessionToken: { $gt: 'r:' } }] }),
    ],
    ['the column’s name in the database', token => ({ _session_token: token })],
  ];

  it.each(GUESSES)('not by a token: %s', async (what, condition) => {
    const code = what === 'the column’s name in the database' ? 105 : 102;
    const where = condition(laptop.token);
    for (const { token } of [user, sensor]) {
      expect(await find({ where }, token)).toMatchObject({ code });
      expect(await find({ where }, token, '/classes/_Session')).toMatchObject({ code });
      expect(await find({ where, count: 1, limit: 0 }, token)).toMatchObject({ code });
    }
    const inQuery = { where: { session: { $inQuery: { className: '_Session', where } } } };
    expect(await find(inQuery, user.token, '/classes/Bookmark')).toMatchObject({ code });
    const params = { query: JSON.stringify({ where }) };
    await expect(server.run('search', params, { token: user.token })).rejects.toMatchObject({ code });
  });

  it.each(['equality', 'a prefix', '$gt', '$ne', '$in', '$or', 'nested logic'])(
    'but the master key filters by it: %s',
    async what => {
      const [, condition] = GUESSES.find(([name]) => name === what) as (typeof GUESSES)[0];
      const path = `/sessions?${search({ where: condition(laptop.token) })}`;
      expect((await server.rest('GET', path, { master: true })).body).toHaveProperty('results');
    },
  );

  it.each<[string, (token: string) => Json]>([
    ['equality', token => ({ sessionToken: token })],
    ['$eq', token => ({ sessionToken: { $eq: token } })],
    ['equality within $and', token => ({ $and: [{ sessionToken: token }] })],
    ['equality within $or', token => ({ $or: [{ sessionToken: token }] })],
  ])('the current session is found by its own token: %s', async (_what, condition) => {
    for (const { token } of [user, sensor]) {
      const { results } = await find({ where: condition(token) }, token);
      expect(results).toMatchObject([{ sessionToken: token }]);
    }
  });

  it('a restricted session does not find another one by the token that it does not have', async () => {
    expect(await find({ where: { sessionToken: user.token } }, sensor.token)).toMatchObject({ code: 102 });
  });

  it.each(['sessionToken', '-sessionToken', 'createdAt,-sessionToken', 'sessionToken.x', ' sessionToken '])(
    'not sorted by a token: %j',
    async order => {
      for (const { token } of [user, sensor]) {
        expect(await find({ order }, token)).toMatchObject({ code: 102 });
      }
      const params = { query: JSON.stringify({ where: {}, order }) };
      await expect(server.run('search', params, { token: user.token })).rejects.toMatchObject({ code: 102 });
    },
  );

  it.each(['createdAt', '-updatedAt', 'restricted,objectId', 'lastAccessedAt'])(
    'sorted by %s',
    async order => {
      const { results } = await find({ order }, user.token);
      expect(results).toHaveLength(3);
    },
  );

  it.each([
    'where[sessionToken][$gt]=r:',
    'where[$or][0][sessionToken][$regex]=^r',
    'where[$and][sessionToken][$gt]=r:',
    'order[]=sessionToken',
  ])('neither by a nested query string: %s', async text => {
    expect((await server.rest('GET', `/sessions?${text}`, { token: user.token })).body.code).toBe(102);
  });

  it('neither by way of GraphQL', async () => {
    const ask = (argument: string, token: string) =>
      server.graphql(`{ sessions(${argument}) { edges { node { objectId } } } }`, {}, token);
    for (const argument of [
      `where: { sessionToken: { equalTo: "${laptop.token}" } }`,
      'where: { sessionToken: { matchesRegex: "^r" } }',
      'where: { OR: [{ sessionToken: { greaterThan: "r:" } }] }',
      'order: [sessionToken_ASC]',
    ]) {
      const { body } = await ask(argument, user.token);
      expect(body.errors[0].extensions.code).toBe(102);
    }
    const own = await ask(`where: { sessionToken: { equalTo: "${user.token}" } }`, user.token);
    expect(own.body.data.sessions.edges).toHaveLength(1);
  });

  it.each<[string, Json]>([
    ['restricted', { restricted: true }],
    ['an id', {}],
    ['an installation', { installationId: { $exists: false } }],
    ['the time', { createdAt: { $gt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' } } }],
    ['how it was made', { 'createdWith.action': 'create' }],
  ])('filters by %s work', async (_what, where) => {
    if (Object.keys(where).length === 0) where.objectId = sensor.objectId;
    const { results } = await find({ where }, user.token);
    expect(results.map(({ objectId }: Json) => objectId)).toContain(sensor.objectId);
  });
});
