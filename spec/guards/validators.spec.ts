import * as imported from '../../src';
import { MASTER_KEY, startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { HOUR } from '../support/time';

declare const Parse: any;

let server: SpecServer;
let user: SpecUser;
let stale: { token: string };
let restricted: { token: string };

/** `sessions` is there once the server starts. Cloud code sees it as a user's does. */
const cloud = async () => {
  const mounted = new Proxy({} as SpecServer['sessions'], {
    get: (_target, name) => (request: unknown) => (server.sessions as any)[name](request),
  });
  const done = () => 'done';
  Parse.Cloud.define('handedOver', done, imported.requireFreshSession);
  Parse.Cloud.define('called', done, imported.requireFreshSession());
  Parse.Cloud.define('calledWithOptions', done, imported.requireFreshSession({ within: '10m' }));
  Parse.Cloud.define('calledWithNoOption', done, imported.requireFreshSession({}));
  Parse.Cloud.define('ofSessions', done, mounted.requireFreshSession);
  Parse.Cloud.define('closed', done, imported.requireUnrestrictedSession);
  Parse.Cloud.define('closedCalled', done, imported.requireUnrestrictedSession());
  Parse.Cloud.define('closedOfSessions', done, mounted.requireUnrestrictedSession);
  Parse.Cloud.define('closedOfSessionsCalled', done, (request: any) =>
    server.sessions.requireUnrestrictedSession()(request),
  );
  Parse.Cloud.beforeSave('ByHand', mounted.guard);
  Parse.Cloud.beforeSave('ByHandCalled', (request: any) => server.sessions.guard()(request));
  Parse.Cloud.beforeDelete('ByHandCalled', (request: any) => server.sessions.guard()(request));
};

beforeAll(async () => {
  server = await startServer({ freshWithin: '10m' }, {}, { cloud, graphql: true });
  user = await server.signUp();
  stale = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
  restricted = await server.restricted(user.token);
});

afterAll(() => server.stop());

const FRESH = ['handedOver', 'called', 'calledWithOptions', 'calledWithNoOption', 'ofSessions'];
const CLOSED = ['closed', 'closedCalled', 'closedOfSessions', 'closedOfSessionsCalled'];

const call = async (name: string, who: object) =>
  (await server.rest('POST', `/functions/${name}`, { ...who, body: {} })).body;

describe.each([...FRESH, ...CLOSED])('a function behind the validator %s', name => {
  it('answers a fresh, unrestricted session and the master key', async () => {
    expect(await call(name, { token: user.token })).toEqual({ result: 'done' });
    expect(await call(name, { master: true })).toEqual({ result: 'done' });
  });

  it('answers nobody without a session, and tells him nothing', async () => {
    const answer = await server.rest('POST', `/functions/${name}`, { body: {} });
    expect(answer.body).toEqual({ code: 209, error: 'Invalid session token' });
    expect(JSON.stringify(answer.body)).not.toContain(MASTER_KEY);
    const mutation = `mutation { callCloudCode(input: { functionName: ${name} }) { result } }`;
    const { body } = await server.graphql(mutation);
    expect(body.errors).toMatchObject([{ extensions: { code: 209 } }]);
  });

  it('answers no restricted session', async () => {
    const { code, error } = await call(name, restricted);
    expect({ code, error }).toEqual({ code: 119, error: 'write operation not allowed: restricted session' });
  });

  it('asks for a recent log-in if that is what it is for', async () => {
    const answer = await call(name, stale);
    if (FRESH.includes(name)) expect(answer).toMatchObject({ code: 119 });
    else expect(answer).toEqual({ result: 'done' });
  });
});

it.each(['ByHand', 'ByHandCalled'])('the guard as a trigger guards %s', async className => {
  const save = (who: object) => server.rest('POST', `/classes/${className}`, { ...who, body: {} });
  expect((await save(restricted)).body).toMatchObject({ code: 119 });
  for (const who of [{ token: user.token }, { master: true }, {}]) expect((await save(who)).status).toBe(201);
  const { objectId } = (await save({ master: true })).body;
  const destroy = await server.rest('DELETE', `/classes/${className}/${objectId}`, restricted);
  if (className === 'ByHandCalled') expect(destroy.body).toMatchObject({ code: 119 });
  else expect(destroy.status).toBe(200);
});

it.each([
  ['beforeSubscribe', { op: 'subscribe' }],
  ['beforeConnect', { event: 'connect' }],
])('the guard takes the request of %s, which holds no configuration', async (_trigger, request) => {
  const by = (token: string) => ({ ...request, user: { getSessionToken: () => token } }) as never;
  await expect(server.sessions.guard(by(restricted.token))).rejects.toMatchObject({ code: 119 });
  await expect(server.sessions.guard(by(user.token))).resolves.toBeUndefined();
});

describe('what is neither a request nor options', () => {
  const TAKES: Array<[string, (given: never) => unknown]> = [
    ['requireFreshSession', given => imported.requireFreshSession(given)],
    ['requireUnrestrictedSession', given => imported.requireUnrestrictedSession(given)],
    ['guard', given => server.sessions.guard(given)],
  ];

  it.each(TAKES)('%s says what it takes', async (name, validator) => {
    for (const wrong of [
      5,
      'x',
      true,
      [],
      null,
      () => undefined,
      { user: {} },
      { params: {}, master: true },
    ]) {
      const answer = (async () => validator(wrong as never))();
      await expect(answer).rejects.toThrow(TypeError);
      await expect(answer).rejects.toThrow(new RegExp(`^${name}.* takes .*request`));
    }
  });
});
