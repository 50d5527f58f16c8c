import { inspect } from 'node:util';
import { Secret, TOTP } from 'otpauth';
import { normal, onStockAndMounted, type Play } from '../support/same-as-stock';
import { openLiveQuery } from '../support/live-query';
import {
  MASTER_KEY,
  READ_ONLY_MASTER_KEY,
  startServer,
  type SpecServer,
  type SpecUser,
} from '../support/server';
import { listenTo, type Told } from '../support/told';
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
/** What listeners have been told. */
let told: Told[] = [];
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
    const mfa = { enabled: true, options: ['TOTP'] };
    server = await startServer(
      { pairing: { verificationUri: 'https://example.com/pair' } },
      { silent: false, verbose: true, loggerAdapter, auth: { badge, mfa }, maintenanceKey: MAINTENANCE_KEY },
      { cloud, graphql: true, liveQuery: true },
    );
    told = listenTo(server, ['created', 'revoked', 'expired', 'blocked', 'newDevice', 'addressChanged']);
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

  it('a function that was asked wrongly', async () => {
    const params = {
      userCode: { text: PASSWORD },
      deviceCode: [DEVICE_CODE],
      authData: BADGE,
      token: [CHOSEN],
    };
    for (const name of ['confirmIdentity', 'approvePairing', 'completePairing', 'reportSession', 'nosuch'])
      await server.run(name, params, user).catch(() => undefined);
    expectNoSecret(user.token);
  });

  describe('those that answer secrets,', () => {
    /** What is stored where nothing of it belongs: the tokens themselves are in `_Session` only. */
    const stored = async () => {
      const classes = [
        'ParseSessionAttempt',
        'ParseSessionPairing',
        'ParseEndedSession',
        'ParseSessionDevice',
      ];
      return JSON.stringify(await Promise.all(classes.map(name => server.rawFind(name, {}))));
    };
    async function expectNowhere(...secrets: string[]): Promise<void> {
      expectNoSecret(...secrets);
      const elsewhere = [JSON.stringify(told), await stored()].join();
      for (const secret of secrets.flatMap(spellings)) expect(elsewhere).not.toContain(secret);
    }
    /** As a user may type a code. */
    const typed = (userCode: string) => [
      userCode,
      userCode.replace('-', ''),
      userCode.toLowerCase(),
      userCode.toLowerCase().replace('-', ''),
    ];
    const start = (wish: object = {}) => server.run('startPairing', wish);
    const secretsOf = ({ deviceCode, userCode, verificationUriComplete }: any): string[] => [
      deviceCode,
      ...typed(userCode),
      verificationUriComplete,
    ];
    const message = (call: Promise<unknown>) =>
      call.then(
        () => '',
        error => error.message as string,
      );

    beforeEach(() => server.rawDelete('ParseSessionAttempt', { count: { $gt: 0 } }).catch(() => undefined));

    it('pairing a device', async () => {
      const started = await start({ name: 'Boiler' });
      const { deviceCode, userCode } = started;
      const [asTyped, joined, small] = typed(userCode);
      await server.run('completePairing', { deviceCode });
      await server.run('pairingRequest', { userCode: small }, user);
      await server.run('approvePairing', { userCode: joined, name: 'Kitchen' }, user);
      // What is over is told in the same words as what never was.
      const errors = [
        await message(server.run('approvePairing', { userCode: asTyped }, user)),
        await message(server.run('denyPairing', { userCode: small }, user)),
        await message(server.run('denyPairing', { deviceCode, userCode, more: 1 }, user)),
        await message(server.run('completePairing', { deviceCode, userCode })),
        await message(server.run('completePairing', { deviceCode: deviceCode.repeat(4) })),
      ];
      await server.rawUpdate('ParseSessionPairing', { status: 'approved' }, { polledAt: null });
      const { sessionToken } = await server.run('completePairing', { deviceCode });
      expect(sessionToken).toMatch(/^r:/);
      await server.sessions.store.revokeAllForUser(user.userId, { except: user.token });
      await expectNowhere(...secretsOf(started), sessionToken, user.token);
      for (const secret of secretsOf(started)) expect(errors.join()).not.toContain(secret);
      expect(lines.join('\n')).toContain('Ran cloud function pairingRequest');
      expect(lines.join('\n')).toContain('RESPONSE from [POST] /parse/functions/startPairing');
    });

    it('pairing by a batch, by GraphQL and with a body as a text', async () => {
      const call = (name: string, body: object) => ({
        method: 'POST',
        path: `/parse/functions/${name}`,
        body,
      });
      const { body } = await server.rest('POST', '/batch', {
        body: { requests: [call('startPairing', {})] },
      });
      const [first, last] = [body[0].success.result, await start()];
      const requests = [first, last].map(({ userCode }) => call('approvePairing', { userCode }));
      await server.rest('POST', '/batch', { ...user, body: { requests } });
      const mutation = `mutation ($params: Object) {
        callCloudCode(input: { functionName: completePairing, params: $params }) { result }
      }`;
      const collected = await server.graphql(mutation, { params: { deviceCode: first.deviceCode } });
      const inline = `mutation { callCloudCode(input: {
        functionName: completePairing, params: { deviceCode: ${JSON.stringify(last.deviceCode)} }
      }) { result } }`;
      const others = await server.graphql(inline);
      const tokens = [collected, others].map(({ body }) => body.data.callCloudCode.result.sessionToken);
      expect(tokens).toEqual([expect.stringMatching(/^r:/), expect.stringMatching(/^r:/)]);
      await postAsText(server, '/functions/pairingRequest', { userCode: first.userCode }, user);
      await server.rest('GET', `/functions/pairingRequest?userCode=${typed(first.userCode)[3]}`, user);
      await expectNowhere(...secretsOf(first), ...secretsOf(last), ...tokens);
    });

    it('the report of a session', async () => {
      const { token } = await server.login('owner', PASSWORD, { 'User-Agent': 'Acme/1.0 (Windows NT 10.0)' });
      const link = await server.sessions.reportLink((await server.sessions.store.find(token))!);
      const report = decodeURIComponent(link.split('#token=')[1]!);
      const [, proof] = report.split('.');
      const search = new URLSearchParams({ token: report });
      await server.rest('GET', `/functions/reportSession?${search}`);
      const wrong = await message(server.run('reportSession', { token: report, more: 1 }));
      expect(await server.run('reportSession', { token: report })).toEqual({ revoked: 1 });
      await postAsText(server, '/functions/reportSession', { token: report }, {});
      expect(wrong).not.toContain(proof);
      await expectNowhere(link, report, proof!, token);
      expect(lines.join('\n')).toContain('Ran cloud function reportSession');
    });

    it('the rotation of a token, also with a proof', async () => {
      const { token } = await server.login('owner', PASSWORD);
      const first = await server.run('rotateSession', {}, { token });
      const params = { password: PASSWORD, rotate: true };
      const { sessionToken } = await server.run('confirmIdentity', params, { token: first.sessionToken });
      await expectNowhere(token, first.sessionToken, sessionToken);
    });

    it('a second factor, its setting up included', async () => {
      const secret = new Secret({ size: 20 });
      const other = await server.signUp();
      const token = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret }).generate();
      const body = { authData: { mfa: { secret: secret.base32, token } } };
      const linked = await server.rest('PUT', `/users/${other.userId}`, { token: other.token, body });
      const codes: string[] = linked.body.authDataResponse.mfa.recovery.split(', ');
      const confirm = (code: string) => ({ authData: { mfa: { token: code } } });
      const wrong = await message(server.run('confirmIdentity', confirm(PASSWORD), other));
      await server.run('confirmIdentity', confirm(codes[0]!), other);
      await message(server.run('confirmIdentity', confirm(codes[0]!), other));
      expect(wrong).not.toBe('');
      await expectNowhere(secret.base32, ...codes, other.token);
    });
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
