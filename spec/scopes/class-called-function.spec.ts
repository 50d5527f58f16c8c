import { openLiveQuery } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { defineSdkRead, defineSdkWrite, outcomeOf, waysIn, type Operation } from '../support/ways-in';

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  const cloud = (Parse: any) => {
    defineSdkRead(Parse);
    defineSdkWrite(Parse);
    for (const name of ['create', 'read', 'update', 'delete'])
      Parse.Cloud.define(name, () => `called ${name}`);
  };
  const liveQuery = { classNames: ['function'] };
  server = await startServer({}, { liveQuery }, { graphql: true, liveQuery: true, cloud });
  for (const className of ['function', 'Note'])
    await server.makeClass(className, { amount: { type: 'Number' } });
  user = await server.signUp();
});

afterAll(() => server.stop());

async function scoped(...scopes: string[]): Promise<{ token: string }> {
  const all = [...scopes, 'function:sdkRead', 'function:sdkWrite'];
  return { token: (await server.run('createRestrictedSession', { scopes: all }, user)).sessionToken };
}
const make = async (): Promise<string> =>
  (await server.rest('POST', '/classes/function', { master: true, body: { amount: 0 } })).body.objectId;

describe.each(waysIn)(
  'the scope of a function does not open a class called `function`, by way of %s',
  (_name, way) => {
    it.each<Operation>(['create', 'update', 'delete'])('to %s', async operation => {
      const sensor = await scoped(`function:${operation}`, 'function:read');
      const objectId = operation === 'create' ? undefined : await make();
      const before = await server.rawFind('function');
      const outcome = await way(
        server,
        { operation, className: 'function', objectId, fields: { amount: 1 } },
        sensor,
      );
      expect(outcome).toMatchObject({ code: 119 });
      expect(await server.rawFind('function')).toEqual(before);
      expect(await server.run(operation, {}, sensor)).toBe(`called ${operation}`);
    });

    it.each(['get', 'find'] as const)('to %s', async operation => {
      const objectId = await make();
      const read = { operation, className: 'function', objectId, ids: [objectId] };
      const outcome = await way(
        server,
        operation === 'get' ? read : { ...read, objectId: undefined },
        await scoped('function:read'),
      );
      expect(outcome).toMatchObject({ code: 119 });
    });
  },
);

it('nor its relations, nor what includes it', async () => {
  const { token } = await scoped('function:read', 'Note:read');
  const object = { __type: 'Pointer', className: 'function', objectId: await make() };
  const related = new URLSearchParams({ where: JSON.stringify({ $relatedTo: { object, key: 'notes' } }) });
  expect(outcomeOf((await server.rest('GET', `/classes/Note?${related}`, { token })).body)).toMatchObject({
    code: 119,
  });
  await server.rest('POST', '/classes/Note', { master: true, body: { of: object } });
  const { body } = await server.rest('GET', '/classes/Note?include=of', { token });
  expect(JSON.stringify(body)).not.toContain('amount');
});

it('nor a subscription to it', async () => {
  const { token } = await scoped('function:read');
  const socket = await openLiveQuery(server, { token });
  expect(await socket.subscribe('function', token)).toMatchObject({ op: 'error', code: 119 });
  socket.close();
});

it('and no scope can name that class', async () => {
  const call = server.run('createRestrictedSession', { scopes: ['function:*'] }, user);
  await expect(call).rejects.toMatchObject({ code: 142 });
});
