import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { restAt } from '../support/server';
import { eventually } from '../support/time';

// With `extendSessionOnUse` Parse Server moves the end of a session on behind the request that uses it.
const EXTEND = { extendSessionOnUse: true, sessionLength: 1000 };

let other: SecondProcess | undefined;
let rest: ReturnType<typeof restAt>;
let userId: string;
let token: string;

beforeEach(async () => {
  if (other?.isAlive) return;
  other = await startSecondProcess({
    parseServer: {
      ...EXTEND,
      // A cache that several processes could share.
      cacheAdapter: { module: 'parse-server/lib/Adapters/Cache/InMemoryCacheAdapter', options: {} },
    },
  });
  rest = restAt(other.url);
  const user = { username: 'somebody', password: 'correct horse' };
  const { body } = await rest('POST', '/users', { body: user });
  ({ objectId: userId, sessionToken: token } = body);
  await rest('POST', '/classes/Note', { token, body: {} });
});

afterEach(() => other!.expectAlive());
afterAll(() => other?.stop());

/** A session that is due for a renewal. */
const dueSession = (fields: object = {}) =>
  other!.run(
    async ({ server }, [objectId, more]) => {
      const row = await server.rawInsert('_Session', {
        sessionToken: `r:${Math.random().toString(16).slice(2).padEnd(32, '0')}`,
        user: { __type: 'Pointer', className: '_User', objectId },
        createdWith: { action: 'login', authProvider: 'password' },
        updatedAt: '2020-01-01T00:00:00.000Z',
        expiresAt: { __type: 'Date', iso: new Date(Date.now() + 60_000).toISOString() },
        restricted: false,
        ...more,
      });
      return row.sessionToken as string;
    },
    [userId, fields] as const,
  );

const endOf = (sessionToken: string) =>
  other!.run(async ({ server }, value) => {
    const [row] = await server.rawFind('_Session', { sessionToken: value });
    return new Date(row.expiresAt.iso).getTime() - Date.now();
  }, sessionToken);

it.each([
  ['an unrestricted session', {}],
  ['a restricted session', { restricted: true }],
])('%s is renewed behind the request that uses it', async (_whose, fields) => {
  const due = await dueSession(fields);
  expect((await rest('GET', '/classes/Note', { token: due })).status).toBe(200);
  await eventually(async () => expect(await endOf(due)).toBeGreaterThan(500_000));
});

const KEPT = {
  'an end that was chosen': { fixedExpiry: { __type: 'Date', iso: '2100-01-01T00:00:00.000Z' } },
  'an end that its maker has chosen': { expiresBy: { __type: 'Date', iso: '2100-01-01T00:00:00.000Z' } },
};

it.each(Object.entries(KEPT))(
  'a session with %s is not renewed, and the server goes on',
  async (_what, fields) => {
    const due = await dueSession(fields);
    await watchUpdates();
    expect((await rest('GET', '/classes/Note', { token: due })).status).toBe(200);
    await eventually(async () => expect(await updates()).toBeGreaterThan(0));
    await other!.expectAlive();
    expect(await endOf(due)).toBeLessThan(60_001);
  },
);

/** Counts the updates of sessions that the database is asked for from now on, and may have it refuse them. */
const watchUpdates = (refuse = false) =>
  other!.run(({ server, state }, refuses) => {
    const { adapter } = server.server.config.databaseController;
    state.updates = 0;
    for (const method of ['updateObjectsByQuery', 'findOneAndUpdate']) {
      const update = (state[method] ??= adapter[method]);
      adapter[method] = async function (className: string, ...args: unknown[]) {
        if (className !== '_Session') return update.call(this, className, ...args);
        try {
          if (refuses) throw new Error('no connection');
          return await update.call(this, className, ...args);
        } finally {
          state.updates += 1;
        }
      };
    }
  }, refuse);
const updates = () => other!.run(({ state }) => state.updates as number);

it('a server goes on when the database refuses a renewal', async () => {
  const due = await dueSession();
  await watchUpdates(true);
  expect((await rest('GET', '/classes/Note', { token: due })).status).toBe(200);
  await eventually(async () => expect(await updates()).toBeGreaterThan(0));
  await other!.expectAlive();
  await watchUpdates();
  expect((await rest('GET', '/classes/Note', { token: due })).status).toBe(200);
});

it('a server goes on when the session is gone before it is renewed', async () => {
  const due = await dueSession();
  await other!.run(({ server, state }, sessionToken) => {
    const { adapter } = server.server.config.databaseController;
    const { find } = adapter;
    // After Parse Server has read the session for the request.
    adapter.find = async function (className: string, ...args: unknown[]) {
      const rows = await find.call(this, className, ...args);
      if (className === '_Session' && rows.length === 1) {
        adapter.find = find;
        await server.rawDelete('_Session', { sessionToken });
        state.isGone = true;
      }
      return rows;
    };
  }, due);
  await rest('GET', '/classes/Note', { token: due });
  expect(await other!.run(({ state }) => state.isGone)).toBe(true);
  await other!.expectAlive();
  expect((await rest('GET', '/users/me', { token })).status).toBe(200);
});

// Parse Server puts a session into its cache without waiting for that.
it('a server goes on when a shared cache does not answer any more whether a token is revoked', async () => {
  const due = await dueSession();
  await other!.run(({ server, state }) => {
    const { adapter } = server.server.config.cacheController;
    const { get } = adapter;
    state.asked = 0;
    state.restore = () => (adapter.get = get);
    adapter.get = async function (key: string) {
      if (!key.includes('revokedSession:')) return get.call(this, key);
      state.asked += 1;
      if (state.asked > 1) throw new Error('The cache is gone.');
      return get.call(this, key);
    };
  });
  await rest('GET', '/classes/Note', { token: due });
  await other!.expectAlive();
  expect(await other!.run(({ state }) => state.asked)).toBeGreaterThan(1);
  await other!.run(({ state }) => void state.restore());
  expect((await rest('GET', '/users/me', { token })).status).toBe(200);
});
