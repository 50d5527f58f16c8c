import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';
import { MINUTE } from '../support/time';
import { defineSdkWrite, waysIn, type Operation, type Who } from '../support/ways-in';

const STALE = {
  code: 119,
  message: 'not allowed: the last login is too long ago, confirm your identity first (PaymentMethod)',
};
const OPERATIONS: Operation[] = ['create', 'update', 'delete'];

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer(
    { fresh: ['PaymentMethod'], freshWithin: '10m' },
    { enableAnonymousUsers: true },
    { graphql: true, cloud: defineSdkWrite },
  );
  for (const className of ['PaymentMethod', 'Note']) {
    const fields = { amount: { type: 'Number' } };
    await server.rest('POST', `/schemas/${className}`, { master: true, body: { fields } });
  }
  user = await server.signUp();
});

afterAll(() => server.stop());

const loggedIn = (ago: number) =>
  makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - ago) });
const make = async (className: string): Promise<string> =>
  (await server.rest('POST', `/classes/${className}`, { master: true, body: {} })).body.objectId;

describe.each(waysIn)('a class in `fresh`, by way of %s', (_name, way) => {
  async function write(operation: Operation, who: Who, className = 'PaymentMethod') {
    const objectId = operation === 'create' ? undefined : await make(className);
    return way(server, { operation, className, objectId, fields: { amount: 1 } }, who);
  }

  it.each(OPERATIONS)('%s: refused when the login is too long ago', async operation => {
    const before = (await server.rawFind('PaymentMethod', { amount: 1 })).length;
    expect(await write(operation, await loggedIn(11 * MINUTE))).toEqual(STALE);
    expect((await server.rawFind('PaymentMethod', { amount: 1 })).length).toBe(before);
  });

  it.each(OPERATIONS)('%s: done when the login is recent', async operation => {
    expect(await write(operation, await loggedIn(9 * MINUTE))).not.toHaveProperty('code');
  });

  it.each(OPERATIONS)('%s: done by the master key, and on any other class', async operation => {
    expect(await write(operation, { master: true })).not.toHaveProperty('code');
    expect(await write(operation, await loggedIn(11 * MINUTE), 'Note')).not.toHaveProperty('code');
  });
});

describe('a session is fresh', () => {
  const save = (token?: string) => server.rest('POST', '/classes/PaymentMethod', { token, body: {} });

  it('after a sign-up and after a login', async () => {
    const { username, password, token } = await server.signUp();
    expect((await save(token)).status).toBe(201);
    expect((await save((await server.login(username, password)).token)).status).toBe(201);
  });

  it('after an anonymous login', async () => {
    const authData = { anonymous: { id: 'cf8b6a48-9a7a-4b8c-9c3e-2f1d0e5b7a61' } };
    const { body } = await server.rest('POST', '/users', { body: { authData } });
    expect((await save(body.sessionToken)).status).toBe(201);
  });

  it('not when the master key made it for somebody: /loginAs', async () => {
    const { body } = await server.rest('POST', `/loginAs?userId=${user.userId}`, { master: true, body: {} });
    expect((await save(body.sessionToken)).body.code).toBe(119);
  });

  it('not when a client made it, nor when it is older than this package', async () => {
    expect((await save((await server.restricted(user.token)).token)).body).toEqual({
      code: 119,
      error: 'write operation not allowed: restricted session (PaymentMethod: it needs a recent login)',
    });
    expect((await save((await makeSession(server, user.userId)).token)).body.code).toBe(119);
  });

  it('not by its own word', async () => {
    const session = await loggedIn(60 * MINUTE);
    const body = { authenticatedAt: parseDate(Date.now()) };
    const answer = await server.rest('PUT', `/sessions/${session.objectId}`, { token: session.token, body });
    expect(answer.body.code).toBe(105);
    expect((await save(session.token)).body.code).toBe(119);
  });

  it('not by a change of the password: that proves an older session only', async () => {
    const { userId, token } = await server.signUp();
    const { objectId } = await sessionRow(server, token);
    await server.rawUpdate('_Session', { objectId }, { authenticatedAt: parseDate('2020-01-01') });
    const body = { password: 'another' };
    const answer = await server.rest('PUT', `/users/${userId}`, { token, body });
    expect((await save(answer.body.sessionToken)).body.code).toBe(119);
  });

  it('never without a session', async () => {
    expect((await save()).body.code).toBe(209);
    expect((await server.rest('POST', '/classes/Note', { body: {} })).status).toBe(201);
  });

  it('or it still reads', async () => {
    const { token } = await loggedIn(60 * MINUTE);
    expect((await server.rest('GET', '/classes/PaymentMethod', { token })).status).toBe(200);
  });
});
