import { parseSessions, type SessionsOptions } from '../../src';
import { APP_ID, startServer, type HarnessOptions, type SpecServer } from '../support/server';
import { eventually } from '../support/time';

let server: SpecServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Starts a server, and answers what it logs as warnings and errors. */
async function startAndListen(
  options: SessionsOptions = {},
  parseServerOptions: object = {},
  harness: HarnessOptions = {},
): Promise<string[]> {
  const lines: string[] = [];
  const log = (level: string, ...message: unknown[]) => {
    if (['warn', 'error'].includes(level)) lines.push(`${level} ${message.join(' ')}`);
  };
  const logging = { silent: false, loggerAdapter: { log } };
  server = await startServer(options, { ...logging, ...parseServerOptions }, harness);
  return lines;
}

const own = (lines: string[]) => lines.filter(line => line.includes('parse-server-sessions'));

declare const SPEC_DATABASE: string;

/** Makes classes before this package looks at them. */
const withClasses = (...names: string[]) => ({
  schema: { definitions: names.map(className => ({ className })) },
});

describe('definitions of the app that list _Session', () => {
  const definitions = [{ className: '_Session' }];

  it('are one warning at the start where Parse Server deletes the indexes of this package', async () => {
    const lines = own(await startAndListen({}, { schema: { definitions } }));
    const warning =
      'warn parse-server-sessions: schema.definitions lists _Session, so Parse Server deletes its indexes at later starts: ' +
      'set schema.keepUnknownIndexes to true.';
    expect(lines).toEqual(SPEC_DATABASE === 'mongodb' ? [warning] : []);
  });

  it('are none where it keeps them', async () => {
    const schema = { definitions, keepUnknownIndexes: true };
    expect(own(await startAndListen({}, { schema }))).toEqual([]);
  });
});

const pairing = (...scopes: string[]) => ({
  pairing: { verificationUri: 'https://example.com/pair', scopes },
});

describe('the option fresh', () => {
  const startWith = async (fresh: SessionsOptions['fresh']) =>
    own(await startAndListen({ fresh }, withClasses('Invoice')));

  it('that names columns which do not exist is a warning for each', async () => {
    const lines = await startWith({ _User: ['emial', 'email', 'authData', 'password'], Invoice: ['iban'] });
    const warning = (column: string, hint: string) =>
      `warn parse-server-sessions: the option fresh names the column "${column}, which does not exist${hint} ` +
      'Once it is made, the option holds for it.';
    expect(lines).toEqual([
      warning('emial" of _User', ': did you mean email?'),
      warning('iban" of Invoice', '.'),
    ]);
  });

  it.each<[string, SessionsOptions['fresh']]>([
    ['password and authData', ['Invoice']],
    ['password and authData', { _User: ['email'] }],
    ['authData', { _User: ['password'] }],
  ])('that leaves out %s is a warning: %j', async (names, fresh) => {
    expect(await startWith(fresh)).toEqual([
      `warn parse-server-sessions: the option fresh leaves out ${names} of _User: whoever has an old session may ` +
        `change ${names}, and log in anew.`,
    ]);
  });

  it.each<[SessionsOptions['fresh']]>([
    [[]],
    [{}],
    [['_User']],
    [{ Invoice: true, _User: true }],
    [{ _User: ['username', 'password', 'authData', 'ACL'] }],
  ])('is none for %j', async fresh => {
    expect(await startWith(fresh)).toEqual([]);
  });
});

describe('a class that does not exist', () => {
  it.each<[option: string, options: SessionsOptions, once?: string]>([
    ['guard', { guard: ['Invoice', 'Nowhere'] }],
    ['fresh', { guard: ['Invoice'], fresh: ['Nowhere', '_User'] }],
    ['fresh', { fresh: { Invoice: true, Nowhere: ['text'], _User: true } }],
    ['guard.except', { guard: { except: ['Invoice', 'Nowhere'] } }, 'restricted sessions may write it'],
    [
      'pairing.scopes',
      pairing('Invoice:read', 'Nowhere:create', 'Nowhere:read', 'function:Elsewhere', '@File:read'),
      'a device may be given it',
    ],
  ])('in %s is one warning at the start: %j', async (option, options, once = 'the option holds for it') => {
    const lines = own(await startAndListen(options, withClasses('Invoice')));
    expect(lines).toEqual([
      `warn parse-server-sessions: the option ${option} names the class "Nowhere", which does not exist. ` +
        `Once it is made, ${once}.`,
    ]);
  });

  it.each([
    ['User', '_User'],
    ['Invoce', 'Invoice'],
    ['invoice', 'Invoice'],
    ['Invocie', 'Invoice'],
    ['Invoices', 'Invoice'],
  ])('%s: did you mean %s?', async (wrong, right) => {
    const lines = own(await startAndListen({ guard: [wrong] }, withClasses('Invoice', 'Note')));
    expect(lines).toEqual([expect.stringContaining(`did you mean ${right}?`)]);
  });

  it('of a scope is told with the name that was meant, too', async () => {
    const lines = own(await startAndListen(pairing('Invoices:read'), withClasses('Invoice', 'Note')));
    expect(lines).toEqual([expect.stringContaining('did you mean Invoice?')]);
  });

  it('is none when it is there, made by cloud code, or Parse Server’s own', async () => {
    const cloud = async (Parse: any) => new Parse.Schema('Made').save();
    const guard = ['Invoice', '_Installation', '_Product', '_User', 'Made'];
    expect(own(await startAndListen({ guard }, withClasses('Invoice'), { cloud }))).toEqual([]);
  });

  it('is guarded all the same once it is made', async () => {
    await startAndListen({ guard: ['Later'] });
    const user = await server!.signUp();
    const { token } = await server!.restricted(user.token);
    const create = (who: object) => server!.rest('POST', '/classes/Later', { ...who, body: {} });
    expect((await create(user)).status).toBe(201);
    expect((await create({ token })).body.code).toBe(119);
  });
});

describe('X-Forwarded-For', () => {
  const WARNING = /^warn .*X-Forwarded-For.*trust proxy/;
  const headers = { 'X-Forwarded-For': '203.0.113.7, 10.0.0.1' };

  it('is one warning where Express trusts no proxy, without the addresses', async () => {
    const lines = await startAndListen({}, {}, { graphql: true });
    await server!.rest('GET', '/classes/Note');
    expect(own(lines)).toEqual([]);
    for (let request = 0; request < 3; request += 1) await server!.rest('GET', '/classes/Note', { headers });
    await server!.rest('POST', server!.graphqlUrl, { headers, body: { query: '{ health }' } });
    expect(own(lines)).toEqual([expect.stringMatching(WARNING)]);
    expect(lines.join()).not.toContain('203.0.113.7');
  });

  it('is none where it does', async () => {
    const lines = await startAndListen();
    server!.app.set('trust proxy', 'loopback');
    await server!.rest('GET', '/classes/Note', { headers });
    expect(own(lines)).toEqual([]);
  });
});

describe('a requestKeywordDenylist', () => {
  it.each<[object, string]>([
    [{ key: 'ip' }, 'ip'],
    [{ key: '^restricted$' }, 'restricted'],
    [{ key: '[Aa]ccessed' }, 'lastAccessedAt'],
    [{ key: 'userAgent', value: 'node' }, 'userAgent'],
  ])('that meets our columns is one warning that names both: %j', async (entry, column) => {
    const requestKeywordDenylist = [{ key: 'constructor' }, entry];
    const lines = own(await startAndListen({}, { requestKeywordDenylist }));
    expect(lines).toEqual([expect.stringMatching(/^warn .*requestKeywordDenylist/)]);
    expect(lines[0]).toContain(JSON.stringify(entry));
    expect(lines[0]).toContain(column);
    // What the warning is about: a sign-up is refused here, and not on stock.
    const signUp = () => server!.rest('POST', '/users', { body: { username: 'ada', password: 'x' } });
    expect((await signUp()).body.code).toBe(105);
    await server!.stop();
    server = await startServer({}, { requestKeywordDenylist }, { mounted: false });
    expect((await signUp()).status).toBe(201);
  });

  it.each([
    [undefined],
    [[{ key: 'constructor' }, { key: '__proto__' }]],
    [[{ value: 'Code' }]],
    [[]],
    [[{ key: 5 }, { key: '(' }]],
  ])('that does not is none: %j', async requestKeywordDenylist => {
    const options = requestKeywordDenylist === undefined ? {} : { requestKeywordDenylist };
    expect(own(await startAndListen({}, options))).toEqual([]);
  });
});

describe('the look for such a server', () => {
  const looking = () => {
    const started = jest.spyOn(globalThis, 'setInterval');
    const stopped = jest.spyOn(globalThis, 'clearInterval');
    return {
      timers: () => started.mock.results.filter((_, call) => started.mock.calls[call]![1] === 1000),
      isStopped: (timer: any) => stopped.mock.calls.some(([cleared]) => cleared === timer.value),
    };
  };

  afterEach(() => jest.restoreAllMocks());

  it.each<[string, () => Promise<unknown>]>([
    ['a start', () => startAndListen()],
    [
      'shutdown()',
      () => {
        const sessions = parseSessions();
        sessions.configure({ appId: 'shop' });
        return sessions.shutdown();
      },
    ],
  ])('ends with %s', async (_end, act) => {
    const { timers, isStopped } = looking();
    await act();
    expect(timers()).toHaveLength(1);
    expect(timers().every(isStopped)).toBe(true);
  });
});

describe('configure() whose answer is not used', () => {
  const UNUSED = /^error .*NOTHING IS GUARDED.*configure\(\)/;

  it('is one loud line once the server has started', async () => {
    const sessions = parseSessions();
    sessions.configure({ appId: APP_ID });
    const lines = await startAndListen({}, {}, { mounted: false });
    await eventually(() => expect(own(lines)).toEqual([expect.stringMatching(UNUSED)]));
    await sessions.shutdown();
  });

  it('also where `cloud` or `requestContextMiddleware` were put back', async () => {
    const sessions = parseSessions();
    const { requestContextMiddleware } = sessions.configure({ appId: APP_ID }) as any;
    const lines = await startAndListen({}, { requestContextMiddleware }, { mounted: false });
    await eventually(() => expect(own(lines)).toEqual([expect.stringMatching(UNUSED)]));
    await sessions.shutdown();
  });
});
