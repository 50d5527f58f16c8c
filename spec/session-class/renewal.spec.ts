import { failNext } from '../support/next-statement';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, parseDate, pointerTo, sessionRow, useToken } from '../support/sessions';
import { eventually } from '../support/time';
import { defineSdkWrite, transactionalBatch, waysIn, type WayIn } from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

// The MongoDB of the specs has no transactions.
const WAYS: Array<[string, WayIn]> =
  SPEC_DATABASE === 'postgresql' ? [...waysIn, ['a transaction', transactionalBatch]] : waysIn;

let server: SpecServer;
let count = 0;

/** A user who has signed up on an installation of his own. */
async function userOn(installationId = `installation-${(count += 1)}`) {
  const user = await server.signUp(undefined, { installationId });
  return { ...user, installationId };
}

type UserOn = Awaited<ReturnType<typeof userOn>>;

const sessionsOf = ({ userId }: SpecUser) => server.rawFind('_Session', { user: pointerTo(userId) });

/** What is told of the ends of a user's sessions from now on. */
function watch({ userId }: SpecUser) {
  const told: Array<{ sessionId: string; reason?: string }> = [];
  const note = (payload: any) => void (payload.userId === userId && told.push(payload));
  return { told, stop: server.sessions.on('revoked', note) };
}

beforeAll(async () => {
  server = await startServer({}, { auth: badges() }, { graphql: true, cloud: defineSdkWrite });
  // Parse Server 9.10 reads the column of legacy tokens when it upgrades one.
  const fields = { sessionToken: { type: 'String' } };
  await server.rest('PUT', '/schemas/_User', { master: true, body: { fields } });
  // A transaction makes no class.
  await server.rest('POST', '/classes/Note', { master: true, body: {} });
});

afterAll(() => server.stop());

function badges() {
  return { badge: { validateAuthData: async () => undefined, validateAppId: async () => undefined } };
}

describe('a client that makes a session', () => {
  describe.each(WAYS)('by way of %s', (name, way) => {
    const isGraphql = name === 'GraphQL';
    const userField = (userId: string) => (isGraphql ? { link: userId } : pointerTo(userId));
    const make = ({ token }: { token: string }, fields: object) =>
      way(server, { operation: 'create', className: '_Session', fields }, { token });

    it.each([
      ['his user and installation', () => ({})],
      // Without a token to leave out, PostgreSQL's adapter refused what Parse Server asked of it.
      ['a token, too', () => ({ sessionToken: 'r:0123456789abcdef' })],
      ['a token of the victim’s, too', ({ token }: SpecUser) => ({ sessionToken: token.slice(0, -1) })],
    ])('never ends another user’s session. He sends %s', async (_what, more) => {
      const victim = await userOn();
      const phone = await loginOn(victim, 'phone');
      const attacker = await userOn();
      const { told, stop } = watch(victim);
      for (const { installationId } of [victim, { installationId: 'phone' }]) {
        const fields = { user: userField(victim.userId), installationId, ...more(victim) };
        expect(await make(attacker, fields)).not.toHaveProperty('code');
      }
      for (const session of [victim, phone, attacker]) expect(await useToken(server, session)).toBe(200);
      expect(await sessionsOf(victim)).toHaveLength(2);
      expect(told).toEqual([]);
      stop();
    });

    it.each([
      ['the installation alone', () => ({})],
      ['himself, too', ({ userId }: SpecUser) => ({ user: userField(userId) })],
      [
        'a token, too',
        ({ userId }: SpecUser) => ({ user: userField(userId), sessionToken: 'r:0123456789abcdef' }),
      ],
    ])(
      'renews his own by its installation: the new one lives, the old one ends. He sends %s',
      async (_what, more) => {
        const user = await userOn();
        const { objectId } = await sessionRow(server, user);
        const { told, stop } = watch(user);
        expect(await make(user, { installationId: user.installationId, ...more(user) })).not.toHaveProperty(
          'code',
        );
        const [renewed, ...others] = await sessionsOf(user);
        expect(others).toEqual([]);
        expect(renewed).toMatchObject({ restricted: true, installationId: user.installationId });
        expect(await useToken(server, renewed.sessionToken)).toBe(200);
        expect(await useToken(server, user)).toBe(209);
        await eventually(() =>
          expect(told).toEqual([
            expect.objectContaining({ sessionId: objectId, reason: 'sameInstallation' }),
          ]),
        );
        stop();
      },
    );

    it('ends his own session of another device by that device’s installation', async () => {
      const user = await userOn();
      const phone = await loginOn(user, 'phone');
      expect(await make(user, { installationId: 'phone' })).not.toHaveProperty('code');
      expect(await useToken(server, phone)).toBe(209);
      expect(await useToken(server, user)).toBe(200);
      expect(await sessionsOf(user)).toHaveLength(2);
    });
  });

  it('is answered with the token of the session that lives', async () => {
    const user = await userOn();
    const body = { installationId: user.installationId };
    const answer = await server.rest('POST', '/sessions', { token: user.token, body });
    expect(answer.status).toBe(201);
    expect(await useToken(server, answer.body.sessionToken)).toBe(200);
  });

  it('keeps his own when the new one cannot be made', async () => {
    const user = await userOn();
    const body = { installationId: user.installationId, restricted: 'no' };
    expect((await server.rest('POST', '/sessions', { token: user.token, body })).body.code).toBe(111);
    const restore = failNext(server, 'createObject', '_Session');
    body.restricted = true as never;
    expect((await server.rest('POST', '/sessions', { token: user.token, body })).status).toBe(500);
    restore();
    expect(await useToken(server, user)).toBe(200);
  });

  it('ends nobody’s by a batch that renews his own beside it', async () => {
    const victim = await userOn();
    const attacker = await userOn();
    const request = (body: object) => ({ method: 'POST', path: '/parse/sessions', body });
    const requests = [
      request({ user: pointerTo(victim.userId), installationId: victim.installationId }),
      request({ installationId: attacker.installationId }),
      request({ installationId: attacker.installationId, user: pointerTo(victim.userId) }),
    ];
    await server.rest('POST', '/batch', { token: attacker.token, body: { requests } });
    expect(await useToken(server, victim)).toBe(200);
    expect(await sessionsOf(victim)).toHaveLength(1);
  });

  it('leaves one session at least when a batch renews it twice', async () => {
    const user = await userOn();
    const body = { installationId: user.installationId };
    const requests = Array.from({ length: 3 }, () => ({ method: 'POST', path: '/parse/sessions', body }));
    const answer = await server.rest('POST', '/batch', { token: user.token, body: { requests } });
    const states = await Promise.all(
      answer.body.map(({ success }: any) => success && useToken(server, success.sessionToken)),
    );
    expect(answer.body.filter(({ error }: any) => error)).toEqual([]);
    expect(states).toContain(200);
    expect(await useToken(server, user)).toBe(209);
  });
});

async function loginOn({ username, password }: SpecUser, installationId: string): Promise<string> {
  const { body } = await server.rest('POST', '/login', { installationId, body: { username, password } });
  return body.sessionToken;
}

describe('the upgrade of a session to a revocable one', () => {
  const upgrade = (token: string, installationId?: string) =>
    server.rest('POST', '/upgradeToRevocableSession', { token, installationId, body: {} });

  it('renews the session of the same installation: the new one lives, the old one ends', async () => {
    const user = await userOn();
    const { objectId } = await sessionRow(server, user);
    const { told, stop } = watch(user);
    const { status, body } = await upgrade(user.token, user.installationId);
    expect(status).toBe(200);
    expect(body).toMatchObject({ createdWith: { action: 'upgrade' }, restricted: false });
    expect(await useToken(server, body.sessionToken)).toBe(200);
    expect(await useToken(server, user)).toBe(209);
    expect(await sessionsOf(user)).toHaveLength(1);
    await eventually(() =>
      expect(told).toEqual([expect.objectContaining({ sessionId: objectId, reason: 'sameInstallation' })]),
    );
    stop();
  });

  it('keeps an end that was chosen for the session', async () => {
    const user = await userOn();
    const { objectId } = await sessionRow(server, user);
    const end = new Date(Date.now() + 3600_000);
    await server.sessions.store.setExpiry(objectId, end);
    const { body } = await upgrade(user.token, user.installationId);
    expect(await endOf(server, body.sessionToken)).toEqual(end);
    expect(body.expiresAt).toEqual(parseDate(end));
  });

  it('keeps the old one when it fails, so that nobody is logged out by it', async () => {
    const user = await userOn();
    const { adapter } = server.server.config.databaseController;
    const { findOneAndUpdate } = adapter;
    // As PostgreSQL does it where no user ever had a token of the time before.
    adapter.findOneAndUpdate = async () => {
      adapter.findOneAndUpdate = findOneAndUpdate;
      throw new Error('There is no such column.');
    };
    expect((await upgrade(user.token, user.installationId)).status).toBe(500);
    expect(await useToken(server, user)).toBe(200);
  });

  it('without an installation leaves the old one, too', async () => {
    const user = await userOn();
    const { body } = await upgrade(user.token);
    expect(await useToken(server, body.sessionToken)).toBe(200);
    expect(await useToken(server, user)).toBe(200);
  });
});

describe('whoever logs in while he sends the token of a session', () => {
  const batch = async (token: string, installationId: string, path: string, body: object) => {
    const requests = [{ method: 'POST', path: `/parse${path}`, body }];
    const answer = await server.rest('POST', '/batch', { token, installationId, body: { requests } });
    return answer.body[0].success;
  };

  const asAnother: Array<[string, (sender: UserOn, other: UserOn) => Promise<{ sessionToken?: string }>]> = [
    [
      '/login in a batch',
      (sender, { username, password, installationId }) =>
        batch(sender.token, installationId, '/login', { username, password }),
    ],
    [
      'GraphQL',
      async (sender, { username, password, installationId }) => {
        const query = `mutation { logIn(input: { username: "${username}", password: "${password}" }) {
          viewer { sessionToken } } }`;
        const { body } = await server.rest('POST', server.graphqlUrl, {
          token: sender.token,
          installationId,
          body: { query },
        });
        return body.data.logIn.viewer;
      },
    ],
  ];

  it.each(asAnother)(
    'as another user replaces that user’s session of the installation: %s',
    async (_way, logIn) => {
      const [sender, other] = [await userOn(), await userOn()];
      const { objectId } = await sessionRow(server, other);
      const { told, stop } = watch(other);
      const { sessionToken } = await logIn(sender, other);
      expect(await useToken(server, sessionToken!)).toBe(200);
      expect(await useToken(server, other)).toBe(209);
      expect(await useToken(server, sender)).toBe(200);
      expect(await sessionsOf(other)).toHaveLength(1);
      await eventually(() =>
        expect(told).toEqual([expect.objectContaining({ sessionId: objectId, reason: 'sameInstallation' })]),
      );
      stop();
    },
  );

  it('as himself replaces his session of the installation', async () => {
    const user = await userOn();
    const { username, password } = user;
    const { sessionToken } = await batch(user.token, user.installationId, '/login', { username, password });
    expect(await useToken(server, sessionToken)).toBe(200);
    expect(await useToken(server, user)).toBe(209);
    expect(await sessionsOf(user)).toHaveLength(1);
  });
});

describe('the master key', () => {
  it('replaces the sessions of whichever user and installation it names, as ever', async () => {
    const user = await userOn();
    const body = {
      user: pointerTo(user.userId),
      installationId: user.installationId,
      sessionToken: `r:${user.userId}`,
    };
    expect((await server.rest('POST', '/sessions', { master: true, body })).status).toBe(201);
    expect(await useToken(server, user)).toBe(209);
    expect(await useToken(server, `r:${user.userId}`)).toBe(200);
  });
});
