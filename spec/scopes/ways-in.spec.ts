import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { defineSdkWrite, waysIn, type Operation } from '../support/ways-in';

const OUT_OF_SCOPE = {
  code: 119,
  message: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
};
const OPERATIONS: Operation[] = ['create', 'update', 'delete'];

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer({ guard: ['Invoice'] }, {}, { graphql: true, cloud: defineSdkWrite });
  // GraphQL knows the classes that are there.
  for (const className of ['Telemetry', 'Note', 'Invoice']) {
    const fields = { amount: { type: 'Number' } };
    await server.rest('POST', `/schemas/${className}`, { master: true, body: { fields } });
  }
  user = await server.signUp();
});

afterAll(() => server.stop());

async function scoped(...scopes: string[]): Promise<{ token: string }> {
  // The cloud function that writes with the SDK has to be called first.
  const all = [...scopes, 'function:sdkWrite'];
  return { token: (await server.run('createRestrictedSession', { scopes: all }, user)).sessionToken };
}

const make = async (className: string): Promise<string> =>
  (await server.rest('POST', `/classes/${className}`, { master: true, body: { amount: 0 } })).body.objectId;

describe.each(waysIn)('the writes of a scoped session by way of %s', (name, way) => {
  async function write(className: string, operation: Operation, who: { token: string }) {
    const objectId = operation === 'create' ? undefined : await make(className);
    return way(server, { operation, className, objectId, fields: { amount: 1 } }, who);
  }

  // To delete or to answer, GraphQL reads the object; `Telemetry:read` is what it takes.
  const alsoReads = name === 'GraphQL' ? ['Telemetry:read'] : [];

  it.each(OPERATIONS)('%s, when that is the scope, and no other operation', async operation => {
    const sensor = await scoped(`Telemetry:${operation}`, ...alsoReads);
    for (const other of OPERATIONS) {
      const outcome = await write('Telemetry', other, sensor);
      if (other === operation) expect(outcome).not.toHaveProperty('code');
      else expect(outcome).toEqual(OUT_OF_SCOPE);
    }
  });

  it.each(OPERATIONS)('%s with the star, on that class only', async operation => {
    const sensor = await scoped('Telemetry:*');
    expect(await write('Telemetry', operation, sensor)).not.toHaveProperty('code');
    expect(await write('Note', operation, sensor)).toEqual(OUT_OF_SCOPE);
  });

  it.each(OPERATIONS)('not %s of a guarded class, whatever the scope', async operation => {
    const before = await server.rawFind('Invoice');
    const outcome = await write('Invoice', operation, await scoped('Invoice:*'));
    const message = 'write operation not allowed: restricted session (Invoice: the option guard covers it)';
    expect(outcome).toEqual({ code: 119, message });
    const after = await server.rawFind('Invoice');
    expect(after.length - before.length).toBe(operation === 'create' ? 0 : 1);
  });

  it.each(OPERATIONS)('%s of any open class in a restricted session without scopes', async operation => {
    const { token } = await server.restricted(user.token);
    expect(await write('Telemetry', operation, { token })).not.toHaveProperty('code');
    expect(await write('Note', operation, { token })).not.toHaveProperty('code');
  });
});
