import { Secret, TOTP } from 'otpauth';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';
import { HOUR } from '../support/time';

declare const Parse: any;

/** A provider whose codes tell whose they are. */
const shop = {
  validateAppId: async () => undefined,
  validateAuthData: async ({ id, code }: any) => {
    if (code !== `code of ${id}`) throw new Parse.Error(101, 'Shop does not know this code.');
  },
};
const mfa = { enabled: true, options: ['TOTP', 'SMS'], sendSMS: (code: string) => void sent.push(code) };

const sent: string[] = [];
let server: SpecServer;
let user: SpecUser;
let asked = 0;

beforeAll(async () => {
  const counting = {
    validateAppId: async () => undefined,
    validateAuthData: async () => void (asked += 1),
  };
  server = await startServer(
    { fresh: ['PaymentMethod'] },
    {
      auth: {
        shop: { module: shop },
        market: { module: shop },
        alone: { module: { ...shop, policy: 'solo' } },
        moody: { module: { ...shop, policy: () => 'solo' } },
        counting,
        off: { ...shop, enabled: false },
        mfa,
      },
      enableAnonymousUsers: true,
    },
  );
});

beforeEach(async () => {
  user = await server.signUp();
  asked = 0;
});

afterAll(() => server.stop());

const link = async (authData: object) => {
  const body = { authData };
  const answer = await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body });
  expect(answer.status).toBe(200);
  return answer.body;
};
const stale = () => makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
const confirm = (authData: unknown, { token }: { token: string }) =>
  server.run('confirmIdentity', { authData }, { token });
const save = async ({ token }: { token: string }) =>
  (await server.rest('POST', '/classes/PaymentMethod', { token, body: {} })).body.code ?? 'saved';
const proof = () => ({ id: user.userId, code: `code of ${user.userId}` });

describe('confirmIdentity by a provider of the user', () => {
  it.each<[string, () => object]>([
    ['one', () => ({ shop: proof() })],
    ['two of them', () => ({ shop: proof(), market: proof() })],
  ])('makes the session fresh: %s', async (_what, given) => {
    await link({ shop: proof(), market: proof() });
    const session = await stale();
    const before = await server.rawFind('_User', { objectId: user.userId });
    const sessions = await server.rawFind('_Session', {});
    expect(await save(session)).toBe(119);
    expect(await confirm(given(), session)).toEqual({ authenticatedAt: expect.any(String) });
    expect(await save(session)).toBe('saved');
    expect(await server.rawFind('_User', { objectId: user.userId })).toEqual(before);
    expect(await server.rawFind('_Session', {})).toHaveLength(sessions.length);
  });

  it.each<[string, () => unknown]>([
    ['a wrong code', () => ({ shop: { ...proof(), code: 'guessed' } })],
    ['the id alone', () => ({ shop: { id: user.userId } })],
    ['another user’s proof', () => ({ shop: { id: 'other', code: 'code of other' } })],
    ['a proof without the id', () => ({ shop: { code: 'code of undefined' } })],
    ['a provider that he has not linked', () => ({ counting: { id: user.userId } })],
    ['one right and one wrong', () => ({ shop: proof(), market: { ...proof(), code: 'guessed' } })],
    ['a provider that is switched off', () => ({ off: proof() })],
    ['a name that every object has', () => ({ constructor: proof(), toString: proof() })],
  ])('takes no %s', async (_what, given) => {
    await link({ shop: proof(), market: proof() });
    await server.rawUpdate(
      '_User',
      { objectId: user.userId },
      { authData: { shop: proof(), market: proof(), off: proof() } },
    );
    const session = await stale();
    await expect(confirm(given(), session)).rejects.toMatchObject({ code: 101 });
    expect(await save(session)).toBe(119);
    expect(asked).toBe(0);
  });

  it('takes none of a locked user', async () => {
    await link({ shop: proof() });
    const session = await stale();
    await server.rawUpdate('_User', { objectId: user.userId }, { ACL: {} });
    await expect(confirm({ shop: proof() }, session)).rejects.toMatchObject({ code: 101 });
    expect(await save(session)).toBe(119);
  });

  it('takes the id of an anonymous user, as his log-in does', async () => {
    const anonymous = { id: '6f0d3bd4-8b5c-4c5f-8b2b-2d7a4f4a9f10' };
    const { body } = await server.rest('POST', '/users', { body: { authData: { anonymous } } });
    user = { ...user, userId: body.objectId };
    const session = await stale();
    await expect(confirm({ anonymous: { id: 'guessed' } }, session)).rejects.toMatchObject({ code: 101 });
    await confirm({ anonymous }, session);
    expect(await save(session)).toBe('saved');
  });

  it.each<[unknown]>([[{}], ['shop'], [null], [{ shop: null }], [{ shop: 'code' }], [[]], [undefined]])(
    'answers 142 for %j, without an attempt',
    async given => {
      for (let i = 0; i < 6; i += 1) await expect(confirm(given, user)).rejects.toMatchObject({ code: 142 });
    },
  );

  it('takes a password and authData at once, if both are right', async () => {
    await link({ shop: proof() });
    const session = await stale();
    const confirmBoth = (password: string, shop: object) =>
      server.run('confirmIdentity', { password, authData: { shop } }, session);
    await expect(confirmBoth('guessed', proof())).rejects.toMatchObject({ code: 101 });
    await expect(confirmBoth(user.password, { ...proof(), code: 'guessed' })).rejects.toMatchObject({
      code: 101,
    });
    expect(await save(session)).toBe(119);
    await confirmBoth(user.password, proof());
    expect(await save(session)).toBe('saved');
  });
});

describe('confirmIdentity by a second factor', () => {
  const secret = new Secret({ size: 20 });
  const code = () => new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret }).generate();

  it('takes a code, and no wrong one', async () => {
    await link({ mfa: { secret: secret.base32, token: code() } });
    const session = await stale();
    const before = await server.rawFind('_User', { objectId: user.userId });
    await expect(confirm({ mfa: { token: 'guess' } }, session)).rejects.toThrow('Invalid MFA token');
    // A new secret proves nothing, not even with a code of its own.
    const own = new Secret({ size: 20 });
    const token = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret: own }).generate();
    await expect(confirm({ mfa: { secret: own.base32, token } }, session)).rejects.toThrow();
    expect(await save(session)).toBe(119);
    await confirm({ mfa: { token: code() } }, session);
    expect(await save(session)).toBe('saved');
    expect(await server.rawFind('_User', { objectId: user.userId })).toEqual(before);
  });

  it('takes each recovery code once, also of two at the same time', async () => {
    const { authDataResponse } = await link({ mfa: { secret: secret.base32, token: code() } });
    const [first, second] = authDataResponse.mfa.recovery.split(', ');
    const session = await stale();
    const answers = await Promise.allSettled(
      [first, first, first].map(token => confirm({ mfa: { token } }, session)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await save(session)).toBe('saved');
    await expect(confirm({ mfa: { token: first } }, session)).rejects.toThrow();
    await confirm({ mfa: { token: second } }, session);
    const [row] = await server.rawFind('_User', { objectId: user.userId });
    expect(row.authData.mfa).toMatchObject({ secret: secret.base32, recovery: [] });
  });

  it('is missing beside a password and a provider, as for a log-in', async () => {
    await link({ shop: proof() });
    await link({ mfa: { secret: secret.base32, token: code() } });
    const session = await stale();
    const confirmBy = (params: object) => server.run('confirmIdentity', params, session);
    const missing = { code: -1, message: 'Missing additional authData mfa' };
    await expect(confirmBy({ password: user.password })).rejects.toMatchObject(missing);
    await expect(confirmBy({ password: 'guessed' })).rejects.toMatchObject(missing);
    await expect(confirmBy({ authData: { shop: proof() } })).rejects.toMatchObject(missing);
    const mfa = { token: 'guess' };
    await expect(confirmBy({ password: user.password, authData: { mfa } })).rejects.toThrow(
      'Invalid MFA token',
    );
    expect(await save(session)).toBe(119);
    await confirmBy({ password: user.password, authData: { mfa: { token: code() } } });
    expect(await save(session)).toBe('saved');
  });

  it('keeps a recovery code that was shown beside a wrong proof', async () => {
    await link({ shop: proof() });
    const { authDataResponse } = await link({ mfa: { secret: secret.base32, token: code() } });
    const mfa = { token: authDataResponse.mfa.recovery.split(', ')[0] };
    const session = await stale();
    const wrong = { mfa, shop: { ...proof(), code: 'guessed' } };
    await expect(confirm(wrong, session)).rejects.toMatchObject({ code: 101 });
    await confirm({ mfa, shop: proof() }, session);
    expect(await save(session)).toBe('saved');
  });

  it.each([
    ['stands alone', 'alone', 'saved'],
    ['decides each time whether it does', 'moody', 119],
  ])('is not needed beside a provider that %s, as for a log-in', async (_what, provider, saved) => {
    await link({ [provider]: proof(), mfa: { secret: secret.base32, token: code() } });
    const body = { authData: { [provider]: proof() } };
    const loggedIn = await server.rest('POST', '/users', { body });
    expect(loggedIn.body.sessionToken === undefined).toBe(saved === 119);
    const session = await stale();
    await confirm(body.authData, session).catch(() => undefined);
    expect(await save(session)).toBe(saved);
  });

  it.each<[string, object]>([
    ['that waits for its first code', { pending: { '+15550100': { token: '123456', expiry: new Date() } } }],
    ['without anything', {}],
  ])('proves nothing %s', async (_what, mfa) => {
    await server.rawUpdate('_User', { objectId: user.userId }, { authData: { mfa } });
    const session = await stale();
    await expect(confirm({ mfa: { token: 'anything' } }, session)).rejects.toMatchObject({ code: 101 });
    expect(await save(session)).toBe(119);
  });

  it('sends a code by SMS, and takes that', async () => {
    const mobile = '+15550100';
    await link({ mfa: { mobile } });
    await link({ mfa: { mobile, token: sent.at(-1) } });
    const session = await stale();
    await expect(confirm({ mfa: { token: 'request' } }, session)).rejects.toThrow('Please enter the token');
    const token = sent.at(-1);
    await expect(confirm({ mfa: { token: `${token}0` } }, session)).rejects.toThrow('Invalid MFA token');
    await confirm({ mfa: { token } }, session);
    expect(await save(session)).toBe('saved');
    await expect(confirm({ mfa: { token } }, session)).rejects.toThrow('Invalid MFA token');
  });

  it('limits guesses, of codes and passwords together', async () => {
    await link({ mfa: { secret: secret.base32, token: code() } });
    const session = await stale();
    for (let i = 0; i < 3; i += 1)
      await expect(confirm({ mfa: { token: 'guess' } }, session)).rejects.toMatchObject({ code: 141 });
    const mfa = { token: code() };
    for (let i = 0; i < 2; i += 1)
      await expect(
        server.run('confirmIdentity', { password: 'guess', authData: { mfa } }, session),
      ).rejects.toMatchObject({ code: 101 });
    await expect(confirm({ mfa: { token: code() } }, session)).rejects.toMatchObject({ code: 155 });
    expect((await sessionRow(server, session)).authenticatedAt).toBeDefined();
    expect(await save(session)).toBe(119);
  });
});
