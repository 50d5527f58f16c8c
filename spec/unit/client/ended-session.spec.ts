import Parse from 'parse/node';
import {
  handleParseError,
  installSessionHandler,
  type InvalidSessionDetails,
  type SessionHandlerOptions,
} from '../../../src/client';

const TOKEN = 'r:0123456789abcdef0123456789abcdef';
const DEAD = { status: 400, body: { code: 209, error: 'Invalid session token' } };
const AN_END = { reason: 'revoked', endedAt: '2031-03-01T10:42:00.000Z', by: { kind: 'session' } };
const TOLD = { ...AN_END, endedAt: new Date(AN_END.endedAt) };

type Answer = { status: number; body: unknown };
const answers = (result: unknown): Answer => ({ status: 200, body: { result } });
const never = () => new Promise<Answer>(() => undefined);

/** What the server answers. It refuses every session. */
let onLookUp: () => Answer | Promise<Answer>;
let onLogOut: () => Answer | Promise<Answer>;
let asked: Record<string, unknown>[];
let told: InvalidSessionDetails[];
let uninstall = () => {};
const { fetch } = globalThis;

beforeAll(() => {
  Parse.initialize('specs');
  Parse.serverURL = 'http://localhost/parse';
  Parse.User.enableUnsafeCurrentUser();
  globalThis.fetch = async (url, request) => {
    const path = String(url).slice('http://localhost/parse/'.length);
    let answer: Answer = DEAD;
    if (path === 'logout') answer = await onLogOut();
    if (path.startsWith('functions/')) {
      asked.push({ path, ...JSON.parse(String(request?.body)) });
      answer = await onLookUp();
    }
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status });
  };
});

afterAll(() => void (globalThis.fetch = fetch));

function install(options: Partial<SessionHandlerOptions> = {}) {
  uninstall();
  uninstall = installSessionHandler(Parse, {
    onInvalidSession: (_error, details) => void told.push(details),
    ...options,
  });
}

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  onLookUp = () => answers(AN_END);
  onLogOut = () => DEAD;
  asked = [];
  told = [];
  install();
  await Parse.User.hydrate({ className: '_User', objectId: 'user', sessionToken: TOKEN });
});

afterEach(() => {
  uninstall();
  jest.useRealTimers();
});

/** Lets all happen that waits for nobody and no time. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
};

/** A request that the server refuses, and what follows at once. */
async function fail() {
  await expect(new Parse.Query('Note').find()).rejects.toMatchObject({ code: 209 });
  await settle();
}

const pass = async (milliseconds: number) => {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await settle();
};

it('the app is told as soon as the server has answered, and no timer is left', async () => {
  await fail();
  expect(told).toEqual([{ recoveryError: undefined, ended: TOLD }]);
  expect(jest.getTimerCount()).toBe(0);
});

it('a look-up that is never answered is waited for 3 seconds, and no longer', async () => {
  onLookUp = never;
  await fail();
  expect(Parse.User.current()).toBeNull();
  await pass(2999);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
  expect(jest.getTimerCount()).toBe(0);
});

it.each<[string, () => Answer]>([
  ['answer', () => answers(AN_END)],
  [
    'failure',
    () => {
      throw new TypeError('the connection was lost');
    },
  ],
])('a late %s changes nothing', async (_what, finish) => {
  let release = () => {};
  onLookUp = () => new Promise<void>(resolve => (release = resolve)).then(finish);
  await fail();
  await pass(3000);
  release();
  await pass(60_000);
  expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
});

it('a log-out that is never answered is waited for 3 seconds, and the app told how the session ended', async () => {
  onLogOut = never;
  await fail();
  expect(Parse.User.current()).toBeNull();
  await pass(2999);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toEqual([{ recoveryError: undefined, ended: TOLD }]);
});

it('neither answered: the app is told after 3 seconds, not 6', async () => {
  onLogOut = never;
  onLookUp = never;
  await fail();
  await pass(3000);
  expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
});

it('a log-out of the app’s own is waited for, however long it takes', async () => {
  let finish = () => {};
  install({ logOut: () => new Promise<void>(resolve => (finish = resolve)) });
  onLookUp = never;
  await fail();
  await pass(60_000);
  expect(told).toEqual([]);
  finish();
  await settle();
  expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
});

it('recover waits 3 seconds for the log-out, and the app another 3 for the reason', async () => {
  const recover = jest.fn(async () => null);
  install({ recover });
  onLogOut = never;
  onLookUp = never;
  const failed = expect(new Parse.Query('Note').find()).rejects.toMatchObject({ code: 209 });
  await settle();
  await pass(2999);
  expect(recover).not.toHaveBeenCalled();
  await pass(1);
  expect(recover).toHaveBeenCalledTimes(1);
  await failed;
  await pass(2999);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
});

it('handleParseError waits 3 seconds for a log-out that is never answered', async () => {
  onLogOut = never;
  const onInvalidSession = jest.fn();
  const handled = handleParseError({ code: 209 }, { Parse, onInvalidSession });
  await settle();
  await pass(2999);
  expect(onInvalidSession).not.toHaveBeenCalled();
  await pass(1);
  expect(onInvalidSession).toHaveBeenCalledTimes(1);
  await handled;
});

it('the server is asked by its functionPrefix, without a session', async () => {
  install({ functionPrefix: 'auth_' });
  await fail();
  expect(asked).toEqual([
    expect.objectContaining({ path: 'functions/auth_endedSession', sessionToken: TOKEN }),
  ]);
  expect(asked[0]).not.toHaveProperty('_SessionToken');
});

it('the server is asked without the session of somebody else who has signed in in another tab', async () => {
  const theirs = { className: '_User', objectId: 'other', sessionToken: `${TOKEN}0` };
  const { Storage } = Parse as unknown as {
    Storage: { generatePath(path: string): string; setItemAsync(path: string, item: string): Promise<void> };
  };
  await Storage.setItemAsync(Storage.generatePath('currentUser'), JSON.stringify(theirs));
  await fail();
  expect(Parse.User.current()?.id).toBe('other');
  expect(asked).toEqual([expect.objectContaining({ sessionToken: TOKEN })]);
  expect(asked[0]).not.toHaveProperty('_SessionToken');
  expect(told).toEqual([{ recoveryError: undefined, ended: TOLD }]);
});

describe('the app is told at once, without an end, and the look-up is not made again', () => {
  const { reason, endedAt, by } = AN_END;

  it.each<[string, () => Answer]>([
    ['the server does not know the token', () => answers(null)],
    [
      'the server does not know the function',
      () => ({ status: 400, body: { code: 141, error: 'Invalid function: "endedSession"' } }),
    ],
    ['the look-up is refused as without a session', () => DEAD],
    [
      'the look-up is refused as too frequent',
      () => ({ status: 429, body: { code: 155, error: 'Too many requests.' } }),
    ],
    [
      'the network is gone',
      () => {
        throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
      },
    ],
    ['a proxy answers with a page', () => ({ status: 200, body: '<html></html>' })],
    ['the answer is empty', () => ({ status: 200, body: {} })],
    ['the answer is no result', () => ({ status: 200, body: AN_END })],
    ['the result is a text', () => answers('revoked')],
    ['the result is a number', () => answers(7)],
    ['the result is a list', () => answers([AN_END])],
    ['the result is an object', () => answers({ className: 'Note', objectId: 'a', __type: 'Object', by })],
    ['the result has no reason', () => answers({ endedAt, by })],
    ['the reason is no text', () => answers({ reason: { revoked: true }, endedAt, by })],
    ['the result has no date', () => answers({ reason, by })],
    ['the date is none', () => answers({ reason, endedAt: 'yesterday', by })],
    ['the result does not say by whom', () => answers({ reason, endedAt })],
    ['by whom is null', () => answers({ reason, endedAt, by: null })],
    ['by whom is no kind', () => answers({ reason, endedAt, by: 'session' })],
  ])('when %s', async (_when, answer) => {
    onLookUp = answer;
    await fail();
    expect(told).toEqual([{ recoveryError: undefined, ended: null }]);
    await pass(60_000);
    expect(told).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it('this would be noticed: of a whole answer the app is told', async () => {
    onLookUp = () => answers({ reason, endedAt, by });
    await fail();
    expect(told).toEqual([{ recoveryError: undefined, ended: TOLD }]);
  });
});

it('of a later server, what this client does not know is told as well', async () => {
  onLookUp = () => answers({ ...AN_END, reason: 'somethingNew', place: null });
  await fail();
  expect(told[0]?.ended).toEqual({ ...TOLD, reason: 'somethingNew', place: null });
});
