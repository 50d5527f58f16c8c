import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, useToken } from '../support/sessions';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

// Whoever logs out everywhere means those sessions, too, that are made from another one while he does.
describe('a session that is made while its maker is revoked', () => {
  let server: SpecServer;
  let user: SpecUser;
  /** What the insert of a session waits for. */
  let gate: Promise<unknown> | undefined;
  let atGate: (() => void) | undefined;

  beforeAll(async () => {
    // After this package's own middleware: it holds back the insert, with all checks before it done.
    const requestContextMiddleware = ({ config }: any, _response: unknown, next: () => void) => {
      const { database } = config;
      const create = database.create.bind(database);
      database.create = async (className: string, ...more: unknown[]) => {
        if (className === '_Session' && gate) {
          atGate?.();
          await gate;
        }
        return create(className, ...more);
      };
      next();
    };
    server = await startServer({}, { requestContextMiddleware });
    // Parse Server 9.10 reads the column of legacy tokens when it upgrades one.
    const fields = { sessionToken: { type: 'String' } };
    await server.rest('PUT', '/schemas/_User', { master: true, body: { fields } });
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    gate = undefined;
    user = await server.signUp(undefined, { installationId: 'phone' });
  });

  const sessions = () => server.rawFind('_Session', { user: pointerTo(user.userId) });

  /** Runs a request up to the insert of a session, revokes every session of the user, and lets it go on. */
  async function whileRevoked(request: () => Promise<any>): Promise<any> {
    let open = (): void => undefined;
    const reached = new Promise<void>(resolve => (atGate = resolve));
    gate = new Promise<void>(resolve => (open = resolve));
    const answer = request();
    await reached;
    await server.sessions.store.revokeAllForUser(user.userId);
    open();
    return answer;
  }

  const WAYS: Array<[string, () => Promise<any>]> = [
    ['POST /sessions', () => server.rest('POST', '/sessions', { token: user.token, body: {} })],
    ['an upgrade', () => server.rest('POST', '/upgradeToRevocableSession', { token: user.token, body: {} })],
  ];

  it.each(WAYS)('is refused, and leaves nothing behind: %s', async (_way, request) => {
    const { body } = await whileRevoked(request);
    expect(body.code).toBe(209);
    expect(await sessions()).toEqual([]);
  });

  const RENEWALS: Array<[string, () => Promise<any>]> = [
    [
      'POST /sessions',
      () => server.rest('POST', '/sessions', { token: user.token, body: { installationId: 'phone' } }),
    ],
    [
      'an upgrade',
      () =>
        server.rest('POST', '/upgradeToRevocableSession', {
          token: user.token,
          installationId: 'phone',
          body: {},
        }),
    ],
  ];

  it.each(RENEWALS)('is refused although it would take its maker’s place: %s', async (_way, renew) => {
    const { body } = await whileRevoked(renew);
    expect(body.code).toBe(209);
    expect(await sessions()).toEqual([]);
  });

  it('is refused where a change of the password would make it', async () => {
    const change = () =>
      server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'another' } });
    const { body } = await whileRevoked(change);
    expect(body.code).toBe(209);
    expect(await sessions()).toEqual([]);
  });

  it.each(WAYS)('is one otherwise: %s', async (_way, request) => {
    const { body } = await request();
    expect(await useToken(server, body.sessionToken)).toBe(200);
    expect(await sessions()).toHaveLength(2);
  });

  it('ends with the others when the password changes meanwhile, with a listener and without', async () => {
    for (const listens of [false, true]) {
      const stop = listens ? server.sessions.on('revoked', () => undefined) : () => undefined;
      const owner = await server.signUp();
      const thieves = await Promise.all(
        Array.from({ length: 3 }, () => server.login(owner.username, owner.password)),
      );
      let isOver = false;
      const makes = thieves.map(async ({ token }) => {
        while (!isOver) await server.rest('POST', '/sessions', { token, body: {} });
      });
      await new Promise(resolve => setTimeout(resolve, 50));
      const body = { password: 'another' };
      const { status } = await server.rest('PUT', `/users/${owner.userId}`, { token: owner.token, body });
      isOver = true;
      await Promise.all(makes);
      stop();
      expect(status).toBe(200);
      const left = await server.rawFind('_Session', { user: pointerTo(owner.userId) });
      expect(left.filter(({ restricted }) => restricted)).toEqual([]);
    }
  });

  // The MongoDB of the specs has no transactions.
  const inTransaction = SPEC_DATABASE === 'postgresql' ? it : it.skip;

  inTransaction(
    'ends after the commit when its maker is revoked before it, and is told when not',
    async () => {
      const told: unknown[] = [];
      const stop = server.sessions.on('created', ({ sessionId }) => void told.push(sessionId));
      const batch = () =>
        server.rest('POST', '/batch', {
          token: user.token,
          body: {
            requests: ['/sessions', '/classes/Note'].map(path => ({
              method: 'POST',
              path: `/parse${path}`,
              body: {},
            })),
            transaction: true,
          },
        });
      await server.rest('POST', '/classes/Note', { token: user.token, body: {} });
      const tokenOf = ({ body }: any) => JSON.stringify(body).match(/r:[0-9a-f]{32}/)![0];
      expect(await useToken(server, tokenOf(await batch()))).toBe(200);
      expect(told).toHaveLength(1);

      const { adapter } = server.server.config.databaseController;
      const commit = adapter.commitTransactionalSession;
      adapter.commitTransactionalSession = async function (...args: unknown[]) {
        adapter.commitTransactionalSession = commit;
        await server.sessions.store.revokeAllForUser(user.userId);
        return commit.apply(this, args);
      };
      expect(await useToken(server, tokenOf(await batch()))).toBe(209);
      expect(await sessions()).toEqual([]);
      expect(told).toHaveLength(1);
      stop();
    },
  );

  inTransaction('is dead before the answer when it is made in a transaction', async () => {
    const requests = ['/sessions', '/classes/Note'].map(path => ({
      method: 'POST',
      path: `/parse${path}`,
      body: {},
    }));
    await server.rest('POST', '/classes/Note', { token: user.token, body: {} });
    // Held back in the insert of the session, inside of the transaction.
    const answer = await whileRevoked(() =>
      server.rest('POST', '/batch', { token: user.token, body: { requests, transaction: true } }),
    );
    const token = JSON.stringify(answer.body).match(/r:[0-9a-f]{32}/)?.[0];
    if (token) expect(await useToken(server, token)).toBe(209);
    expect(await sessions()).toEqual([]);
  });
});

// As another process revokes it, without a cache that both share: here nobody has been told.
describe('a session that has been revoked elsewhere, and that Parse Server’s cache still trusts', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({}, { cacheTTL: 60_000 });
    const fields = { sessionToken: { type: 'String' } };
    await server.rest('PUT', '/schemas/_User', { master: true, body: { fields } });
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    user = await server.signUp();
    // Both caches hold it now.
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { nickname: 'Bo' } });
  });

  const WAYS: Array<[string, () => Promise<any>]> = [
    ['a session', () => server.rest('POST', '/sessions', { token: user.token, body: {} })],
    ['an upgrade', () => server.rest('POST', '/upgradeToRevocableSession', { token: user.token, body: {} })],
    [
      'another password, and the session that comes with it',
      () =>
        server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { password: 'mine now' } }),
    ],
    [
      'a restricted session',
      () => server.rest('POST', '/functions/createRestrictedSession', { token: user.token, body: {} }),
    ],
  ];

  it.each(WAYS)('makes nothing that lasts: %s', async (_what, request) => {
    const phone = await server.login(user.username, user.password);
    await server.rawDelete('_Session', { sessionToken: user.token });
    const { body } = await request();
    expect(body.code).toBe(209);
    // The others go on, with the password that they know.
    expect(await useToken(server, phone)).toBe(200);
    await server.login(user.username, user.password);
    expect(await server.rawFind('_Session', { user: pointerTo(user.userId) })).toHaveLength(2);
  });

  it.each(WAYS)('which it does while it lasts itself: %s', async (_what, request) => {
    const answer = await request();
    const made = answer.body.sessionToken ?? answer.body.result.sessionToken;
    expect(await useToken(server, made)).toBe(200);
  });
});
