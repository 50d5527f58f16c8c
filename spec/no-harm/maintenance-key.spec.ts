import { sameAsStock, seen, type Play, type Scenario } from '../support/same-as-stock';
import type { SpecServer } from '../support/server';
import { parseDate } from '../support/sessions';

const KEY = 'specs-maintenance-key';
const THRESHOLD = 3;
const headers = { 'X-Parse-Maintenance-Key': KEY };
const WRITTEN = {
  createdAt: parseDate('2001-02-03T04:05:06.789Z'),
  updatedAt: parseDate('2002-02-03T04:05:06.789Z'),
};

const maintain = async (server: SpecServer, method: string, path: string, body?: unknown) =>
  seen(await server.rest(method, path, { headers, body }));

const userRow = async (server: SpecServer, objectId: string) => {
  const [{ username: _name, ...row } = {}] = await server.rawFind('_User', { objectId });
  return row;
};

/** A user as the maintenance key reads him, with all that is hidden from others. */
async function readAll(server: SpecServer, userId: string) {
  const { status, body } = await server.rest('GET', `/users/${userId}`, { headers });
  const { username: _name, ...shown } = body;
  return { status, body: shown };
}

/** Locks a user out, and answers who it is. */
async function lockedOut(server: SpecServer) {
  const user = await server.signUp();
  const login = (password: string) =>
    server.rest('POST', '/login', { body: { username: user.username, password } });
  for (let failures = 0; failures < THRESHOLD; failures += 1) await login('wrong');
  return { user, login: async () => seen(await login(user.password)) };
}

const unlock =
  (body: object): Play =>
  async server => {
    const { user, login } = await lockedOut(server);
    const locked = await login();
    const answer = await maintain(server, 'PUT', `/users/${user.userId}`, body);
    const { body: row } = await readAll(server, user.userId);
    // When a lock ends is a matter of the clock.
    return {
      locked,
      answer,
      isLocked: Boolean(row._account_lockout_expires_at),
      failures: row._failed_login_count,
      then: (await login()).status,
    };
  };

const write =
  (body: object): Play =>
  async server => {
    const { userId } = await server.signUp();
    const answer = await maintain(server, 'PUT', `/users/${userId}`, body);
    return { answer, read: await readAll(server, userId) };
  };

const SCENARIOS: Scenario[] = [
  [
    'unlocks an account',
    unlock({ _account_lockout_expires_at: { __op: 'Delete' }, _failed_login_count: 0 }),
    { locked: { status: 404 }, answer: { status: 200 }, isLocked: false, then: 200 },
  ],
  [
    'sets the number of failed logins',
    write({ _failed_login_count: 2 }),
    { answer: { status: 200 }, read: { body: { _failed_login_count: 2 } } },
  ],
  [
    'locks an account',
    write({ _account_lockout_expires_at: parseDate('2099-01-01T00:00:00.000Z') }),
    { answer: { status: 200 }, read: { body: { _account_lockout_expires_at: expect.anything() } } },
  ],
  [
    'writes what clients never see',
    write({ _email_verify_token: 'of-my-own', _perishable_token: 'mine-too' }),
    { answer: { status: 200 }, read: { body: { _email_verify_token: 'of-my-own' } } },
  ],
  [
    'imports a user with his dates',
    async server => {
      const body = { username: `import-${server.appId}`, password: 'secret', ...WRITTEN };
      const answer = await maintain(server, 'POST', '/users', body);
      return { answer, row: await userRow(server, (answer.body as any).objectId) };
    },
    { answer: { status: 201 }, row: { createdAt: WRITTEN.createdAt.iso, updatedAt: WRITTEN.updatedAt.iso } },
  ],
  [
    'imports a role with its dates',
    async server => {
      const body = { name: 'imported', ACL: {}, ...WRITTEN };
      const answer = await maintain(server, 'POST', '/roles', body);
      return { answer, row: (await server.rawFind('_Role', { name: 'imported' }))[0] };
    },
    { answer: { status: 201 }, row: { createdAt: WRITTEN.createdAt.iso, updatedAt: WRITTEN.updatedAt.iso } },
  ],
  [
    'imports both in a batch',
    async server => {
      const requests = [
        {
          method: 'POST',
          path: '/parse/users',
          body: { username: 'in-batch', password: 'secret', ...WRITTEN },
        },
        { method: 'POST', path: '/parse/roles', body: { name: 'in-batch', ACL: {}, ...WRITTEN } },
      ];
      const answer = await maintain(server, 'POST', '/batch', { requests });
      const [user] = await server.rawFind('_User', { username: 'in-batch' });
      const [role] = await server.rawFind('_Role', { name: 'in-batch' });
      return { answer, user, role };
    },
    {
      answer: { status: 200 },
      user: { createdAt: WRITTEN.createdAt.iso },
      role: { createdAt: WRITTEN.createdAt.iso },
    },
  ],
  [
    'deletes a user',
    async server => {
      const { userId } = await server.signUp();
      const answer = await maintain(server, 'DELETE', `/users/${userId}`);
      return { answer, rows: await server.rawFind('_User', { objectId: userId }) };
    },
    { answer: { status: 200 }, rows: [] },
  ],
];

describe('the maintenance key', () => {
  sameAsStock(SCENARIOS, {
    parseServer: { maintenanceKey: KEY, accountLockout: { threshold: THRESHOLD, duration: 5 } },
  });
});
