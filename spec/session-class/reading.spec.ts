import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, postAsText } from '../support/ways-in';

type Json = Record<string, any>;
interface Device {
  objectId: string;
  token: string;
}

const pointerTo = (className: string, objectId: string) => ({ __type: 'Pointer', className, objectId });
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const query = (parameters: Json) =>
  `?${new URLSearchParams(
    Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, textOf(value)])),
  )}`;

/** Reads sessions on behalf of a token and answers the rows. */
type Read = (server: SpecServer, token: string) => Promise<Json[]>;

const get = async (server: SpecServer, path: string, token: string) => {
  const { body } = await server.rest('GET', path, { token });
  if (body.code !== undefined) throw Object.assign(new Error(body.error), { code: body.code });
  return body;
};

const READS: Array<[string, Read]> = [
  ['GET /sessions', async (server, token) => (await get(server, '/sessions', token)).results],
  ['GET /classes/_Session', async (server, token) => (await get(server, '/classes/_Session', token)).results],
  [
    'keys=sessionToken',
    async (server, token) => (await get(server, '/sessions?keys=sessionToken,restricted', token)).results,
  ],
  [
    'excludeKeys=user',
    async (server, token) => (await get(server, '/sessions?excludeKeys=user', token)).results,
  ],
  ['include=user', async (server, token) => (await get(server, '/sessions?include=user', token)).results],
  ['includeAll', async (server, token) => (await get(server, '/sessions?includeAll=true', token)).results],
  ['order', async (server, token) => (await get(server, '/sessions?order=-createdAt', token)).results],
  [
    'a nested condition',
    async (server, token) => {
      const where = { $or: [{ $and: [{ restricted: { $in: [true, false] } }] }, { restricted: null }] };
      return (await get(server, `/sessions${query({ where })}`, token)).results;
    },
  ],
  [
    'a batch',
    async (server, token) => {
      const requests = [{ method: 'GET', path: '/parse/sessions' }];
      return (await server.rest('POST', '/batch', { token, body: { requests } })).body[0].success.results;
    },
  ],
  [
    'method override',
    async (server, token) =>
      (await postAsText(server, '/classes/_Session', { _method: 'GET' }, { token })).results,
  ],
  [
    'each one by its id',
    async (server, token) => {
      const { results } = await get(server, '/sessions?keys=objectId', token);
      return Promise.all(results.map(({ objectId }: Json) => get(server, `/sessions/${objectId}`, token)));
    },
  ],
  [
    'include behind a pointer of another class',
    async (server, token) => {
      const { results } = await get(server, '/classes/Bookmark?include=session', token);
      return results
        .map(({ session }: Json) => session)
        .filter((session: Json) => session?.__type === 'Object');
    },
  ],
  [
    'include behind an array of pointers',
    async (server, token) => {
      const { results } = await get(server, '/classes/Shelf?include=sessions', token);
      return results[0].sessions.filter((session: Json) => session?.__type === 'Object');
    },
  ],
  [
    'a relation',
    async (server, token) => {
      const [shelf] = await server.rawFind('Shelf');
      const where = { $relatedTo: { object: pointerTo('Shelf', shelf.objectId), key: 'related' } };
      return (await get(server, `/sessions${query({ where })}`, token)).results;
    },
  ],
  [
    'redirectClassNameForKey',
    async (server, token) =>
      (await get(server, '/classes/Shelf?redirectClassNameForKey=related', token)).results,
  ],
  [
    'GraphQL, many',
    async (server, token) => {
      const fields = 'objectId restricted sessionToken user { objectId }';
      const { body } = await server.graphql(`{ sessions { edges { node { ${fields} } } } }`, {}, token);
      return body.data.sessions.edges.map(({ node }: Json) => withoutNulls(node));
    },
  ],
  [
    'GraphQL, one by one',
    async (server, token) => {
      const { results } = await get(server, '/sessions?keys=objectId', token);
      const answers = results.map(({ objectId }: Json) =>
        server.graphql(`{ session(id: "${objectId}") { objectId restricted sessionToken } }`, {}, token),
      );
      return (await Promise.all(answers)).map(({ body }) => withoutNulls(body.data.session));
    },
  ],
  ['Parse.Query in cloud code', (server, token) => server.run('findSessions', {}, { token })],
  ['Parse.Query#each in cloud code', (server, token) => server.run('eachSession', {}, { token })],
  ['include in cloud code', (server, token) => server.run('includeSessions', {}, { token })],
];

const withoutNulls = (row: Json) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));

describe('what a client sees of sessions', () => {
  let server: SpecServer;
  let user: SpecUser;
  let phone: Device;
  let laptop: Device;
  let sensor: Device;
  let lamp: Device;
  let stranger: Device;

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      const as = ({ user: caller }: any) => ({ sessionToken: caller.getSessionToken() });
      const plain = (objects: any[]) => objects.map(object => object.toJSON());
      Parse.Cloud.define('findSessions', async (request: any) =>
        plain(await new Parse.Query('_Session').find(as(request))),
      );
      Parse.Cloud.define('eachSession', async (request: any) => {
        const sessions: any[] = [];
        await new Parse.Query(Parse.Session).each((session: any) => void sessions.push(session), as(request));
        return plain(sessions);
      });
      Parse.Cloud.define('includeSessions', async (request: any) => {
        const bookmarks = await new Parse.Query('Bookmark').include('session').find(as(request));
        return plain(
          bookmarks.map((bookmark: any) => bookmark.get('session')).filter((s: any) => s?.has('user')),
        );
      });
      Parse.Cloud.define('currentSession', async (request: any) => {
        const controller = Parse.CoreManager.getRESTController();
        return controller.request('GET', 'sessions/me', {}, as(request));
      });
      Parse.Cloud.define('explainSessions', (request: any) =>
        new Parse.Query('_Session').explain().find(as(request)),
      );
    };
    server = await startServer(
      {},
      { databaseOptions: { allowPublicExplain: true } },
      { graphql: true, cloud },
    );
    user = await server.signUp();
    const device = async (token: string): Promise<Device> => {
      const [{ objectId }] = await server.rawFind('_Session', { sessionToken: token });
      return { objectId, token };
    };
    phone = await device(user.token);
    laptop = await device((await server.login(user.username, user.password)).token);
    sensor = await server.restricted(user.token);
    lamp = await server.restricted(user.token);
    stranger = await device((await server.signUp()).token);

    const all = [phone, laptop, sensor, lamp, stranger].map(({ objectId }) =>
      pointerTo('_Session', objectId),
    );
    for (const session of all) {
      await server.rest('POST', '/classes/Bookmark', { master: true, body: { session } });
    }
    const related = { __op: 'AddRelation', objects: all };
    const shelf = await server.rest('POST', '/classes/Shelf', {
      master: true,
      body: { sessions: all, related },
    });
    expect(shelf.status).toBe(201);
  });

  afterAll(() => server.stop());

  const ids = (rows: Json[]) => rows.map(({ objectId }) => objectId).sort();
  const idsOf = (...devices: Device[]) => ids(devices);
  const tokens = (rows: Json[]) => rows.map(({ sessionToken }) => sessionToken).filter(Boolean);

  describe.each(READS)('by way of %s', (_way, read) => {
    it('an unrestricted session sees its user’s sessions, and its own token only', async () => {
      const rows = await read(server, phone.token);
      expect(ids(rows)).toEqual(idsOf(phone, laptop, sensor, lamp));
      expect(tokens(rows)).toEqual([phone.token]);
      expect(JSON.stringify(rows)).not.toContain(laptop.token);
    });

    it('a restricted session sees the restricted ones, and its own token only', async () => {
      const rows = await read(server, sensor.token);
      expect(ids(rows)).toEqual(idsOf(sensor, lamp));
      expect(tokens(rows)).toEqual([sensor.token]);
      expect(JSON.stringify(rows)).not.toContain(lamp.token);
    });
  });

  it.each<[string, (token: string) => Promise<Json>]>([
    ['GET', async token => (await server.rest('GET', '/sessions/me', { token })).body],
    ['method override', token => postAsText(server, '/sessions/me', { _method: 'GET' }, { token })],
    ['cloud code', token => server.run('currentSession', {}, { token })],
    [
      'batch',
      async token => {
        const requests = [{ method: 'GET', path: '/parse/sessions/me' }];
        return (await server.rest('POST', '/batch', { token, body: { requests } })).body[0].success;
      },
    ],
  ])('/sessions/me by %s is the current session, with its token', async (_way, me) => {
    for (const { objectId, token } of [phone, sensor]) {
      expect(await me(token)).toMatchObject({ objectId, sessionToken: token });
    }
  });

  it('GraphQL’s viewer shows the current token, and no other', async () => {
    const ask = '{ viewer { sessionToken user { objectId } } }';
    for (const { token } of [phone, sensor]) {
      const { body } = await server.graphql(ask, {}, token);
      expect(body.data.viewer).toEqual({ sessionToken: token, user: { objectId: user.userId } });
    }
  });

  it('a restricted session gets 101 for an unrestricted one', async () => {
    for (const path of ['/sessions', '/classes/_Session']) {
      for (const { objectId } of [phone, laptop, stranger]) {
        expect((await server.rest('GET', `${path}/${objectId}`, { token: sensor.token })).body.code).toBe(
          101,
        );
      }
    }
    const { body } = await server.graphql(
      `{ session(id: "${phone.objectId}") { objectId } }`,
      {},
      sensor.token,
    );
    expect(body.errors[0].extensions.code).toBe(101);
  });

  it('nobody gets a session of another user', async () => {
    const answer = await server.rest('GET', `/sessions/${phone.objectId}`, { token: stranger.token });
    expect(answer.body.code).toBe(101);
    expect(ids((await get(server, '/sessions', stranger.token)).results)).toEqual(idsOf(stranger));
  });

  it.each<[string, Json]>([
    ['count', { count: 1, limit: 0 }],
    ['count beside the rows', { count: 1 }],
    ['a negated condition', { count: 1, where: { $nor: [{ objectId: 'none' }] } }],
  ])('%s is of what the caller sees', async (_what, parameters) => {
    const count = async (token: string) => (await get(server, `/sessions${query(parameters)}`, token)).count;
    expect(await count(phone.token)).toBe(4);
    expect(await count(sensor.token)).toBe(2);
    expect(await count(stranger.token)).toBe(1);
  });

  it('GraphQL counts what the caller sees', async () => {
    for (const [{ token }, count] of [
      [phone, 4],
      [sensor, 2],
    ] as Array<[Device, number]>) {
      const { body } = await server.graphql('{ sessions { count } }', {}, token);
      expect(body.data.sessions.count).toBe(count);
    }
  });

  it.each<[string, (where: Json) => Json]>([
    ['$inQuery', where => ({ session: { $inQuery: { className: '_Session', where } } })],
    [
      '$inQuery within $or',
      where => ({ $or: [{ session: { $inQuery: { className: '_Session', where } } }] }),
    ],
  ])('%s finds objects behind sessions that the caller sees', async (_what, condition) => {
    const find = async (where: Json, token: string) => {
      const { results } = await get(server, `/classes/Bookmark${query({ where: condition(where) })}`, token);
      return results.map(({ session }: Json) => session.objectId).sort();
    };
    const all = { restricted: { $in: [true, false] } };
    expect(await find(all, phone.token)).toEqual(idsOf(phone, laptop, sensor, lamp));
    expect(await find(all, sensor.token)).toEqual(idsOf(sensor, lamp));
    expect(await find({ objectId: phone.objectId }, sensor.token)).toEqual([]);
  });

  it('$notInQuery leaves out what the caller sees', async () => {
    const where = {
      session: { $notInQuery: { className: '_Session', where: { restricted: { $in: [true, false] } } } },
    };
    const { results } = await get(server, `/classes/Bookmark${query({ where })}`, sensor.token);
    expect(results.map(({ session }: Json) => session.objectId).sort()).toEqual(
      idsOf(phone, laptop, stranger),
    );
  });

  it.each(['$select', '$dontSelect'])('%s carries no token into another class', async operator => {
    await server.rest('POST', '/classes/Guess', { master: true, body: { value: laptop.token } });
    await server.rest('POST', '/classes/Guess', { master: true, body: { value: phone.token } });
    const of = (key: string) => ({ [operator]: { query: { className: '_Session', where: {} }, key } });
    const find = async (token: string) => {
      const { results } = await get(
        server,
        `/classes/Guess${query({ where: { value: of('sessionToken') } })}`,
        token,
      );
      return results.map(({ value }: Json) => value);
    };
    // The caller's own token is no secret to it.
    if (operator === '$select') expect(await find(phone.token)).not.toContain(laptop.token);
    else expect(await find(phone.token)).toContain(laptop.token);
    await server.rawDelete('Guess', {});
  });

  it.each<[string, Json]>([
    ['explain', { explain: true }],
    ['explain with a text', { explain: 'executionStats' }],
  ])('%s is refused', async (_what, parameters) => {
    for (const { token } of [phone, sensor]) {
      const answer = await server.rest('GET', `/sessions${query(parameters)}`, { token });
      expect(answer.body.code).toBe(102);
    }
    await expect(server.run('explainSessions', {}, { token: phone.token })).rejects.toMatchObject({
      code: 102,
    });
  });

  it('distinct and aggregation are for the master key', async () => {
    const path = '/aggregate/_Session?distinct=sessionToken';
    expect((await server.rest('GET', path, { token: phone.token })).status).toBe(403);
    expect((await server.rest('GET', path, { master: true })).body.results).toContain(laptop.token);
  });

  it('the master key sees everything', async () => {
    const { body } = await server.rest('GET', '/sessions', { master: true });
    expect(ids(body.results)).toEqual(idsOf(phone, laptop, sensor, lamp, stranger));
    expect(tokens(body.results)).toHaveLength(5);
    const one = await server.rest('GET', `/sessions/${laptop.objectId}`, { master: true });
    expect(one.body.sessionToken).toBe(laptop.token);
  });

  it('the read-only master key sees every session, but no token: with one it could write', async () => {
    const { body } = await server.rest('GET', '/sessions', { readOnlyMaster: true });
    expect(ids(body.results)).toEqual(idsOf(phone, laptop, sensor, lamp, stranger));
    expect(JSON.stringify(body)).not.toContain('r:');
  });

  it.each([
    '/sessions',
    '/classes/_Session',
    '/sessions/me',
    '/classes/Shelf?redirectClassNameForKey=related',
  ])('without a session %s answers 209', async path => {
    expect(outcomeOf((await server.rest('GET', path)).body)).toMatchObject({ code: 209 });
    const unknown = await server.rest('GET', path, { token: 'r:unknown' });
    expect(outcomeOf(unknown.body)).toMatchObject({ code: 209 });
  });

  it('other classes are read as ever, with an object’s own field of that name', async () => {
    const { body } = await server.rest('POST', '/classes/Note', {
      token: sensor.token,
      body: { sessionToken: 'a text', restricted: false },
    });
    const read = await server.rest('GET', `/classes/Note/${body.objectId}`, { token: sensor.token });
    expect(read.body).toMatchObject({ sessionToken: 'a text', restricted: false });
    const found = await get(
      server,
      `/classes/Note${query({ where: { sessionToken: { $regex: '^a' } } })}`,
      sensor.token,
    );
    expect(found.results).toHaveLength(1);
  });
});

describe('with a limit to the depth of queries', () => {
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer({}, { requestComplexity: { queryDepth: 1 } });
  });

  afterAll(() => server.stop());

  it('clients read their sessions, as they do without the package', async () => {
    const { token } = await server.signUp();
    const { body } = await server.rest('GET', '/sessions', { token });
    expect(body.results).toHaveLength(1);
  });
});
