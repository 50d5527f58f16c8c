import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, sessionRow } from '../support/sessions';

declare const Parse: any;

let server: SpecServer;
let user: SpecUser;
let objectId: string;
let secret: string;
const lines: string[] = [];

const MASTER = { master: true } as const;
const NOBODY = 102;

beforeAll(async () => {
  // Parse Server hands every level to its adapter, also those that nobody reads.
  const log = (_level: string, ...message: unknown[]) => lines.push(JSON.stringify(message));
  server = await startServer(
    {},
    { silent: false, verbose: true, loggerAdapter: { log } },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('sessionsAs', async ({ params, user: caller }: any) => {
          const options = params.asMaster
            ? { useMasterKey: true }
            : { sessionToken: caller.getSessionToken() };
          const query = Parse.Query.fromJSON('_Session', params.query);
          return (await query.find({ ...options, json: params.json })).map((found: any) =>
            JSON.stringify([found, found.attributes ?? {}, found.get?.('secret') ?? null]),
          );
        });
        Parse.Cloud.afterLogout(({ object }: any) => {
          loggedOut.push(JSON.stringify([object.toJSON(), object.attributes]), String(object.get('secret')));
        });
      },
    },
  );
  user = await server.signUp();
  objectId = (await sessionRow(server, user)).objectId;
  secret = await server.sessions.secret(objectId);
  await server.rest('POST', '/classes/Note', {
    ...MASTER,
    body: { text: 'a', session: { __type: 'Pointer', className: '_Session', objectId } },
  });
});

const loggedOut: string[] = [];

afterAll(() => server.stop());

/** Fails when the answer has the secret, or a column of that name. */
function expectNoSecret(answer: unknown): void {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  expect(text).toContain(objectId);
  expect(text).not.toContain(secret);
  expect(text).not.toMatch(/"secret"/);
}

type Ask = (who: object) => Promise<{ status: number; body: any }>;

const rest =
  (method: string, path: () => string, body?: () => unknown): Ask =>
  who =>
    server.rest(method, path(), { ...who, body: body?.() });

const query = (more: object) => `?${new URLSearchParams(more as Record<string, string>)}`;

const READS: Array<[string, Ask]> = [
  ['GET /sessions', rest('GET', () => '/sessions')],
  ['GET /sessions with keys', rest('GET', () => `/sessions${query({ keys: 'secret,name' })}`)],
  ['GET /sessions with excludeKeys', rest('GET', () => `/sessions${query({ excludeKeys: 'name' })}`)],
  ['GET /sessions/:id', rest('GET', () => `/sessions/${objectId}`)],
  ['GET /sessions/:id with keys', rest('GET', () => `/sessions/${objectId}${query({ keys: 'secret' })}`)],
  ['GET /classes/_Session', rest('GET', () => '/classes/_Session')],
  ['GET /classes/_Session/:id', rest('GET', () => `/classes/_Session/${objectId}`)],
  [
    'a POST with _method GET',
    rest(
      'POST',
      () => '/classes/_Session',
      () => ({ _method: 'GET' }),
    ),
  ],
  ['include', rest('GET', () => `/classes/Note${query({ include: 'session' })}`)],
  ['include of everything', rest('GET', () => `/classes/Note${query({ includeAll: 'true' })}`)],
  [
    'a batch',
    rest(
      'POST',
      () => '/batch',
      () => ({
        requests: [
          { method: 'GET', path: '/parse/sessions' },
          { method: 'GET', path: `/parse/sessions/${objectId}` },
          { method: 'PUT', path: `/parse/sessions/${objectId}`, body: { color: 'red' } },
        ],
      }),
    ),
  ],
];

describe('the secret is not in', () => {
  it.each(READS)('%s, by its user', async (_title, ask) => {
    const { body } = await ask({ token: user.token });
    expectNoSecret(body);
  });

  it.each(READS)('%s, by the master key', async (_title, ask) => {
    const { body } = await ask(MASTER);
    expectNoSecret(body);
  });

  it('GET /sessions/me', async () => {
    expectNoSecret((await server.rest('GET', '/sessions/me', { token: user.token })).body);
  });

  it('what the read-only master key reads', async () => {
    expectNoSecret((await server.rest('GET', '/sessions', { readOnlyMaster: true })).body);
  });

  it.each([
    ['its user', () => ({ token: user.token })],
    ['the master key', () => MASTER],
  ])('the answer to a PUT by %s', async (_who, who) => {
    const { body, status } = await server.rest('PUT', `/sessions/${objectId}`, {
      ...who(),
      body: { color: 'blue' },
    });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toMatch(/secret/);
  });

  it.each([
    ['its user', () => ({ token: user.token })],
    ['the master key', () => MASTER],
  ])('a GraphQL document of %s that asks for it', async (_who, who) => {
    const ask = (text: string) => server.rest('POST', server.graphqlUrl, { ...who(), body: { query: text } });
    const many = await ask('{ sessions { edges { node { objectId secret } } } }');
    expect(JSON.stringify(many.body)).not.toContain(secret);
    const one = await ask(`{ session(id: "${objectId}") { objectId secret userAgent } }`);
    expect(one.body.data.session).toMatchObject({ objectId, secret: null });
    const changed = await ask(
      `mutation { updateSession(input: { id: "${objectId}", fields: {} }) { session { objectId secret } } }`,
    );
    expect(JSON.stringify(changed.body)).not.toContain(secret);
  });

  it.each([
    ['its user', false],
    ['the master key', true],
  ])('what the SDK reads in cloud code as %s', async (_who, asMaster) => {
    for (const json of [false, true]) {
      const found = await server.run('sessionsAs', { asMaster, json, query: { where: {} } }, user);
      expectNoSecret(found);
    }
  });

  it('what the store finds', async () => {
    const session = await server.sessions.store.find(user.token);
    expectNoSecret([session!.toJSON(), session!.attributes]);
    expect(session!.get('secret')).toBeUndefined();
    const [another] = await server.sessions.store.forUser(user.userId).find({ useMasterKey: true });
    expect(another!.get('secret')).toBeUndefined();
  });

  it.each(['listSessions', 'getSession', 'countSessions'])('the answer of %s', async name => {
    const answer = JSON.stringify(await server.run(name, {}, user));
    expect(answer).not.toContain(secret);
    expect(answer).not.toContain('"secret"');
  });

  it('the object of afterLogout', async () => {
    const leaving = await server.signUp();
    const { objectId: id } = await sessionRow(server, leaving);
    const own = await server.sessions.secret(id);
    loggedOut.length = 0;
    const { status } = await server.rest('POST', '/logout', { token: leaving.token, body: {} });
    expect(status).toBe(200);
    expect(loggedOut.join()).toContain(id);
    expect(loggedOut.join()).not.toContain(own);
    expect(loggedOut[1]).toBe('undefined');
  });

  it('the log, at any level', async () => {
    const session = await sessionRow(server, await server.signUp());
    const made = await server.sessions.secret(session.objectId);
    const csrf = await server.sessions.csrfToken(session.objectId);
    await server.sessions.verifyCsrfToken(session.objectId, csrf);
    await server.rest('GET', '/sessions', MASTER);
    await server.rest('PUT', `/sessions/${session.objectId}`, { ...MASTER, body: { color: 'green' } });
    expect(lines.join('\n')).toContain(session.objectId);
    for (const never of [secret, made, csrf]) expect(lines.join('\n')).not.toContain(never);
  });
});

describe('the secret cannot be guessed by', () => {
  const text = JSON.stringify;
  const FILTERS: Array<[string, () => string]> = [
    ['equality', () => text({ secret })],
    ['a pattern', () => text({ secret: { $regex: `^${secret.slice(0, 2)}` } })],
    ['a comparison', () => text({ secret: { $gt: 'A' } })],
    ['its absence', () => text({ secret: { $exists: true } })],
    ['a part of $or', () => text({ $or: [{ name: 'x' }, { secret: { $gt: 'A' } }] })],
    ['a part of $and in $or', () => text({ $or: [{ $and: [{ secret: { $gt: 'A' } }] }] })],
    ['a part of $nor', () => text({ $nor: [{ secret: { $gt: 'A' } }] })],
    ['a dotted key', () => text({ 'secret.length': 44 })],
  ];

  it.each(FILTERS)('a filter: %s', async (_title, where) => {
    for (const who of [{ token: user.token }, MASTER]) {
      for (const more of [{}, { count: '1', limit: '0' }]) {
        const { body } = await server.rest('GET', `/sessions${query({ where: where(), ...more })}`, who);
        expect(body.code).toBe(NOBODY);
      }
    }
  });

  it.each(['secret', '-secret', 'name,secret'])('a sort order: %s', async order => {
    for (const who of [{ token: user.token }, MASTER]) {
      const { body } = await server.rest('GET', `/sessions${query({ order })}`, who);
      expect(body.code).toBe(NOBODY);
    }
  });

  it('a filter on a class that points to sessions', async () => {
    const inQuery = { className: '_Session', where: { secret: { $gt: 'A' } } };
    for (const where of [{ session: { $inQuery: inQuery } }, { session: { $notInQuery: inQuery } }]) {
      for (const who of [{ token: user.token }, MASTER]) {
        const { body } = await server.rest('GET', `/classes/Note${query({ where: text(where) })}`, who);
        expect(body.code).toBe(NOBODY);
      }
    }
  });

  it('comparing it with a field by $select', async () => {
    await server.rest('POST', '/classes/Guess', { ...MASTER, body: { text: secret } });
    const select = { query: { className: '_Session', where: { objectId } }, key: 'secret' };
    for (const who of [{ token: user.token }, MASTER]) {
      const where = text({ text: { $select: select } });
      const { body } = await server.rest('GET', `/classes/Guess${query({ where })}`, who);
      expect(body.results ?? []).toEqual([]);
    }
  });

  it('a filter or a sort order in GraphQL', async () => {
    const ask = (argument: string, who: object) =>
      server.rest('POST', server.graphqlUrl, {
        ...who,
        body: { query: `{ sessions(${argument}) { edges { node { objectId } } } }` },
      });
    for (const who of [{ token: user.token }, MASTER]) {
      for (const argument of ['where: { secret: { exists: true } }', 'order: [secret_ASC]']) {
        const { body } = await ask(argument, who);
        expect(body.errors[0].extensions.code).toBe(NOBODY);
      }
    }
  });

  it('a query in cloud code', async () => {
    for (const asMaster of [true, false]) {
      const where = { secret: { $gt: 'A' } };
      const asked = server.run('sessionsAs', { asMaster, query: { where } }, user);
      await expect(asked).rejects.toMatchObject({ code: NOBODY });
    }
  });
});

describe('an aggregation by the master key', () => {
  const aggregate = (className: string, body: object) =>
    server.rest(
      'GET',
      `/aggregate/${className}${query(
        Object.fromEntries(Object.entries(body).map(([key, value]) => [key, JSON.stringify(value)])),
      )}`,
      MASTER,
    );

  it('answers sessions without their secrets', async () => {
    const { body } = await aggregate('_Session', { $match: { user: user.userId } });
    expect(body.results).toHaveLength(1);
    expectNoSecret(body);
  });

  it.each<[string, object]>([
    ['group by it', { $group: { _id: '$secret' } }],
    ['collect it', { $group: { _id: null, all: { $max: '$secret' } } }],
    ['project it', { $project: { secret: 1 } }],
    ['rename it', { $project: { name: '$secret' } }],
    ['filter by it', { $match: { secret: { $gt: 'A' } } }],
    ['sort by it', { $sort: { secret: 1 } }],
    ['make pairs of a row', { $project: { pairs: { $objectToArray: '$$ROOT' } } }],
    ['make a text of a row', { $project: { text: { $toString: '$$ROOT' } } }],
    ['convert a row', { $project: { text: { $convert: { input: '$$ROOT', to: 'string' } } } }],
    ['filter by a pattern of names', { $match: { $jsonSchema: { patternProperties: { '^sec': {} } } } }],
    ['search in every column', { $match: { $text: { $search: 'x' } } }],
    ['copy sessions', { $out: 'Copy' }],
    ['merge sessions into a class', { $merge: { into: 'Copy' } }],
  ])('cannot %s', async (_title, stage) => {
    expect((await aggregate('_Session', stage)).body.code).toBe(NOBODY);
  });

  it('cannot list the different ones', async () => {
    const { body } = await server.rest('GET', '/aggregate/_Session?distinct=secret', MASTER);
    expect(body.code).toBe(NOBODY);
  });

  it('cannot join sessions to get it', async () => {
    const join = { from: '_Session', localField: 'x', foreignField: 'y', as: 'all' };
    const { body } = await aggregate('Note', {
      $lookup: { ...join, pipeline: [{ $project: { s: '$secret' } }] },
    });
    expect(body.code).toBe(NOBODY);
    if (server.database === 'mongodb') {
      const joined = await aggregate('Note', { $lookup: join });
      expect(JSON.stringify(joined.body)).not.toContain(secret);
    }
  });

  it('is free to use a column of that name in a class of the app', async () => {
    await server.rest('POST', '/classes/Riddle', { ...MASTER, body: { secret: 'open sesame' } });
    const { body } = await aggregate('Riddle', { $match: { secret: 'open sesame' } });
    expect(body.results).toMatchObject([{ secret: 'open sesame' }]);
  });
});

describe('nobody sets the secret by', () => {
  it.each([
    ['its user', () => ({ token: user.token })],
    ['the master key', () => MASTER],
  ])('a PUT of %s', async (_who, who) => {
    for (const value of ['mine', null, { __op: 'Delete' }]) {
      const body = { secret: value };
      const answer = await server.rest('PUT', `/sessions/${objectId}`, { ...who(), body });
      expect(answer.body.code).toBe(105);
    }
    expect(await server.sessions.secret(objectId)).toBe(secret);
  });

  it('a POST of the master key', async () => {
    const body = { user: pointerTo(user.userId), sessionToken: 'r:chosen', secret: 'mine' };
    const answer = await server.rest('POST', '/sessions', { ...MASTER, body });
    expect(answer.body.code).toBe(105);
    expect(await sessionRow(server, 'r:chosen')).toBeUndefined();
  });
});
