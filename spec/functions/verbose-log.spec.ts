import { inspect } from 'node:util';
import { normal, onStockAndMounted, type Play } from '../support/same-as-stock';
import { openLiveQuery } from '../support/live-query';
import {
  MASTER_KEY,
  READ_ONLY_MASTER_KEY,
  startServer,
  type SpecServer,
  type SpecUser,
} from '../support/server';
import { postAsText } from '../support/ways-in';

declare const Parse: any;

const PASSWORD = 'open "sesame" \\ please';
const BADGE = 'badge-of-the-owner';
const DEVICE_CODE = 'code-of-the-device';
/** Not of the shape that Parse Server gives to tokens: the master key chose it. */
const CHOSEN = 'r:a token that the master key chose';
const MAINTENANCE_KEY = 'specs-maintenance-key';

/** What Parse Server logs, at every level: the texts, and the objects beside them. */
let lines: string[] = [];
const textOf = (part: unknown) =>
  typeof part === 'string' ? part : `${JSON.stringify(part)} ${inspect(part, { depth: 20 })}`;
const loggerAdapter = {
  log: (level: string, ...parts: unknown[]) => void lines.push([level, ...parts.map(textOf)].join(' ')),
  query: () => [],
};

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
/** A secret as it may stand in a log: as it is, in JSON, in JSON within JSON, and in a URL. */
const spellings = (secret: string) => [
  secret,
  escaped(secret),
  escaped(escaped(secret)),
  encodeURIComponent(secret),
];

function expectNoSecret(...secrets: string[]): void {
  const all = [PASSWORD, BADGE, DEVICE_CODE, CHOSEN, MASTER_KEY, READ_ONLY_MASTER_KEY, MAINTENANCE_KEY];
  for (const secret of [...all, ...secrets].flatMap(spellings))
    expect(lines.filter(line => line.includes(secret))).toEqual([]);
  // A part of one is too much.
  expect(lines.filter(line => /sesame|badge-of|code-of|master key chose/.test(line))).toEqual([]);
}

describe('the log with `verbose` holds no secret of', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    const cloud = () => {
      Parse.Cloud.define('echo', ({ params }: any) => params);
      Parse.Cloud.define('fails', ({ params }: any) => {
        const error: any = new Error(`no good: ${JSON.stringify(params)}`);
        throw Object.assign(error, { params });
      });
      Parse.Cloud.define('logsIn', async ({ params, log }: any) => {
        const user = await Parse.User.logIn(params.username, params.password);
        log.info('logged in', user, { user: user.toJSON() });
        return 'done';
      });
      // A trigger has Parse Server log the users that it saves.
      Parse.Cloud.beforeSave(Parse.User, ({ object }: any) => void object.set('seen', true));
      Parse.Cloud.beforeLogin(() => undefined);
    };
    const badge = { validateAuthData: async () => undefined, validateAppId: async () => undefined };
    server = await startServer(
      {},
      { silent: false, verbose: true, loggerAdapter, auth: { badge }, maintenanceKey: MAINTENANCE_KEY },
      { cloud, graphql: true, liveQuery: true },
    );
    await server.makeClass('Note');
    const { body } = await server.rest('POST', '/users', { body: { username: 'owner', password: PASSWORD } });
    user = { userId: body.objectId, token: body.sessionToken, username: 'owner', password: PASSWORD };
  });

  afterAll(() => server.stop());
  beforeEach(() => (lines = []));

  const confirm = { method: 'POST', path: '/parse/functions/confirmIdentity', body: { password: PASSWORD } };

  it('a function', async () => {
    await server.run('confirmIdentity', { password: PASSWORD }, user);
    await server.run('confirmIdentity', { password: PASSWORD, more: 1 }, user).catch(() => undefined);
    await server.run('confirmIdentity', { password: { text: PASSWORD } }, user).catch(() => undefined);
    await server.run('confirmIdentity', { password: [PASSWORD] }, user).catch(() => undefined);
    const made = await server.run('createRestrictedSession', { scopes: ['Note:read'] }, user);
    expectNoSecret(user.token, made.sessionToken);
    expect(lines.join('\n')).toContain('Ran cloud function confirmIdentity');
    expect(lines.join('\n')).toContain('REQUEST for [POST] /parse/functions/confirmIdentity');
  });

  it('a batch', async () => {
    const requests = [
      confirm,
      { method: 'POST', path: '/parse/functions/createRestrictedSession', body: {} },
      { method: 'POST', path: '/parse/users', body: { authData: { badge: { id: BADGE } } } },
    ];
    const { body } = await server.rest('POST', '/batch', { ...user, body: { requests } });
    expect(body[0].success.result.authenticatedAt).toBeDefined();
    await server.rest('POST', '/batch', { ...user, body: { requests, transaction: true } });
    expectNoSecret(user.token, body[1].success.result.sessionToken);
  });

  it('GraphQL', async () => {
    const mutation = `mutation ($params: Object) {
      callCloudCode(input: { functionName: confirmIdentity, params: $params }) { result }
      logIn(input: { username: "owner", password: ${JSON.stringify(PASSWORD)} }) { viewer { sessionToken } }
    }`;
    const { body } = await server.graphql(mutation, { params: { password: PASSWORD } }, user.token);
    await server.graphql(mutation, { params: { password: PASSWORD, x: 1 } }, user.token);
    expectNoSecret(user.token, body.data.logIn.viewer.sessionToken);
  });

  it('a body that names keys, method and token', async () => {
    const text = { password: PASSWORD, _SessionToken: user.token };
    await postAsText(server, '/functions/confirmIdentity', text, {});
    const keys = { _MasterKey: MASTER_KEY, _method: 'GET', _SessionToken: CHOSEN };
    await postAsText(server, '/sessions', { ...keys, where: JSON.stringify({ sessionToken: CHOSEN }) }, {});
    expectNoSecret(user.token);
  });

  it('headers', async () => {
    await server.rest('GET', '/sessions', { master: true });
    await server.rest('GET', '/sessions', { readOnlyMaster: true });
    await server.rest('GET', '/sessions', { headers: { 'X-Parse-Maintenance-Key': MAINTENANCE_KEY } });
    const basic = Buffer.from(`${server.appId}:${MASTER_KEY}`).toString('base64');
    await server.rest('GET', '/sessions', { headers: { Authorization: `Basic ${basic}` } });
    await server.rest('GET', '/sessions', { token: CHOSEN });
    expectNoSecret(basic);
  });

  it('an address', async () => {
    const search = (parameters: Record<string, string>) => new URLSearchParams(parameters);
    const named = search({ username: 'owner', password: PASSWORD });
    for (const path of ['login', 'verifyPassword']) await server.rest('GET', `/${path}?${named}`);
    const where = JSON.stringify({ $or: [{ sessionToken: CHOSEN }, { name: 'x' }] });
    await server.rest('GET', `/sessions?${search({ where })}`, { master: true });
    const authData = JSON.stringify({ 'authData.badge.id': BADGE });
    await server.rest('GET', `/users?${search({ where: authData })}`, { master: true });
    await server.rest('GET', `/sessions?where=${where.replace(/ /g, '+')}`, { master: true });
    expectNoSecret();
    expect(lines.join('\n')).toContain('/verifyPassword?username=owner');
  });

  it('tokens that the master key has chosen', async () => {
    const body = {
      user: { __type: 'Pointer', className: '_User', objectId: user.userId },
      sessionToken: CHOSEN,
    };
    await server.rest('POST', '/sessions', { master: true, body });
    const asked = await server.run('getSession', { sessionToken: CHOSEN }, { master: true });
    expect(asked.objectId).toBeDefined();
    await server.run('revokeOtherSessions', { userId: 'nosuch', except: CHOSEN }, { master: true });
    await server.rest('GET', '/sessions', { master: true });
    expectNoSecret();
  });

  it('users, in triggers as well', async () => {
    const authData = { badge: { id: BADGE } };
    const other = await server.rest('POST', '/users', {
      body: { username: 'other', password: PASSWORD, authData },
    });
    const token = other.body.sessionToken;
    await server.rest('POST', '/login', { body: { username: 'owner', password: PASSWORD } });
    await server.rest('POST', '/users', { body: { username: 'owner', password: PASSWORD, authData: null } });
    await server.rest('PUT', `/users/${other.body.objectId}`, {
      token,
      body: { authData, password: PASSWORD },
    });
    await server.rest('GET', `/users/${other.body.objectId}`, { master: true });
    expectNoSecret(token);
    expect(lines.join('\n')).toContain('beforeSave triggered for _User');
  });

  it('functions of the app, whatever they do with it', async () => {
    const params = {
      note: `{"password":${JSON.stringify(PASSWORD)}}`,
      deep: [
        {
          a: {
            b: { password: PASSWORD, deviceCode: DEVICE_CODE, token: CHOSEN, authData: { x: { id: BADGE } } },
          },
        },
      ],
    };
    await server.run('echo', params, user);
    await server.run('fails', params, user).catch(() => undefined);
    await server.run('logsIn', { username: 'owner', password: PASSWORD }, user);
    expectNoSecret(user.token);
    expect(lines.join('\n')).toContain('no good: {');
    expect(lines.join('\n')).toContain('logged in');
  });

  it('a long line that Parse Server cuts off', async () => {
    for (let length = 930; length < 1010; length += 7)
      await server.run('echo', { filler: 'x'.repeat(length), password: PASSWORD }, user);
    expectNoSecret(user.token);
    expect(lines.join('\n')).toContain('... (truncated)');
  });

  it('LiveQuery', async () => {
    const socket = await openLiveQuery(server, { master: true, token: user.token });
    await socket.subscribe('Note', user.token);
    await socket.subscribe('_User', CHOSEN);
    socket.close();
    expectNoSecret(user.token);
  });
});

describe('the log with `verbose` is otherwise that of stock Parse Server', () => {
  /** What is said of requests and functions, whole. */
  const said: unknown[] = [];
  const adapter = {
    log: (...line: unknown[]) => {
      const isSaid = ['verbose', 'info', 'error'].includes(String(line[0]));
      if (isSaid) said.push(JSON.parse(JSON.stringify(line)));
    },
    query: () => [],
  };
  const cloud = () => {
    const kept: any = {};
    Parse.Cloud.define('keep', ({ params }: any) => {
      kept.params = params;
      return { ...params, date: new Date(0), list: [1, null, { deep: true }] };
    });
    Parse.Cloud.define('kept', () => kept.params);
    Parse.Cloud.define('says', ({ log }: any) => {
      log.info('a date', new Date(0), [1, 'two'], null, undefined, {
        token: null,
        password: true,
        sessionTokens: 2,
      });
      log.warn('a "password" is not a password: yes, and the token too');
      return 1;
    });
  };

  it('for what holds no secret', async () => {
    const play: Play = async server => {
      said.length = 0;
      const note = {
        text: 'password "token": none',
        tokens: ['a'],
        passwordHint: 'x',
        nested: { authDataOf: 1 },
      };
      await server.rest('POST', '/classes/Note', { body: { text: note.text } });
      await server.rest('GET', '/classes/Note?limit=1&keys=text');
      await server.rest('GET', '/classes/Note?where={"text":{"$regex":"^pass"}}');
      await server.run('keep', note);
      await server.run('says');
      await server.run('nosuch').catch(() => undefined);
      return normal([...said]);
    };
    const options = { silent: false, verbose: true, loggerAdapter: adapter };
    const { stock, mounted } = await onStockAndMounted(play, { parseServer: options, harness: { cloud } });
    expect(stock.length).toBeGreaterThan(10);
    expect(mounted).toEqual(stock);
  });

  it('and nothing that is logged is changed', async () => {
    const server = await startServer({}, { silent: false, verbose: true, loggerAdapter: adapter }, { cloud });
    try {
      const params = { items: [{ deviceCode: 'a code' }], authData: { x: { id: 'y' } } };
      expect(await server.run('keep', params)).toMatchObject(params);
      expect(await server.run('kept')).toEqual(params);
      const { loggerController } = server.server.config as any;
      const error = Object.assign(new Error('password'), {
        password: 'a secret',
        list: [{ token: 'a token' }],
      });
      const logged = {
        error,
        body: { sessionToken: 'r:x', password: 'x' },
        headers: { 'x-parse-master-key': 'y' },
      };
      const before = inspect(logged, { depth: 9 });
      loggerController.error('it failed', logged, error);
      expect(inspect(logged, { depth: 9 })).toBe(before);
    } finally {
      await server.stop();
    }
  });
});
