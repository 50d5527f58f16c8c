import { types } from 'node:util';
import type { PairDeviceOptions, PairedDevice, PairingCode } from '../../src/client';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { DAY, MINUTE, SECOND } from '../support/time';
import { startClient, type ClientProcess } from './support/client-process';

// A date that came from another process is none of Jest's own `Date`.
const aDate = { asymmetricMatch: types.isDate, toString: () => 'a date' };

const URI = 'https://example.com/sessions/pair';
const CLASS = 'ParseSessionPairing';
const PREFIX = 'auth_';
const WISH = { name: 'Thermometer', scopes: ['Telemetry:create', 'Note:read'], installationId: 'th-1' };

let server: SpecServer;
/** Where a person is logged in, by the SDK. */
let app: ClientProcess;
/** What has `fetch` alone. It pauses until the spec has it go on. */
let device: ClientProcess;
let user: SpecUser;

beforeAll(async () => {
  const pairing = { verificationUri: URI, expiresIn: '20m', scopes: ['Telemetry:*', 'Note:read'] };
  server = await startServer({ functionPrefix: PREFIX, pairing });
  for (const name of ['Telemetry', 'Note']) await server.makeClass(name);
  [app, device] = await Promise.all([startClient(server), startClient(server)]);
  await device.run(({ client, state }) => {
    const { setTimeout: platformTimer } = globalThis;
    globalThis.setTimeout = ((work: () => void, delay: number, ...rest: unknown[]) => {
      if (delay !== 5000 && delay !== 10_000) return platformTimer(work, delay, ...(rest as []));
      state.goOn = work;
      return state.pause(delay);
    }) as typeof setTimeout;
    /** Until the device pauses again, or is done. */
    state.step = (work: () => unknown) =>
      new Promise(resolve => {
        state.pause = (delay: number) => resolve({ pause: delay, code: state.code });
        work();
        state.pairing.then(resolve);
      });
    state.start = (options: PairDeviceOptions) => {
      const onCode = (code: unknown) => void (state.code = code);
      state.pairing = client.pairDevice({ ...options, onCode }).then(
        paired => ({ paired }),
        ({ name, message, code, status }) => ({ error: { name, message, code, status } }),
      );
    };
  });
});

afterAll(async () => {
  await Promise.all([app?.stop(), device?.stop()]);
  await server?.stop();
});

beforeEach(async () => {
  for (const name of ['ParseSessionAttempt', CLASS])
    await server.rawDelete(name, { objectId: { $exists: true } }).catch(() => undefined);
  user = await server.signUp();
  await app.run(
    async ({ Parse, client, state, logIn }, { account, functionPrefix }) => {
      await logIn(account);
      state.sessions = client.sessionsClient(Parse, { functionPrefix });
    },
    { account: user, functionPrefix: PREFIX },
  );
});

interface Step {
  /** Milliseconds. */
  pause?: number;
  code?: PairingCode;
  paired?: PairedDevice;
  error?: { name: string; message: string; code?: number; status?: string };
}

/** Switches the device on, until it shows its code. */
const start = (wish: object = WISH, functionPrefix = PREFIX): Promise<Step> =>
  device.run(({ state }, options) => state.step(() => state.start(options)), {
    serverURL: server.url,
    appId: server.appId,
    functionPrefix,
    ...wish,
  });

/** Has the device ask once more. */
const ask = (): Promise<Step> => device.run(({ state }) => state.step(state.goOn));

/** Has the server think that the device's pause is over. */
const wait = () => {
  const before = parseDate(Date.now() - 5 * SECOND);
  return server.rawUpdate(CLASS, { polledAt: { $exists: true } }, { polledAt: before }, true);
};

/** Calls a method of the person's `sessionsClient`; answers its code where it is refused. */
const run = (method: string, ...params: unknown[]): Promise<any> =>
  app.run(
    ({ state }, [name, given]) =>
      state.sessions[name](...given).catch((error: { code: number }) => error.code),
    [method, params] as const,
  );

const userCodeOf = async (starting: Promise<Step>) => (await starting).code!.userCode;

describe('a device and the app of its user', () => {
  it('make a session for the device', async () => {
    const started = await start();
    const userCode = started.code!.userCode;
    expect(started).toEqual({
      pause: 5000,
      code: {
        userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
        verificationUri: URI,
        verificationUriComplete: `${URI}#userCode=${userCode}`,
        expiresIn: 1200,
      },
    });
    expect((await ask()).pause).toBe(5000);
    const request = await run('pairingRequest', ` ${userCode.toLowerCase()} `);
    expect(request).toEqual({
      name: 'Thermometer',
      scopes: ['Telemetry:create', 'Note:read'],
      device: request.device,
      ip: '127.0.0.1',
      place: null,
      createdAt: aDate,
    });
    expect(Object.keys(request.device)).toEqual(['browser', 'os', 'type']);
    const approval = { name: 'Kitchen', scopes: ['Telemetry:create'], expiresIn: '1d' };
    expect(await run('approvePairing', userCode, approval)).toBeUndefined();
    await wait();
    const { paired } = await ask();
    expect(paired).toEqual({
      objectId: expect.any(String),
      sessionToken: expect.stringMatching(/^r:scoped-/),
      scopes: ['Telemetry:create'],
      expiresAt: aDate,
    });
    expect(Math.abs(paired!.expiresAt!.getTime() - Date.now() - DAY)).toBeLessThan(MINUTE);
    const token = paired!.sessionToken;
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    expect((await server.rest('GET', '/classes/Note', { token })).body.code).toBe(119);
    expect(await run('list')).toContainEqual(
      expect.objectContaining({ objectId: paired!.objectId, name: 'Kitchen', scopes: ['Telemetry:create'] }),
    );
  });

  it('without a word of either get what the server gives to any', async () => {
    const userCode = await userCodeOf(start({}));
    await run('approvePairing', userCode);
    expect((await ask()).paired?.scopes).toEqual(['Telemetry:*', 'Note:read']);
  });

  it('make none that the user denies', async () => {
    const userCode = await userCodeOf(start());
    expect(await run('denyPairing', userCode)).toBeUndefined();
    expect((await ask()).error).toMatchObject({ message: 'pairDevice: denied', status: 'denied' });
    expect(await run('approvePairing', userCode)).toBe(101);
    expect((await run('list')).map(({ restricted }: any) => restricted)).toEqual([false, false]);
  });

  it('make none after its time', async () => {
    const userCode = await userCodeOf(start());
    await run('approvePairing', userCode);
    await server.rawUpdate(CLASS, { status: 'approved' }, { expiresAt: parseDate(Date.now() - 1) }, true);
    expect((await ask()).error).toMatchObject({ message: 'pairDevice: expired', status: 'expired' });
  });

  it('are slowed down where the device asks too fast', async () => {
    const userCode = await userCodeOf(start());
    expect((await ask()).pause).toBe(5000);
    expect((await ask()).pause).toBe(10_000);
    await wait();
    expect((await ask()).pause).toBe(10_000);
    await run('approvePairing', userCode);
    await wait();
    expect((await ask()).paired).toBeDefined();
  });
});

describe('a device is refused', () => {
  it('what no device may get', async () => {
    const { error } = await start({ scopes: ['Note:create'] });
    expect(error).toMatchObject({ code: 142, message: expect.stringContaining('Note:create') });
    expect((await start({ scopes: ['Note:read'] })).pause).toBe(5000);
  });

  it('by a server that does not know the function', async () => {
    expect((await start(WISH, 'other_')).error).toMatchObject({ code: 141 });
  });

  it('more codes than one address may have', async () => {
    for (let i = 0; i < 10; i += 1) expect((await start()).code).toBeDefined();
    expect((await start()).error).toMatchObject({ code: 155 });
  });
});

describe.each(['pairingRequest', 'approvePairing', 'denyPairing'])('%s', method => {
  it('is refused for a code that there is not, or that is none', async () => {
    const userCode = await userCodeOf(start());
    expect(await run(method, 'BCDF-GHJK')).toBe(101);
    expect(await run(method, '')).toBe(142);
    expect(await run(method, userCode)).not.toEqual(expect.any(Number));
  });

  it('is refused after too many of those', async () => {
    const userCode = await userCodeOf(start());
    for (let i = 0; i < 10; i += 1) expect(await run(method, 'BCDF-GHJK')).toBe(101);
    expect(await run(method, userCode)).toBe(155);
  });

  it('is refused to a restricted session', async () => {
    const userCode = await userCodeOf(start());
    const { token } = await server.restricted(user.token);
    const refused = app.run(
      ({ Parse, client }, { name, code, options }) =>
        (client.sessionsClient(Parse, options) as any)[name](code),
      { name: method, code: userCode, options: { functionPrefix: PREFIX, sessionToken: token } },
    );
    await expect(refused).rejects.toMatchObject({ code: 119 });
    expect(await run(method, userCode)).not.toEqual(expect.any(Number));
  });
});

it('a user gives no more than the device asks for', async () => {
  const userCode = await userCodeOf(start({ scopes: ['Telemetry:create'] }));
  expect(await run('approvePairing', userCode, { scopes: ['Telemetry:create', 'Note:read'] })).toBe(142);
  expect(await run('approvePairing', userCode, { scopes: ['Telemetry:create'] })).toBeUndefined();
});
