import {
  pairDevice,
  type PairDeviceOptions,
  type PairedDevice,
  type PairingError,
} from '../../../src/client';

const DEVICE_CODE = 'd'.repeat(43);
const USER_CODE = 'BCDF-GHJK';
const TOKEN = 'r:scoped-0123456789abcdef0123456789abcdef';
const CODE = {
  userCode: USER_CODE,
  verificationUri: 'https://example.com/pair',
  verificationUriComplete: `https://example.com/pair#userCode=${USER_CODE}`,
  expiresIn: 600,
};
const END = '2031-03-01T10:42:00.000Z';
const APPROVED = {
  status: 'approved',
  objectId: 'session',
  sessionToken: TOKEN,
  scopes: ['Telemetry:create'],
  expiresAt: END as string | null,
};

interface Asked {
  url: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Seconds since the beginning. */
  at: number;
}
type Reply = (request: { signal?: AbortSignal | null }) => Response | Promise<Response>;

/** What the server is asked, and what it answers: the last reply again and again. */
let asked: Asked[];
let replies: Reply[];
let shown: unknown[];
const { fetch } = globalThis;

const says = (body: unknown, status = 200): Reply => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return () => new Response(text, { status });
};
const result = (status: string) => says({ result: { status } });
const refuses = (code: number, error: string, status = 400) => says({ code, error }, status);
const started = says({ result: { deviceCode: DEVICE_CODE, interval: 5, ...CODE } });
const approved = says({ result: APPROVED });
const fails: Reply = () => Promise.reject(new TypeError('fetch failed'));
/** As a connection that is silent: it ends when it is aborted. */
const silent: Reply = ({ signal }) =>
  new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));

beforeAll(() => {
  globalThis.fetch = async (url, request) => {
    const { headers, body, signal } = request!;
    asked.push({
      url: String(url),
      headers: headers as Record<string, string>,
      body: JSON.parse(String(body)),
      at: performance.now() / 1000,
    });
    return (replies.length > 1 ? replies.shift()! : replies[0]!)({ signal });
  };
});

afterAll(() => void (globalThis.fetch = fetch));

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  asked = [];
  shown = [];
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const options = (more: Partial<PairDeviceOptions> = {}): PairDeviceOptions => ({
  serverURL: 'https://example.com/parse',
  appId: 'app',
  onCode: code => void shown.push(code),
  ...more,
});

type Outcome = { paired?: PairedDevice; error?: PairingError; at?: number };

/** Pairs, and says what became of it; lets `seconds` pass. */
async function pair(sequence: Reply[], more: Partial<PairDeviceOptions> = {}, seconds = 1000) {
  replies = sequence;
  const from = performance.now();
  const outcome: Outcome = {};
  const note = (end: Outcome) => Object.assign(outcome, end, { at: (performance.now() - from) / 1000 });
  void pairDevice(options(more)).then(
    paired => note({ paired }),
    error => note({ error }),
  );
  for (let passed = 0; passed < seconds; passed += 1) await jest.advanceTimersByTimeAsync(1000);
  for (const one of asked) one.at -= from / 1000;
  return outcome;
}

const times = () => asked.map(({ at }) => at);

describe('pairDevice', () => {
  it('shows the code, asks as often as it is told to, and gets its session', async () => {
    const wish = { name: 'Thermometer', scopes: ['Telemetry:create'], installationId: 'th-1' };
    const more = { ...wish, functionPrefix: 'auth_', headers: { 'X-Parse-REST-API-Key': 'key' } };
    const pending = result('pending');
    const { paired, at } = await pair([started, pending, pending, approved], more);
    expect(paired).toEqual({
      objectId: 'session',
      sessionToken: TOKEN,
      scopes: ['Telemetry:create'],
      expiresAt: new Date(END),
    });
    expect([at, times()]).toEqual([15, [0, 5, 10, 15]]);
    expect(shown).toEqual([CODE]);
    expect(asked[0]!.url).toBe('https://example.com/parse/functions/auth_startPairing');
    expect(asked[0]!.body).toEqual(wish);
    for (const { url, body } of asked.slice(1)) {
      expect(url).toBe('https://example.com/parse/functions/auth_completePairing');
      expect(body).toEqual({ deviceCode: DEVICE_CODE });
    }
    for (const { headers } of asked)
      expect(headers).toEqual({
        'X-Parse-Application-Id': 'app',
        'X-Parse-REST-API-Key': 'key',
        'Content-Type': 'application/json',
      });
  });

  it('with a session that does not expire, from an address that ends with a slash', async () => {
    const forEver = says({ result: { ...APPROVED, scopes: null, expiresAt: null } });
    const { paired } = await pair([started, forEver], { serverURL: 'https://example.com/parse/' });
    expect(paired).toMatchObject({ scopes: null, expiresAt: null });
    expect(asked[0]).toMatchObject({ url: 'https://example.com/parse/functions/startPairing', body: {} });
  });

  it('waits for what shows the code, and then asks', async () => {
    let show = () => {};
    const onCode = () => new Promise<void>(resolve => (show = resolve));
    await pair([started, approved], { onCode }, 20);
    expect(asked).toHaveLength(1);
    show();
    await jest.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no display');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no display'))],
  ])('asks nothing where what shows the code %s', async (_how, onCode) => {
    const { error } = await pair([started, approved], { onCode });
    expect(error?.message).toBe('no display');
    expect(asked).toHaveLength(1);
  });

  it('is slower by 5 seconds each time that it is told so, from then on', async () => {
    const [pending, slowDown] = [result('pending'), result('slowDown')];
    await pair([started, pending, slowDown, pending, slowDown, pending, approved]);
    expect(times()).toEqual([0, 5, 10, 20, 30, 45, 60]);
  });

  it.each<[string, Reply]>([
    ['a connection that fails', fails],
    ['an answer 500 with Parse’s own code', refuses(1, 'Internal server error.', 500)],
    ['an answer 503 of a proxy', says('<html>', 503)],
    ['an answer 429', refuses(100, 'Too many requests', 429)],
    ['another page', says('<html>Welcome to our hotel</html>')],
    ['half an answer', says('{"result":{"status":"approved","sessionToken":"r:')],
  ])(
    'goes on after %s, twice as slow each time, and as fast as before once there is an answer',
    async (_what, reply) => {
      const { paired } = await pair([started, reply, reply, reply, result('pending'), reply, approved]);
      expect(times()).toEqual([0, 5, 15, 35, 75, 80, 90]);
      expect(paired?.sessionToken).toBe(TOKEN);
    },
  );

  it('goes on after a connection that is silent for 30 seconds', async () => {
    const { paired } = await pair([started, silent, approved]);
    expect([times(), paired?.sessionToken]).toEqual([[0, 5, 45], TOKEN]);
  });

  it('waits a minute at most for a server that does not answer, and ends when the code expires', async () => {
    const { error, at } = await pair([started, fails]);
    expect(times()).toEqual([0, 5, 15, 35, 75, ...Array.from({ length: 8 }, (_, i) => 135 + 60 * i)]);
    expect([at, error?.status, error?.message]).toEqual([600, 'expired', 'pairDevice: expired']);
  });

  it.each(['denied', 'expired'] as const)('tells that it was %s, and asks no more', async status => {
    const { error } = await pair([started, result('pending'), result(status)]);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ status, message: `pairDevice: ${status}` });
    expect(error).not.toHaveProperty('code');
    expect(asked).toHaveLength(3);
  });

  it('passes an error of Parse Server on, at the start and later', async () => {
    const tooMany = await pair([refuses(155, 'Too many attempts: try again in a minute.')]);
    expect(tooMany.error).toMatchObject({
      code: 155,
      message: 'pairDevice: Too many attempts: try again in a minute.',
    });
    expect(tooMany.error).not.toHaveProperty('status');
    const limit = await pair([started, refuses(119, 'as many sessions as may be')]);
    expect(limit.error).toMatchObject({ code: 119, message: 'pairDevice: as many sessions as may be' });
    expect(asked).toHaveLength(3);
    expect(shown).toHaveLength(1);
  });

  it.each<[string, Reply, string]>([
    ['the server is not there', fails, 'pairDevice: the server does not answer.'],
    ['the server is silent', silent, 'pairDevice: the server does not answer.'],
    ['the server fails', refuses(1, 'Internal server error.', 500), 'pairDevice: Internal server error.'],
    ['the app is unknown', says({ error: 'unauthorized' }, 403), 'pairDevice: unauthorized'],
    ['nothing is there', says('<html>', 404), 'pairDevice: HTTP 404'],
  ])('ends with neither a code nor a status where %s at the start', async (_what, reply, message) => {
    const { error } = await pair([reply]);
    expect(error).toMatchObject({ message });
    expect([error?.code, error?.status, shown, asked.length]).toEqual([undefined, undefined, [], 1]);
  });

  it('tells why there is no connection', async () => {
    const { error } = await pair([fails]);
    expect(error?.cause).toMatchObject({ message: 'fetch failed' });
  });

  it.each<[string, Reply[]]>([
    ['denied', [started, result('denied')]],
    ['refused', [started, refuses(119, 'no')]],
    ['half an answer', [says(`{"result":{"deviceCode":"${DEVICE_CODE}"`)]],
    ['expired', [started, fails]],
  ])('shows no code and no token in an error: %s', async (_how, sequence) => {
    const { error } = await pair(sequence);
    const text = [error?.message, error?.stack, JSON.stringify(error), String(error?.cause)].join();
    for (const secret of [DEVICE_CODE, USER_CODE, TOKEN]) expect(text).not.toContain(secret);
  });
});

describe('pairDevice with a signal', () => {
  const reason = new Error('switched off');
  const abortAfter = (seconds: number) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), seconds * 1000);
    return controller.signal;
  };

  it.each<[string, number, Reply[], number]>([
    ['the start', 2, [silent], 1],
    ['a question', 7, [started, silent], 2],
    ['a pause', 7, [started, result('pending')], 2],
  ])('ends at once during %s', async (_what, seconds, sequence, questions) => {
    const { error, at } = await pair(sequence, { signal: abortAfter(seconds) }, seconds + 1);
    expect([error, at]).toEqual([reason, seconds]);
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(asked).toHaveLength(questions);
  });

  it('ends at once while the code is being shown', async () => {
    const never = () => new Promise<void>(() => undefined);
    const { error, at } = await pair([started], { onCode: never, signal: abortAfter(2) });
    expect([error, at]).toEqual([reason, 2]);
  });

  it('asks nothing when it is aborted before, or by what shows the code', async () => {
    expect((await pair([started], { signal: AbortSignal.abort(reason) })).error).toBe(reason);
    expect(asked).toEqual([]);
    const controller = new AbortController();
    const onCode = () => controller.abort(reason);
    expect((await pair([started, approved], { onCode, signal: controller.signal })).error).toBe(reason);
    expect(asked).toHaveLength(1);
  });

  it('goes on where nobody aborts it, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    expect((await pair([started, approved], { signal })).paired?.sessionToken).toBe(TOKEN);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it('says so where the platform tells no reason', async () => {
    const signal = { aborted: true, addEventListener: () => {}, removeEventListener: () => {} };
    expect((await pair([started], { signal })).error?.message).toBe('pairDevice: aborted.');
  });
});

describe('pairDevice with a wrong option', () => {
  it.each<[object, string]>([
    [{ serverURL: undefined }, 'option serverURL is undefined, not string.'],
    [{ appId: 5 }, 'option appId is number, not string.'],
    [{ onCode: undefined }, 'option onCode is undefined, not function.'],
    [{ scopes: 'Telemetry:create' }, 'option scopes is string, not object.'],
    [{ signal: true }, 'option signal is boolean, not object.'],
    [{ expiresIn: '30d' }, 'option expiresIn is string, not known.'],
    [{ masterKey: 'secret' }, 'option masterKey is string, not known.'],
  ])('is refused: %j', async (wrong, message) => {
    const { error } = await pair([started, approved], wrong as never);
    expect(error).toBeInstanceOf(TypeError);
    expect(error?.message).toBe(`pairDevice: ${message}`);
    expect(asked).toEqual([]);
  });
});
