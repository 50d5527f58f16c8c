import type { SessionsOptions } from '../../src';
import { sameAsStock, seen, type Scenario } from '../support/same-as-stock';
import type { SpecServer } from '../support/server';
import { parseDate } from '../support/sessions';
import { SENDERS } from '../support/writers';

/** `end` makes unique what a database takes once only: on PostgreSQL stock renames a row so. */
const bodiesOf = (end: string) => [
  { _email_verify_token: 'x' },
  { _failed_login_count: 0 },
  { _hashed_password: 'x' },
  { createdAt: parseDate('2001-02-03T04:05:06.789Z') },
  { updatedAt: '2001-02-03T04:05:06.789Z' },
  { 'a key': 1 },
  { ключ: 1 },
  { id: 'mine' },
  { objectId: `mine${end}` },
  { className: 'Note' },
  { __type: 'Object' },
];

const rowOf = async (server: SpecServer, username: string) => {
  const [{ username: _name, ...row } = {}] = await server.rawFind('_User', { username });
  return row;
};

const updates = SENDERS.flatMap(([who, send], index) =>
  bodiesOf(String(index)).map((body): Scenario => [
    `as ${who} sends it in an update: ${JSON.stringify(body)}`,
    async server => {
      const user = await server.signUp();
      const answer = seen(await send(server, user, 'PUT', `/users/${user.userId}`, body));
      return { answer, row: await rowOf(server, user.username) };
    },
    { answer: { status: expect.any(Number) }, row: { objectId: expect.any(String) } },
  ]),
);

const signUps = bodiesOf('').map((body, index): Scenario => [
  `in a sign-up: ${JSON.stringify(body)}`,
  async server => {
    const username = `odd-${index}`;
    const answer = seen(
      await server.rest('POST', '/users', { body: { username, password: 'secret', ...body } }),
    );
    return { answer, rows: await server.rawFind('_User', { username }) };
  },
  { answer: { status: expect.any(Number) } },
]);

describe('a key that Parse Server has its own view of is answered as by stock', () => {
  sameAsStock([...updates, ...signUps]);
});

const MISSING = ['/users/notThere12', '/roles/notThere12', '/classes/_User/notThere12'];

describe('an object that is not there', () => {
  sameAsStock(
    SENDERS.flatMap(([who, send]) =>
      MISSING.flatMap(path =>
        ['PUT', 'DELETE'].map((method): Scenario => [
          `is not found by ${who}: ${method} ${path}`,
          async server =>
            seen(
              await send(
                server,
                await server.signUp(),
                method,
                path,
                method === 'PUT' ? { a: 1 } : undefined,
              ),
            ),
          { status: expect.any(Number) },
        ]),
      ),
    ),
  );
});

/** What a client can write for the class of an object whose relation it follows, and a database takes for a text. */
const ODD_CLASSES = [['Note'], ['_User'], { Note: 1 }];

describe.each<[string, SessionsOptions]>([
  ['no class', {}],
  ['every class', { guard: '*' }],
])('a relation of an object of an odd class, where %s is in guard', (_guard, sessions) => {
  sameAsStock(
    ODD_CLASSES.map((className): Scenario => {
      const object = { __type: 'Pointer', className, objectId: 'some' };
      const where = JSON.stringify({ $relatedTo: { object, key: 'lines' } });
      return [
        `${JSON.stringify(className)} is read as on stock`,
        async server => seen(await server.rest('GET', `/roles?where=${encodeURIComponent(where)}`)),
        { status: 200 },
      ];
    }),
    { sessions },
  );
});
