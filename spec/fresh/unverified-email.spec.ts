import { randomBytes } from 'node:crypto';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';

declare const Parse: any;

const HOUR = 3_600_000;

/** An e-mail adapter that sends nothing: whoever mistyped his address gets nothing. */
const emailAdapter = {
  sendVerificationEmail: () => Promise.resolve(),
  sendPasswordResetEmail: () => Promise.resolve(),
  sendMail: () => Promise.resolve(),
};
const EMAIL = { emailAdapter, appName: 'specs', publicServerURL: 'http://127.0.0.1/parse' };

/** All that Parse Server may have a log-in depend on an e-mail address by. */
const RULES: Array<[string, object]> = [
  ['true', { verifyUserEmails: true, preventLoginWithUnverifiedEmail: true }],
  ['functions', { verifyUserEmails: () => true, preventLoginWithUnverifiedEmail: async () => true }],
  [
    'true, for sign-ups too',
    {
      verifyUserEmails: true,
      preventLoginWithUnverifiedEmail: true,
      preventSignupWithUnverifiedEmail: true,
    },
  ],
];

let server: SpecServer;
let lines: string[];

function start(parseServer: object) {
  lines = [];
  const log = (...args: unknown[]) => lines.push(JSON.stringify(args));
  return startServer(
    { fresh: ['_User'] },
    { ...EMAIL, verbose: true, silent: false, loggerAdapter: { log }, ...parseServer },
    {
      graphql: true,
      cloud: () =>
        Parse.Cloud.define('confirms', ({ user, params }: any) =>
          Parse.Cloud.run(
            'confirmIdentity',
            { password: params.word },
            { sessionToken: user.getSessionToken() },
          ),
        ),
    },
  );
}

/** A user whose address was mistyped, and a session of his that is not fresh any more. */
async function mistyped(password = 'correct horse'): Promise<SpecUser> {
  const username = `user-${randomBytes(6).toString('hex')}`;
  const body = { username, password, email: `${username}@exmaple.com` };
  // With `preventSignupWithUnverifiedEmail` this answers 205, and the user is there all the same.
  await server.rest('POST', '/users', { master: true, body });
  const [{ objectId: userId }] = await server.rawFind('_User', { username });
  const { token } = await makeSession(server, userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
  return { userId, username, password, token };
}

const confirm = (user: SpecUser, password = user.password) =>
  server.run('confirmIdentity', { password }, { token: user.token });

const setEmail = (user: SpecUser) =>
  server.rest('PUT', `/users/${user.userId}`, {
    token: user.token,
    body: { email: `${user.username}@example.com` },
  });

/** Ways to call `confirmIdentity`; each answers when, or an error code. */
const WAYS: Array<[string, (user: SpecUser, password: string) => Promise<unknown>]> = [
  [
    'REST',
    async ({ token }, password) => {
      const { body } = await server.rest('POST', '/functions/confirmIdentity', { token, body: { password } });
      return body.result?.authenticatedAt ?? body.code;
    },
  ],
  [
    'batch',
    async ({ token }, password) => {
      const requests = [{ method: 'POST', path: '/parse/functions/confirmIdentity', body: { password } }];
      const { body } = await server.rest('POST', '/batch', { token, body: { requests } });
      return body[0].success?.result.authenticatedAt ?? body[0].error.code;
    },
  ],
  [
    'GraphQL',
    async ({ token }, password) => {
      const mutation =
        'mutation ($params: Object) { callCloudCode(input: { functionName: confirmIdentity, params: $params }) { result } }';
      const { body } = await server.graphql(mutation, { params: { password } }, token);
      return body.data?.callCloudCode?.result.authenticatedAt ?? body.errors[0].extensions.code;
    },
  ],
  [
    'the SDK in cloud code',
    async ({ token }, password) => {
      const { body } = await server.rest('POST', '/functions/confirms', { token, body: { word: password } });
      return body.result?.authenticatedAt ?? body.code;
    },
  ],
];

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

afterEach(() => server.stop());

describe.each(RULES)('where a log-in needs a verified e-mail address (%s)', (_title, rules) => {
  beforeEach(async () => {
    server = await start(rules);
  });

  it('a user mends his mistyped address, after confirmIdentity', async () => {
    const user = await mistyped();
    // That is the rule that must not hold here.
    const { username, password } = user;
    expect((await server.rest('POST', '/login', { body: { username, password } })).body.code).toBe(205);
    expect((await setEmail(user)).body.code).toBe(119);
    expect(await confirm(user)).toEqual({ authenticatedAt: ISO });
    expect((await setEmail(user)).status).toBe(200);
    const [row] = await server.rawFind('_User', { objectId: user.userId });
    expect(row.email).toBe(`${user.username}@example.com`);
  });
});

describe('confirmIdentity of a user whose e-mail address is not verified', () => {
  const rules = RULES[0]![1];

  it.each(WAYS)('takes his password, and no other, by way of %s', async (_name, call) => {
    server = await start(rules);
    const user = await mistyped();
    expect(await call(user, 'wrong')).toBe(101);
    expect((await setEmail(user)).body.code).toBe(119);
    expect(await call(user, user.password)).toEqual(ISO);
    expect((await setEmail(user)).status).toBe(200);
  });

  it.each([
    ['in the process', true],
    ['by HTTP', false],
  ])(
    'leaves no password in the log, even a verbose one (Parse Server is called %s)',
    async (_how, directAccess) => {
      server = await start({ ...rules, directAccess });
      const user = await mistyped('Str0ng "and" quoted');
      await expect(confirm(user, 'Wr0ng "and" quoted')).rejects.toMatchObject({ code: 101 });
      await confirm(user);
      expect(lines.join('\n')).toContain('confirmIdentity');
      for (const part of ['Str0ng', 'Wr0ng', 'quoted'])
        expect(lines.filter(line => line.includes(part))).toEqual([]);
    },
  );

  it('still locks the account after too many wrong passwords', async () => {
    server = await start({ ...rules, accountLockout: { threshold: 2, duration: 5 } });
    const user = await mistyped();
    for (let i = 0; i < 2; i += 1) await expect(confirm(user, 'wrong')).rejects.toMatchObject({ code: 101 });
    await expect(confirm(user)).rejects.toThrow(/Your account is locked/);
    expect((await setEmail(user)).body.code).toBe(119);
  });

  it('still counts the attempts', async () => {
    server = await start(rules);
    const user = await mistyped();
    for (let i = 0; i < 5; i += 1) await expect(confirm(user, 'wrong')).rejects.toMatchObject({ code: 101 });
    await expect(confirm(user)).rejects.toMatchObject({ code: 155 });
  });

  it.each([
    ['with that rule', rules],
    ['without it', {}],
  ])(
    'refuses a user who is locked, in the same words whatever the password (%s)',
    async (_title, parseServer) => {
      server = await start(parseServer);
      const user = await mistyped();
      // Past Parse Server: a user whom the master key locks loses this session at once.
      await server.rawUpdate('_User', { objectId: user.userId }, { ACL: {} });
      const refusal = (password: string) =>
        confirm(user, password).catch(({ code, message }) => ({ code, message }));
      expect(await refusal(user.password)).toEqual({ code: 101, message: 'Invalid username/password.' });
      expect(await refusal('wrong')).toEqual(await refusal(user.password));
      expect((await setEmail(user)).body.code).toBe(119);
    },
  );
});
