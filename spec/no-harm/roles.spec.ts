import { randomBytes } from 'node:crypto';
import { normal, onStockAndMounted, sameAsStock, seen, type Scenario } from '../support/same-as-stock';
import type { SpecServer, SpecUser } from '../support/server';
import { watchStatements } from '../support/statements';
import { SENDERS } from '../support/writers';

const NAMES = ['team:42', 'Équipe', 'org/admin', 'plain'];
const aclOf = ({ userId }: SpecUser) => ({
  '*': { read: true },
  [userId]: { read: true, write: true },
});

const CREATE = `mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { objectId name } } }`;
const UPDATE = `mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { objectId name } } }`;

/** Unique in its server, and no longer than what it stands for. */
const own = (name: string) => `${name}-${randomBytes(3).toString('hex')}`;

/** What is left of a name when its unique end is gone. */
const bare = (row: any) => (row ? { ...row, name: row.name.replace(/-[0-9a-f]{6}$/, '') } : row);

async function roleOf(server: SpecServer, user: SpecUser): Promise<string> {
  const body = { name: own('crew'), ACL: aclOf(user) };
  return (await server.rest('POST', '/roles', { master: true, body })).body.objectId;
}

async function roleRow(server: SpecServer, where: object) {
  return bare((await server.rawFind('_Role', where))[0]);
}

const byRest = SENDERS.flatMap(([who, send]) =>
  NAMES.flatMap((name): Scenario[] => [
    [
      `that ${who} calls “${name}” is made`,
      async server => {
        const user = await server.signUp();
        const body = { name: own(name), ACL: aclOf(user) };
        const answer = seen(await send(server, user, 'POST', '/roles', body));
        return { answer, row: await roleRow(server, { name: body.name }) };
      },
      { row: { name } },
    ],
    [
      `is renamed to “${name}” by ${who}`,
      async server => {
        const user = await server.signUp();
        const objectId = await roleOf(server, user);
        const answer = seen(await send(server, user, 'PUT', `/roles/${objectId}`, { name: own(name) }));
        return { answer, row: await roleRow(server, { objectId }) };
      },
      { row: { name } },
    ],
  ]),
);

const byGraphql = NAMES.flatMap((name): Scenario[] => [
  [
    `that a user calls “${name}” by GraphQL is made`,
    async server => {
      const user = await server.signUp();
      const input = { fields: { name: own(name), ACL: { public: { read: true, write: false } } } };
      const { body } = await server.graphql(CREATE, { input }, user.token);
      const row = await roleRow(server, { name: input.fields.name });
      return { errors: body.errors, row };
    },
    { errors: undefined, row: { name } },
  ],
  [
    `is renamed to “${name}” by GraphQL`,
    async server => {
      const user = await server.signUp();
      const id = await roleOf(server, user);
      const input = { id, fields: { name: own(name) } };
      const { body } = await server.graphql(UPDATE, { input }, user.token);
      return { errors: body.errors, row: await roleRow(server, { objectId: id }) };
    },
    { row: { name } },
  ],
]);

const members: Scenario[] = SENDERS.map(([who, send]) => [
  `gets and loses members by ${who}`,
  async server => {
    const user = await server.signUp();
    const objectId = await roleOf(server, user);
    const objects = [{ __type: 'Pointer', className: '_User', objectId: user.userId }];
    const path = `/roles/${objectId}`;
    const count = async () => (await server.rawFind('_Join:users:_Role', { owningId: objectId })).length;
    const added = seen(await send(server, user, 'PUT', path, { users: { __op: 'AddRelation', objects } }));
    const then = await count();
    const removed = seen(
      await send(server, user, 'PUT', path, { users: { __op: 'RemoveRelation', objects } }),
    );
    const deleted = seen(await send(server, user, 'DELETE', path));
    return { added, removed, deleted, counts: [then, await count()] };
  },
  { counts: [1, 0] },
]);

describe('a role', () => {
  sameAsStock([...byRest, ...byGraphql, ...members], { harness: { graphql: true } });
});

describe('an update of a role', () => {
  it('reads roles no more often than stock does', async () => {
    const { stock, mounted } = await onStockAndMounted(async server => {
      const user = await server.signUp();
      const objectId = await roleOf(server, user);
      const statements = watchStatements(server);
      const counts: Record<string, number> = {};
      for (const [who, send] of SENDERS) {
        statements.clear();
        const answer = await send(server, user, 'PUT', `/roles/${objectId}`, { motto: who });
        counts[who] = statements.reads('_Role').length;
        expect(normal(answer.status)).toBe(200);
      }
      statements.stop();
      return counts;
    });
    for (const [who] of SENDERS) {
      expect(`${who}: ${Math.max(mounted[who], stock[who])} reads`).toBe(`${who}: ${stock[who]} reads`);
    }
  });
});
