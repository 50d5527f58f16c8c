import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { defineSdkWrite, REFUSED } from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

// First without: the SDK keeps the controller of direct access for as long as the process lives.
describe.each([false, true])('with directAccess: %s, a write inside another one', directAccess => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: { token: string };

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      defineSdkWrite(Parse);
      const as = ({ user: caller }: any) => ({ sessionToken: caller.getSessionToken() });
      Parse.Cloud.define('saveWithChild', async (request: any) => {
        const telemetry = new Parse.Object('Telemetry', {
          invoice: new Parse.Object('Invoice', { amount: 1 }),
        });
        await telemetry.save(null, as(request)).catch((error: any) => {
          throw error.errors?.[0] ?? error[0] ?? error;
        });
        return telemetry.get('invoice').id;
      });
      Parse.Cloud.define('saveAllAtOnce', (request: any) =>
        Parse.Object.saveAll([new Parse.Object('Telemetry'), new Parse.Object('Invoice')], {
          transaction: true,
          ...as(request),
        }).then((objects: any[]) => objects.length),
      );
      // A trigger that writes on behalf of whoever saves.
      Parse.Cloud.beforeSave(
        'Order',
        (request: any) =>
          request.user &&
          new Parse.Object('Invoice', { amount: 2 }).save(null, as(request)).then(() => undefined),
      );
    };
    server = await startServer({ guard: ['Invoice'] }, { directAccess }, { graphql: true, cloud });
    const fields = { amount: { type: 'Number' } };
    await server.rest('POST', '/schemas/Invoice', { master: true, body: { fields } });
    const relations = {
      invoice: { type: 'Pointer', targetClass: 'Invoice' },
      invoices: { type: 'Relation', targetClass: 'Invoice' },
    };
    await server.rest('POST', '/schemas/Telemetry', { master: true, body: { fields: relations } });
    user = await server.signUp();
    restricted = await server.restricted(user.token);
  });

  afterAll(() => server.stop());

  afterEach(async () => {
    for (const className of ['Invoice', 'Telemetry'])
      await server.rawDelete(className, {}).catch(() => undefined);
  });

  const invoices = () => server.rawFind('Invoice');

  it.each([
    ['a child of an object', 'saveWithChild'],
    // The MongoDB of the specs has no transactions.
    ...(SPEC_DATABASE === 'postgresql' ? [['one of several objects', 'saveAllAtOnce']] : []),
  ])('is refused: %s', async (_what, name) => {
    await expect(server.run(name!, {}, restricted)).rejects.toThrow();
    expect(await invoices()).toHaveLength(0);
    expect(await server.rawFind('Telemetry')).toHaveLength(0);
    expect(await server.run(name!, {}, { token: user.token })).toBeTruthy();
  });

  it('is refused: what a trigger of an open class writes for the caller', async () => {
    const create = (who: object) => server.rest('POST', '/classes/Order', { ...who, body: {} });
    expect((await create(restricted)).body).toMatchObject({ code: 119 });
    expect(await invoices()).toHaveLength(0);
    expect((await create({ token: user.token })).status).toBe(201);
    expect(await invoices()).toHaveLength(1);
  });

  it.each([
    ['a pointer', 'invoice: { createAndLink: { amount: 1 } }'],
    ['a relation', 'invoices: { createAndAdd: [{ amount: 1 }] }'],
  ])('is refused: %s in GraphQL', async (_what, fields) => {
    const mutation = `mutation { createTelemetry(input: { fields: { ${fields} } }) { telemetry { objectId } } }`;
    const [error] = (await server.graphql(mutation, {}, restricted.token)).body.errors;
    expect({ code: error.extensions.code, message: error.message }).toEqual(REFUSED);
    expect(await invoices()).toHaveLength(0);
    const { body } = await server.graphql(mutation, {}, user.token);
    expect(body.data.createTelemetry.telemetry.objectId).toBeDefined();
    expect(await invoices()).toHaveLength(1);
  });

  it('is refused: an SDK call in cloud code', async () => {
    const write = (className: string) => ({
      write: JSON.stringify({ operation: 'create', className, fields: { amount: 1 } }),
    });
    const { refused, message } = await server.run('sdkWrite', write('Invoice'), restricted);
    expect({ code: refused, message }).toEqual(REFUSED);
    expect(await server.run('sdkWrite', write('Invoice'), { token: user.token })).toHaveProperty('result');
    expect(await server.run('sdkWrite', write('Invoice'), { master: true })).toHaveProperty('result');
  });
});
