import { liveQueryClients, type LiveQueryClient } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';
import { letPass, SECOND, startClock, stopClock } from '../support/time';

const SESSION_ENDED = 4209;

let server: SpecServer;
let user: SpecUser;
let phone: { objectId: string; token: string };
const { open, sockets } = liveQueryClients(() => server);

beforeAll(async () => {
  // What runs at intervals, runs when the specs say so.
  stopClock(new Date());
  server = await startServer({}, {}, { liveQuery: { websocketTimeout: 60 * SECOND } });
  server.sessions.liveQuery(server.server.liveQueryServer);
});

afterAll(async () => {
  await server.stop();
  startClock();
});

beforeEach(async () => {
  user = await server.signUp();
  phone = await makeSession(server, user.userId, { installationId: 'the-phone' });
});

async function makeNote(): Promise<string> {
  return (await server.rest('POST', '/classes/Note', { master: true, body: {} })).body.objectId;
}

/** That a socket is open is shown by what comes through it. */
async function expectOpen(socket: LiveQueryClient): Promise<void> {
  await socket.event(await makeNote());
  expect(socket.isOpen).toBe(true);
}

const ENDINGS: Array<[string, () => Promise<unknown>]> = [
  ['logout', () => server.rest('POST', '/logout', { token: phone.token, body: {} })],
  ['store.revoke', () => server.sessions.store.revoke(phone.objectId)],
  [
    'store.revokeAllForUser',
    () => server.sessions.store.revokeAllForUser(user.userId, { except: user.token }),
  ],
  ['revokeSession', () => server.run('revokeSession', { objectId: phone.objectId }, user)],
  ['revokeOtherSessions', () => server.run('revokeOtherSessions', {}, user)],
  ['invalidate', () => server.sessions.invalidate(phone.objectId)],
  ['a deletion by REST', () => server.rest('DELETE', `/sessions/${phone.objectId}`, { master: true })],
  [
    'a login from the same installation',
    () =>
      server.rest('POST', '/login', {
        installationId: 'the-phone',
        body: { username: user.username, password: user.password },
      }),
  ],
];

describe('the LiveQuery socket of a session', () => {
  it.each(ENDINGS)('is closed by %s, those of other sessions are not', async (_how, end) => {
    const [ended, other, guest] = await Promise.all([
      open({ token: phone.token }),
      open({ token: user.token }),
      open({}),
    ]);
    for (const socket of sockets) expect((await socket.subscribe('Note')).op).toBe('subscribed');
    await expectOpen(ended!);
    await end();
    expect(await ended!.closed()).toBe(SESSION_ENDED);
    await expectOpen(other!);
    await expectOpen(guest!);
  });

  it('is closed by a change of the password, all of them', async () => {
    const [one, two] = await Promise.all([open({ token: phone.token }), open({ token: user.token })]);
    const body = { password: 'another' };
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
    expect(await one!.closed()).toBe(SESSION_ENDED);
    expect(await two!.closed()).toBe(SESSION_ENDED);
  });

  it('is closed when only a subscription has the token', async () => {
    const socket = await open({});
    expect((await socket.subscribe('Note', phone.token)).op).toBe('subscribed');
    await server.sessions.store.revoke(phone.objectId);
    expect(await socket.closed()).toBe(SESSION_ENDED);
  });

  it('is of no use when it is opened anew with the token: every subscription is refused', async () => {
    const before = await open({ token: phone.token });
    await before.subscribe('Note');
    await server.sessions.store.revoke(phone.objectId);
    await before.closed();
    const [after, guest, own] = await Promise.all([
      open({ token: phone.token }),
      open({}),
      open({ token: user.token }),
    ]);
    const refused = { op: 'error', code: 209, error: 'Invalid session token' };
    expect(await after!.subscribe('Note')).toMatchObject(refused);
    expect(await after!.subscribe('Note', phone.token)).toMatchObject(refused);
    expect(await guest!.subscribe('Note', phone.token)).toMatchObject(refused);
    expect(await own!.subscribe('Note', phone.token)).toMatchObject(refused);
    expect((await guest!.subscribe('Note')).op).toBe('subscribed');
    expect((await own!.subscribe('Note')).op).toBe('subscribed');
    const id = await makeNote();
    await own!.event(id);
    expect(after!.received.filter(({ object }) => object)).toEqual([]);
  });

  it('is closed within 30 seconds when the session expires, or was ended elsewhere', async () => {
    const soon = await makeSession(server, user.userId, { expiresAt: parseDate(Date.now() + 20 * SECOND) });
    const [expiring, gone, other] = await Promise.all([
      open({ token: soon.token }),
      open({ token: phone.token }),
      open({ token: user.token }),
    ]);
    for (const socket of sockets) await socket.subscribe('Note');
    await server.rawDelete('_Session', { objectId: phone.objectId });
    letPass(31 * SECOND);
    expect(await expiring!.closed()).toBe(SESSION_ENDED);
    expect(await gone!.closed()).toBe(SESSION_ENDED);
    await expectOpen(other!);
    expect(await sessionRow(server, soon)).toBeDefined();
  });
});

describe('a client whose token is that of no session', () => {
  const TOKENS: Array<[string, () => string]> = [
    ['an empty text', () => ''],
    ['a made-up token', () => `r:${'0123456789abcdef'.repeat(2)}`],
    ['a text of another kind', () => 'garbage'],
    ['a text with a NUL', () => 'x\u0000y'],
    ['a long text', () => `r:${'x'.repeat(100_000)}`],
  ];

  it.each(TOKENS)('stays connected as nobody, as on stock Parse Server: %s', async (_what, token) => {
    const [nobody, subscriber] = await Promise.all([open({ token: token() }), open({})]);
    const subscribed = [await nobody!.subscribe('Note'), await subscriber!.subscribe('Note', token())];
    // A connection needs no token. A subscription is refused where its token could be one that was revoked.
    const mayBe = token().startsWith('r:');
    expect(subscribed.map(({ op }) => op)).toEqual(Array(2).fill(mayBe ? 'error' : 'subscribed'));
    for (let check = 0; check < 3; check += 1) {
      letPass(31 * SECOND);
      // That it is open is shown by an answer, whichever.
      const query = { className: 'Note', where: {} };
      for (const socket of [nobody!, subscriber!]) {
        await socket.ask({ op: 'subscribe', requestId: check + 100, query });
        expect(socket.isOpen).toBe(true);
      }
    }
  });

  it('keeps no other socket open', async () => {
    const soon = await makeSession(server, user.userId, { expiresAt: parseDate(Date.now() + 20 * SECOND) });
    for (const [, token] of TOKENS) await open({ token: token() });
    const expiring = await open({ token: soon.token });
    await expiring.subscribe('Note');
    letPass(51 * SECOND);
    expect(await expiring.closed()).toBe(SESSION_ENDED);
  });
});

it('sessions.liveQuery() takes a LiveQuery server only', () => {
  for (const wrong of [undefined, null, {}, server.server, 'server'])
    expect(() => server.sessions.liveQuery(wrong)).toThrow(TypeError);
});
