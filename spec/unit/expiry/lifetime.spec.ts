import Parse from 'parse/node';
import {
  expiresWithin,
  isActive,
  isAuthenticated,
  isExpired,
  isValid,
  timeRemaining,
} from '../../../src/expiry/lifetime';
import type { SessionLike } from '../../../src/record';

const NOW = new Date('2026-07-01T12:00:00.000Z');
const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);
const pointer = { __type: 'Pointer', className: '_User', objectId: 'ada' };

/** A date in each shape that a session can have it in. */
const SHAPES: Array<[string, (date: Date) => unknown]> = [
  ['a Date', date => date],
  ['an ISO text', date => date.toISOString()],
  ['a date of Parse', date => ({ __type: 'Date', iso: date.toISOString() })],
];

function parseSession(attributes: Record<string, unknown>): SessionLike {
  return Parse.Object.fromJSON({ className: '_Session', objectId: 'x', ...attributes }) as never;
}

describe('a session with an end', () => {
  it.each([
    ['a minute ago', -60_000, true, 0],
    ['a millisecond ago', -1, true, 0],
    ['now', 0, false, 0],
    ['in a millisecond', 1, false, 0.001],
    ['in a minute', 60_000, false, 60],
    ['in a year', 31_536_000_000, false, 31_536_000],
  ])('%s: is expired, is valid and has time remaining as it should', (_when, ms, expired, remaining) => {
    const session = { expiresAt: after(ms) };
    expect(isExpired(session, NOW)).toBe(expired);
    expect(isValid(session, NOW)).toBe(!expired);
    expect(timeRemaining(session, NOW)).toBe(remaining);
  });

  it.each([
    [-1, 60, true],
    [0, 0, false],
    [-1, 0, true],
    [59_999, 60, true],
    [60_000, 60, false],
    [60_001, 60, false],
    [3_600_000, 86_400, true],
    [86_400_001, 86_400, false],
  ])('in %d ms expires within %d s: %p', (ms, seconds, expected) => {
    expect(expiresWithin({ expiresAt: after(ms) }, seconds, NOW)).toBe(expected);
  });

  it.each(SHAPES)('is read alike as %s', (_shape, shape) => {
    for (const read of [(value: unknown) => ({ expiresAt: value }), readBySdk]) {
      expect(isExpired(read(shape(after(-1))), NOW)).toBe(true);
      expect(isExpired(read(shape(after(1))), NOW)).toBe(false);
      expect(timeRemaining(read(shape(after(1500))), NOW)).toBe(1.5);
      expect(expiresWithin(read(shape(after(1500))), 2, NOW)).toBe(true);
      expect(expiresWithin(read(shape(after(1500))), 1, NOW)).toBe(false);
    }
  });

  function readBySdk(value: unknown): SessionLike {
    const iso = value instanceof Date ? value.toISOString() : ((value as any).iso ?? value);
    return parseSession({ expiresAt: { __type: 'Date', iso } });
  }
});

describe('a session without an end', () => {
  it.each([
    ['it is missing', {}],
    ['it is undefined', { expiresAt: undefined }],
    ['it is null', { expiresAt: null }],
    ['a Parse.Session has none', parseSession({})],
  ])('never expires: %s', (_what, session) => {
    expect(isExpired(session, NOW)).toBe(false);
    expect(isValid(session, NOW)).toBe(true);
    expect(expiresWithin(session, Number.MAX_SAFE_INTEGER, NOW)).toBe(false);
    expect(timeRemaining(session, NOW)).toBeNull();
  });
});

describe('an active session', () => {
  it.each([
    ['now', 0, true],
    ['a minute ago', -60_000, true],
    ['5 minutes ago', -300_000, true],
    ['5 minutes and a millisecond ago', -300_001, false],
    ['yesterday', -86_400_000, false],
    ['just ahead of this clock', 1000, true],
  ])('was accessed within 5 minutes: %s', (_when, ms, expected) => {
    expect(isActive({ lastAccessedAt: after(ms) }, NOW)).toBe(expected);
    const stored = parseSession({ lastAccessedAt: { __type: 'Date', iso: after(ms).toISOString() } });
    expect(isActive(stored, NOW)).toBe(expected);
  });

  it.each([[{}], [{ lastAccessedAt: null }], [{ updatedAt: NOW }]])('is not one like %j', session => {
    expect(isActive(session, NOW)).toBe(false);
  });
});

describe('an authenticated session', () => {
  it.each<[string, object, boolean]>([
    ['a log-in', { user: pointer, createdWith: { action: 'login', authProvider: 'password' } }, true],
    ['another provider', { user: pointer, createdWith: { action: 'login', authProvider: 'google' } }, true],
    ['what a client made', { user: pointer, createdWith: { action: 'create' } }, true],
    ['a change of password', { user: pointer }, true],
    ['unknown', { user: pointer, createdWith: null }, true],
    [
      'an anonymous user',
      { user: pointer, createdWith: { action: 'login', authProvider: 'anonymous' } },
      false,
    ],
    ['an anonymous user, however he spelled it', { user: pointer, anonymous: true, createdWith: {} }, false],
    [
      'an anonymous user who has signed up since',
      { user: pointer, anonymous: false, createdWith: { authProvider: 'anonymous' } },
      true,
    ],
    ['a log-in without a user', { createdWith: { action: 'login', authProvider: 'password' } }, false],
    ['a user who is null', { user: null, createdWith: { action: 'login' } }, false],
    ['nothing', {}, false],
  ])('has a user who signed in: %s', (_what, session, expected) => {
    expect(isAuthenticated(session as SessionLike)).toBe(expected);
    expect(isAuthenticated(parseSession(session as Record<string, unknown>))).toBe(expected);
  });

  it('is told from a record of this package, too', () => {
    expect(isAuthenticated({ userId: 'ada', createdWith: null })).toBe(true);
    expect(isAuthenticated({ userId: null, createdWith: null })).toBe(false);
  });
});

describe('without a date, the clock counts', () => {
  it('for every helper', () => {
    const past = { expiresAt: new Date(Date.now() - 1000), lastAccessedAt: new Date(Date.now() - 600_000) };
    const future = { expiresAt: new Date(Date.now() + 60_000), lastAccessedAt: new Date() };
    expect([isExpired(past), isValid(past), isActive(past), expiresWithin(past, 0)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect([isExpired(future), isValid(future), isActive(future), expiresWithin(future, 0)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(timeRemaining(past)).toBe(0);
    expect(timeRemaining(future)).toBeGreaterThan(50);
  });
});
