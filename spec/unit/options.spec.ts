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

const CLASS_NAMES = "an array of class names, or '*'";
const CLASS_NAME = 'the name of a class, such as "Invoice"';
const FRESH_CLASS = 'the name of a class other than _Session, such as "PaymentMethod"';
const PREFIX = 'letters, digits and underscores, such as "auth_"';
const BOOLEAN = 'true or false';
const DURATION = 'a duration such as "30m" or "90d", or a number of seconds, above 0 and up to 100 years';
const INTERVAL = 'a duration such as "60s" or "5m", or a number of seconds, above 0 and up to 24 days';
const KIND = '{ idle, maxAge }, at least one of them';

describe('a wrong option', () => {
  it.each<[path: string, options: object, got: string, takes: string]>([
    ['guard', { guard: 'Invoice' }, "'Invoice'", CLASS_NAMES],
    ['guard', { guard: null }, 'null', CLASS_NAMES],
    ['guard', { guard: true }, 'true', CLASS_NAMES],
    ['guard', { guard: { Invoice: true } }, '{ Invoice: true }', CLASS_NAMES],
    ['guard', { guard: ['Invoice', 5] }, "[ 'Invoice', 5 ]", CLASS_NAMES],
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
    ['expiry.anonymous', { expiry: { anonymous: {} } }, '{}', KIND],
    ['expiry.authenticated.idle', { expiry: { authenticated: { idle: 'soon' } } }, "'soon'", DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: 0 } } }, '0', DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: -60 } } }, '-60', DURATION],
    ['expiry.restricted.maxAge', { expiry: { restricted: { maxAge: '101y' } } }, "'101y'", DURATION],
    ['activity', { activity: false }, 'false', '{ enabled, flushInterval }'],
    ['activity.enabled', { activity: { enabled: 'yes' } }, "'yes'", BOOLEAN],
    ['activity.flushInterval', { activity: { flushInterval: 0 } }, '0', INTERVAL],
    ['activity.flushInterval', { activity: { flushInterval: Infinity } }, 'Infinity', INTERVAL],
    ['activity.flushInterval', { activity: { flushInterval: '25d' } }, "'25d'", INTERVAL],
    ['fresh', { fresh: '*' }, "'*'", 'an array of class names'],
    ['fresh[0]', { fresh: [5] }, '5', FRESH_CLASS],
    ['fresh[1]', { fresh: ['Card', '_Session'] }, "'_Session'", FRESH_CLASS],
    ['freshWithin', { freshWithin: 'a while' }, "'a while'", DURATION],
    [
      'maxSessionsPerUser.anonymous',
      { maxSessionsPerUser: { anonymous: 0 } },
      '0',
      'a whole number from 1 on',
    ],
    ['onLimit', { onLimit: 'ignore' }, "'ignore'", "'revoke-oldest' or 'refuse'"],
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

  it.each([
    ['null', null, 'null'],
    ['an array', ['Invoice'], "[ 'Invoice' ]"],
    ['a text', 'Invoice', "'Invoice'"],
    ['a number', 5, '5'],
    ['true', true, 'true'],
  ])('%s is refused in place of the options', (_what, options, got) => {
    expect(errorsOf(options)).toEqual([`parseSessions: takes an object of options, got ${got}.`]);
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

describe('an unknown option', () => {
  it.each<[path: string, options: object, got: string, known: string]>([
    ['guards', { guards: ['Invoice'] }, "[ 'Invoice' ]", 'guard, guardFiles, functionPrefix, indexes'],
    ['Guard', { Guard: '*' }, "'*'", 'guard, guardFiles, functionPrefix, indexes'],
    [
      'expiry.signedIn',
      { expiry: { signedIn: { idle: '1d' } } },
      "{ idle: '1d' }",
      'authenticated, anonymous, restricted.',
    ],
    ['activity.interval', { activity: { interval: '60s' } }, "'60s'", 'enabled, flushInterval.'],
    [
      'purge.dryRun',
      { purge: { schedule: '0 * * * *', dryRun: true } },
      'true',
      'schedule, batchSize, olderThan, orphans.',
    ],
    ['toString', { toString: 1 }, '1', 'guard, '],
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
  });

  it('that are undefined count as left out', () => {
    const omitted = {
      guard: undefined,
      guardFiles: undefined,
      functionPrefix: undefined,
      indexes: undefined,
      expiry: undefined,
      activity: undefined,
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
