import { READ_ONLY_MASTER_KEY, startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, useToken } from '../support/sessions';
import { parseDate } from '../support/sessions';
import { DAY, HOUR, MINUTE, SECOND } from '../support/time';

const URI = 'https://example.com/sessions/pair';
const MOST = ['Telemetry:*', 'Note:read', 'function:report'];
const THERMOMETER = {
  name: 'Thermometer',
  scopes: ['Telemetry:create', 'Note:read'],
  installationId: 'th-1',
};
const CLASS = 'ParseSessionPairing';

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer({ pairing: { verificationUri: URI, expiresIn: '20m', scopes: MOST } });
  for (const name of ['Telemetry', 'Note']) await server.makeClass(name);
});

beforeEach(async () => {
  user = await server.signUp();
  for (const name of ['ParseSessionAttempt', CLASS])
    await server.rawDelete(name, { objectId: { $exists: true } }).catch(() => undefined);
});

afterAll(() => server.stop());

const start = (wish: object = THERMOMETER) =>
  server.run('startPairing', wish, { headers: { 'User-Agent': 'Thermo/1.0 (ESP32)' } });
const complete = (deviceCode: string) => server.run('completePairing', { deviceCode });
/** The device waits for as long as it is told to. */
const wait = () =>
  server.rawUpdate(
    CLASS,
    { polledAt: { $exists: true } },
    { polledAt: parseDate(Date.now() - 5 * SECOND) },
    true,
  );
const approve = (userCode: string, given: object = {}, who: { token?: string } = user) =>
  server.run('approvePairing', { userCode, ...given }, { token: who.token });
const sessionsOf = (userId: string) =>
  server.rawFind('_Session', { user: pointerTo(userId), restricted: true });
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.code,
  );

describe('a device is paired', () => {
  it('by a code that its user allows', async () => {
    const started = await start();
    expect(started).toEqual({
      deviceCode: expect.stringMatching(/^[\w-]{43}$/),
      userCode: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verificationUri: URI,
      verificationUriComplete: `${URI}#userCode=${started.userCode}`,
      expiresIn: 1200,
      interval: 5,
    });
    const { deviceCode, userCode } = started;
    expect(await complete(deviceCode)).toEqual({ status: 'pending' });
    expect(await server.run('pairingRequest', { userCode }, user)).toEqual({
      name: 'Thermometer',
      scopes: ['Telemetry:create', 'Note:read'],
      device: { browser: 'Thermo', os: null, type: null },
      ip: '127.0.0.1',
      place: null,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await approve(userCode)).toEqual({ approved: true });
    // Until the device asks there is no session.
    expect(await sessionsOf(user.userId)).toEqual([]);
    await wait();
    const answer = await complete(deviceCode);
    expect(answer).toEqual({
      status: 'approved',
      objectId: expect.any(String),
      sessionToken: expect.stringMatching(/^r:scoped-/),
      scopes: ['Telemetry:create', 'Note:read'],
      expiresAt: expect.any(String),
    });
    const token = answer.sessionToken;
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    expect((await server.rest('POST', '/classes/Note', { token, body: {} })).body.code).toBe(119);
    expect(await server.run('getSession', {}, { token })).toMatchObject({
      objectId: answer.objectId,
      restricted: true,
      scopes: ['Telemetry:create', 'Note:read'],
      name: 'Thermometer',
      installationId: 'th-1',
      ip: '127.0.0.1',
    });
    // Once.
    await wait();
    expect(await complete(deviceCode)).toEqual({ status: 'expired' });
    expect(await sessionsOf(user.userId)).toHaveLength(1);
  });

  it('with less than it asks for, and another name', async () => {
    const { deviceCode, userCode } = await start();
    await approve(userCode, { name: 'Kitchen', scopes: ['Telemetry:create'], expiresIn: '1d' });
    const { sessionToken, scopes, expiresAt } = await complete(deviceCode);
    expect(scopes).toEqual(['Telemetry:create']);
    expect(Math.abs(new Date(expiresAt).getTime() - Date.now() - DAY)).toBeLessThan(MINUTE);
    expect(await server.run('getSession', {}, { token: sessionToken })).toMatchObject({ name: 'Kitchen' });
  });

  it('with one operation of those that it asks for together', async () => {
    const { deviceCode, userCode } = await start({ scopes: ['Telemetry:*'] });
    await approve(userCode, { scopes: ['Telemetry:read', 'Telemetry:create'] });
    expect((await complete(deviceCode)).scopes).toEqual(['Telemetry:read', 'Telemetry:create']);
  });

  it('with the most that any may get where it asks for nothing', async () => {
    const { deviceCode, userCode } = await start({});
    expect((await server.run('pairingRequest', { userCode }, user)).scopes).toEqual(MOST);
    await approve(userCode);
    expect((await complete(deviceCode)).scopes).toEqual(MOST);
  });

  it.each([
    ['small letters', (code: string) => code.toLowerCase()],
    ['no hyphen', (code: string) => code.replace('-', '')],
    ['blanks', (code: string) => ` ${code.replace('-', ' ')} `],
  ])('however its code is typed: %s', async (_how, typed) => {
    const { userCode } = await start();
    expect(await approve(typed(userCode))).toEqual({ approved: true });
  });

  it('again with the same installation, and its older session ends', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const { deviceCode, userCode } = await start();
      await approve(userCode);
      tokens.push((await complete(deviceCode)).sessionToken);
    }
    expect([await useToken(server, tokens[0]!), await sessionsOf(user.userId)]).toEqual([
      209,
      [expect.anything()],
    ]);
  });
});

describe('a device gets no session', () => {
  it('that its user denies', async () => {
    const { deviceCode, userCode } = await start();
    expect(await server.run('denyPairing', { userCode }, user)).toEqual({ denied: true });
    expect(await complete(deviceCode)).toEqual({ status: 'denied' });
    expect(await code(approve(userCode))).toBe(101);
    expect(await sessionsOf(user.userId)).toEqual([]);
  });

  it('after its time', async () => {
    const { deviceCode, userCode } = await start();
    await approve(userCode);
    await server.rawUpdate(CLASS, { status: 'approved' }, { expiresAt: parseDate(Date.now() - 1) }, true);
    expect(await complete(deviceCode)).toEqual({ status: 'expired' });
    const late = await start();
    await server.rawUpdate(CLASS, { status: 'pending' }, { expiresAt: parseDate(Date.now() - 1) }, true);
    expect(await code(server.run('pairingRequest', { userCode: late.userCode }, user))).toBe(101);
    expect(await code(approve(late.userCode))).toBe(101);
    expect(await code(server.run('denyPairing', { userCode: late.userCode }, user))).toBe(101);
    expect(await complete(late.deviceCode)).toEqual({ status: 'expired' });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['has logged out', () => server.rest('POST', '/logout', { ...user, body: {} })],
    ['is gone', () => server.rest('DELETE', `/users/${user.userId}`, { master: true })],
    ['is locked', () => server.rest('PUT', `/users/${user.userId}`, { master: true, body: { ACL: {} } })],
    [
      'has another password',
      () => server.rest('PUT', `/users/${user.userId}`, { ...user, body: { password: 'new' } }),
    ],
    ['has another token', () => server.run('rotateSession', {}, user)],
    [
      'was invalidated',
      async () => {
        const [{ objectId }] = await server.rawFind('_Session', { sessionToken: user.token });
        await server.sessions.invalidate(objectId);
      },
    ],
    [
      'has expired',
      () =>
        server.rawUpdate(
          '_Session',
          { sessionToken: user.token },
          { expiresAt: parseDate(Date.now() - HOUR) },
        ),
    ],
  ])('once the session of whoever allowed it %s', async (_how, end) => {
    const { deviceCode, userCode } = await start();
    await approve(userCode);
    await end();
    expect(await complete(deviceCode)).toEqual({ status: 'expired' });
    expect(await sessionsOf(user.userId)).toEqual([]);
  });

  it('before a class that it may write is there again', async () => {
    const { deviceCode, userCode } = await start({ scopes: ['Telemetry:create'] });
    await approve(userCode);
    await server.rawDelete('Telemetry', { objectId: { $exists: true } });
    expect((await server.rest('DELETE', '/schemas/Telemetry', { master: true })).status).toBe(200);
    await expect(complete(deviceCode)).rejects.toMatchObject({ code: 142 });
    await server.makeClass('Telemetry');
    await wait();
    expect((await complete(deviceCode)).status).toBe('approved');
  });

  it('by a guessed code', async () => {
    expect(await complete('guessed')).toEqual({ status: 'expired' });
    const { userCode } = await start();
    await approve(userCode);
    expect(await complete(userCode)).toEqual({ status: 'expired' });
  });

  it('while it asks faster than it is told', async () => {
    const { deviceCode, userCode } = await start();
    expect(await complete(deviceCode)).toEqual({ status: 'pending' });
    await approve(userCode);
    expect(await complete(deviceCode)).toEqual({ status: 'slowDown' });
    await wait();
    expect((await complete(deviceCode)).status).toBe('approved');
  });
});

describe('who may judge a device', () => {
  it.each(['pairingRequest', 'approvePairing', 'denyPairing'])('%s', async name => {
    const { deviceCode, userCode } = await start();
    const restricted = await server.restricted(user.token);
    const call = (who: object, params: object = { userCode }) => code(server.run(name, params, who));
    expect(await call(restricted)).toBe(119);
    expect(await call({})).toBe(209);
    expect(await call({ master: true })).toBe(209);
    expect(await call(user, { userCode: 'BCDF-GHJK' })).toBe(101);
    expect(await call(user, { userCode: 'x' })).toBe(101);
    expect(await call(user, { deviceCode })).toBe(142);
    expect(await call(user, {})).toBe(142);
    expect(await call(user, { userCode: 5 })).toBe(142);
    expect(await complete(deviceCode)).toEqual({ status: 'pending' });
    expect(await call(user)).toBe('done');
    if (name !== 'pairingRequest') expect(await call(user)).toBe(101);
  });

  it.each(['startPairing', 'completePairing'])('the read-only master key is no device: %s', async name => {
    const headers = { 'X-Parse-Master-Key': READ_ONLY_MASTER_KEY };
    const params = name === 'startPairing' ? {} : { deviceCode: (await start()).deviceCode };
    expect(await code(server.run(name, params, { headers }))).toBe(119);
  });

  it.each<[string, object]>([
    ['more than it asks for', { scopes: ['Telemetry:create', 'Telemetry:read'] }],
    ['another function', { scopes: ['function:report'] }],
    ['all operations for one', { scopes: ['Telemetry:*'] }],
    ['what is no scope', { scopes: ['Telemetry'] }],
    ['no scopes at all', { scopes: [] }],
    ['another installation', { installationId: 'mine' }],
    ['no time', { expiresIn: 0 }],
    ['no name', { name: '' }],
  ])('nobody gives %s', async (_what, given) => {
    const { deviceCode, userCode } = await start();
    expect(await code(approve(userCode, given))).toBe(142);
    expect(await complete(deviceCode)).toEqual({ status: 'pending' });
  });

  it.each<[string, object]>([
    ['more than any may get', { scopes: ['Telemetry:create', 'Note:create'] }],
    ['a function of that name', { scopes: ['function:Telemetry'] }],
    ['what is no scope', { scopes: ['everything'] }],
    ['a time of its own', { expiresIn: '1d' }],
    ['a name that is too long', { name: 'n'.repeat(129) }],
    ['a name in several lines', { name: 'Thermometer\nin your kitchen' }],
    ['a name that turns the text round', { name: 'Thermo\u202emeter' }],
  ])('no device asks for %s', async (_what, wish) => {
    expect(await code(start(wish))).toBe(142);
  });
});

it('clients never come to what is stored, which holds no code', async () => {
  const { deviceCode, userCode } = await start();
  for (const path of [`/classes/${CLASS}`, '/classes/ParseSessionAttempt'])
    expect((await server.rest('GET', path, user)).body.code).toBe(119);
  await server.run('pairingRequest', { userCode }, user);
  const rows = JSON.stringify([
    await server.rawFind(CLASS, {}),
    await server.rawFind('ParseSessionAttempt', {}),
  ]);
  for (const secret of [deviceCode, userCode, userCode.replace('-', ''), user.token])
    expect(rows).not.toContain(secret);
});

it('what is over goes with the next start of a device', async () => {
  await start();
  await server.rawUpdate(CLASS, { status: 'pending' }, { expiresAt: parseDate(Date.now() - 1) }, true);
  await start();
  expect(await server.rawFind(CLASS, {})).toHaveLength(1);
});

it('what is over is purged, and what a user allowed is erased with him', async () => {
  const [old, allowed] = [await start(), await start()];
  await approve(allowed.userCode);
  await server.rawUpdate(CLASS, { status: 'pending' }, { expiresAt: parseDate(Date.now() - 1) }, true);
  await server.sessions.store.purgeExpired();
  expect(await server.rawFind(CLASS, {})).toHaveLength(1);
  expect(await complete(old.deviceCode)).toEqual({ status: 'expired' });
  await server.sessions.eraseUser(user.userId);
  expect(await server.rawFind(CLASS, {})).toEqual([]);
});
