import { inspect } from 'node:util';
// @ts-expect-error It has no types.
import { getFunctionNames } from 'parse-server/lib/triggers';
import Parse from 'parse/node';
import * as api from '../../src';
import * as client from '../../src/client';
import { PARAMS } from '../../src/functions/params';
import { errorsOf, functionsOf, type ApiFunction } from '../support/public-api';
import { MASTER_KEY, startServer, type SpecServer } from '../support/server';

const TOKEN = 'r:0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const PASSWORD = 'correct horse battery staple';
const DATABASE_PASSWORD = 'hunter2-of-the-database';
const SECRETS = [TOKEN, PASSWORD, DATABASE_PASSWORD, MASTER_KEY, TOKEN.slice(2)];

const serverOptions = {
  appId: 'specs',
  masterKey: MASTER_KEY,
  databaseURI: `postgres://app:${DATABASE_PASSWORD}@127.0.0.1/x`,
};
/** Whatever could be handed over by mistake, with something in it that nobody may read in a log. */
const BAIT: Record<string, unknown> = {
  'a request': {
    config: { ...serverOptions, applicationId: 'specs' },
    params: { password: PASSWORD },
    headers: { 'x-parse-session-token': TOKEN },
    user: { id: 'x', getSessionToken: () => TOKEN },
    object: { className: TOKEN },
    functionName: TOKEN,
  },
  'a request without its configuration': {
    sessionToken: TOKEN,
    headers: { 'x-parse-master-key': MASTER_KEY },
    body: { password: PASSWORD },
  },
  'an error that holds a request': { code: 209, message: 'x', config: serverOptions },
  'the options of Parse Server': serverOptions,
  'an object with them as a key': { [TOKEN]: PASSWORD, [`session ${TOKEN}`]: 1 },
  'a token': TOKEN,
  'a long text with a token': `${'x'.repeat(30)} ${TOKEN}`,
  'a password': PASSWORD,
  'an array of them': [TOKEN, PASSWORD, serverOptions],
  'a function': Object.assign(() => undefined, { masterKey: MASTER_KEY }),
  'an error': Object.assign(new Error(PASSWORD), { config: serverOptions, sessionToken: TOKEN }),
};
/** The options, as `parseSessions` itself names them. */
async function optionNames(): Promise<string[]> {
  const [error] = await errorsOf(api.parseSessions, [{ nonsense: 1 }]);
  const [, known = ''] = /known are (.*)\./.exec((error as Error).message) ?? [];
  const names = known.split(', ');
  expect(names).toContain('guard');
  return [...names, 'nonsense'];
}

/** What an error shows to whoever logs it: its message, its stack, and whatever hangs on it. */
const shownBy = (error: unknown) =>
  `${inspect(error, { depth: 12, showHidden: true, maxStringLength: null })} ${(error as Error)?.stack}`;

const isGiven = (error: unknown) => Object.values(BAIT).includes(error);

function expectNoSecret(error: unknown, what: string): void {
  // What somebody else has thrown is thrown again as it is.
  if (isGiven(error)) return;
  const shown = shownBy(error);
  for (const secret of SECRETS)
    if (shown.includes(secret)) throw new Error(`${what} shows ${secret}: ${shown}`);
}

let server: SpecServer;
let everything: ApiFunction[];

beforeAll(async () => {
  server = await startServer();
  const { token } = await server.signUp();
  const session = (await server.sessions.store.find(token))!;
  const { shutdown: _atTheEnd, ...mounted } = server.sessions;
  const parse = {
    Cloud: { run: () => Promise.resolve({}) },
    CoreManager: {
      getUserController: () => ({ currentUserAsync: () => Promise.resolve(null) }),
      getRESTController: () => ({}),
    },
    Error: Parse.Error,
    User: { logOut: () => Promise.resolve() },
  } as never;
  everything = [
    ...functionsOf(api, 'api'),
    ...functionsOf(mounted, 'sessions'),
    ...functionsOf(server.sessions.files(session), 'files()'),
    ...functionsOf(client, 'client'),
    ...functionsOf(client.sessionsClient(parse), 'sessionsClient()'),
  ];
});

afterAll(() => server.stop());

it('the list of functions is the whole API', () => {
  const names = everything.map(({ name }) => name);
  for (const name of [
    'api.parseSessions',
    'api.requireFreshSession',
    'api.isExpired',
    'sessions.guard',
    'sessions.store.revoke',
    'sessions.store.isActive',
    'files().add',
    'client.handleParseError',
    'sessionsClient().revoke',
  ])
    expect(names).toContain(name);
  expect(names.filter(name => name.includes('records') || name.includes('endAll'))).toEqual([]);
});

describe.each(Object.keys(BAIT))('no error shows a part of %s', what => {
  const bait = BAIT[what];

  it('that is an argument of any function', async () => {
    let errors = 0;
    for (const { name, call } of everything) {
      for (const args of [
        [bait],
        [undefined, bait],
        [bait, bait],
        ['x', bait],
        [{}, bait],
        ['x', { except: bait }],
      ]) {
        for (const error of await errorsOf(call, args)) {
          errors += 1;
          expectNoSecret(error, name);
        }
      }
    }
    expect(errors).toBeGreaterThan(10);
  });

  // A text that is given for an option may be shown, because it helps: no secret has a place there.
  const given = typeof bait === 'string' && bait === PASSWORD ? [bait] : bait;

  it('that is given for any option', async () => {
    for (const option of await optionNames()) {
      const wholes = [{ [option]: given }, { [option]: { except: given, idle: given, schedule: given } }];
      for (const kind of ['authenticated', 'anonymous', 'enabled', 'flushInterval', 'nonsense']) {
        wholes.push(
          { [option]: { [kind]: given } },
          { [option]: { [kind]: { idle: given, nonsense: given } } },
        );
      }
      if (!Array.isArray(given)) wholes.push({ [option]: [given] });
      for (const whole of wholes) {
        for (const error of await errorsOf(api.parseSessions, [whole])) {
          if (!Array.isArray(given) || !given.includes(PASSWORD)) expectNoSecret(error, option);
          else expect(shownBy(error)).not.toContain(TOKEN);
        }
      }
    }
  });

  it('that is a parameter of a cloud function', async () => {
    const names: string[] = getFunctionNames(server.appId);
    expect(names).toContain('createRestrictedSession');
    const parameters = new Set(Object.values(PARAMS).flatMap(schema => Object.keys(schema.shape)));
    const user = await server.signUp();
    for (const name of names) {
      for (const parameter of [...parameters, 'nonsense', TOKEN]) {
        for (const who of [{ token: user.token }, { master: true }]) {
          for (const value of [given, [given], { x: given }]) {
            const body = { [parameter]: typeof given === 'function' ? 'x' : value };
            const answer = await server.rest('POST', `/functions/${name}`, { ...who, body });
            if (answer.body.code === undefined) continue;
            // Of a list of scopes the wrong one is told: no secret has a place there.
            if (!(parameter === 'scopes')) expectNoSecret(answer.body, `${name} ${parameter}`);
            else expect(shownBy(answer.body)).not.toContain(TOKEN);
            // Whatever stands there is answered alike.
            if (String(answer.body.error).includes('not a parameter')) break;
          }
        }
      }
    }
  });
});

describe.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['a text', 'x'],
  ['an empty text', ''],
  ['true', true],
  ['an empty object', {}],
  ['an array', []],
  ['a function', () => undefined],
  ['a date that is none', new Date(NaN)],
])('handed %s', (_what, wrong) => {
  /** How JavaScript itself answers a value that code did not expect. */
  const BARE =
    /^Cannot |is not a function|is not iterable|is not a constructor|not an object|Invalid time value/;

  it('each function on the server works, or says what it takes', async () => {
    const onServer = everything.filter(({ name }) => !/^(client|sessionsClient)\b/.test(name));
    const bare: string[] = [];
    for (const { name, call } of onServer) {
      for (const args of [
        [wrong],
        ['x', wrong],
        [{ objectId: 'x' }, wrong],
        [{}, wrong],
        ['x', { except: wrong }],
        [wrong, wrong],
        ['x', 'y', wrong],
      ]) {
        for (const error of await errorsOf(call, args)) {
          const { message } = error as Error;
          if (typeof message !== 'string' || BARE.test(message))
            bare.push(`${name}: ${message ?? String(error)}`);
        }
      }
    }
    expect([...new Set(bare)]).toEqual([]);
  });
});
