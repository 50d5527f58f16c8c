import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  defineSdkWrite,
  REFUSED,
  transactionalBatch,
  waysIn,
  type Operation,
  type WayIn,
  type Who,
  type Write,
} from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const WRITES: Array<[Operation, string]> = [
  ['create', '_User'],
  ['update', '_User'],
  ['delete', '_User'],
  ['create', '_Role'],
  ['update', '_Role'],
  ['delete', '_Role'],
  ['create', 'Invoice'],
  ['update', 'Invoice'],
  ['delete', 'Invoice'],
];

describe('a restricted session', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: Who;
  let counter = 0;

  beforeAll(async () => {
    server = await startServer({ guard: ['Invoice'] }, {}, { graphql: true, cloud: defineSdkWrite });
    // GraphQL knows the classes that are there.
    for (const className of ['Invoice', 'Telemetry']) {
      await server.rest('POST', `/schemas/${className}`, {
        master: true,
        body: { fields: { amount: { type: 'Number' } } },
      });
    }
    user = await server.signUp();
    restricted = { token: (await server.restricted(user.token)).token };
  });

  afterAll(() => server.stop());

  const FIELDS: Record<string, (operation: Operation) => object> = {
    _User: operation =>
      operation === 'create'
        ? { username: `new-${++counter}`, password: 'secret' }
        : { email: `m${++counter}@example.com` },
    _Role: operation =>
      operation === 'create' ? { name: `role-${++counter}`, ACL: {} } : { ACL: { '*': { read: true } } },
    Invoice: () => ({ amount: ++counter }),
    Telemetry: () => ({ amount: ++counter }),
  };

  /** An object that any session of the user may write, as far as Parse Server itself is concerned. */
  async function objectOf(className: string, owner: SpecUser): Promise<string> {
    if (className === '_User') return owner.userId;
    const ACL = { [owner.userId]: { read: true, write: true } };
    const fields = className === '_Role' ? { name: `role-${++counter}`, ACL } : { ACL, amount: 0 };
    const { body } = await server.rest('POST', `/classes/${className}`, { master: true, body: fields });
    return body.objectId;
  }

  async function writeTo(className: string, operation: Operation, owner: SpecUser): Promise<Write> {
    const objectId = operation === 'create' ? undefined : await objectOf(className, owner);
    const fields = FIELDS[className]?.(operation);
    // GraphQL has a form of its own for ACLs.
    return { operation, className, objectId, fields };
  }

  /** GraphQL has a form of its own for ACLs, and reads what it created. */
  const asGraphQL = (write: Write): Write => {
    const ACL = { public: { read: true, write: true } };
    if (write.operation === 'delete' || write.className === 'Invoice') return write;
    return { ...write, fields: { ...write.fields, ACL } };
  };

  /** All that a write could change. */
  const state = async () => {
    const rows = await Promise.all(['_User', '_Role', 'Invoice'].map(name => server.rawFind(name)));
    return rows.map(objects => Object.fromEntries(objects.map(object => [object.objectId, object])));
  };

  describe.each(waysIn)('by way of %s', (name, way: WayIn) => {
    const write = (request: Write, who: Who) =>
      way(server, name === 'GraphQL' ? asGraphQL(request) : request, who);

    it.each(WRITES)('cannot %s a %s', async (operation, className) => {
      const request = await writeTo(className, operation, user);
      const before = await state();
      expect(await write(request, restricted)).toEqual(REFUSED);
      expect(await state()).toEqual(before);
    });

    it.each(WRITES)(
      'is alone in that: another session may %s a %s, and so may the master key',
      async (...row) => {
        const [operation, className] = row;
        const owner = className === '_User' && operation === 'delete' ? await server.signUp() : user;
        const request = await writeTo(className, operation, owner);
        expect(await write(request, { token: owner.token })).not.toHaveProperty('code');
        const another = className === '_User' && operation === 'delete' ? await server.signUp() : user;
        expect(
          await write(await writeTo(className, operation, another), { master: true }),
        ).not.toHaveProperty('code');
      },
    );

    it.each<[Operation]>([['create'], ['update'], ['delete']])(
      'may %s an object of a class that is not guarded',
      async operation => {
        const request = await writeTo('Telemetry', operation, user);
        expect(await write(request, restricted)).not.toHaveProperty('code');
      },
    );
  });

  // The MongoDB of the specs has no transactions.
  if (SPEC_DATABASE === 'postgresql') {
    it.each(WRITES)('cannot %s a %s in a batch that is one transaction', async (operation, className) => {
      const request = await writeTo(className, operation, user);
      const before = await state();
      // Parse Server rolls back, and does not tell why.
      expect(await transactionalBatch(server, request, restricted)).toHaveProperty('code');
      expect(await state()).toEqual(before);
      const owner = className === '_User' && operation === 'delete' ? await server.signUp() : user;
      const allowed = await writeTo(className, operation, owner);
      expect(await transactionalBatch(server, allowed, { token: owner.token })).not.toHaveProperty('code');
    });
  }
});
