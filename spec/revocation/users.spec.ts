import { beforeNext, failNext } from '../support/next-statement';
import { recordsWritten } from '../support/records';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, pointerTo, useToken } from '../support/sessions';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: string;
declare const Parse: any;

const MASTER = { master: true } as const;
let server: SpecServer;
const told: Array<Record<string, any>> = [];

beforeAll(async () => {
  server = await startServer(
    {},
    {},
    {
      graphql: true,
      cloud: () => {
        const change = async (work: (user: any) => Promise<unknown>, { params }: any) => {
          await work(await new Parse.Query(Parse.User).get(params.id, MASTER_KEY));
        };
        Parse.Cloud.define('destroyUser', (request: any) =>
          change(user => user.destroy(MASTER_KEY), request),
        );
        Parse.Cloud.define('lockUser', (request: any) =>
          change(user => user.setACL(new Parse.ACL()).save(null, MASTER_KEY), request),
        );
      },
    },
  );
  server.sessions.on('revoked', payload => void told.push(payload));
});

const MASTER_KEY = { useMasterKey: true };

afterAll(() => server.stop());

const sessionsOf = (userId: string) => server.rawFind('_Session', { user: pointerTo(userId) });
const graphql = (query: string) => server.rest('POST', server.graphqlUrl, { ...MASTER, body: { query } });
const batch = (body: object, as: object) => server.rest('POST', '/batch', { ...as, body });

type Way = [what: string, by: string, act: (user: SpecUser) => Promise<unknown>];

const onPostgres = (ways: Way[]) => (SPEC_DATABASE === 'postgresql' ? ways : []);

const DELETE: Way[] = [
  ['himself', 'session', user => server.rest('DELETE', `/users/${user.userId}`, user)],
  ['the master key', 'master', user => server.rest('DELETE', `/users/${user.userId}`, MASTER)],
  [
    'a batch',
    'master',
    ({ userId }) => batch({ requests: [{ method: 'DELETE', path: `/parse/users/${userId}` }] }, MASTER),
  ],
  ...onPostgres([
    [
      'a transaction',
      'master',
      ({ userId }) =>
        batch(
          { transaction: true, requests: [{ method: 'DELETE', path: `/parse/users/${userId}` }] },
          MASTER,
        ),
    ],
  ]),
  [
    'GraphQL',
    'master',
    ({ userId }) => graphql(`mutation { deleteUser(input: { id: "${userId}" }) { user { objectId } } }`),
  ],
  ['the SDK in cloud code', 'master', ({ userId }) => server.run('destroyUser', { id: userId })],
];

const LOCK: Way[] = [
  [
    'the master key',
    'master',
    ({ userId }) => server.rest('PUT', `/users/${userId}`, { ...MASTER, body: { ACL: {} } }),
  ],
  [
    'an ACL of entries that allow nothing',
    'master',
    ({ userId }) =>
      server.rest('PUT', `/users/${userId}`, {
        ...MASTER,
        body: { ACL: { '*': {}, [userId]: { read: false, write: false } } },
      }),
  ],
  ...[true, 5, 'nobody'].map((ACL): Way => [
    `an ACL that is none: ${ACL}`,
    'master',
    ({ userId }) => server.rest('PUT', `/users/${userId}`, { ...MASTER, body: { ACL } }),
  ]),
  [
    'a batch',
    'master',
    ({ userId }) =>
      batch({ requests: [{ method: 'PUT', path: `/parse/users/${userId}`, body: { ACL: {} } }] }, MASTER),
  ],
  ...onPostgres([
    [
      'a transaction',
      'master',
      ({ userId }) =>
        batch(
          {
            transaction: true,
            requests: [{ method: 'PUT', path: `/parse/users/${userId}`, body: { ACL: {} } }],
          },
          MASTER,
        ),
    ],
  ]),
  ['the SDK in cloud code', 'master', ({ userId }) => server.run('lockUser', { id: userId })],
];

describe.each([
  ['deleted', 'userDeleted', DELETE],
  ['locked', 'userLocked', LOCK],
] as const)('a user who is %s loses every session at once', (_what, reason, ways) => {
  it.each(ways)('by %s', async (_way, by, act) => {
    const user = await server.signUp();
    const other = await server.login(user.username, user.password);
    const restricted = await server.restricted(user.token);
    const { objectId: sleeping } = await makeSession(server, user.userId);
    for (const session of [user, other, restricted]) expect(await useToken(server, session)).toBe(200);
    const bystander = await server.signUp();
    told.length = 0;
    const answer: any = await act(user);
    if (answer?.status !== undefined) expect(answer.status).toBe(200);
    expect(await sessionsOf(user.userId)).toEqual([]);
    for (const session of [user, other, restricted]) expect(await useToken(server, session)).toBe(209);
    expect(await useToken(server, bystander)).toBe(200);
    await eventually(() => expect(told).toHaveLength(4));
    expect(new Set(told.map(one => one.reason))).toEqual(new Set([reason]));
    const ended = await server.sessions.store.ended(user.userId);
    expect(ended).toHaveLength(4);
    expect(new Set(ended.map(one => one.reason))).toEqual(new Set([reason]));
    expect(ended.find(({ objectId }) => objectId === sleeping)!.by.kind).toBe(by);
  });
});

describe('a user keeps his sessions', () => {
  it.each<[string, (user: SpecUser) => Promise<{ body: any }>, number | undefined]>([
    [
      'when somebody else may not delete him',
      async ({ userId }) => server.rest('DELETE', `/users/${userId}`, await server.signUp()),
      206,
    ],
    [
      'when a restricted session may not delete him',
      async ({ userId, token }) => server.rest('DELETE', `/users/${userId}`, await server.restricted(token)),
      119,
    ],
    [
      'when he gives himself an empty ACL: Parse Server lets nobody lock himself out',
      user => server.rest('PUT', `/users/${user.userId}`, { ...user, body: { ACL: {} } }),
      undefined,
    ],
    [
      'when his ACL changes and lets somebody in',
      ({ userId }) =>
        server.rest('PUT', `/users/${userId}`, { ...MASTER, body: { ACL: { [userId]: { read: true } } } }),
      undefined,
    ],
    [
      'when something else of him changes',
      user => server.rest('PUT', `/users/${user.userId}`, { ...user, body: { email: 'new@example.com' } }),
      undefined,
    ],
  ])('%s', async (_what, act, code) => {
    const user = await server.signUp();
    const other = await server.login(user.username, user.password);
    const { body } = await act(user);
    expect(body.code).toBe(code);
    expect(await useToken(server, user)).toBe(200);
    expect(await useToken(server, other)).toBe(200);
  });

  it('when his deletion fails', async () => {
    const user = await server.signUp();
    const restore = failNext(server, 'deleteObjectsByQuery', '_User');
    const { status } = await server.rest('DELETE', `/users/${user.userId}`, MASTER);
    restore();
    expect(status).not.toBe(200);
    expect(await useToken(server, user)).toBe(200);
  });
});

describe('sessions that cannot be ended at once', () => {
  it.each<[string, (user: SpecUser) => Promise<{ status: number }>, string]>([
    [
      'a user who is locked',
      user => server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { ACL: {} } }),
      'userLocked',
    ],
    ['a user who is deleted', user => server.rest('DELETE', `/users/${user.userId}`, MASTER), 'userDeleted'],
  ])('of %s end a little later, and it is logged', async (_what, act, reason) => {
    const errors = jest.spyOn(server.server.config.loggerController, 'error');
    const user = await server.signUp();
    const restricted = await server.restricted(user.token);
    const restore = failNext(server, 'deleteObjectsByQuery', '_Session');
    expect((await act(user)).status).toBe(200);
    restore();
    await eventually(async () => expect(await sessionsOf(user.userId)).toEqual([]));
    for (const session of [user, restricted]) expect(await useToken(server, session)).toBe(209);
    const ended = await server.sessions.store.ended(user.userId);
    expect(ended.map(one => one.reason)).toEqual([reason, reason]);
    const said = errors.mock.calls.map(String).filter(text => text.includes('could not be ended'));
    expect(said).toEqual([expect.stringContaining(`(${reason}), it is tried again: no connection`)]);
    errors.mockRestore();
  });

  it('spare a log-in that comes after', async () => {
    const user = await server.signUp();
    const restore = failNext(server, 'deleteObjectsByQuery', '_Session');
    await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { ACL: {} } });
    restore();
    const ACL = { [user.userId]: { read: true, write: true } };
    await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { ACL } });
    const young = await server.login(user.username, user.password);
    await eventually(async () => expect(await useToken(server, user)).toBe(209));
    expect(await useToken(server, young)).toBe(200);
  });
});

it('a log-in that is under way while its user is locked leaves no session', async () => {
  const user = await server.signUp();
  let locked = false;
  // The log-in has been found right, and its session is about to be stored.
  const lock = async () => {
    locked = true;
    await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { ACL: {} } });
  };
  const restore = beforeNext(server, 'createObject', '_Session', lock);
  const { body } = await server.rest('POST', '/login', {
    body: { username: user.username, password: user.password },
  });
  restore();
  expect(locked).toBe(true);
  expect(body.code).toBe(209);
  expect(await sessionsOf(user.userId)).toEqual([]);
  // Unlocked, he logs in as ever.
  const ACL = { [user.userId]: { read: true, write: true } };
  await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { ACL } });
  expect(await useToken(server, await server.login(user.username, user.password))).toBe(200);
});

// MongoDB reads within the transaction on its own connection.
(SPEC_DATABASE === 'postgresql' ? it : it.skip)(
  'a transaction that deletes a user reads nothing beside it: others may hold all connections',
  async () => {
    const user = await server.signUp();
    // Behind the records of sessions that ended before is a look whether they are gone.
    await recordsWritten({ server });
    const { adapter } = server.server.config.databaseController;
    let isOpen = false;
    const reads: string[] = [];
    const [open, close] = ['createTransactionalSession', 'commitTransactionalSession'].map(name => {
      const call = adapter[name].bind(adapter);
      return jest.spyOn(adapter, name).mockImplementation((...args: any[]) => {
        isOpen = name === 'createTransactionalSession';
        return call(...args);
      });
    });
    const find = adapter.find.bind(adapter);
    const finds = jest.spyOn(adapter, 'find').mockImplementation((...args: any[]) => {
      if (isOpen) reads.push(args[0]);
      return find(...args);
    });
    const requests = [{ method: 'DELETE', path: `/parse/users/${user.userId}` }];
    const { body } = await batch({ transaction: true, requests }, MASTER);
    for (const spy of [open, close, finds]) spy!.mockRestore();
    expect(body).toEqual([{ success: {} }]);
    expect(reads).toEqual([]);
    expect(await sessionsOf(user.userId)).toEqual([]);
  },
);
