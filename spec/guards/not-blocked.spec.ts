import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { eventually } from '../support/time';
import { defineSdkWrite, outcomeOf, REFUSED } from '../support/ways-in';

const LOCKED_OUT = /Your account is locked/;
const iso = (date: Date) => ({ __type: 'Date', iso: date.toISOString() });

/** With every class guarded, so that nothing gets through for want of a guard. */
describe('what a guard on every class leaves open to a restricted session', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: { objectId: string; token: string };

  beforeAll(async () => {
    server = await startServer(
      { guard: '*' },
      {
        accountLockout: { duration: 5, threshold: 2 },
        idempotencyOptions: { ttl: 60, paths: ['functions/.*', 'classes/.*', 'users'] },
        extendSessionOnUse: true,
        sessionLength: 3600,
      },
      {
        graphql: true,
        cloud: (Parse: any) => {
          defineSdkWrite(Parse);
          Parse.Cloud.define('ping', () => 'pong');
          Parse.Cloud.define('nested', ({ user: caller, params }: any) => {
            const options = { sessionToken: caller.getSessionToken() };
            return Parse.Cloud.run(params.name, params.params, options);
          });
          Parse.Cloud.define('asMaster', () =>
            new Parse.Object('Ledger').save({ amount: 1 }, { useMasterKey: true }).then((row: any) => row.id),
          );
          Parse.Cloud.define('logOut', async ({ user: caller }: any) => {
            const controller = Parse.CoreManager.getRESTController();
            return controller.request('POST', 'logout', {}, { sessionToken: caller.getSessionToken() });
          });
        },
      },
    );
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    user = await server.signUp();
    restricted = await server.restricted(user.token);
  });

  const isAlive = async (token: string) =>
    (await server.rest('GET', '/users/me', { token })).status === 200 &&
    (await server.rawFind('_Session', { sessionToken: token })).length === 1;

  it.each<[string, (token: string) => Promise<unknown>]>([
    ['REST', token => server.rest('POST', '/logout', { token, body: {} })],
    [
      'batch',
      token =>
        server.rest('POST', '/batch', {
          token,
          body: { requests: [{ method: 'POST', path: '/parse/logout', body: {} }] },
        }),
    ],
    ['GraphQL', token => server.graphql('mutation { logOut(input: {}) { ok } }', {}, token)],
    ['the SDK in cloud code', token => server.run('logOut', {}, { token })],
  ])('logging out, by way of %s, which ends that session only', async (_way, logOut) => {
    expect(await isAlive(restricted.token)).toBe(true);
    await logOut(restricted.token);
    expect(await isAlive(restricted.token)).toBe(false);
    expect(outcomeOf((await server.rest('GET', '/sessions', restricted)).body)).toMatchObject({ code: 209 });
    expect(await isAlive(user.token)).toBe(true);
  });

  it('reading', async () => {
    const { body } = await server.rest('POST', '/classes/Ledger', { master: true, body: { amount: 5 } });
    const answer = await server.rest('GET', `/classes/Ledger/${body.objectId}`, restricted);
    expect(answer.body.amount).toBe(5);
    expect((await server.rest('GET', '/users/me', restricted)).body.objectId).toBe(user.userId);
    expect((await server.rest('GET', '/sessions/me', restricted)).body.objectId).toBe(restricted.objectId);
  });

  it('calling cloud functions, nested ones too, and what these do with the master key', async () => {
    expect(await server.run('ping', {}, restricted)).toBe('pong');
    expect(await server.run('nested', { name: 'ping' }, restricted)).toBe('pong');
    const id = await server.run('nested', { name: 'asMaster' }, restricted);
    expect(await server.rawFind('Ledger', { objectId: id })).toHaveLength(1);
  });

  it('but not a nested function that writes on its behalf', async () => {
    const write = { operation: 'create', className: 'Ledger', fields: { amount: 1 } };
    const params = { name: 'sdkWrite', params: { write: JSON.stringify(write) } };
    const { refused, message } = await server.run('nested', params, restricted);
    expect({ code: refused, message }).toEqual(REFUSED);
    expect(await server.run('nested', params, { token: user.token })).toHaveProperty('result');
  });

  it('the count of wrong passwords: otherwise it could guess for ever', async () => {
    const verify = (password: string) =>
      server.rest('POST', '/verifyPassword', {
        token: restricted.token,
        body: { username: user.username, password },
      });
    expect((await verify(user.password)).status).toBe(200);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await verify('wrong')).body).toMatchObject({ code: 101, error: 'Invalid username/password.' });
    }
    expect((await verify(user.password)).body.error).toMatch(LOCKED_OUT);
  });

  it('the renewal of its own session on use', async () => {
    const before = Date.now();
    const soon = iso(new Date(before + 600_000));
    const longAgo = new Date(before - 3_000_000).toISOString();
    await server.rawUpdate(
      '_Session',
      { objectId: restricted.objectId },
      { expiresAt: soon, updatedAt: longAgo },
    );
    expect((await server.rest('GET', '/users/me', restricted)).status).toBe(200);
    const end = async () => {
      const [row] = await server.rawFind('_Session', { objectId: restricted.objectId });
      return new Date(row.expiresAt.iso).getTime();
    };
    await eventually(async () => expect(await end()).toBeGreaterThan(before + 3_500_000));
  });

  it('requests with a request id: the second of the same id is recognised', async () => {
    const headers = { 'X-Parse-Request-Id': 'the-same-id' };
    const call = () => server.rest('POST', '/functions/ping', { ...restricted, body: {}, headers });
    expect((await call()).body).toEqual({ result: 'pong' });
    expect((await call()).body).toMatchObject({ code: 159 });
  });

  it('but a request id makes no write possible', async () => {
    for (const [path, body] of [
      ['/classes/Ledger', { amount: 2 }],
      ['/users', { username: 'new', password: 'secret' }],
      ['/classes/_Idempotency', { reqId: 'x' }],
    ] as const) {
      const headers = { 'X-Parse-Request-Id': `id-of-${path}` };
      expect((await server.rest('POST', path, { ...restricted, body, headers })).body.code).toBe(119);
    }
  });

  it('nothing else: another session and the master key write', async () => {
    const body = { amount: 3 };
    expect(outcomeOf((await server.rest('POST', '/classes/Ledger', { ...restricted, body })).body)).toEqual(
      REFUSED,
    );
    expect((await server.rest('POST', '/classes/Ledger', { token: user.token, body })).status).toBe(201);
    expect((await server.rest('POST', '/classes/Ledger', { master: true, body })).status).toBe(201);
    expect((await server.rest('POST', '/classes/Ledger', { body })).status).toBe(201);
  });
});
