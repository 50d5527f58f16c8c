import * as entry from '../../src';

it.each([
  'parseSessions',
  'requireFreshSession',
  'requireUnrestrictedSession',
  'expiresWithin',
  'isActive',
  'isAuthenticated',
  'isExpired',
  'isValid',
  'timeRemaining',
] as const)('an app imports %s from the package itself', name => {
  expect(entry[name]).toEqual(expect.any(Function));
});
