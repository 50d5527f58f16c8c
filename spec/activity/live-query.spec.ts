import { liveQueryClients, type LiveQueryClient } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  endOf,
  lastAccessOf,
  makeSession,
  sessionRow,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually, HOUR, letPass, MINUTE, moveClock, SECOND, startClock, stopClock } from '../support/time';

declare const Parse: any;

const IDLE = HOUR;

let server: SpecServer;
let user: SpecUser;
let session: SpecSession;
const { open } = liveQueryClients(() => server);

/**
 * @param own whether the app has a `beforeConnect` of its own.
 * @param handed whether it has handed the LiveQuery server over.
 * @param pings how often a socket is asked whether it is there. Where the clock jumps, none could answer in time.
 */
async function start({ own = false, handed = false, idle = '1h', pings = 500 * HOUR } = {}): Promise<void> {
  server = await startServer(
    { expiry: { authenticated: { idle, maxAge: '30d' } } },
    {},
    {
      liveQuery: { websocketTimeout: pings },
      cloud: () => {
        if (own) Parse.Cloud.beforeConnect(() => undefined);
      },
    },
  );
  if (handed) server.sessions.liveQuery(server.server.liveQueryServer);
  user = await server.signUp();
}

/** The token can come with the connection, or with a subscription. */
const CARRIERS: Array<[string, (token: string) => Promise<LiveQueryClient>]> = [
  [
    'the connection',
    async token => {
      const socket = await open({ token });
      expect((await socket.subscribe('Note')).op).toBe('subscribed');
      return socket;
    },
  ],
  [
    'a subscription',
    async token => {
      const socket = await open({});
      expect((await socket.subscribe('Note', token)).op).toBe('subscribed');
      return socket;
    },
  ],
];

/** Lets the time pass in which nobody sends anything, with all flushes on the way. */
async function wait(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += MINUTE) {
    letPass(MINUTE);
    const at = new Date();
    await eventually(async () => expect(await lastAccessOf(server, session)).toEqual(at));
  }
}

describe.each([
  ['where the app has done nothing for it', {}],
  ['where the app has a beforeConnect of its own', { own: true }],
  ['where the app has handed the LiveQuery server over', { handed: true }],
])('a session that only LiveQuery uses, %s,', (_where, options) => {
  beforeAll(async () => {
    stopClock(new Date());
    await start(options);
  });

  afterAll(async () => {
    await server.stop();
    startClock();
  });

  beforeEach(async () => {
    session = await makeSession(server, user.userId);
  });

  it.each(CARRIERS)(
    'is not idle while its socket waits for events: the token came with %s',
    async (_how, connect) => {
      const socket = await connect(session.token);
      await wait(5 * MINUTE);
      moveClock(IDLE - 2 * MINUTE);
      await wait(2 * MINUTE);
      moveClock(IDLE - 2 * MINUTE);
      await wait(2 * MINUTE);
      expect(await endOf(server, session)).toEqual(new Date(Date.now() + IDLE));
      expect(await useToken(server, session)).toBe(200);
      const { body } = await server.rest('POST', '/classes/Note', { master: true, body: {} });
      await socket.event(body.objectId);
    },
  );

  it('is idle once its socket is closed, or has no subscription left', async () => {
    const waiting = await open({ token: session.token });
    await waiting.subscribe('Note');
    const [closed, quiet] = [await makeSession(server, user.userId), await makeSession(server, user.userId)];
    const closing = await open({ token: closed.token });
    await closing.subscribe('Note');
    const silent = await open({ token: quiet.token });
    await silent.subscribe('Note');
    await wait(2 * MINUTE);
    for (const one of [closed, quiet]) expect(await lastAccessOf(server, one)).toEqual(new Date());

    closing.close();
    await silent.ask({ op: 'unsubscribe', requestId: 1 });
    const clients = () => [...server.server.liveQueryServer.clients.values()] as any[];
    await eventually(() =>
      expect(clients().some(({ sessionToken }) => sessionToken === closed.token)).toBe(false),
    );
    // What is left to be written of them gets the time of those that are written with it.
    await wait(MINUTE);
    const last = new Date();
    await wait(3 * MINUTE);
    for (const one of [closed, quiet]) {
      expect((await lastAccessOf(server, one))!.getTime()).toBeLessThanOrEqual(last.getTime());
    }
  });

  it('keeps its address, which LiveQuery does not tell', async () => {
    const headers = { 'User-Agent': 'Phone/1.0' };
    await server.rest('GET', '/classes/Note', { token: session.token, headers });
    const socket = await open({ token: session.token });
    await socket.subscribe('Note');
    await wait(MINUTE);
    const row = await sessionRow(server, session);
    expect(row).toMatchObject({ ip: '127.0.0.1', userAgent: 'Phone/1.0' });
    await wait(MINUTE);
    expect(await sessionRow(server, session)).toMatchObject({ ip: row.ip, userAgent: row.userAgent });
  });

  it('costs one look and one update per flush, with all others that listen, and no token that is made up', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => makeSession(server, user.userId)));
    session = sessions[0]!;
    for (const { token } of sessions) await (await open({ token })).subscribe('Note');
    for (const token of ['garbage', '', `r:${'0'.repeat(32)}`, 'x\u0000y', `r:${'x'.repeat(100_000)}`]) {
      await (await open({ token })).subscribe('Note');
    }
    await wait(MINUTE);
    const statements = watchStatements(server);
    letPass(MINUTE);
    const at = new Date();
    await eventually(() => expect(statements.writes('_Session')).not.toEqual([]));
    // The look for sessions that have ended, where the app has handed the server over, reads tokens only.
    const reads = statements.reads('_Session').filter(({ args }) => !args[2].keys);
    expect(reads).toHaveLength(1);
    const [, query] = reads[0]!.args;
    expect(query.sessionToken.$in.sort()).toEqual(sessions.map(({ token }) => token).sort());
    for (const one of sessions) {
      await eventually(async () => expect(await lastAccessOf(server, one)).toEqual(at));
    }
    statements.stop();
    expect(statements.writes('_Session')).toHaveLength(1);
  });

  it('is not brought back when it is revoked, though the socket stays open', async () => {
    const socket = await open({ token: session.token });
    await socket.subscribe('Note');
    await wait(MINUTE);
    await server.sessions.store.revoke(session.objectId);
    const ended = session;
    session = await makeSession(server, user.userId);
    await (await open({ token: session.token })).subscribe('Note');
    await wait(2 * MINUTE);
    expect(await sessionRow(server, ended)).toBeUndefined();
    expect(await useToken(server, ended)).toBe(209);
  });
});

describe('with an idle time that is shorter than the flush interval', () => {
  beforeAll(() => start({ idle: '4s', pings: 100 }));
  afterAll(() => server.stop());

  it.each(CARRIERS)('a session that listens does not end: the token came with %s', async (_how, connect) => {
    const login = await server.login(user.username, user.password);
    const unused = await server.login(user.username, user.password);
    const first = (await endOf(server, login))!;
    const socket = await connect(login.token);
    await eventually(() => expect(Date.now()).toBeGreaterThan(first.getTime() + 3 * SECOND));
    expect(await useToken(server, login)).toBe(200);
    expect(await useToken(server, unused)).toBe(209);
    const { body } = await server.rest('POST', '/classes/Note', {
      master: true,
      body: { ACL: { [user.userId]: { read: true } } },
    });
    await socket.event(body.objectId);
    socket.close();
    // Looking does not use it.
    await eventually(async () =>
      expect((await endOf(server, login))!.getTime()).toBeLessThan(Date.now() - 1),
    );
    expect(await useToken(server, login)).toBe(209);
  });
});
