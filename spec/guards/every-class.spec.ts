import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { defineSdkWrite, outcomeOf, REFUSED, waysIn, type WayIn } from '../support/ways-in';

describe("guard: '*'", () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: { token: string };

  beforeAll(async () => {
    server = await startServer({ guard: '*' }, {}, { graphql: true, cloud: defineSdkWrite });
    await server.rest('POST', '/schemas/Known', {
      master: true,
      body: { fields: { size: { type: 'Number' } } },
    });
    user = await server.signUp();
    restricted = await server.restricted(user.token);
  });

  afterAll(() => server.stop());

  const schemaOf = async (className: string) =>
    (await server.rest('GET', `/schemas/${className}`, { master: true })).body;

  const withoutGraphQL = waysIn.filter(([name]) => name !== 'GraphQL');

  describe.each(withoutGraphQL)('by way of %s', (_name, way: WayIn) => {
    it('a refused create makes no class', async () => {
      const write = { operation: 'create', className: 'Unheard', fields: { size: 1 } } as const;
      expect(await way(server, write, restricted)).toEqual(REFUSED);
      expect((await schemaOf('Unheard')).code).toBe(103);
    });

    it('a refused create or update makes no column', async () => {
      const { body } = await server.rest('POST', '/classes/Known', { master: true, body: { size: 1 } });
      const before = await schemaOf('Known');
      const fields = { novel: 'x' };
      for (const write of [
        { operation: 'create', className: 'Known', fields },
        { operation: 'update', className: 'Known', objectId: body.objectId, fields },
      ] as const) {
        expect(await way(server, write, restricted)).toEqual(REFUSED);
      }
      expect(await schemaOf('Known')).toEqual(before);
    });

    it('covers a class that is made later', async () => {
      const className = `Later${Math.random().toString(36).slice(2, 8)}`;
      const write = { operation: 'create', className, fields: { size: 1 } } as const;
      const { result } = await way(server, write, { token: user.token });
      expect(result.objectId).toBeDefined();
      expect(await way(server, write, restricted)).toEqual(REFUSED);
      const { objectId } = result;
      for (const operation of ['update', 'delete'] as const) {
        const again = { operation, className, objectId, fields: { size: 2 } };
        expect(await way(server, again, restricted)).toEqual(REFUSED);
      }
      expect(await server.rawFind(className)).toMatchObject([{ objectId, size: 1 }]);
    });
  });

  it('covers GraphQL', async () => {
    const [, graphql] = waysIn.find(([name]) => name === 'GraphQL') as (typeof waysIn)[0];
    const write = { operation: 'create', className: 'Known', fields: { size: 1 } } as const;
    expect(await graphql(server, write, restricted)).toEqual(REFUSED);
    expect(await graphql(server, write, { token: user.token })).not.toHaveProperty('code');
  });

  it('covers installations', async () => {
    const body = { installationId: 'phone', deviceType: 'ios' };
    const create = (who: object) => server.rest('POST', '/installations', { ...who, body });
    expect(outcomeOf((await create(restricted)).body)).toEqual(REFUSED);
    expect(await server.rawFind('_Installation')).toHaveLength(0);
    const { objectId } = (await create({ token: user.token })).body;
    const update = (who: object) =>
      server.rest('PUT', `/installations/${objectId}`, { ...who, body: { badge: 3 } });
    expect(outcomeOf((await update(restricted)).body)).toEqual(REFUSED);
    expect((await update({ token: user.token })).status).toBe(200);
  });
});

describe.each([undefined, { guard: [] }])('with the options %j', options => {
  let server: SpecServer;
  let restricted: { token: string };

  beforeAll(async () => {
    server = await startServer(options);
    restricted = await server.restricted((await server.signUp()).token);
  });

  afterAll(() => server.stop());

  it.each([
    ['/users', { username: 'new', password: 'secret' }],
    ['/roles', { name: 'Staff', ACL: {} }],
    ['/sessions', {}],
  ])('%s is guarded all the same', async (path, body) => {
    expect(outcomeOf((await server.rest('POST', path, { ...restricted, body })).body)).toEqual(REFUSED);
  });

  it('other classes are open', async () => {
    expect((await server.rest('POST', '/classes/Note', { ...restricted, body: {} })).status).toBe(201);
  });
});
