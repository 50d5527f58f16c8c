import type { ClientSession } from '../../../src/client';
import { gathered } from '../../../src/web/devices/gathered';
import { en } from '../../../src/web/devices/words-en';
import { howOf, kindWord, labelOf, scopeWords } from '../../../src/web/shared/describe';
import { exact, relative } from '../../../src/web/shared/time';

const device = (browser: string | null, os: string | null, type: string | null = null) => ({
  browser,
  os,
  type,
});

describe('what a session is called', () => {
  it.each([
    ['My phone', device('Firefox', 'Windows'), 'My phone'],
    ['  ', device('Firefox', 'Windows'), 'Firefox on Windows'],
    ['\u202eevil\u2069 name', device('Firefox', 'Windows'), 'evil name'],
    ['\u2067', device('Firefox', 'Windows'), 'Firefox on Windows'],
    ['\u200b\u2800\u3164\u00ad\u0007', device('Firefox', 'Windows'), 'Firefox on Windows'],
    ['👩\u200d🚀', device('Firefox', 'Windows'), '👩\u200d🚀'],
    [null, device('Firefox', null), 'Firefox'],
    [null, device(null, 'iOS'), 'An app on iOS'],
    [null, device(null, null), 'Unknown device'],
    [null, null, 'Unknown device'],
  ])('%j, %j: %s', (name, of, label) => expect(labelOf({ name, device: of }, en)).toBe(label));

  it.each([
    ['desktop', 'Computer'],
    ['bot', 'Program'],
    ['toString', 'Device'],
    [null, 'Device'],
  ])('%s is a %s', (type, word) => expect(kindWord(device(null, null, type), en)).toBe(word));
});

describe('how it was signed in', () => {
  it.each([
    [{ action: 'login', authProvider: 'password' }, false, 'Password'],
    [{ action: 'signup', authProvider: 'password' }, false, 'Creating the account'],
    [{ action: 'signup', authProvider: 'anonymous' }, false, 'As a guest'],
    [{ action: 'signup', authProvider: 'facebook' }, false, 'facebook'],
    [{ action: 'login', authProvider: 'masterkey' }, false, 'The operator, for you'],
    [{ action: 'create' }, true, 'Another device of yours'],
    [null, false, null],
  ])('%j: %s', (createdWith, restricted, how) => expect(howOf({ createdWith, restricted }, en)).toBe(how));
});

describe('a scope in words', () => {
  it.each([
    ['Telemetry:create', 'add Telemetry'],
    ['Telemetry:*', 'do everything with Telemetry'],
    ['@File:read', 'read files'],
    ['function:report', 'call report'],
    ['*:read', 'read all data that is not protected'],
    ['Telemetry:later', 'Telemetry:later'],
  ])('%s: %s', (scope, words) => expect(scopeWords(scope, en)).toBe(words));
});

describe('a time', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  const ago = (seconds: number) => relative(new Date(now.getTime() - seconds * 1000), now, 'en');
  it.each([
    [59, 'now'],
    [-59, 'now'],
    [60, '1 minute ago'],
    [3 * 60 + 59, '3 minutes ago'],
    [26 * 3600, 'yesterday'],
    [-12 * 86_400, 'in 12 days'],
    [-365 * 86_400, 'next year'],
  ])('%d seconds ago is said %s', (seconds, words) => expect(ago(seconds)).toBe(words));

  it('has its seconds where it is exact', () => {
    expect(exact(now, 'en')).toMatch(/Saturday, January 31, 2026.*:00:00/);
  });
});

describe('sessions that look alike', () => {
  const session = (objectId: string, more: Partial<ClientSession> = {}) =>
    ({
      objectId,
      restricted: false,
      name: null,
      installationId: null,
      place: null,
      ip: '192.0.2.1',
      device: device('Firefox', 'Windows', 'desktop'),
      ...more,
    }) as ClientSession;
  const ids = (sessions: ClientSession[]) =>
    gathered(sessions).map(group => group.map(({ objectId }) => objectId));

  it('are gathered by their installation, whatever else they say', () => {
    expect(
      ids([
        session('a', { installationId: 'i' }),
        session('b', { ip: '192.0.2.5', installationId: 'j' }),
        session('c', { installationId: 'i', ip: '192.0.2.9' }),
        session('d', { installationId: '__proto__', ip: '192.0.2.7' }),
      ]),
    ).toEqual([['a', 'c'], ['b'], ['d']]);
  });

  it('are gathered by browser, system and place, where there is one; else by address', () => {
    const chrome = device('Chrome', 'Windows', 'desktop');
    expect(
      ids([
        session('a', { place: 'Lagos', ip: '192.0.2.1', installationId: 'i' }),
        session('b', { place: 'Lagos', ip: '192.0.2.2', installationId: 'j' }),
        session('c', { ip: '192.0.2.1' }),
        session('d', { ip: '192.0.2.1' }),
        session('e', { ip: '192.0.2.1', device: chrome }),
        session('f', { ip: null }),
        session('g', { ip: null }),
      ]),
    ).toEqual([['a', 'b'], ['c', 'd'], ['e'], ['f'], ['g']]);
  });

  it('stay apart where they have a name, limits, or nothing that tells them', () => {
    const unknown = device(null, null);
    expect(
      ids([
        session('a', { name: 'x' }),
        session('b', { restricted: true }),
        session('c', { restricted: true }),
        session('d', { device: unknown }),
        session('e', { device: unknown }),
      ]),
    ).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
  });
});
