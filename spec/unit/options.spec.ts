import { parseSessions, type SessionsOptions } from '../../src';
import { resolveOptions } from '../../src/options';

/** The error of each wrong option, line by line. */
function errorsOf(options: unknown): string[] {
  try {
    resolveOptions(options as SessionsOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message.split('\n');
  }
  throw new Error('No error was thrown.');
}

const CLASSES = 'an array of class names';
const CLASS_NAMES = "an array of class names, '*', or { except }, an array of class names";
const OPEN_CLASS = 'the name of a class other than _User, _Session and _Role, which are always guarded';
const CLASS_NAME = 'the name of a class, such as "Invoice"';
const FRESH_NAME =
  'the name of a class other than _Session, such as "PaymentMethod", or a cloud function such as "function:transfer", but ' +
  'none of confirmIdentity, rotateSession, getSession, endedSession, startPairing, completePairing, reportSession';
const FRESH =
  'an array of classes and functions, or an object of them, each true or of a class an array of its columns';
const COLUMNS = 'true, or of a class an array of at least one column';
const COLUMN = 'the name of a whole column, such as "email"';
const PREFIX = 'letters, digits and underscores, such as "auth_"';
const BOOLEAN = 'true or false';
const DURATION =
  'a duration above 0 such as "30m" or "90d", up to 100 years, or a number of seconds, up to 10 years';
const INTERVAL = 'a duration such as "60s" or "5m", or a number of seconds, above 0 and up to 24 days';
const page = (name: string) =>
  `an address of http or https such as "https://example.com/sessions/${name}", without a user, a fragment or blanks, ` +
  'up to 512 characters';
const URI = 'https://example.com/pair';
const SCOPES = 'an array of 1 to 64 scopes';
const SCOPE = 'a scope such as "Telemetry:create"';
const MANY = Array.from({ length: 65 }, (_, i) => `Note${i}:read`);
const PAIRING = '{ verificationUri, expiresIn, scopes }';
const PAIRING_TIME = 'a duration from a second to an hour such as "10m", or a number of seconds';
const KIND = '{ idle, maxAge }, at least one of them';

describe('a wrong option', () => {
  it.each<[path: string, options: object, got: string, takes: string]>([
    ['guard', { guard: 'Invoice' }, "'Invoice'", CLASS_NAMES],
    ['guard', { guard: null }, 'null', CLASS_NAMES],
    ['guard', { guard: true }, 'true', CLASS_NAMES],
    ['guard[1]', { guard: ['Invoice', 5] }, '5', CLASS_NAME],
    ['guard.except', { guard: {} }, 'undefined', CLASSES],
    ['guard.except', { guard: { except: 'Note' } }, "'Note'", CLASSES],
    ['guard.except[1]', { guard: { except: ['Note', 5] } }, '5', OPEN_CLASS],
    ['guard.except[1]', { guard: { except: ['Note', '_User'] } }, "'_User'", OPEN_CLASS],
    ['guard.except[0]', { guard: { except: ['_Session'] } }, "'_Session'", OPEN_CLASS],
    ['guard.except[0]', { guard: { except: ['_Role'] } }, "'_Role'", OPEN_CLASS],
    ['guard.except[0]', { guard: { except: ['my-class'] } }, "'my-class'", OPEN_CLASS],
    ['guard[0]', { guard: [''] }, "''", CLASS_NAME],
    ['guard[0]', { guard: ['*'] }, "'*'", CLASS_NAME],
    ['guard[1]', { guard: ['Invoice', 'my-class'] }, "'my-class'", CLASS_NAME],
    ['guard[0]', { guard: ['_Join:users:_Role'] }, "'_Join:users:_Role'", CLASS_NAME],
    ['guardFiles', { guardFiles: 1 }, '1', BOOLEAN],
    ['guardFiles', { guardFiles: 'true' }, "'true'", BOOLEAN],
    ['guardFiles', { guardFiles: null }, 'null', BOOLEAN],
    ['functionPrefix', { functionPrefix: 'auth.' }, "'auth.'", PREFIX],
    ['functionPrefix', { functionPrefix: '1st_' }, "'1st_'", PREFIX],
    ['functionPrefix', { functionPrefix: 5 }, '5', PREFIX],
    ['indexes', { indexes: 'no' }, "'no'", BOOLEAN],
    ['expiry', { expiry: '30d' }, "'30d'", '{ authenticated, anonymous, restricted }, each { idle, maxAge }'],
    ['expiry.anonymous', { expiry: { anonymous: '30m' } }, "'30m'", KIND],
    ['expiry.anonymous', { expiry: { anonymous: {} } }, 'an object', KIND],
    ['expiry.authenticated.idle', { expiry: { authenticated: { idle: 'soon' } } }, "'soon'", DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: 0 } } }, '0', DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: -60 } } }, '-60', DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: '101y' } } }, "'101y'", DURATION],
    ['activity', { activity: false }, 'false', '{ enabled, flushInterval }'],
    ['activity.enabled', { activity: { enabled: 'yes' } }, "'yes'", BOOLEAN],
    ['activity.flushInterval', { activity: { flushInterval: 0 } }, '0', INTERVAL],
    ['activity.flushInterval', { activity: { flushInterval: Infinity } }, 'Infinity', INTERVAL],
    ['activity.flushInterval', { activity: { flushInterval: '25d' } }, "'25d'", INTERVAL],
    ['fresh', { fresh: '*' }, "'*'", FRESH],
    ['fresh', { fresh: null }, 'null', FRESH],
    ['fresh._User', { fresh: { _User: false } }, 'a boolean', COLUMNS],
    ['fresh._User', { fresh: { _User: [] } }, 'an array', COLUMNS],
    ['fresh._User', { fresh: { _User: 'email' } }, 'a text', COLUMNS],
    ['fresh._User[1]', { fresh: { _User: ['email', 'a.b'] } }, 'a text', COLUMN],
    ['fresh', { fresh: { _Session: true } }, '"_Session"', FRESH_NAME],
    ['fresh', { fresh: { 'a b': true } }, '"a b"', FRESH_NAME],
    ['fresh[0]', { fresh: [5] }, '5', FRESH_NAME],
    ['fresh[1]', { fresh: ['Card', '_Session'] }, "'_Session'", FRESH_NAME],
    ['fresh[1]', { fresh: ['Card', 'function:'] }, "'function:'", FRESH_NAME],
    ['fresh[0]', { fresh: ['function:a b'] }, "'function:a b'", FRESH_NAME],
    ['fresh[0]', { fresh: ['Card:create'] }, "'Card:create'", FRESH_NAME],
    ['fresh[0]', { fresh: ['@File:create'] }, "'@File:create'", FRESH_NAME],
    ['fresh', { fresh: { 'function:': true } }, '"function:"', FRESH_NAME],
    ['fresh.function:pay', { fresh: { 'function:pay': ['email'] } }, 'an array', COLUMNS],
    ['fresh.function:pay', { fresh: { Card: ['iban'], 'function:pay': false } }, 'a boolean', COLUMNS],
    ['guard[0]', { guard: ['function:pay'] }, "'function:pay'", CLASS_NAME],
    ['freshWithin', { freshWithin: 'a while' }, "'a while'", DURATION],
    [
      'maxSessionsPerUser.anonymous',
      { maxSessionsPerUser: { anonymous: 0 } },
      '0',
      'a whole number from 1 on',
    ],
    ['onLimit', { onLimit: 'ignore' }, "'ignore'", "'revoke-oldest' or 'refuse'"],
    ['pairing', { pairing: true }, 'true', PAIRING],
    ['pairing', { pairing: false }, 'false', PAIRING],
    ['pairing', { pairing: URI }, `'${URI}'`, PAIRING],
    ['pairing.verificationUri', { pairing: {} }, 'undefined', page('pair')],
    ['pairing.expiresIn', { pairing: { verificationUri: URI, expiresIn: '61m' } }, "'61m'", PAIRING_TIME],
    ['pairing.expiresIn', { pairing: { verificationUri: URI, expiresIn: 3601 } }, '3601', PAIRING_TIME],
    ['pairing.expiresIn', { pairing: { verificationUri: URI, expiresIn: 0.5 } }, '0.5', PAIRING_TIME],
    ['pairing.expiresIn', { pairing: { verificationUri: URI, expiresIn: 0 } }, '0', PAIRING_TIME],
    ['pairing.scopes', { pairing: { verificationUri: URI, scopes: [] } }, 'an array', SCOPES],
    ['pairing.scopes', { pairing: { verificationUri: URI, scopes: null } }, 'null', SCOPES],
    ['pairing.scopes', { pairing: { verificationUri: URI, scopes: 'Note:read' } }, "'Note:read'", SCOPES],
    ['pairing.scopes', { pairing: { verificationUri: URI, scopes: 65 } }, '65', SCOPES],
    ['pairing.scopes', { pairing: { verificationUri: URI, scopes: MANY } }, 'an array', SCOPES],
    [
      'pairing.scopes[1]',
      { pairing: { verificationUri: URI, scopes: ['Note:read', 'Note'] } },
      "'Note'",
      SCOPE,
    ],
    ['pairing.scopes[0]', { pairing: { verificationUri: URI, scopes: [5] } }, '5', SCOPE],
    ['pairing.scopes[0]', { pairing: { verificationUri: URI, scopes: ['*:create'] } }, "'*:create'", SCOPE],
    ['purge', { purge: true }, 'true', '{ schedule, batchSize, olderThan, orphans }'],
    ['purge.schedule', { purge: {} }, 'undefined', 'a cron pattern such as "*/15 * * * *"'],
    ['purge.schedule', { purge: { schedule: 'daily' } }, "'daily'", 'a cron pattern such as "*/15 * * * *"'],
    [
      'purge.batchSize',
      { purge: { schedule: '0 * * * *', batchSize: 0 } },
      '0',
      'a whole number from 1 to 10000',
    ],
    ['purge.olderThan', { purge: { schedule: '0 * * * *', olderThan: -1 } }, '-1', DURATION],
    ['purge.orphans', { purge: { schedule: '0 * * * *', orphans: 'all' } }, "'all'", BOOLEAN],
  ])('%s is named, with what it got and what it takes: %j', (path, options, got, takes) => {
    expect(errorsOf(options)).toEqual([`parseSessions: option "${path}" got ${got}, takes ${takes}.`]);
  });

  describe.each([
    'confirmIdentity',
    'rotateSession',
    'getSession',
    'endedSession',
    'startPairing',
    'completePairing',
    'reportSession',
  ])('fresh that names %s, which never needs a recent log-in', name => {
    it.each(['', 'auth_'])('with the prefix %j', functionPrefix => {
      const whole = `function:${functionPrefix}${name}`;
      expect(errorsOf({ functionPrefix, fresh: ['Card', whole] })).toEqual([
        `parseSessions: option "fresh[1]" got '${whole}', takes ${FRESH_NAME}.`,
      ]);
      expect(errorsOf({ functionPrefix, fresh: { Card: true, [whole]: true } })).toEqual([
        `parseSessions: option "fresh" got "${whole}", takes ${FRESH_NAME}.`,
      ]);
    });

    it('is right where another prefix makes it the app’s own', () => {
      const fresh = [`function:${name}`];
      expect(resolveOptions({ functionPrefix: 'auth_', fresh }).fresh).toEqual(fresh);
    });
  });

  describe.each<[path: string, page: string, optionsOf: (uri: unknown) => object]>([
    ['pairing.verificationUri', 'pair', verificationUri => ({ pairing: { verificationUri } })],
    ['reportUri', 'report', reportUri => ({ reportUri })],
  ])('%s, whose page gets a code or a token as the fragment', (path, name, optionsOf) => {
    it.each<[uri: unknown, got?: string]>([
      ['/sessions/pair'],
      ['example.com/pair'],
      ['//example.com/pair'],
      [''],
      ['https://'],
      ['https:example.com'],
      ['https:/example.com'],
      ['javascript:alert(1)'],
      ['data:text/html,x'],
      ['ftp://example.com/pair'],
      ['https://example.com/pair#'],
      ['https://example.com/pair#/codes'],
      [' https://example.com/pair'],
      ['https://example.com/pair\t'],
      ['https://example.com/pa ir'],
      ['https:\\\\example.com\\pair'],
      [`https://example.com/${'x'.repeat(500)}`, `'https://example.com/${'x'.repeat(60)}…'`],
      // A password is not shown.
      ['https://ada:lovelace@example.com/pair', 'a text'],
      ['https://ada@example.com/pair', 'a text'],
      [5, '5'],
      [null, 'null'],
      [{ href: 'https://example.com/' }, 'an object'],
    ])('is not %j', (uri, got = `'${String(uri)}'`) => {
      expect(errorsOf(optionsOf(uri))).toEqual([
        `parseSessions: option "${path}" got ${got}, takes ${page(name)}.`,
      ]);
    });

    it.each(['https://example.com', 'http://127.0.0.1:1337/pair', 'HTTPS://example.com/a%20b/?from=device'])(
      'may be %s, and stays as it is written',
      uri => {
        expect(resolveOptions(optionsOf(uri))).toMatchObject(optionsOf(uri));
      },
    );
  });

  it.each([
    ['null', null, 'null'],
    ['an array', ['Invoice'], 'an array'],
    ['a text', 'Invoice', 'a text'],
    ['a number', 5, 'a number'],
    ['true', true, 'a boolean'],
  ])('%s is refused in place of the options', (_what, options, got) => {
    expect(errorsOf(options)).toEqual([`parseSessions: takes an object of options, got ${got}.`]);
  });

  it('is told of a value that may have one of several shapes, by the shape that it nearly has', () => {
    expect(errorsOf({ guard: { Invoice: true } })).toEqual([
      `parseSessions: option "guard.except" got undefined, takes ${CLASSES}.`,
      'parseSessions: unknown option "guard.Invoice", got a boolean; known are except.',
    ]);
  });

  it('throws at parseSessions() already', () => {
    expect(() => parseSessions({ guard: 'Invoice' as never })).toThrow(TypeError);
    expect(() => parseSessions({ guard: ['Invoice'] })).not.toThrow();
  });

  it('is told once, not again for what it is a part of', () => {
    expect(errorsOf({ expiry: { anonymous: { idle: 'soon', maxAge: -1, ttl: 5 } } })).toEqual([
      expect.stringContaining('"expiry.anonymous.idle"'),
      expect.stringContaining('"expiry.anonymous.maxAge"'),
      expect.stringContaining('"expiry.anonymous.ttl"'),
    ]);
  });

  it('does not hide a second one', () => {
    expect(errorsOf({ guardFiles: 1, indexes: 2, guards: [] })).toEqual([
      expect.stringContaining('"guardFiles"'),
      expect.stringContaining('"indexes"'),
      expect.stringContaining('"guards"'),
    ]);
  });
});

describe('a number of seconds that was meant as milliseconds', () => {
  const MONTH = 1000 * 60 * 60 * 24 * 30;
  const hint = 'a number is seconds; 2592000000 seconds are 82 years';

  it.each<[path: string, options: object]>([
    ['expiry.anonymous.idle', { expiry: { anonymous: { idle: MONTH } } }],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: MONTH } } }],
    ['freshWithin', { freshWithin: MONTH }],
    ['activity.flushInterval', { activity: { flushInterval: MONTH } }],
    ['purge.olderThan', { purge: { schedule: '0 * * * *', olderThan: MONTH } }],
  ])('is refused for %s, with a sentence on the unit', (path, options) => {
    expect(errorsOf(options)).toEqual([
      expect.stringMatching(
        new RegExp(`^parseSessions: option "${path}" got ${MONTH}, takes .*: ${hint}\\.$`),
      ),
    ]);
  });

  it('ends where ten years do; a text is as long as it says', () => {
    const tenYears = 10 * 365.25 * 24 * 60 * 60;
    const idleOf = (idle: string | number) => resolveOptions({ expiry: { anonymous: { idle } } });
    expect(() => idleOf(tenYears)).not.toThrow();
    expect(() => idleOf(tenYears + 1)).toThrow('a number is seconds; 315576001 seconds are 10 years');
    expect(() => idleOf('99y')).not.toThrow();
  });
});

describe('what is shown of a wrong option', () => {
  const token = `r:${'0123456789abcdef'.repeat(2)}`;

  it('is no session token, and of a long text the beginning', () => {
    expect(errorsOf({ functionPrefix: token })).toEqual([
      `parseSessions: option "functionPrefix" got a text, takes ${PREFIX}.`,
    ]);
    expect(errorsOf({ functionPrefix: '.'.repeat(500) })).toEqual([
      `parseSessions: option "functionPrefix" got '${'.'.repeat(80)}…', takes ${PREFIX}.`,
    ]);
    expect(errorsOf({ [token]: 1 }).join()).not.toContain(token);
  });

  it('nor anything of an object, a function or an unknown option', () => {
    const secret = { masterKey: 'a master key' };
    const options = { guard: secret, onLimit: () => secret, expiry: secret, unheard: 'a master key' };
    expect(errorsOf(options).join()).not.toContain('a master key');
  });
});

describe('an unknown option', () => {
  it.each<[path: string, options: object, got: string, known: string]>([
    ['guards', { guards: ['Invoice'] }, 'an array', 'guard, guardFiles, functionPrefix, indexes'],
    ['Guard', { Guard: '*' }, 'a text', 'guard, guardFiles, functionPrefix, indexes'],
    [
      'expiry.signedIn',
      { expiry: { signedIn: { idle: '1d' } } },
      'an object',
      'authenticated, anonymous, restricted.',
    ],
    ['guard.only', { guard: { except: ['Note'], only: [] } }, 'an array', 'except.'],
    ['activity.interval', { activity: { interval: '60s' } }, 'a text', 'enabled, flushInterval.'],
    [
      'purge.dryRun',
      { purge: { schedule: '0 * * * *', dryRun: true } },
      'a boolean',
      'schedule, batchSize, olderThan, orphans.',
    ],
    [
      'pairing.interval',
      { pairing: { verificationUri: URI, interval: 5 } },
      'a number',
      'verificationUri, expiresIn, scopes.',
    ],
    ['reportURI', { reportURI: URI }, 'a text', 'guard, '],
    ['toString', { toString: 1 }, 'a number', 'guard, '],
  ])('%s is named, with what it got and what is known', (path, options, got, known) => {
    const [error, ...more] = errorsOf(options);
    expect(more).toEqual([]);
    expect(error).toContain(`parseSessions: unknown option "${path}", got ${got}; known are ${known}`);
  });

  it.each<[object, string[]]>([
    [{ a: 1, b: 2 }, ['"a"', '"b"']],
    [{ expiry: { anonymous: { idle: '1h', ttl: 5 } } }, ['"expiry.anonymous.ttl"']],
    [{ activity: { a: 1, b: 2 } }, ['"activity.a"', '"activity.b"']],
  ])('has one line each: %j', (options, names) => {
    expect(errorsOf(options)).toEqual(names.map(name => expect.stringContaining(`unknown option ${name}`)));
  });
});

describe('right options', () => {
  it('have these defaults', () => {
    expect(resolveOptions()).toMatchObject({
      guard: [],
      guardFiles: false,
      functionPrefix: '',
      indexes: true,
      expiry: {},
      activity: { enabled: true, flushInterval: 60_000 },
    });
    expect(resolveOptions().purge).toBeUndefined();
    expect(resolveOptions().pairing).toBeUndefined();
    expect(resolveOptions().reportUri).toBeUndefined();
    const { pairing } = resolveOptions({ pairing: { verificationUri: URI } });
    expect(pairing).toEqual({ verificationUri: URI, expiresIn: 600_000 });
  });

  it('that are undefined count as left out', () => {
    const omitted = {
      guard: undefined,
      guardFiles: undefined,
      functionPrefix: undefined,
      indexes: undefined,
      expiry: undefined,
      activity: undefined,
      pairing: undefined,
      reportUri: undefined,
      purge: undefined,
    };
    expect(resolveOptions(omitted)).toEqual(resolveOptions({}));
    expect(resolveOptions({ activity: { enabled: undefined, flushInterval: undefined } })).toEqual(
      resolveOptions(),
    );
    expect(resolveOptions({ expiry: { anonymous: undefined } }).expiry.anonymous).toBeUndefined();
  });

  it.each<[string, SessionsOptions, object]>([
    ['every class', { guard: '*' }, { guard: '*' }],
    ['no class', { guard: [] }, { guard: [] }],
    ['all classes but some', { guard: { except: ['Telemetry'] } }, { guard: { except: ['Telemetry'] } }],
    ['all classes but none', { guard: { except: [] } }, { guard: { except: [] } }],
    [
      'classes, also those of Parse Server',
      { guard: ['Invoice', '_Installation', 'A_1'] },
      { guard: ['Invoice', '_Installation', 'A_1'] },
    ],
    ['guarded files', { guardFiles: true }, { guardFiles: true }],
    ['a prefix', { functionPrefix: 'auth_' }, { functionPrefix: 'auth_' }],
    ['no prefix', { functionPrefix: '' }, { functionPrefix: '' }],
    ['no indexes', { indexes: false }, { indexes: false }],
    [
      'an idle timeout alone: no max age',
      { expiry: { anonymous: { idle: '30m' } } },
      { expiry: { anonymous: { idle: 1_800_000, maxAge: Infinity } } },
    ],
    [
      'a max age alone: no idle timeout before it',
      { expiry: { anonymous: { maxAge: 60 } } },
      { expiry: { anonymous: { idle: 60_000, maxAge: 60_000 } } },
    ],
    [
      'a short interval',
      { activity: { flushInterval: 0.5 } },
      { activity: { enabled: true, flushInterval: 500 } },
    ],
    [
      'the longest time of a code',
      { pairing: { verificationUri: URI, expiresIn: '1h' } },
      { pairing: { verificationUri: URI, expiresIn: 3_600_000 } },
    ],
    [
      'the shortest one',
      { pairing: { verificationUri: URI, expiresIn: 1 } },
      { pairing: { verificationUri: URI, expiresIn: 1000 } },
    ],
    [
      'the most that a pairing may get',
      {
        pairing: { verificationUri: URI, scopes: ['Telemetry:*', '*:read', '@File:read', 'function:report'] },
      },
      { pairing: { scopes: ['Telemetry:*', '*:read', '@File:read', 'function:report'] } },
    ],
    ['the longest interval', { activity: { flushInterval: '24d' } }, { activity: { enabled: true } }],
  ])('are taken: %s', (_what, options, resolved) => {
    expect(resolveOptions(options)).toMatchObject(resolved);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(resolveOptions())).toBe(true);
  });

  it('are not changed by being read', () => {
    const options = { guard: ['Invoice'], expiry: { anonymous: { idle: '30m' } } };
    const before = structuredClone(options);
    resolveOptions(options);
    expect(options).toEqual(before);
  });
});
