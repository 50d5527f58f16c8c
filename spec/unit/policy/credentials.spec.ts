import {
  asksForCredentials,
  changesPassword,
  hasCredentials,
  hideCredentials,
  mayAskForCredentials,
  mayAskUsers,
} from '../../../src/policy/credentials';

describe('a user’s row', () => {
  it.each<[Record<string, unknown>, boolean]>([
    [{ authData: { anonymous: { id: 'x' } } }, true],
    [{ authData: {} }, true],
    [{ authData: null }, true],
    [{ authData: undefined }, false],
    [{}, false],
    [{ username: 'authData', authDataOf: 'x' }, false],
  ])('%j has credentials: %s', (row, expected) => {
    expect(hasCredentials(row)).toBe(expected);
  });

  it('loses its credentials, and nothing else', () => {
    const row = { objectId: 'ada', username: 'Ada', authData: { anonymous: { id: 'x' } } };
    hideCredentials(row);
    expect(row).toEqual({ objectId: 'ada', username: 'Ada' });
  });
});

describe('a query of users', () => {
  it.each([
    { authData: { $exists: true } },
    { 'authData.anonymous.id': 'x' },
    { 'authData.anonymous.id': { $regex: '^a' } },
    { username: 'Ada', authData: null },
    { authData: [] },
    { $or: [{ username: 'Ada' }, { 'authData.anonymous.id': 'x' }] },
    { $and: [{ $nor: [{ $or: [null, { authData: { $ne: null } }] }] }] },
    { sessionToken: { $regex: '^r' } },
    { $or: [{ _session_token: 'x' }] },
    { _auth_data_anonymous: { $exists: true } },
    { $expr: { $gt: ['$_auth_data_anonymous', 1] } },
    { $or: [{ $expr: [] }] },
  ])('asks for credentials by %j', query => {
    expect(asksForCredentials(query)).toBe(true);
  });

  it.each([
    {},
    { username: 'authData' },
    { authDataOf: 'x', 'profile.authData': 'x' },
    { $or: [{ username: 'Ada' }, null] },
    { $or: 'authData' },
    { tags: [{ authData: 'x' }] },
    // Parse Server itself asks by these.
    { _email_verify_token: 'x' },
    { _perishable_token: 'x', _rperm: { $in: ['*'] } },
  ])('does not by %j', query => {
    expect(asksForCredentials(query)).toBe(false);
  });

  it.each<[Record<string, unknown> | undefined, boolean]>([
    [{ authData: 1 }, true],
    [{ createdAt: 1, 'authData.anonymous.id': -1 }, true],
    [{ createdAt: 1 }, false],
    [{}, false],
    [undefined, false],
  ])('sorted by %j asks for them: %s', (sort, expected) => {
    expect(asksForCredentials({}, { sort })).toBe(expected);
  });
});

it('a restricted session may not ask for credentials, an unrestricted one may', () => {
  expect(mayAskForCredentials({ restricted: false })).toEqual({ allow: true });
  expect(mayAskForCredentials({ restricted: true })).toEqual({
    allow: false,
    code: 102,
    reason: expect.stringContaining('authData'),
  });
});

describe('the read-only master key', () => {
  it.each([
    { sessionToken: 'x' },
    { _session_token: { $regex: '^r' } },
    { $or: [{ username: 'x' }, { _perishable_token: { $gt: 'a' } }] },
    { _email_verify_token: null },
    { $expr: {} },
  ])('may not ask users by %j', query => {
    expect(mayAskUsers(query)).toMatchObject({ allow: false, code: 102 });
  });

  it('may not sort them by a token', () => {
    expect(mayAskUsers({}, { sort: { sessionToken: 1 } })).toMatchObject({ allow: false, code: 102 });
  });

  it.each([{}, { username: 'sessionToken' }, { 'authData.x.id': 'y' }, { _failed_login_count: 1 }])(
    'may ask them by %j',
    query => {
      expect(mayAskUsers(query, { sort: { createdAt: 1 } })).toEqual({ allow: true });
    },
  );
});

it.each<[Record<string, unknown> | undefined, boolean]>([
  [{ password: 'new' }, true],
  [{ _hashed_password: 'x' }, true],
  [{ email: 'a@example.com', password: undefined }, true],
  [{ email: 'a@example.com' }, false],
  [{ passwordHint: 'x' }, false],
  [{}, false],
  [undefined, false],
])('a write of %j gives a user another password: %s', (data, expected) => {
  expect(changesPassword(data)).toBe(expected);
});
