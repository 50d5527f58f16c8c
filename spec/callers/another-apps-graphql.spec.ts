import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, pointerTo, sessionRow } from '../support/sessions';
import { eventually, HOUR, MINUTE, moveClock, SECOND, startClock, stopClock } from '../support/time';
import { REFUSED } from '../support/ways-in';

declare const SPEC_DATABASE: string;

// Parse Server's GraphQL API takes the application from the request's header: it serves every app of its process. Two
// apps in one process work on MongoDB only; on PostgreSQL the second one does not start.
const onMongodb = SPEC_DATABASE === 'mongodb' ? describe : describe.skip;

onMongodb.each([
  ['a mounted app', 'an app that is mounted', true, true],
  ['a stock app', 'an app that is mounted', false, true],
  ['a stock app', 'a stock app', false, false],
])(
  'at the GraphQL API of %s, a restricted session of %s',
  (_its, _whose, endpointIsMounted, appIsMounted) => {
    let endpoint: SpecServer;
    let server: SpecServer;
    let user: SpecUser;
    let token: string;

    beforeAll(async () => {
      endpoint = await startServer(
        {},
        { appId: 'the-endpoints-app' },
        { mounted: endpointIsMounted, graphql: true },
      );
      server = await startServer({ guard: ['Invoice'] }, {}, { mounted: appIsMounted });
      // The endpoint knows the classes of its own app.
      for (const app of [endpoint, server]) {
        await app.rest('POST', '/schemas/Invoice', { master: true, body: {} });
        await app.rest('POST', '/schemas/Note', { master: true, body: {} });
      }
      user = await server.signUp();
      ({ token } = await server.restricted(user.token));
    });

    afterAll(async () => {
      await server.stop();
      await endpoint.stop();
    });

    async function graphql(query: string, who: { token: string } | { master: true }) {
      const { body } = await server.rest('POST', endpoint.graphqlUrl, { ...who, body: { query } });
      const [error] = body.errors ?? [];
      return error ? { code: error.extensions?.code, message: error.message } : { data: body.data };
    }

    const CREATE = 'mutation { createInvoice(input: {}) { invoice { objectId } } }';
    const rename = () =>
      `mutation { updateUser(input: { id: "${user.userId}", fields: { email: "${Math.random()}@example.com" } }) { clientMutationId } }`;
    const MAKE_SESSION = 'mutation { createSession(input: {}) { session { objectId } } }';

    it.each<[string, () => string]>([
      ['writes a guarded class', () => CREATE],
      ['writes its user', rename],
      ['makes a session', () => MAKE_SESSION],
    ])(`%s: ${appIsMounted ? 'refused' : 'done'}`, async (_what, query) => {
      const invoices = await server.rawFind('Invoice');
      const answer = await graphql(query(), { token });
      if (appIsMounted) {
        // Parse Server makes the session in its own name, and by a stock app's endpoint nobody tells in whose.
        const isUnseen = query() === MAKE_SESSION && !endpointIsMounted;
        expect(answer).toEqual(isUnseen ? { code: 209, message: 'Invalid session token' } : REFUSED);
        expect(await server.rawFind('Invoice')).toEqual(invoices);
      } else expect(answer).toHaveProperty('data');
    });

    it('writes an ordinary class, and an unrestricted session or the master key whatever they may', async () => {
      const note = 'mutation { createNote(input: {}) { note { objectId } } }';
      expect(await graphql(note, { token })).toHaveProperty('data');
      for (const who of [{ token: user.token }, { master: true } as const]) {
        expect(await graphql(CREATE, who)).toHaveProperty('data');
      }
      // In its own app's database.
      expect(await endpoint.rawFind('Invoice')).toEqual([]);
    });

    it(`reads ${appIsMounted ? 'restricted sessions only, without the tokens of others' : 'all of its user'}`, async () => {
      await server.restricted(user.token);
      const query = 'query { sessions { edges { node { objectId sessionToken } } } }';
      const { data } = await graphql(query, { token });
      const seen: any[] = data.sessions.edges.map(({ node }: any) => node);
      const rows = await server.rawFind('_Session', { user: pointerTo(user.userId) });
      if (!appIsMounted) {
        expect(seen).toHaveLength(rows.length);
        return;
      }
      const restricted = rows.filter(row => row.restricted).map(row => row.objectId);
      expect(seen.map(({ objectId }) => objectId).sort()).toEqual(restricted.sort());
      expect(seen.map(one => one.sessionToken).filter(Boolean)).toEqual([token]);
    });
  },
);

onMongodb('at the GraphQL API of a stock app, a scoped session of an app that is mounted', () => {
  let endpoint: SpecServer;
  let server: SpecServer;
  let user: SpecUser;
  let token: string;

  beforeAll(async () => {
    endpoint = await startServer(
      {},
      { appId: 'the-endpoints-app' },
      { mounted: false, graphql: true, parsesJson: true },
    );
    server = await startServer();
    for (const app of [endpoint, server]) await app.rest('POST', '/schemas/Note', { master: true, body: {} });
    user = await server.signUp();
    const ACL = { [user.userId]: { read: true } };
    await server.rest('POST', '/classes/Note', { token: user.token, body: { ACL } });
    await server.makeClass('Telemetry');
    const params = { scopes: ['Telemetry:create'] };
    ({ sessionToken: token } = await server.run('createRestrictedSession', params, user));
  });

  afterAll(async () => {
    await server.stop();
    await endpoint.stop();
  });

  /** The token can stand in a header, or in the body beside the app. */
  const CARRIERS: Array<[string, number, (query: string, token: string) => Promise<any>]> = [
    [
      'a header',
      119,
      async (query, token) =>
        (await server.rest('POST', endpoint.graphqlUrl, { token, body: { query } })).body,
    ],
    [
      'the body, which nobody sees',
      209,
      async (query, token) => {
        const response = await fetch(endpoint.graphqlUrl, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Parse-Session-Token': user.token },
          body: JSON.stringify({ query, _ApplicationId: server.appId, _SessionToken: token }),
        });
        return response.json();
      },
    ],
  ];
  const READ = '{ notes { edges { node { objectId } } } }';
  const WRITE = 'mutation { createNote(input: {}) { note { objectId } } }';

  it.each(CARRIERS)('reads and writes nothing with its token in %s: %i', async (_carrier, code, graphql) => {
    for (const query of [READ, WRITE]) {
      const { errors } = await graphql(query, token);
      expect(errors[0].extensions.code).toBe(code);
    }
    expect(await server.rawFind('Note')).toHaveLength(1);
  });

  it('takes nothing from a session without scopes', async () => {
    const [, , graphql] = CARRIERS[0]!;
    expect((await graphql(READ, user.token)).data.notes.edges).toHaveLength(1);
    expect((await graphql(WRITE, user.token)).data.createNote.note).toBeTruthy();
  });
});

onMongodb('at the GraphQL API of a stock app, the use of a session of an app that is mounted', () => {
  it('does not move on an end that was chosen for it, although Parse Server extends sessions on use', async () => {
    stopClock();
    const endpoint = await startServer({}, { appId: 'the-endpoints-app' }, { mounted: false, graphql: true });
    const server = await startServer(
      {},
      { extendSessionOnUse: true, sessionLength: (2 * HOUR) / SECOND, cacheTTL: 1 },
    );
    try {
      const user = await server.signUp();
      const made = await server.run('createRestrictedSession', { expiresIn: '90m' }, user);
      const end = await endOf(server, made.sessionToken);
      // Not used before: Parse Server looks at a token every half second only.
      const phone = await server.login(user.username, user.password);
      moveClock(61 * MINUTE);
      const body = { query: '{ viewer { user { objectId } } }' };
      for (const token of [made.sessionToken, phone.token]) {
        expect((await server.rest('POST', endpoint.graphqlUrl, { token, body })).body.data).toBeTruthy();
      }
      // What was not chosen moves on: by then the other has had its time.
      await eventually(async () => {
        expect((await endOf(server, phone))!.getTime()).toBe(Date.now() + 2 * HOUR);
      });
      expect(await endOf(server, made.sessionToken)).toEqual(end);
      expect(await sessionRow(server, made.sessionToken)).toHaveProperty('expiresBy');
    } finally {
      await server.stop();
      await endpoint.stop();
      startClock();
    }
  });
});
