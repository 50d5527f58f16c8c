import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  makeSession,
  makeUser,
  parseDate,
  pointerTo,
  sessionRow,
  useAndFlush,
  useToken,
} from '../support/sessions';
import { DAY, HOUR, MINUTE, moveClock, startClock, stopClock } from '../support/time';
import { defineSdkWrite, waysInAndTransaction } from '../support/ways-in';

/** Parse Server's own, of sessions that the policy says nothing of. */
const LENGTH = 7 * DAY;
const IDLE = 30 * DAY;

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

let server: SpecServer;
let count = 0;

beforeAll(async () => {
  stopClock();
  server = await startServer(
    { expiry: { authenticated: { idle: '30d', maxAge: '90d' } } },
    { sessionLength: LENGTH / 1000 },
    { graphql: true, cloud: defineSdkWrite },
  );
});

afterAll(async () => {
  await server.stop();
  startClock();
});

/** The end is that date, and no use moves it; on that date the token is refused. */
async function expectFixed(token: string, end: Date) {
  expect(await endOf(server, token)).toEqual(end);
  moveClock(HOUR);
  await useAndFlush(server, token);
  expect(await endOf(server, token)).toEqual(end);
}

/** The end is one idle period after this moment, and moves with use. */
async function expectByPolicy(token: string) {
  expect(await endOf(server, token)).toEqual(inFuture(IDLE));
  moveClock(HOUR);
  const end = inFuture(IDLE);
  await useAndFlush(server, token);
  expect(await endOf(server, token)).toEqual(end);
}

const CREATED_WITH: Array<[string, object]> = [
  ['nothing of how it was made', {}],
  ['that a client made it', { createdWith: { action: 'create' } }],
  ['that a log-in made it', { createdWith: { action: 'login', authProvider: 'password' } }],
  ['that a sign-up made it', { createdWith: { action: 'signup', authProvider: 'password' } }],
  ['that an upgrade made it', { createdWith: { action: 'upgrade' } }],
];

const ENDS: Array<[string, number]> = [
  ['before the policy’s', 5 * DAY],
  ['after the policy’s', 200 * DAY],
  ['that Parse Server itself would choose', LENGTH],
];

describe.each(waysInAndTransaction)('the end that the master key chooses by way of %s', (name, way) => {
  const isGraphql = name === 'GraphQL';
  const dateField = (date: Date) => (isGraphql ? date.toISOString() : parseDate(date));
  const create = async (fields: object) => {
    const userId = await makeUser(server);
    const sessionToken = `r:${(count += 1).toString(16).padStart(32, '0')}`;
    const user = isGraphql ? { link: userId } : pointerTo(userId);
    const write = {
      operation: 'create',
      className: '_Session',
      fields: { sessionToken, user, ...fields },
    } as const;
    expect(await way(server, write, { master: true })).not.toHaveProperty('code');
    return sessionToken;
  };
  const update = async (objectId: string, expiresAt: unknown) => {
    const write = { operation: 'update', className: '_Session', objectId, fields: { expiresAt } } as const;
    expect(await way(server, write, { master: true })).not.toHaveProperty('code');
  };

  describe.each(ENDS)('%s,', (_when, after) => {
    it.each(CREATED_WITH)(
      'for a session that it makes, stays whatever its use. It says %s',
      async (_how, fields) => {
        const end = inFuture(after);
        await expectFixed(await create({ expiresAt: dateField(end), ...fields }), end);
      },
    );

    it('for a session that is there, stays whatever its use', async () => {
      const { token } = await server.signUp();
      const { objectId } = await sessionRow(server, token);
      // In the caches of this process, with its former end.
      expect(await useToken(server, token)).toBe(200);
      const end = inFuture(after);
      await update(objectId, dateField(end));
      await expectFixed(token, end);
    });
  });

  it('is when the token is refused, at once', async () => {
    const { token } = await server.signUp();
    const { objectId } = await sessionRow(server, token);
    expect(await useToken(server, token)).toBe(200);
    await update(objectId, dateField(inFuture(-1)));
    expect(await useToken(server, token)).toBe(209);
  });

  // GraphQL has no operations.
  it.each(isGraphql ? ['null'] : ['null', 'a deletion'])('goes back to the policy with %s', async what => {
    const { token } = await server.signUp();
    const { objectId } = await sessionRow(server, token);
    await update(objectId, dateField(inFuture(5 * DAY)));
    moveClock(DAY);
    await useAndFlush(server, token);
    moveClock(-MINUTE);
    await update(objectId, what === 'null' ? null : { __op: 'Delete' });
    await expectByPolicy(token);
  });

  it('is none where it makes a session without one: the policy’s', async () => {
    await expectByPolicy(await create({ createdWith: { action: 'login', authProvider: 'password' } }));
    await expectByPolicy(await create({}));
  });

  it('of a session without a policy is stored as Parse Server stores it', async () => {
    const end = inFuture(5 * DAY);
    const token = await create({ expiresAt: dateField(end), restricted: true });
    const { objectId, fixedExpiry, expiresAt } = await sessionRow(server, token);
    expect({ fixedExpiry, expiresAt }).toEqual({ fixedExpiry: undefined, expiresAt: parseDate(end) });
    await update(objectId, dateField(inFuture(DAY)));
    const updated = await sessionRow(server, token);
    expect(updated.fixedExpiry).toBeUndefined();
    expect(updated.expiresAt).toEqual(parseDate(inFuture(DAY)));
  });
});

describe('a session that Parse Server makes for the master key ends by the policy:', () => {
  const MADE: Array<[string, () => Promise<string>]> = [
    [
      '/loginAs',
      async () => {
        const userId = await makeUser(server);
        const { body } = await server.rest('POST', '/loginAs', { master: true, body: { userId } });
        return body.sessionToken;
      },
    ],
    [
      'a sign-up',
      async () => {
        const body = { username: `by-master-${(count += 1)}`, password: 'correct horse' };
        const answer = await server.rest('POST', '/users', { master: true, installationId: 'phone', body });
        return answer.body.sessionToken;
      },
    ],
    [
      'a log-in',
      async () => {
        const { username, password } = await server.signUp();
        const answer = await server.rest('POST', '/login', { master: true, body: { username, password } });
        return answer.body.sessionToken;
      },
    ],
    [
      'GraphQL',
      async () => {
        const { username, password } = await server.signUp();
        const query = `mutation { logIn(input: { username: "${username}", password: "${password}" }) {
          viewer { sessionToken } } }`;
        const { body } = await server.rest('POST', server.graphqlUrl, { master: true, body: { query } });
        return body.data.logIn.viewer.sessionToken;
      },
    ],
    [
      'a batch, beside one with an end of its choice',
      async () => {
        const userId = await makeUser(server);
        const chosen = {
          user: pointerTo(await makeUser(server)),
          sessionToken: `r:beside-${(count += 1)}`,
          createdWith: { action: 'login', authProvider: 'masterkey' },
          expiresAt: parseDate(inFuture(5 * DAY)),
        };
        const requests = [
          { method: 'POST', path: '/parse/loginAs', body: { userId } },
          { method: 'POST', path: '/parse/sessions', body: chosen },
        ];
        const { body } = await server.rest('POST', '/batch', { master: true, body: { requests } });
        expect(await endOf(server, chosen.sessionToken)).toEqual(inFuture(5 * DAY));
        return body[0].success.sessionToken;
      },
    ],
  ];

  it.each(MADE)('%s', async (_how, make) => {
    await expectByPolicy(await make());
  });
});

describe('an end that the master key chooses anew', () => {
  it('takes the place of one that setExpiry fixed, and setExpiry that of one of its own', async () => {
    const session = await makeSession(server, await makeUser(server));
    await server.sessions.store.setExpiry(session.objectId, inFuture(5 * DAY));
    const end = inFuture(10 * DAY);
    const put = (expiresAt: unknown) =>
      server.rest('PUT', `/sessions/${session.objectId}`, { master: true, body: { expiresAt } });
    await put(parseDate(end));
    await expectFixed(session.token, end);
    await server.sessions.store.setExpiry(session.objectId, null);
    moveClock(-MINUTE);
    await expectByPolicy(session.token);
  });

  it('leaves an invalidated session as it is', async () => {
    const session = await makeSession(server, await makeUser(server));
    await server.sessions.invalidate(session.objectId);
    for (const expiresAt of [parseDate(inFuture(DAY)), null, { __op: 'Delete' }]) {
      const body = { expiresAt };
      const answer = await server.rest('PUT', `/sessions/${session.objectId}`, { master: true, body });
      expect(answer.body.code).toBe(119);
    }
  });
});
