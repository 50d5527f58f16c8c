import { startServer, type SpecServer } from '../support/server';
import { makeSession, pointerTo, useToken } from '../support/sessions';

declare const Parse: any;

// Parse Server shows each user his own `authData`, and for anonymous users its id is all that a log-in takes.
describe('the credentials of a user', () => {
  let server: SpecServer;
  let count = 0;
  let user: { userId: string; token: string; anonymousId: string };
  let restricted: { token: string };
  let scoped: { token: string };

  beforeAll(async () => {
    const cloud = () => {
      Parse.Cloud.define('ownUser', async ({ user }: any) => {
        const sessionToken = user.getSessionToken();
        return (await new Parse.Query(Parse.User).get(user.id, { sessionToken })).toJSON();
      });
    };
    server = await startServer({ guard: '*' }, {}, { graphql: true, cloud });
    await server.makeClass('Letter');
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    const anonymousId = `guest-${(count += 1)}-${Math.random()}`;
    const { body } = await server.rest('POST', '/users', {
      body: { authData: { anonymous: { id: anonymousId } } },
    });
    user = { userId: body.objectId, token: body.sessionToken, anonymousId };
    restricted = await server.restricted(user.token);
    const scopes = ['_User:read', '_Session:read', 'Letter:read', 'function:ownUser'];
    scoped = { token: (await server.run('createRestrictedSession', { scopes }, user)).sessionToken };
    await server.rest('POST', '/classes/Letter', {
      master: true,
      body: { to: pointerTo(user.userId), objectId: undefined },
    });
  });

  const WAYS: Array<[string, (who: { token: string }) => Promise<unknown>]> = [
    ['GET /users/me', who => server.rest('GET', '/users/me', who)],
    ['GET /users/:id', who => server.rest('GET', `/users/${user.userId}`, who)],
    ['GET /users', who => server.rest('GET', '/users', who)],
    ['GET /classes/_User', who => server.rest('GET', '/classes/_User', who)],
    [
      'a batch',
      who =>
        server.rest('POST', '/batch', {
          ...who,
          body: { requests: [{ method: 'GET', path: `/parse/users/${user.userId}` }] },
        }),
    ],
    ['GraphQL', who => server.graphql('{ viewer { user { objectId authData } } }', {}, who.token)],
    [
      'a query in GraphQL',
      who => server.graphql('{ users { edges { node { objectId authData } } } }', {}, who.token),
    ],
    ['the SDK in cloud code', who => server.run('ownUser', {}, who)],
  ];

  it.each(WAYS)('are not shown to restricted sessions by %s', async (_way, read) => {
    for (const who of [restricted, scoped]) {
      const answer = JSON.stringify(await read(who).catch(error => error));
      expect(answer).not.toContain(user.anonymousId);
    }
    // It is a way: others see them.
    expect(JSON.stringify(await read(user))).toContain(user.anonymousId);
  });

  it.each(['/classes/Letter?include=to', '/sessions/me?include=user', '/sessions?include=user'])(
    'are shown to nobody by %s',
    async path => {
      for (const who of [restricted, scoped, user]) {
        expect(JSON.stringify((await server.rest('GET', path, who)).body)).not.toContain(user.anonymousId);
      }
    },
  );

  it.each([
    ['a filter', { where: { 'authData.anonymous.id': { $regex: '^g' } } }],
    ['a filter of all', { where: { authData: { $exists: true } } }],
    ['a filter deep in another', { where: { $or: [{ $and: [{ 'authData.anonymous.id': 'x' }] }] } }],
    ['an order', { order: 'authData' }],
    ['a count', { where: { 'authData.anonymous.id': 'x' }, count: '1', limit: '0' }],
    // With the token of a legacy session it could make itself an unrestricted one.
    ['a filter on the token of a legacy session', { where: { sessionToken: { $regex: '^o' } } }],
    ['an expression', { where: { $expr: { $gt: ['$_auth_data_anonymous.id', 'g'] } } }],
    ['the name that MongoDB has for it', { where: { $or: [{ _auth_data_anonymous: { $exists: true } }] } }],
  ])('are not guessed by restricted sessions by %s', async (_how, query) => {
    const parameters = Object.entries(query).map(([key, value]): [string, string] => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const ask = (who: { token: string }) =>
      server.rest('GET', `/users?${new URLSearchParams(parameters)}`, who);
    expect((await ask(restricted)).body.code).toBe(102);
    expect((await ask(scoped)).body.code).toBe(102);
    expect((await ask(user)).body).not.toHaveProperty('code', 102);
  });

  it('still log their user in, and a restricted session does not change that', async () => {
    const authData = { anonymous: { id: user.anonymousId } };
    const { body } = await server.rest('POST', '/users', { body: { authData } });
    expect(await useToken(server, body.sessionToken)).toBe(200);
    const refused = await server.rest('POST', '/users', { ...restricted, body: { authData } });
    expect(refused.body.code).toBe(119);
  });

  it('are not looked for where there are none', async () => {
    const person = await server.signUp();
    const { token } = await makeSession(server, person.userId, { restricted: true });
    const { body } = await server.rest('GET', '/users/me', { token });
    expect(body).toMatchObject({ objectId: person.userId, username: person.username });
  });
});
