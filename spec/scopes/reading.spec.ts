import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo } from '../support/sessions';

declare const Parse: any;

const OUT_OF_SCOPE = {
  code: 119,
  error: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
};

let server: SpecServer;
let user: SpecUser;
let reader: { token: string; objectId: string };
let writer: { token: string; objectId: string };
let telemetry: string;
let box: string;

const cloud = () => {
  Parse.Cloud.define('sdkFind', async ({ params, user }: any) => {
    const query = Parse.Query.fromJSON(params.className, { where: params.where ?? {} });
    return (await query.find({ sessionToken: user.getSessionToken() })).length;
  });
};

const make = async (path: string, body: object): Promise<string> =>
  (await server.rest('POST', path, { master: true, body })).body.objectId;

async function scoped(...scopes: string[]) {
  const { objectId, sessionToken } = await server.run('createRestrictedSession', { scopes }, user);
  return { objectId, token: sessionToken };
}

beforeAll(async () => {
  server = await startServer({}, {}, { graphql: true, cloud });
  user = await server.signUp();
  const note = await make('/classes/Note', { text: 'private' });
  telemetry = await make('/classes/Telemetry', {
    celsius: 20,
    owner: pointerTo(user.userId),
    note: { __type: 'Pointer', className: 'Note', objectId: note },
  });
  const notes = { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: 'Note', objectId: note }] };
  await server.rest('PUT', `/classes/Telemetry/${telemetry}`, { master: true, body: { notes } });
  box = await make('/classes/Box', {});
  const objects = [{ __type: 'Pointer', className: 'Telemetry', objectId: telemetry }];
  const items = { __op: 'AddRelation', objects };
  await server.rest('PUT', `/classes/Box/${box}`, { master: true, body: { items } });
  await make('/roles', { name: 'staff', ACL: { '*': { read: true } } });
  reader = await scoped('Telemetry:read', 'function:sdkFind');
  writer = await scoped('Telemetry:create', 'Telemetry:update', 'Telemetry:delete', 'function:sdkFind');
});

afterAll(() => server.stop());

const find = (className: string, query: object, token: string) => {
  const parameters = Object.entries(query).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return server.rest('GET', `/classes/${className}?${new URLSearchParams(parameters)}`, { token });
};

describe('a session that may read a class', () => {
  it('finds, gets and counts it', async () => {
    expect((await find('Telemetry', {}, reader.token)).body.results).toHaveLength(1);
    expect((await server.rest('GET', `/classes/Telemetry/${telemetry}`, reader)).body.celsius).toBe(20);
    expect((await find('Telemetry', { count: '1', limit: '0' }, reader.token)).body.count).toBe(1);
    const { body } = await server.graphql('{ telemetries { count } }', {}, reader.token);
    expect(body.data.telemetries.count).toBe(1);
    expect(await server.run('sdkFind', { className: 'Telemetry' }, reader)).toBe(1);
  });

  it('writes nothing', async () => {
    for (const [method, path] of [
      ['POST', '/classes/Telemetry'],
      ['PUT', `/classes/Telemetry/${telemetry}`],
      ['DELETE', `/classes/Telemetry/${telemetry}`],
    ] as const) {
      expect((await server.rest(method, path, { token: reader.token, body: {} })).body).toEqual(OUT_OF_SCOPE);
    }
  });

  const related = (className: string, key: string) => ({
    $relatedTo: { object: { __type: 'Pointer', className, objectId: 'anything00' }, key },
  });

  it.each<[string, string, () => object]>([
    ['another class', 'Note', () => ({})],
    ['the users', '_User', () => ({})],
    ['the roles', '_Role', () => ({})],
    ['the sessions', '_Session', () => ({})],
    ['what a pointer leads to', 'Telemetry', () => ({ include: 'note' })],
    ['the user that a pointer leads to', 'Telemetry', () => ({ include: 'owner' })],
    ['all that pointers lead to', 'Telemetry', () => ({ includeAll: 'true' })],
    [
      'another class in a condition',
      'Telemetry',
      () => ({ where: { note: { $inQuery: { className: 'Note', where: { text: { $regex: '^p' } } } } } }),
    ],
    [
      'another class in the opposite condition',
      'Telemetry',
      () => ({ where: { note: { $notInQuery: { className: 'Note', where: { text: 'private' } } } } }),
    ],
    [
      'another class in a selection',
      'Telemetry',
      () => ({ where: { text: { $select: { query: { className: 'Note', where: {} }, key: 'text' } } } }),
    ],
    ['a relation of another class', 'Telemetry', () => ({ where: related('Box', 'items') })],
    [
      'a relation of another class, deep in a condition',
      'Telemetry',
      () => ({ where: { $or: [{ $and: [related('Box', 'items')] }, { celsius: 1 }] } }),
    ],
    ['who has a role', '_User', () => ({ where: related('_Role', 'users') })],
    ['another class by a redirect', 'Telemetry', () => ({ redirectClassNameForKey: 'notes' })],
  ])('does not read %s', async (_what, className, query) => {
    expect((await find(className, query(), reader.token)).body).toEqual(OUT_OF_SCOPE);
    expect((await find(className, query(), user.token)).body).not.toHaveProperty('code');
  });

  it('reads a relation when it may read both of its ends', async () => {
    const where = {
      $relatedTo: { object: { __type: 'Pointer', className: 'Box', objectId: box }, key: 'items' },
    };
    const both = await scoped('Telemetry:read', 'Box:read');
    expect((await find('Telemetry', { where }, both.token)).body.results).toHaveLength(1);
    expect((await find('Telemetry', { where }, reader.token)).body).toEqual(OUT_OF_SCOPE);
  });

  it('reads nothing else by GraphQL either', async () => {
    for (const query of ['{ notes { count } }', '{ viewer { user { username } } }', '{ users { count } }']) {
      const { body } = await server.graphql(query, {}, reader.token);
      expect(body.errors[0]).toMatchObject({ message: OUT_OF_SCOPE.error, extensions: { code: 119 } });
    }
    const { body } = await server.graphql(
      '{ telemetries { edges { node { note { text } } } } }',
      {},
      reader.token,
    );
    expect(JSON.stringify(body)).not.toContain('private');
  });

  it('reads nothing else by the SDK in cloud code', async () => {
    const run = (params: object) => server.run('sdkFind', params, reader);
    await expect(run({ className: 'Note' })).rejects.toMatchObject({ code: 119 });
    await expect(run({ className: 'Telemetry', where: related('Box', 'items') })).rejects.toMatchObject({
      code: 119,
    });
  });

  it('never reads more than permissions allow', async () => {
    const { userId } = await server.signUp();
    await make('/classes/Telemetry', { ACL: { [userId]: { read: true } } });
    expect((await find('Telemetry', {}, reader.token)).body.results).toHaveLength(1);
    const closed = { find: {}, get: {}, count: {} };
    await server.rest('POST', '/schemas/Closed', { master: true, body: { classLevelPermissions: closed } });
    const { token } = await scoped('Closed:*');
    expect((await find('Closed', {}, token)).body.code).toBe(119);
    expect((await find('Closed', {}, token)).body).not.toEqual(OUT_OF_SCOPE);
  });
});

describe('a session that may only write a class', () => {
  it.each(['', `/${'x'.repeat(10)}`])('does not read it: /classes/Telemetry%s', async path => {
    expect((await server.rest('GET', `/classes/Telemetry${path}`, writer)).body).toEqual(OUT_OF_SCOPE);
  });

  it('does not find out by a write what it may not read', async () => {
    // Parse Server answers 101 for what the client may not see, and reads it for that.
    const { userId } = await server.signUp();
    const foreign = await make('/classes/Telemetry', { celsius: 30, ACL: { [userId]: { read: true } } });
    const answer = await server.rest('PUT', `/classes/Telemetry/${foreign}`, {
      ...writer,
      body: { celsius: 1 },
    });
    expect(answer.body.code).toBe(101);
    expect(JSON.stringify(answer.body)).not.toContain('30');
  });

  it('does not read it by GraphQL, nor by the SDK in cloud code', async () => {
    const { body } = await server.graphql('{ telemetries { count } }', {}, writer.token);
    expect(body.errors[0].extensions.code).toBe(119);
    await expect(server.run('sdkFind', { className: 'Telemetry' }, writer)).rejects.toMatchObject({
      code: 119,
    });
  });
});
