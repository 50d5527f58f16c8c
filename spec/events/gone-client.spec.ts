import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, sessionRow, type SpecSession } from '../support/sessions';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';

declare const Parse: any;
declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

type Body = Record<string, unknown>;

interface Sent {
  method?: string;
  url: string;
  token?: string;
  installationId?: string;
  body?: Body;
}

let told: Told[];
let server: SpecServer;
let user: SpecUser;
let phone: SpecSession;

beforeAll(async () => {
  server = await startServer(
    {},
    {},
    {
      graphql: true,
      parsesJson: true,
      cloud: () => {
        Parse.Cloud.define('destroySession', async ({ user: caller, params }: any) => {
          const session = new Parse.Object('_Session');
          session.id = params.objectId;
          await session.destroy({ sessionToken: caller.getSessionToken() });
        });
      },
    },
  );
  told = listenTo(server, ['revoked', 'created']);
  await server.rest('POST', '/classes/Note', { body: {} });
});

afterAll(() => server.stop());

beforeEach(async () => {
  user = await server.signUp();
  phone = await makeSession(server, user.userId, { installationId: 'the-phone' });
});

/** By a route for which Parse Server asks its cache of tokens: 200, or Parse's error code. */
async function use(token: string): Promise<number> {
  const { status, body } = await server.rest('GET', '/classes/Note', { token });
  return status === 200 ? 200 : body.code;
}

/** Sends a request, and hangs up while the server writes a session for it. The server has noticed when it goes on. */
async function hangUpDuring(write: 'deleteObjectsByQuery' | 'createObject', sent: Sent): Promise<void> {
  const { adapter } = server.server.config.databaseController;
  const original = adapter[write];
  const connected = once(server.httpServer, 'connection');
  const request = http.request(sent.url, {
    method: sent.method ?? 'POST',
    agent: false,
    headers: {
      'X-Parse-Application-Id': server.appId,
      'Content-Type': 'application/json',
      ...(sent.token && { 'X-Parse-Session-Token': sent.token }),
      ...(sent.installationId && { 'X-Parse-Installation-Id': sent.installationId }),
    },
  });
  let answered = false;
  request.on('response', () => (answered = true));
  request.on('error', () => {});
  const hungUp = new Promise<void>((resolve, reject) => {
    adapter[write] = async function (className: string, ...args: unknown[]) {
      if (className === '_Session') {
        adapter[write] = original;
        const [socket] = await connected;
        const gone = once(socket, 'close');
        request.destroy();
        await gone;
        resolve();
      }
      return original.call(this, className, ...args);
    };
    const timer = setTimeout(() => reject(new Error('No session was written.')), 10_000);
    timer.unref();
  });
  request.end(sent.body && JSON.stringify(sent.body));
  try {
    await hungUp;
  } finally {
    adapter[write] = original;
  }
  expect(answered).toBe(false);
}

const rest = (path: string) => `${server.url}${path}`;
const batch = (transaction: boolean, method: string, path: string, body: Body = {}): Sent => ({
  url: rest('/batch'),
  body: { transaction, requests: [{ method, path: `/parse${path}`, body }] },
});
const graphql = (query: string): Sent => ({ url: server.graphqlUrl, body: { query } });
/** The path of a batch, and what a batch says, by GraphQL: it is no batch. */
const likeBatch = (query: string): Sent => ({
  url: `${server.graphqlUrl}/batch`,
  body: { transaction: true, query },
});

const LOG_OUT = 'mutation { logOut(input: {}) { ok } }';
const deletion = () =>
  `mutation { deleteSession(input: { id: "${phone.objectId}" }) { session { objectId } } }`;

// The MongoDB of the specs has no transactions.
const transactions = SPEC_DATABASE === 'postgresql' ? [false, true] : [false];
if (SPEC_DATABASE === 'mongodb') it.skip.each(['a batch in a transaction'])('%s', () => {});
const batches = (
  what: string,
  send: (transaction: boolean) => Sent,
): Array<[title: string, send: () => Sent]> =>
  transactions.map(transaction => [
    `${what} in a batch${transaction ? ' in a transaction' : ''}`,
    () => send(transaction),
  ]);

describe('when the client has gone, the token is refused at once and the event is told once, after', () => {
  /** By the phone itself, or by another session of its user. */
  const ENDINGS: Array<[title: string, reason: string, send: () => Sent]> = [
    ...(
      [
        ['a log-out', () => ({ url: rest('/logout'), body: {} })],
        ...batches('a log-out', transaction => batch(transaction, 'POST', '/logout')),
        ['a log-out by GraphQL', () => graphql(LOG_OUT)],
        ['a log-out by GraphQL, as if in a batch', () => likeBatch(LOG_OUT)],
      ] as Array<[string, () => Sent]>
    ).map(([title, send]): [string, string, () => Sent] => [
      title,
      'logout',
      () => ({ token: phone.token, ...send() }),
    ]),
    ...(
      [
        ['DELETE /sessions/:id', () => ({ method: 'DELETE', url: rest(`/sessions/${phone.objectId}`) })],
        ...batches('DELETE /sessions/:id', transaction =>
          batch(transaction, 'DELETE', `/sessions/${phone.objectId}`),
        ),
        ['deleteSession by GraphQL', () => graphql(deletion())],
        ['deleteSession by GraphQL, as if in a batch', () => likeBatch(deletion())],
        [
          'revokeSession',
          () => ({ url: rest('/functions/revokeSession'), body: { objectId: phone.objectId } }),
        ],
        [
          'revokeSession in a batch',
          () => batch(false, 'POST', '/functions/revokeSession', { objectId: phone.objectId }),
        ],
        [
          'revokeSession by GraphQL',
          () =>
            graphql(
              `mutation { callCloudCode(input: { functionName: revokeSession, params: { objectId: "${phone.objectId}" } }) { result } }`,
            ),
        ],
        ['revokeOtherSessions', () => ({ url: rest('/functions/revokeOtherSessions'), body: {} })],
        [
          'a deletion by the SDK in cloud code',
          () => ({ url: rest('/functions/destroySession'), body: { objectId: phone.objectId } }),
        ],
      ] as Array<[string, () => Sent]>
    ).map(([title, send]): [string, string, () => Sent] => [
      title,
      'revoked',
      () => ({ token: user.token, ...send() }),
    ]),
    [
      'a log-in from the same installation',
      'sameInstallation',
      () => ({
        url: rest('/login'),
        installationId: 'the-phone',
        body: { username: user.username, password: user.password },
      }),
    ],
    [
      'a change of the password',
      'passwordChange',
      () => ({
        method: 'PUT',
        url: rest(`/users/${user.userId}`),
        token: user.token,
        body: { password: 'another' },
      }),
    ],
    [
      'a change of the password by GraphQL, as if in a batch',
      'passwordChange',
      () => ({
        token: user.token,
        ...likeBatch(
          `mutation { updateUser(input: { id: "${user.userId}", fields: { password: "another" } }) { clientMutationId } }`,
        ),
      }),
    ],
  ];

  it.each(ENDINGS)('%s', async (_title, reason, send) => {
    expect(await use(phone.token)).toBe(200);
    await hangUpDuring('deleteObjectsByQuery', send());
    const of = () => told.filter(one => one.name === 'revoked' && one.sessionId === phone.objectId);
    await eventually(() => expect(of()).toMatchObject([{ reason, userId: user.userId }]));
    await eventually(async () => expect(await use(phone.token)).toBe(209));
    expect(await sessionRow(server, phone)).toBeUndefined();
    expect(of()).toHaveLength(1);
  });
});

describe('when the client has gone, a new session is told of after', () => {
  let username: string;

  beforeEach(() => (username = randomBytes(8).toString('hex')));

  const account = () => ({ username, password: 'correct horse' });
  const own = () => ({ username: user.username, password: user.password });
  const logIn = () =>
    `mutation { logIn(input: { username: "${user.username}", password: "${user.password}" }) { clientMutationId } }`;
  const signUp = () =>
    `mutation { signUp(input: { fields: { username: "${username}", password: "correct horse" } }) { clientMutationId } }`;

  const MAKINGS: Array<[title: string, send: () => Sent]> = [
    ['a log-in', () => ({ url: rest('/login'), body: own() })],
    ...batches('a log-in', transaction => batch(transaction, 'POST', '/login', own())),
    ['a log-in by GraphQL', () => graphql(logIn())],
    ['a log-in by GraphQL, as if in a batch', () => likeBatch(logIn())],
    ['a sign-up', () => ({ url: rest('/users'), body: account() })],
    ...batches('a sign-up', transaction => batch(transaction, 'POST', '/users', account())),
    ['a sign-up by GraphQL', () => graphql(signUp())],
    ['a sign-up by GraphQL, as if in a batch', () => likeBatch(signUp())],
    ['POST /sessions', () => ({ url: rest('/sessions'), token: user.token, body: {} })],
    ...batches('POST /sessions', transaction => ({
      token: user.token,
      ...batch(transaction, 'POST', '/sessions'),
    })),
    [
      'createRestrictedSession',
      () => ({ url: rest('/functions/createRestrictedSession'), token: user.token, body: {} }),
    ],
  ];

  it.each(MAKINGS)('%s', async (_title, send) => {
    const before = told.length;
    await hangUpDuring('createObject', send());
    const created = () => told.slice(before).filter(({ name }) => name === 'created');
    await eventually(() => expect(created()).toHaveLength(1));
    const [{ sessionId, userId }] = created() as [Told];
    const [row] = await server.rawFind('_Session', { objectId: sessionId });
    expect(row.user.objectId).toBe(userId);
    expect(await use(row.sessionToken)).toBe(200);
    expect(created()).toHaveLength(1);
  });
});
