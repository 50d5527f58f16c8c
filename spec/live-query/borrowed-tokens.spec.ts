import { liveQueryClients, openLiveQuery } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';

type Message = Record<string, any>;

const REFUSED = { op: 'error', code: 119 };
const GARBAGE = ['garbage', '0123456789abcdef0123456789abcdef', 'R:garbage', ' '];

// For a subscription without a token Parse Server takes that of the one it replaces, or that of the connection; and for
// its events it looks at both.
describe('a restricted session that subscribes to users', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;
  const { open, sockets } = liveQueryClients(() => server);

  beforeAll(async () => {
    server = await startServer({}, { liveQuery: { classNames: ['_User', 'Note'] } }, { liveQuery: true });
    user = await server.signUp();
    // Nobody else hears of him.
    const ACL = { [user.userId]: { read: true, write: true } };
    await server.rest('PUT', `/users/${user.userId}`, { master: true, body: { ACL } });
    ({ token: restricted } = await server.restricted(user.token));
  });

  afterAll(() => server.stop());

  let changes = 0;

  /** Changes the user, and answers which of the sockets has heard of it once one that may has. */
  async function heard(): Promise<boolean[]> {
    const witness = await openLiveQuery(server, { token: user.token });
    await witness.subscribe('_User', user.token);
    changes += 1;
    await server.rest('PUT', `/users/${user.userId}`, { master: true, body: { changes } });
    await witness.event(user.userId);
    witness.close();
    // What one socket gets is on its way by then. A note to all of them comes after it.
    const after = await Promise.all(
      sockets.map(socket => socket.ask(subscribe('Note', { requestId: 1000 }))),
    );
    expect(after).toHaveLength(sockets.length);
    const { body } = await server.rest('POST', '/classes/Note', { master: true, body: {} });
    await Promise.all(sockets.map(socket => socket.event(body.objectId)));
    return sockets.map(({ received }) => received.some(({ object }) => object?.objectId === user.userId));
  }

  const subscribe = (className: string, more: Message = {}): Message => ({
    op: 'subscribe',
    requestId: 1,
    query: { className, where: {} },
    ...more,
  });

  it('hears of him neither way: the specs would notice', async () => {
    const socket = await open({ token: user.token });
    expect(await socket.ask(subscribe('_User'))).toMatchObject({ op: 'subscribed' });
    expect(await heard()).toEqual([true]);
  });

  /** What is sent first, on a connection with the token or without one, and what is refused after it. */
  const ROUNDABOUT: Array<[string, { connected: boolean; first: () => Message[]; then: () => Message }]> = [
    ...GARBAGE.flatMap<[string, { connected: boolean; first: () => Message[]; then: () => Message }]>(
      sessionToken => [
        [
          `in the place of a subscription with ${JSON.stringify(sessionToken)}`,
          {
            connected: true,
            first: () => [subscribe('Note', { sessionToken })],
            then: () => subscribe('_User'),
          },
        ],
        [
          `by an update of one with ${JSON.stringify(sessionToken)}`,
          {
            connected: true,
            first: () => [subscribe('Note', { sessionToken })],
            then: () => subscribe('_User', { op: 'update' }),
          },
        ],
        [
          `with ${JSON.stringify(sessionToken)} itself`,
          { connected: true, first: () => [], then: () => subscribe('_User', { sessionToken }) },
        ],
      ],
    ),
    [
      'in the place of a subscription with its own token',
      {
        connected: false,
        first: () => [subscribe('Note', { sessionToken: restricted })],
        then: () => subscribe('_User'),
      },
    ],
    [
      'by an update of one with its own token',
      {
        connected: false,
        first: () => [subscribe('Note', { sessionToken: restricted })],
        then: () => subscribe('_User', { op: 'update' }),
      },
    ],
    [
      'with an empty token',
      { connected: true, first: () => [], then: () => subscribe('_User', { sessionToken: '' }) },
    ],
    [
      'with the token of an unrestricted session',
      { connected: true, first: () => [], then: () => subscribe('_User', { sessionToken: user.token }) },
    ],
    [
      'after it has given up another subscription',
      {
        connected: true,
        first: () => [subscribe('Note', { sessionToken: 'garbage' }), { op: 'unsubscribe', requestId: 1 }],
        then: () => subscribe('_User'),
      },
    ],
    [
      'with the name of the class in other letters',
      {
        connected: true,
        first: () => [],
        then: () =>
          JSON.parse('{"op":"subscribe","requestId":1,"query":{"className":"\\u005fUser","where":{}}}'),
      },
    ],
  ];

  it.each(ROUNDABOUT)('is refused %s, and hears nothing', async (_how, { connected, first, then }) => {
    const socket = await open(connected ? { token: restricted } : {});
    for (const message of first()) expect((await socket.ask(message)).op).toMatch(/^(un)?subscribed$/);
    expect(await socket.ask(then())).toMatchObject(REFUSED);
    expect(await heard()).toEqual([false]);
  });

  it.each(['_user', '_User ', 'User', 'users', '_Us.r', '.*'])(
    'hears nothing by the name %j, which is that of no users',
    async className => {
      const socket = await open({ token: restricted });
      await socket.ask(subscribe(className));
      expect(await heard()).toEqual([false]);
    },
  );

  it('hears nothing by all of it at once, without waiting for answers', async () => {
    const socket = await open({});
    const last = socket.ask(subscribe('Note', { requestId: 7 }));
    await Promise.all([
      socket.ask(subscribe('Note', { sessionToken: restricted })),
      socket.ask(subscribe('_User')),
      socket.ask(subscribe('_User', { op: 'update' })),
      last,
    ]);
    expect(await heard()).toEqual([false]);
  });

  it('is nobody once its subscription is gone, and hears nothing', async () => {
    const socket = await open({});
    await socket.ask(subscribe('Note', { sessionToken: restricted }));
    await socket.ask({ op: 'unsubscribe', requestId: 1 });
    expect(await socket.ask(subscribe('_User'))).toMatchObject({ op: 'subscribed' });
    expect(await heard()).toEqual([false]);
  });

  it('borrows nothing from another socket, nor from a master key that is none', async () => {
    const own = await open({ token: user.token });
    expect(await own.ask(subscribe('_User'))).toMatchObject({ op: 'subscribed' });
    for (const connect of [{}, { masterKey: 'wrong' }, { masterKey: '' }, { installationId: 'x' }]) {
      const socket = await open({ token: restricted, connect });
      expect(await socket.ask(subscribe('_User'))).toMatchObject(REFUSED);
    }
    expect(await heard()).toEqual([true, false, false, false, false]);
  });
});
