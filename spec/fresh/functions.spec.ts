import { docs } from '../../src/docs';
import type { SessionsOptions } from '../../src';
import { failingStart } from '../support/failing-start';
import { recordsWritten } from '../support/records';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { HOUR, MINUTE } from '../support/time';
import { listenTo } from '../support/told';
import { outcomeOf, postAsText, type Outcome, type Who } from '../support/ways-in';

declare const Parse: any;

const stale = (name: string) => ({
  code: 119,
  message: `not allowed: the last login is too long ago, confirm your identity first (${name})`,
});
const OWN = ['revokeSessions', 'revokeOtherSessions', 'createRestrictedSession', 'approvePairing'];

let server: SpecServer;
let user: SpecUser;
let ran: string[];

function cloud() {
  const run = (name: string) => () => {
    ran.push(name);
    return 'done';
  };
  Parse.Cloud.define('pay', run('pay'));
  Parse.Cloud.define('free', run('free'));
  Parse.Cloud.define('express', (_request: unknown, response: any) => response.success(run('express')()));
  Parse.Cloud.define('sdkRun', ({ params, user: caller, master }: any) =>
    Parse.Cloud.run(
      params.name,
      params.given,
      master ? { useMasterKey: true } : { sessionToken: caller?.getSessionToken() },
    ),
  );
}

async function start(fresh: SessionsOptions['fresh'], functionPrefix?: string): Promise<void> {
  const pairing = { verificationUri: 'https://example.com/pair' };
  server = await startServer(
    { fresh, functionPrefix, pairing, freshWithin: '10m' },
    {},
    { cloud, graphql: true },
  );
  user = await server.signUp();
}

beforeEach(() => {
  ran = [];
});

const loggedIn = (ago: number, fields: object = {}) =>
  makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - ago), ...fields });

type Call = (name: string, who: Who, params?: object) => Promise<Outcome>;
const rest: Call = async (name, who, body = {}) =>
  outcomeOf((await server.rest('POST', `/functions/${name}`, { ...who, body })).body);
const batchOf =
  (transaction: boolean): Call =>
  async (name, who, body = {}) => {
    const requests = [{ method: 'POST', path: `/parse/functions/${name}`, body }];
    const answer = (await server.rest('POST', '/batch', { ...who, body: { requests, transaction } })).body;
    return outcomeOf(Array.isArray(answer) ? (answer[0].error ?? answer[0].success) : answer);
  };

const CALLS: Array<[way: string, call: Call]> = [
  ['REST', rest],
  [
    'another spelling of REST',
    (name, who) => rest(`%${name.charCodeAt(0).toString(16)}${name.slice(1)}`, who),
  ],
  [
    'a body of text with _method',
    async (name, who, params = {}) =>
      outcomeOf(await postAsText(server, `/functions/${name}`, { ...params, _method: 'POST' }, who)),
  ],
  ['a batch', batchOf(false)],
  [
    'GraphQL',
    async (name, who, params = {}) => {
      const query =
        'mutation ($params: Object) { ' +
        `callCloudCode(input: { functionName: ${name}, params: $params }) { result } }`;
      const { body } = await server.rest('POST', server.graphqlUrl, {
        ...who,
        body: { query, variables: { params } },
      });
      const [error] = body.errors ?? [];
      return error
        ? { code: error.extensions?.code, message: error.message }
        : { result: { result: body.data.callCloudCode.result } };
    },
  ],
  ['the SDK in cloud code', (name, who, given = {}) => rest('sdkRun', who, { name, given })],
];

const NAMES = ['pay', 'express', 'later', ...OWN].map(name => `function:${name}`);

describe.each<[string, SessionsOptions['fresh']]>([
  ['a list', ['PaymentMethod', ...NAMES]],
  ['an object', { PaymentMethod: true, ...Object.fromEntries(NAMES.map(name => [name, true as const])) }],
])('functions in `fresh`, %s', (_shape, fresh) => {
  beforeAll(() => start(fresh));
  afterAll(() => server.stop());

  describe.each(CALLS)('by way of %s', (_way, call) => {
    it.each(['pay', 'express'])('%s of the app is refused when the login is too long ago', async name => {
      expect(await call(name, await loggedIn(11 * MINUTE))).toEqual(stale(name));
      expect(ran).toEqual([]);
    });

    it.each(['pay', 'express'])('%s runs when it is recent, and by the master key', async name => {
      for (const who of [await loggedIn(9 * MINUTE), { master: true }]) {
        expect(await call(name, who)).toEqual({ result: { result: 'done' } });
      }
      expect(ran).toEqual([name, name]);
    });

    it.each(OWN)('this package’s own %s is refused when it is too long ago', async name => {
      const old = await loggedIn(11 * MINUTE);
      const before = await server.rawFind('_Session', {});
      expect(await call(name, old)).toEqual(stale(name));
      expect(await server.rawFind('_Session', {})).toHaveLength(before.length);
    });

    it('any other runs', async () => {
      expect(await call('free', await loggedIn(11 * MINUTE))).toEqual({ result: { result: 'done' } });
    });
  });

  it('their own work is done when the login is recent', async () => {
    const account = await server.signUp();
    const { sessionToken } = await server.run('createRestrictedSession', {}, account);
    expect(await sessionRow(server, sessionToken)).toMatchObject({ restricted: true });
    expect(await server.run('revokeOtherSessions', {}, account)).toEqual({ revoked: 1 });
  });

  it('to prove who one is makes the session fresh', async () => {
    const old = await loggedIn(HOUR);
    expect(await rest('pay', old)).toEqual(stale('pay'));
    await server.run('confirmIdentity', { password: user.password }, old);
    expect(await rest('pay', old)).toEqual({ result: { result: 'done' } });
  });

  it('so it does in another process', async () => {
    const old = await loggedIn(HOUR);
    expect(await rest('pay', old)).toEqual(stale('pay'));
    await server.rawUpdate(
      '_Session',
      { objectId: old.objectId },
      { authenticatedAt: parseDate(Date.now()) },
    );
    expect(await rest('pay', old)).toEqual({ result: { result: 'done' } });
  });

  it('who has no session is not refused: the function decides', async () => {
    expect(await rest('pay', {})).toEqual({ result: { result: 'done' } });
    expect(await rest('revokeSessions', {})).toMatchObject({ code: 209 });
  });

  it('who pairs a device needs no session, and its owner a recent login', async () => {
    const { userCode, deviceCode } = await server.run('startPairing');
    expect(await rest('approvePairing', await loggedIn(HOUR), { userCode })).toEqual(stale('approvePairing'));
    expect(await server.run('completePairing', { deviceCode })).toEqual({ status: 'pending' });
    expect(await server.run('approvePairing', { userCode }, user)).toEqual({ approved: true });
  });

  it('a restricted session is told that it is one, as for a write', async () => {
    const { token } = await server.restricted(user.token);
    const restricted = (name: string) => ({
      code: 119,
      message: `write operation not allowed: restricted session (${name}: it needs a recent login)`,
    });
    for (const [, call] of CALLS) expect(await call('pay', { token })).toEqual(restricted('pay'));
    const write = await server.rest('POST', '/classes/PaymentMethod', { token, body: {} });
    expect(outcomeOf(write.body)).toEqual(restricted('PaymentMethod'));
    expect(ran).toEqual([]);
  });

  it('a scoped session is told what its scopes leave out first', async () => {
    const scoped = async (scope: string) =>
      (await server.run('createRestrictedSession', { scopes: [scope] }, user)).sessionToken;
    expect(await rest('pay', { token: await scoped('function:free') })).toEqual({
      code: 119,
      message: 'not allowed: outside the scopes of this session (function:pay)',
    });
    expect(await rest('pay', { token: await scoped('function:pay') })).toMatchObject({
      message: 'write operation not allowed: restricted session (pay: it needs a recent login)',
    });
  });

  it('a session that is over answers 209', async () => {
    const old = await loggedIn(HOUR);
    await rest('pay', old);
    await server.rawDelete('_Session', { objectId: old.objectId });
    expect(await rest('pay', old)).toMatchObject({ code: 209 });
  });

  it('a refusal is told by the event `blocked`, once', async () => {
    const told = listenTo(server, ['blocked']);
    const old = await loggedIn(HOUR);
    await rest('pay', old);
    expect(told).toEqual([
      { name: 'blocked', sessionId: old.objectId, userId: user.userId, operation: 'call', target: 'pay' },
    ]);
  });

  it('one that is defined after the start is refused as well', async () => {
    Parse.Cloud.define('later', () => 'done');
    expect(await rest('later', await loggedIn(HOUR))).toEqual(stale('later'));
    expect(await rest('later', user)).toEqual({ result: { result: 'done' } });
  });

  it('in a transaction an old login runs none', async () => {
    expect(await batchOf(true)('pay', await loggedIn(HOUR))).not.toHaveProperty('result');
    expect(ran).toEqual([]);
  });

  it('a class of that name is none of them', async () => {
    const old = await loggedIn(HOUR);
    for (const className of ['pay', 'function']) {
      const { status } = await server.rest('POST', `/classes/${className}`, { ...old, body: {} });
      expect(status).toBe(201);
    }
  });

  describe('the session', () => {
    /** How often it is read while the call is answered. */
    async function reads(call: () => Promise<unknown>): Promise<number> {
      await recordsWritten({ server });
      const statements = watchStatements(server);
      try {
        await call();
        return statements.reads('_Session').length;
      } finally {
        statements.stop();
      }
    }

    it('is read no more often than for any other function, and not at all where it is known', async () => {
      const [one, another] = [await loggedIn(MINUTE), await loggedIn(MINUTE)];
      expect(await reads(() => rest('pay', one))).toBe(await reads(() => rest('free', another)));
      expect(await reads(() => rest('pay', one))).toBe(0);
    });

    it('is read once more before a refusal, but not in a transaction, where that would wait', async () => {
      const old = await loggedIn(HOUR);
      await rest('free', old);
      expect(await reads(() => rest('pay', old))).toBe(1);
      const [refused, done] = [() => batchOf(true)('pay', old), () => batchOf(true)('free', old)];
      expect(await reads(refused)).toBe(await reads(done));
    });
  });
});

describe('with functionPrefix', () => {
  beforeAll(() => start(['function:auth_revokeSessions', 'function:createRestrictedSession'], 'auth_'));
  afterAll(() => server.stop());

  it('this package’s own have their whole names', async () => {
    const old = await loggedIn(HOUR);
    expect(await rest('auth_revokeSessions', old)).toEqual(stale('auth_revokeSessions'));
    expect(await rest('auth_createRestrictedSession', old)).toHaveProperty('result');
  });
});

describe('at the start', () => {
  const listen = () => {
    const lines: string[] = [];
    const log = (level: string, ...message: unknown[]) => {
      if (level === 'warn') lines.push(message.join(' '));
    };
    return { lines, serverOptions: { silent: false, loggerAdapter: { log } } };
  };
  const startWith = async (fresh: SessionsOptions['fresh']) => {
    const { lines, serverOptions } = listen();
    server = await startServer({ fresh }, serverOptions, { cloud });
    await server.stop();
    return lines.filter(line => line.includes('option fresh'));
  };
  const proofs = { _User: true } as const;

  it('a function that is not there is one warning, with the name that may have been meant', async () => {
    const warning = (name: string, hint: string) =>
      `parse-server-sessions: the option fresh names the function "${name}", which does not exist${hint} ` +
      'Once it is defined in cloud code, the option holds for it.';
    expect(
      await startWith({
        ...proofs,
        'function:pay': true,
        'function:revokeSessions': true,
        'function:elsewhere': true,
        'function:revokeSesions': true,
      }),
    ).toEqual([warning('elsewhere', '.'), warning('revokeSesions', ': did you mean revokeSessions?')]);
  });

  it('it is no class that is missing', async () => {
    expect(await startWith(['_User', 'function:pay', 'function:free'])).toEqual([]);
  });

  it('to leave out what a user proves himself by is a warning for functions, too', async () => {
    expect(await startWith(['function:pay'])).toEqual([
      expect.stringContaining('the option fresh leaves out password and authData of _User'),
    ]);
  });

  it('a webhook stops it, because nobody sees its calls', async () => {
    const first = await startServer();
    const { databaseURI } = first;
    const body = { functionName: 'hooked', url: 'https://example.com/hook' };
    await first.rest('POST', '/hooks/functions', { master: true, body });
    await first.stop({ keepData: true });
    expect(await failingStart({ fresh: ['_User', 'function:hooked'] }, { databaseURI })).toBe(
      'parse-server-sessions: the function "hooked", which the option fresh names, is a webhook, whose calls nobody can ' +
        `judge. Define it in cloud code, or remove one of the two. See ${docs('errors', 'webhook-in-fresh')}`,
    );
    const again = await startServer({ fresh: ['_User', 'function:pay'] }, { databaseURI }, { cloud });
    await again.stop();
  });
});
