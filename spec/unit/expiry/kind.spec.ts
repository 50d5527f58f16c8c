import {
  endsAnonymity,
  isAnonymousUser,
  KINDS,
  kindOf,
  mayChangeAnonymity,
  OF_KIND,
  provesAuthenticated,
  type Kind,
} from '../../../src/expiry/kind';
import { toSessionRecord } from '../../../src/record';
import { finds } from '../../support/finds';

const anonymous = { action: 'login', authProvider: 'anonymous' };
const password = { action: 'login', authProvider: 'password' };

describe('the kind of a session', () => {
  it.each<[Kind, object]>([
    ['restricted', { restricted: true, createdWith: { action: 'create' } }],
    ['restricted', { restricted: true, createdWith: anonymous }],
    ['restricted', { restricted: true, anonymous: true }],
    ['restricted', { restricted: true }],
    ['anonymous', { restricted: false, anonymous: true, createdWith: anonymous }],
    ['anonymous', { restricted: false, anonymous: true, createdWith: password }],
    ['anonymous', { anonymous: true, createdWith: { action: 'login', authProvider: 'anonymous,x' } }],
    ['anonymous', { anonymous: true }],
    ['authenticated', { restricted: false, anonymous: false, createdWith: anonymous }],
    ['authenticated', { restricted: false, anonymous: false }],
    // Older than the column.
    ['anonymous', { restricted: false, createdWith: anonymous }],
    ['anonymous', { anonymous: null, createdWith: anonymous }],
    ['authenticated', { createdWith: { action: 'login', authProvider: 'anonymous,x' } }],
    ['authenticated', { restricted: false, createdWith: password }],
    ['authenticated', { createdWith: { action: 'login', authProvider: 'github' } }],
    ['authenticated', { restricted: null, anonymous: null, createdWith: null }],
    ['authenticated', { createdWith: { action: 'upgrade' } }],
    ['authenticated', {}],
  ])('is %s for %j, and its query finds it, no other one', (kind, row) => {
    expect(kindOf(toSessionRecord(row as never))).toBe(kind);
    expect(KINDS.filter(one => finds(OF_KIND[one], row as never))).toEqual([kind]);
  });
});

describe('a user', () => {
  const id = { id: 'one' };

  it.each([
    [{ authData: { anonymous: id } }],
    [{ authData: { anonymous: id, x: null } }],
    [{ authData: { x: null, anonymous: id, y: {} } }],
    [{ authData: { anonymous: id }, username: 'random', password: undefined }],
    [{ authData: { anonymous: id }, password: null }],
  ])('is anonymous: %j', user => {
    expect(isAnonymousUser(user)).toBe(true);
  });

  it.each([[{}], [{ authData: null }], [{ authData: {} }], [{ authData: { anonymous: null } }]])(
    'may be either: %j',
    user => {
      expect(isAnonymousUser(user)).toBeUndefined();
    },
  );

  it.each([
    [{ authData: { x: id } }],
    [{ authData: { anonymous: id, x: id } }],
    [{ authData: { anonymous: id }, password: '$2y$10$hash' }],
    [{ password: '$2y$10$hash' }],
  ])('is not anonymous: %j', user => {
    expect(isAnonymousUser(user)).toBe(false);
  });
});

describe('an update of a user', () => {
  it.each<[object, boolean, boolean]>([
    [{ nickname: 'Ada', username: 'ada', email: 'a@b.c' }, false, false],
    [{ authDataOf: 1, password_hint: 'x', _email_verify_token: 'x' }, false, false],
    [{ authData: { anonymous: { id: 'one' } } }, true, false],
    [{ authData: { x: null } }, true, false],
    [{ authData: { __op: 'Delete' } }, true, false],
    [{ authData: { x: { __op: 'Delete' } } }, true, false],
    [{ authData: { x: { id: 'one' } } }, true, true],
    [{ _auth_data_x: { id: 'one' } }, true, false],
    [{ _hashed_password: { __op: 'Delete' } }, true, false],
    [{ _hashed_password: '$2y$10$hash' }, true, true],
    [{ password: 'plain' }, true, false],
  ])('%j: may change whether he is anonymous: %s, and ends it for sure: %s', (data, may, ends) => {
    expect(mayChangeAnonymity(data as never)).toBe(may);
    expect(endsAnonymity(data as never)).toBe(ends);
  });
});

describe('what Parse Server writes of a log-in', () => {
  it.each([
    [password, true],
    [{ action: 'signup', authProvider: 'password' }, true],
    [{ action: 'login', authProvider: 'github,google' }, true],
    [anonymous, false],
    [{ action: 'login', authProvider: 'anonymous,x' }, false],
    [{ action: 'login', authProvider: 'x,anonymous' }, false],
    [{ action: 'login', authProvider: 'masterkey' }, false],
    [{ action: 'login' }, false],
    [{ action: 'create' }, false],
    [{ action: 'upgrade', authProvider: 'password' }, false],
    [null, false],
    [undefined, false],
  ])('%j leaves no doubt that the user is not anonymous: %s', (createdWith, expected) => {
    expect(provesAuthenticated(createdWith)).toBe(expected);
  });
});
