import { randomBytes } from 'node:crypto';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, REFUSED } from '../support/ways-in';

const pointer = (className: string, objectId: string) => ({ __type: 'Pointer', className, objectId });
const fresh = (prefix: string) => `${prefix}-${randomBytes(5).toString('hex')}`;

describe('what a restricted session cannot do to its user and to roles', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;

  beforeAll(async () => {
    const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
    server = await startServer(
      {},
      { auth: { badge } },
      {
        cloud: (Parse: any) => {
          const as = (request: any) => ({ sessionToken: request.user.getSessionToken() });
          Parse.Cloud.define('saveUser', (request: any) => request.user.save({ nickname: 'M' }, as(request)));
          Parse.Cloud.define('destroyUser', (request: any) => request.user.destroy(as(request)));
          Parse.Cloud.define('linkUser', (request: any) =>
            request.user.linkWith('badge', { authData: { id: request.params.id } }, as(request)),
          );
          Parse.Cloud.define('signUp', (request: any) =>
            new Parse.User().signUp({ username: fresh('new'), password: 'secret' }, as(request)),
          );
          Parse.Cloud.define('addToRole', async (request: any) => {
            const role = await new Parse.Query(Parse.Role).get(request.params.role, as(request));
            role.getUsers().add(request.user);
            return role.save(null, as(request));
          });
          Parse.Cloud.define('addRoleToRole', async (request: any) => {
            const role = await new Parse.Query(Parse.Role).get(request.params.role, as(request));
            role.relation('roles').add(role);
            return role.save(null, as(request));
          });
        },
      },
    );
    user = await server.signUp();
    restricted = (await server.restricted(user.token)).token;
  });

  afterAll(() => server.stop());

  const userRow = async (userId = user.userId) => (await server.rawFind('_User', { objectId: userId }))[0];

  async function roleOf(owner: SpecUser): Promise<string> {
    const ACL = { '*': { read: true }, [owner.userId]: { read: true, write: true } };
    const { body } = await server.rest('POST', '/roles', {
      master: true,
      body: { name: fresh('role'), ACL },
    });
    return body.objectId;
  }

  const membersOf = async (role: string) => {
    const members = await server.rawFind('_Join:users:_Role', { owningId: role });
    const roles = await server.rawFind('_Join:roles:_Role', { owningId: role });
    return members.length + roles.length;
  };

  it.each<[string, () => object]>([
    ['the password', () => ({ password: 'mine now' })],
    ['the email address', () => ({ email: `${fresh('mallory')}@example.com` })],
    ['the user name', () => ({ username: fresh('mallory') })],
    ['a login with another service', () => ({ authData: { badge: { id: fresh('badge') } } })],
    ['a field of its own', () => ({ nickname: 'Mallory' })],
    ['the ACL', () => ({ ACL: { '*': { read: true, write: true } } })],
    ['a field to be removed', () => ({ email: { __op: 'Delete' } })],
    ['a number to be incremented', () => ({ logins: { __op: 'Increment', amount: 1 } })],
    ['nothing at all', () => ({})],
  ])('cannot write %s, as another session can', async (_what, body) => {
    const before = await userRow();
    const answer = await server.rest('PUT', `/users/${user.userId}`, { token: restricted, body: body() });
    expect(outcomeOf(answer.body)).toEqual(REFUSED);
    expect(await userRow()).toEqual(before);

    const other = await server.signUp();
    const allowed = await server.rest('PUT', `/users/${other.userId}`, { token: other.token, body: body() });
    expect(allowed.status).toBe(200);
  });

  it('cannot change the password: the old one still logs in, and no session has ended', async () => {
    await server.rest('PUT', `/users/${user.userId}`, { token: restricted, body: { password: 'mine now' } });
    await expect(server.login(user.username, user.password)).resolves.toHaveProperty('token');
    expect((await server.rest('GET', '/users/me', { token: user.token })).status).toBe(200);
  });

  it.each(['_failed_login_count', '_account_lockout_expires_at'])('cannot reset %s', async key => {
    const answer = await server.rest('PUT', `/users/${user.userId}`, {
      token: restricted,
      body: { [key]: 0 },
    });
    expect(outcomeOf(answer.body)).toEqual(REFUSED);
  });

  it.each<[string, () => object]>([
    ['a name and a password', () => ({ username: fresh('new'), password: 'secret' })],
    ['a login with another service', () => ({ authData: { badge: { id: fresh('badge') } } })],
    ['nobody: an anonymous user', () => ({ authData: { anonymous: { id: fresh('anonymous') } } })],
  ])('cannot sign up %s', async (_who, body) => {
    const before = (await server.rawFind('_User')).length;
    const answer = await server.rest('POST', '/users', { token: restricted, body: body() });
    expect(outcomeOf(answer.body)).toEqual(REFUSED);
    expect(await server.rawFind('_User')).toHaveLength(before);
    expect((await server.rest('POST', '/users', { body: body() })).status).toBe(201);
  });

  it('cannot get an unrestricted session by a login with another service of the same user', async () => {
    const id = fresh('badge');
    const linked = await server.signUp();
    const authData = { badge: { id } };
    const { status } = await server.rest('PUT', `/users/${linked.userId}`, {
      token: linked.token,
      body: { authData },
    });
    expect(status).toBe(200);
    const { token } = await server.restricted(linked.token);
    for (const body of [{ authData }, { authData: { badge: { id, seal: 'new' } } }]) {
      const answer = await server.rest('POST', '/users', { token, body });
      expect(outcomeOf(answer.body)).toEqual(REFUSED);
    }
    expect((await server.rest('POST', '/users', { body: { authData } })).body).toHaveProperty('sessionToken');
  });

  it('does not stop its user from logging in with the password', async () => {
    const answer = await server.rest('POST', '/login', {
      token: restricted,
      body: { username: user.username, password: user.password },
    });
    const [session] = await server.rawFind('_Session', { sessionToken: answer.body.sessionToken });
    expect(session.restricted).toBe(false);
  });

  it.each([
    ['saveUser', {}],
    ['destroyUser', {}],
    ['linkUser', { id: 'badge-of-mallory' }],
    ['signUp', {}],
  ])('cannot have cloud code do it on its behalf: %s', async (name, params) => {
    const before = (await server.rawFind('_User')).length;
    await expect(server.run(name, params, { token: restricted })).rejects.toMatchObject(REFUSED);
    expect(await server.rawFind('_User')).toHaveLength(before);
    const other = await server.signUp();
    await expect(server.run(name, params, { token: other.token })).resolves.toBeDefined();
  });

  const membership = (objects: object[]) => [
    ['users', { __op: 'AddRelation', objects }],
    ['users', { __op: 'RemoveRelation', objects }],
    ['users', { __op: 'Batch', ops: [{ __op: 'AddRelation', objects }] }],
    ['roles', { __op: 'AddRelation', objects }],
  ];

  it.each([0, 1, 2, 3])('cannot change who belongs to a role (%#)', async index => {
    const role = await roleOf(user);
    const [key, op] = membership([index === 3 ? pointer('_Role', role) : pointer('_User', user.userId)])[
      index
    ] as [string, object];
    if (index === 1) {
      const [, add] = membership([pointer('_User', user.userId)])[0] as [string, object];
      await server.rest('PUT', `/roles/${role}`, { master: true, body: { users: add } });
    }
    const before = await membersOf(role);
    const write = (token: string) => server.rest('PUT', `/roles/${role}`, { token, body: { [key]: op } });
    expect(outcomeOf((await write(restricted)).body)).toEqual(REFUSED);
    expect(await membersOf(role)).toBe(before);

    expect((await write(user.token)).status).toBe(200);
    expect(await membersOf(role)).toBe(index === 1 ? before - 1 : before + 1);
  });

  it.each(['addToRole', 'addRoleToRole'])('cannot do that through cloud code either: %s', async name => {
    const role = await roleOf(user);
    await expect(server.run(name, { role }, { token: restricted })).rejects.toMatchObject(REFUSED);
    expect(await membersOf(role)).toBe(0);
    await server.run(name, { role }, { token: user.token });
    expect(await membersOf(role)).toBe(1);
  });

  it('does not learn what is there: an object that is not, or not for it to write, is refused alike', async () => {
    const role = (
      await server.rest('POST', '/roles', { master: true, body: { name: fresh('role'), ACL: {} } })
    ).body;
    const other = await server.signUp();
    const paths = ['/users/unknown', `/users/${other.userId}`, '/roles/unknown', `/roles/${role.objectId}`];
    for (const path of paths) {
      for (const method of ['PUT', 'DELETE']) {
        const answer = await server.rest(method, path, { token: restricted, body: { a: 1 } });
        expect(outcomeOf(answer.body)).toEqual(REFUSED);
      }
    }
  });

  it.each(['users', 'roles'])('cannot write the rows of the membership itself: %s', async key => {
    const role = await roleOf(user);
    const path = `/classes/_Join:${key}:_Role`;
    const body = { owningId: role, relatedId: user.userId };
    for (const [method, target] of [
      ['POST', path],
      ['PUT', `${path}/x`],
      ['DELETE', `${path}/x`],
    ] as const) {
      expect((await server.rest(method, target, { token: restricted, body })).body.code).toBe(119);
    }
    expect(await membersOf(role)).toBe(0);
  });
});
