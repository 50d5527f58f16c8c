import { requireUnrestrictedSession } from '../../src';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, REFUSED } from '../support/ways-in';

describe('the guard in the hands of the app', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: { token: string };
  const calls: string[] = [];

  beforeAll(async () => {
    const cloud = (Parse: any) => {
      // The sessions are there only once the server has started; an app has them at hand in its cloud code.
      const guard = (request: any) => server.sessions.guard(request);
      const required = (request: any) => server.sessions.requireUnrestrictedSession(request);
      Parse.Cloud.beforeSave('MyClass', guard);
      Parse.Cloud.beforeDelete('MyClass', guard);
      const transfer = (request: any) => {
        calls.push(request.functionName);
        return 'done';
      };
      Parse.Cloud.define('transfer', transfer, required);
      Parse.Cloud.define('withdraw', transfer, requireUnrestrictedSession);
      Parse.Cloud.define('nested', ({ user: caller, params }: any) =>
        Parse.Cloud.run(params.name, {}, caller ? { sessionToken: caller.getSessionToken() } : {}),
      );
    };
    server = await startServer({}, {}, { cloud });
    user = await server.signUp();
    restricted = await server.restricted(user.token);
  });

  afterAll(() => server.stop());

  beforeEach(() => {
    calls.length = 0;
  });

  it('Parse.Cloud.beforeSave(class, sessions.guard) blocks a restricted session, as in the Parse guide', async () => {
    const body = { ACL: { [user.userId]: { read: true, write: true } } };
    const created = await server.rest('POST', '/classes/MyClass', { token: user.token, body });
    expect(created.status).toBe(201);
    const path = `/classes/MyClass/${created.body.objectId}`;
    for (const [method, target] of [
      ['POST', '/classes/MyClass'],
      ['PUT', path],
      ['DELETE', path],
    ] as const) {
      const answer = await server.rest(method, target, { ...restricted, body: { size: 1 } });
      expect(outcomeOf(answer.body)).toEqual(REFUSED);
    }
    expect((await server.rest('PUT', path, { token: user.token, body: { size: 1 } })).status).toBe(200);
    expect((await server.rest('DELETE', path, { master: true })).status).toBe(200);
    expect((await server.rest('POST', '/classes/MyClass', { body: {} })).status).toBe(201);
  });

  describe.each(['transfer', 'withdraw'])('a function with the validator: %s', name => {
    it('runs for a session that is not restricted, and for the master key', async () => {
      expect(await server.run(name, {}, { token: user.token })).toBe('done');
      expect(await server.run(name, {}, { master: true })).toBe('done');
      expect(await server.run('nested', { name }, { token: user.token })).toBe('done');
    });

    it('does not run for a restricted session', async () => {
      await expect(server.run(name, {}, restricted)).rejects.toMatchObject(REFUSED);
      await expect(server.run('nested', { name }, restricted)).rejects.toMatchObject(REFUSED);
      expect(calls).toEqual([]);
    });

    it('does not run without a session, or with one that is not there any more', async () => {
      await expect(server.run(name)).rejects.toMatchObject({ code: 209 });
      await expect(server.run('nested', { name })).rejects.toMatchObject({ code: 209 });
      const { token, userId } = await server.signUp();
      expect(await server.run(name, {}, { token })).toBe('done');
      await server.sessions.store.revokeAllForUser(userId);
      calls.length = 0;
      await expect(server.run(name, {}, { token })).rejects.toMatchObject({ code: 209 });
      expect(calls).toEqual([]);
    });
  });

  it('the validator of the package refuses where the package is not mounted', async () => {
    const request = { config: { applicationId: 'another app' } };
    await expect(requireUnrestrictedSession(request as any)).rejects.toThrow('not mounted');
  });
});
