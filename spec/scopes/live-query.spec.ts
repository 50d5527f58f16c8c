import { liveQueryClients, type LiveQueryClient } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';

declare const Parse: any;

const OUT_OF_SCOPE = {
  op: 'error',
  code: 119,
  error: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
};

let server: SpecServer;
let user: SpecUser;
const clients = liveQueryClients(() => server);
let reader: string;
let writer: string;

const subscriptions: string[] = [];

beforeAll(async () => {
  server = await startServer(
    {},
    { liveQuery: { classNames: ['Note', 'Telemetry', 'Letter', 'Log.*', '_Us.r'] } },
    {
      liveQuery: true,
      cloud: () => {
        Parse.Cloud.beforeSubscribe('Letter', ({ query }: any) => void subscriptions.push(query.className));
      },
    },
  );
  for (const className of ['Telemetry', 'Letter', 'LogEntry']) await server.makeClass(className);
  user = await server.signUp();
  const scoped = async (...scopes: string[]): Promise<string> =>
    (await server.run('createRestrictedSession', { scopes }, user)).sessionToken;
  reader = await scoped('Telemetry:read', 'Letter:read', 'LogEntry:read');
  writer = await scoped('Telemetry:create', 'Letter:update');
});

afterAll(() => server.stop());

beforeEach(() => void (subscriptions.length = 0));

const open = (token?: string) => clients.open({ token });

/** The token can come with the connection, with the subscription, or with both. */
const CARRIERS: Array<[string, (token: string, className: string) => Promise<[LiveQueryClient, any]>]> = [
  [
    'the connection',
    async (token, className) => {
      const socket = await open(token);
      return [socket, await socket.subscribe(className)];
    },
  ],
  [
    'the subscription',
    async (token, className) => {
      const socket = await open();
      return [socket, await socket.subscribe(className, token)];
    },
  ],
  [
    'both',
    async (token, className) => {
      const socket = await open(token);
      return [socket, await socket.subscribe(className, token)];
    },
  ],
];

describe.each(CARRIERS)('a scoped session whose token comes with %s', (_carrier, subscribe) => {
  it.each(['Telemetry', 'Letter'])('hears of a class that it may read: %s', async className => {
    const [socket, answer] = await subscribe(reader, className);
    expect(answer.op).toBe('subscribed');
    const { body } = await server.rest('POST', `/classes/${className}`, { master: true, body: {} });
    expect((await socket.event(body.objectId)).op).toBe('create');
  });

  it.each(['Note', 'Telemetry', 'Letter'])(
    'subscribes to nothing that it may only write, or not at all: %s',
    async className => {
      const [socket, answer] = await subscribe(writer, className);
      expect(answer).toMatchObject(OUT_OF_SCOPE);
      expect(subscriptions).toEqual([]);
      const other = await open(user.token);
      await other.subscribe(className);
      const { body } = await server.rest('POST', `/classes/${className}`, { master: true, body: {} });
      await other.event(body.objectId);
      expect(socket.received.filter(({ object }) => object)).toEqual([]);
    },
  );

  it('is judged for a class that only a pattern offers as for any other', async () => {
    const [, refused] = await subscribe(writer, 'LogEntry');
    expect(refused).toMatchObject(OUT_OF_SCOPE);
    const [, answer] = await subscribe(reader, 'LogEntry');
    expect(answer.op).toBe('subscribed');
  });
});

describe('a scoped session', () => {
  it('does not change a subscription to a class that it may not read', async () => {
    const socket = await open(reader);
    await socket.subscribe('Telemetry');
    expect(await socket.update('Note')).toMatchObject(OUT_OF_SCOPE);
  });

  it('borrows no other token for a subscription, and lends none', async () => {
    for (const [connected, asked] of [
      [reader, writer],
      [writer, reader],
      [writer, user.token],
      [writer, 'garbage'],
      [user.token, writer],
    ] as const) {
      const socket = await open(connected);
      expect(await socket.subscribe('Telemetry', asked)).toMatchObject(OUT_OF_SCOPE);
    }
  });

  it('does not subscribe with a token that was revoked', async () => {
    const params = { scopes: ['Telemetry:read'] };
    const { sessionToken, objectId } = await server.run('createRestrictedSession', params, user);
    await server.sessions.store.revoke(objectId);
    const socket = await open();
    expect(await socket.subscribe('Telemetry', sessionToken)).toMatchObject({ op: 'error', code: 209 });
  });
});

it('a restricted session does not subscribe to users, whose own credentials LiveQuery would send', async () => {
  const restricted = (await server.restricted(user.token)).token;
  for (const [connected, asked] of [
    [restricted, undefined],
    [undefined, restricted],
  ] as const) {
    const socket = await open(connected);
    expect(await socket.subscribe('_User', asked)).toMatchObject({ op: 'error', code: 119 });
  }
  const fallback = await open(restricted);
  expect((await fallback.subscribe('_User', 'garbage')).op).toBe('error');
  const socket = await open(user.token);
  expect((await socket.subscribe('_User')).op).toBe('subscribed');
});

describe('no scope is asked of', () => {
  it.each(['Note', 'Telemetry', 'Letter', 'LogEntry'])(
    'a session without scopes, or nobody: %s',
    async className => {
      const restricted = (await server.restricted(user.token)).token;
      for (const token of [user.token, restricted, undefined]) {
        const socket = await open(token);
        expect((await socket.subscribe(className)).op).toBe('subscribed');
      }
      if (className === 'Letter') expect(subscriptions).toHaveLength(3);
    },
  );
});
