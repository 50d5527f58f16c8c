import { randomBytes } from 'node:crypto';
import { openLiveQuery } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { lastAccessOf, pointerTo, sessionRow } from '../support/sessions';
import { eventually } from '../support/time';
import { defineSdkWrite, postAsText, REFUSED, waysIn } from '../support/ways-in';

declare const Parse: any;
declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

// The master key may save a session with a token of its own making, and Parse Server accepts any that it finds.
const random = (length: number) => randomBytes(length).toString('hex').slice(0, length);
const TOKENS: Array<[string, () => string]> = [
  ['of 129 characters', () => `r:${random(127)}`],
  ['of 2,000 characters', () => `r:${random(1998)}`],
  ['of 8,000 characters, most of them the same', () => `r:${random(32)}${'x'.repeat(7966)}`],
  ['without "r:" in front', () => random(20)],
  ['long and without "r:" in front', () => random(500)],
  ['with "R:" in front', () => `R:${random(32)}`],
  ['like a key', () => `device/42 ${random(8)}=?&"'<>\\`],
];

let server: SpecServer;
let user: SpecUser;
const told: Array<{ sessionId: string; reason: string }> = [];

beforeAll(async () => {
  server = await startServer(
    { guard: ['Invoice'] },
    { liveQuery: { classNames: ['_User', 'Note'] } },
    {
      graphql: true,
      liveQuery: true,
      cloud: (sdk: any) => {
        defineSdkWrite(sdk);
        Parse.Cloud.define(
          'unrestricted',
          () => 'done',
          (request: any) => server.sessions.requireUnrestrictedSession(request),
        );
      },
    },
  );
  server.sessions.on('revoked', payload => void told.push(payload as never));
  await server.rest('POST', '/classes/Note', { body: {} });
  const fields = { amount: { type: 'Number' } };
  await server.rest('POST', '/schemas/Invoice', { master: true, body: { fields } });
  user = await server.signUp();
});

afterAll(() => server.stop());

interface Chosen {
  objectId: string;
  token: string;
}

/** Saves a session with the master key, as an app would that hands tokens to its devices itself. */
async function save(sessionToken: string, fields: object = {}): Promise<Chosen> {
  const { body } = await server.rest('POST', '/sessions', {
    master: true,
    body: { sessionToken, user: pointerTo(user.userId), ...fields },
  });
  expect(body.objectId).toBeDefined();
  return { objectId: body.objectId, token: sessionToken };
}

/** By a route for which Parse Server asks its cache of tokens: 200, or Parse's error code. */
async function use(token: string): Promise<number> {
  const { status, body } = await server.rest('GET', '/classes/Note', { token });
  return status === 200 ? 200 : body.code;
}

type End = (session: Chosen) => Promise<unknown>;

const ENDS: Array<[string, string, End]> = [
  ['a log-out', 'logout', ({ token }) => server.rest('POST', '/logout', { token, body: {} })],
  [
    'a log-out by GraphQL',
    'logout',
    ({ token }) => server.graphql('mutation { logOut(input: {}) { ok } }', {}, token),
  ],
  [
    'a log-out in a batch',
    'logout',
    ({ token }) =>
      server.rest('POST', '/batch', {
        token,
        body: { requests: [{ method: 'POST', path: '/parse/logout', body: {} }] },
      }),
  ],
  [
    'DELETE of itself',
    'revoked',
    ({ token, objectId }) => server.rest('DELETE', `/sessions/${objectId}`, { token }),
  ],
  ['revokeSession', 'revoked', ({ objectId }) => server.run('revokeSession', { objectId }, user)],
  [
    'its own revokeSession',
    'revoked',
    ({ token, objectId }) => server.run('revokeSession', { objectId }, { token }),
  ],
  ['store.revoke', 'revoked', ({ objectId }) => server.sessions.store.revoke(objectId)],
  ['invalidate', 'invalidated', ({ objectId }) => server.sessions.invalidate(objectId)],
];

describe.each(TOKENS)('a token %s', (_what, makeToken) => {
  it.each(ENDS)('is refused at once after %s, and the event is told', async (_how, reason, end) => {
    const session = await save(makeToken());
    expect(await use(session.token)).toBe(200);
    await end(session);
    expect(await use(session.token)).toBe(209);
    expect(await sessionRow(server, session)).toBeUndefined();
    await eventually(() =>
      expect(told.filter(one => one.sessionId === session.objectId)).toMatchObject([{ reason }]),
    );
  });

  it('is kept by revokeOtherSessions, which ends the others', async () => {
    const [session, other] = [await save(makeToken()), await save(makeToken())];
    expect([await use(session.token), await use(other.token)]).toEqual([200, 200]);
    await server.run('revokeOtherSessions', { userId: user.userId, except: session.token }, { master: true });
    expect([await use(session.token), await use(other.token)]).toEqual([200, 209]);
    const another = await save(makeToken());
    await server.run('revokeOtherSessions', {}, session);
    expect([await use(session.token), await use(another.token)]).toEqual([200, 209]);
    user = await server.login(user.username, user.password);
  });

  it('is that of the current session in a list, and nowhere in it', async () => {
    const session = await save(makeToken());
    const list = await server.run('listSessions', {}, session);
    expect(list.filter(({ current }: any) => current)).toMatchObject([{ objectId: session.objectId }]);
    expect(await server.run('getSession', {}, session)).toMatchObject({ objectId: session.objectId });
    const byMaster = await server.run('getSession', { sessionToken: session.token }, { master: true });
    expect(byMaster).toMatchObject({ objectId: session.objectId });
    expect(JSON.stringify([list, byMaster])).not.toContain(JSON.stringify(session.token).slice(1, -1));
    const me = await server.rest('GET', '/sessions/me', session);
    expect(me.body).toMatchObject({ objectId: session.objectId, sessionToken: session.token });
    const { body } = await server.rest('GET', '/sessions', session);
    const own = body.results.find(({ objectId }: any) => objectId === session.objectId);
    expect(own.sessionToken).toBe(session.token);
    expect(body.results.filter(({ sessionToken }: any) => sessionToken)).toHaveLength(1);
  });

  it.each(waysIn)('of a restricted session writes nothing that is guarded, by %s', async (_way, send) => {
    const { token } = await save(makeToken(), { restricted: true });
    for (const [className, objectId, fields] of [
      ['Invoice', undefined, { amount: 1 }],
      ['_User', user.userId, { email: 'me@example.com' }],
    ] as const) {
      const operation = objectId ? 'update' : 'create';
      const outcome = await send(server, { operation, className, objectId, fields }, { token });
      expect(outcome).toMatchObject(REFUSED);
    }
    expect(await use(token)).toBe(200);
  });

  it('of a restricted session passes neither a validator nor LiveQuery', async () => {
    const { token } = await save(makeToken(), { restricted: true });
    await expect(server.run('unrestricted', {}, { token })).rejects.toMatchObject({ code: 119 });
    for (const [connected, asked] of [
      [token, undefined],
      [undefined, token],
    ]) {
      const socket = await openLiveQuery(server, { token: connected });
      expect(await socket.subscribe('_User', asked)).toMatchObject({ op: 'error', code: 119 });
      socket.close();
    }
  });

  it('of an unrestricted session does what any does', async () => {
    const { token } = await save(makeToken());
    expect(await server.run('unrestricted', {}, { token })).toBe('done');
    expect((await server.rest('POST', '/classes/Invoice', { token, body: { amount: 1 } })).status).toBe(201);
    const socket = await openLiveQuery(server, { token });
    expect(await socket.subscribe('_User')).toMatchObject({ op: 'subscribed' });
    socket.close();
  });

  it('that is revoked does not subscribe', async () => {
    const { token, objectId } = await save(makeToken());
    const socket = await openLiveQuery(server, {});
    expect(await socket.subscribe('Note', token)).toMatchObject({ op: 'subscribed' });
    await server.sessions.store.revoke(objectId);
    expect(await socket.subscribe('Note', token)).toMatchObject({ op: 'error', code: 209 });
    socket.close();
  });
});

// PostgreSQL keeps no NUL in a text. A header carries none, a body does.
(SPEC_DATABASE === 'mongodb' ? it : it.skip)('a token that holds a NUL is ended as any other', async () => {
  const session = await save(`r:${random(16)}\0${random(16)}`);
  const asBody = (path: string, body: object) => postAsText(server, path, body, session);
  expect(await asBody('/classes/Note', { _method: 'GET' })).toHaveProperty('results');
  expect(await asBody('/functions/getSession', {})).toMatchObject({ result: { objectId: session.objectId } });
  expect(await asBody('/logout', {})).toEqual({});
  expect(await asBody('/classes/Note', { _method: 'GET' })).toMatchObject({ code: 209 });
  expect(await sessionRow(server, session)).toBeUndefined();
});

it('a made-up token is refused as on stock, however it is made up', async () => {
  const madeUp = [random(20), `r:${random(4000)}`, random(4000)];
  for (const token of madeUp) {
    expect(await use(token)).toBe(209);
    expect((await server.rest('GET', '/sessions/me', { token })).body.code).toBe(209);
    expect((await server.rest('POST', '/logout', { token, body: {} })).body.code).toBe(209);
    expect((await server.graphql('{ health }', {}, token)).body.code).toBe(209);
  }
});

it('the last access of a session with a chosen token is kept', async () => {
  const sessions = await Promise.all(TOKENS.map(([, makeToken]) => save(makeToken())));
  for (const { token } of sessions) expect(await use(token)).toBe(200);
  await server.sessions.shutdown();
  for (const session of sessions) expect(await lastAccessOf(server, session)).not.toBeNull();
});
