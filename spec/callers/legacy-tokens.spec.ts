import { startServer, type SpecServer, type SpecUser } from '../support/server';

declare const SPEC_DATABASE: string;

// A token of the time before revocable sessions is a column of its user, which PostgreSQL does not have. Parse Server
// takes it for the upgrade alone, and its GraphQL API answers every path below its own.
const LEGACY = 'a-token-of-the-time-before';

const onMongodb = SPEC_DATABASE === 'mongodb' ? describe : describe.skip;

onMongodb.each([
  ['this package', true],
  ['stock Parse Server', false],
])('with %s, a token of the time before, by GraphQL at /upgradeToRevocableSession,', (_name, mounted) => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer(
      { guard: ['Invoice'], fresh: ['PaymentMethod'] },
      {},
      { graphql: true, mounted },
    );
    for (const className of ['Note', 'Invoice', 'PaymentMethod']) {
      await server.rest('POST', `/schemas/${className}`, { master: true, body: {} });
    }
    user = await server.signUp();
    const users = server.server.config.databaseController.adapter.database.collection('_User');
    await users.updateOne({ _id: user.userId }, { $set: { _session_token: LEGACY } });
  });

  afterAll(() => server.stop());

  async function graphql(query: string): Promise<number | undefined> {
    const url = `${server.graphqlUrl}/upgradeToRevocableSession`;
    const { body } = await server.rest('POST', url, { token: LEGACY, body: { query } });
    return body.errors?.[0].extensions?.code ?? body.code;
  }

  const create = (className: string) =>
    `mutation { create${className}(input: {}) { ${className[0]!.toLowerCase()}${className.slice(1)} { objectId } } }`;

  it.each<[string, number | undefined, () => string]>([
    ['writes an ordinary class', undefined, () => create('Note')],
    ['writes a guarded class', 209, () => create('Invoice')],
    ['writes a class in `fresh`', 209, () => create('PaymentMethod')],
    [
      'writes its user',
      209,
      () =>
        `mutation { updateUser(input: { id: "${user.userId}", fields: { email: "a@example.com" } }) { clientMutationId } }`,
    ],
    ['makes a session', 209, () => create('Session')],
    ['reads sessions', 209, () => 'query { sessions { edges { node { objectId } } } }'],
  ])(`%s: ${mounted ? '%s' : 'done'}`, async (_what, code, query) => {
    expect(await graphql(query())).toBe(mounted ? code : undefined);
  });
});
