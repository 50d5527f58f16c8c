import {
  hideForeignToken,
  isCreatedByClient,
  isMadeAtSignUp,
  isMadeFromAnother,
  mayChangeForEver,
  mayCreateWith,
  mayFilter,
  maySort,
  mayUpdateKeys,
} from '../../../src/policy/session-class';
import { toSessionRecord } from '../../../src/record';

const OWN = new Set(['r:own']);
/** A refusal tells the client which column it is about. */
const refusedFor = (code: number, key: string) => ({
  allow: false,
  code,
  reason: expect.stringContaining(key),
});

describe('the rules of the _Session class', () => {
  it.each([
    [{ action: 'create' }, true, true],
    [{ action: 'anything' }, true, true],
    [{ action: 'Login' }, true, true],
    [{ action: null }, true, true],
    [{ action: ['login'] }, true, true],
    [{}, true, true],
    ['login', true, true],
    ['', true, true],
    [{ action: 'login', authProvider: 'password' }, false, false],
    [{ action: 'signup', authProvider: 'anonymous' }, false, false],
    [{ action: 'upgrade' }, false, true],
    [undefined, false, false],
    [null, false, false],
  ])(
    'createdWith %j is of a client’s making: %s; made from another: %s',
    (createdWith, byClient, fromAnother) => {
      expect(isCreatedByClient(createdWith)).toBe(byClient);
      expect(isMadeFromAnother(createdWith)).toBe(fromAnother);
    },
  );

  it.each([
    [{ action: 'signup', authProvider: 'password' }, true, true],
    [{ action: 'signup' }, true, true],
    [{ action: 'login', authProvider: 'badge' }, true, false],
    [{ action: 'login', authProvider: 'anonymous' }, true, false],
    [{ action: 'login', authProvider: 'password' }, false, false],
    [{ action: 'login', authProvider: 'masterkey' }, false, false],
    [{ action: 'upgrade' }, false, false],
    [{ action: 'create' }, false, false],
    [{}, false, false],
    [null, false, false],
  ])(
    'createdWith %j is of a sign-up, where the request made the user: %s; where not: %s',
    (createdWith, ofNewUser, ofKnownUser) => {
      expect(isMadeAtSignUp(createdWith, true)).toBe(ofNewUser);
      expect(isMadeAtSignUp(createdWith, false)).toBe(ofKnownUser);
    },
  );

  it.each(['mood', 'createdAt', 'updatedAt', 'restrictedArea', 'mood.today', 'mood.user', 'users'])(
    '%s may be updated',
    key => {
      expect(mayUpdateKeys({ [key]: 1 })).toEqual({ allow: true });
    },
  );

  const OWNED = [
    'restricted',
    'ip',
    'userAgent',
    'lastAccessedAt',
    'name',
    'fixedExpiry',
    'expiresBy',
    'authenticatedAt',
    'scopes',
    'invalidatedAt',
    'secret',
  ];
  const OF_PARSE_SERVER = ['user', 'createdWith', 'expiresAt', 'sessionToken', 'objectId', 'ACL'];

  it.each([...OWNED, ...OF_PARSE_SERVER, 'installationId'].flatMap(key => [key, `${key}.x`]))(
    '%s may not be updated, also beside others',
    key => {
      expect(mayUpdateKeys({ mood: 1, [key]: 1 })).toEqual(refusedFor(105, key));
      expect(mayUpdateKeys({ [key]: { __op: 'Delete' }, mood: 1 })).toEqual(refusedFor(105, key));
    },
  );

  it.each(['createdAt.x', 'updatedAt.iso'])('%s may not be updated: it would get past Parse Server', key => {
    expect(mayUpdateKeys({ [key]: 1 })).toEqual(refusedFor(105, key));
  });

  it.each(['mood', 'mood.x', 'installationId', 'restricted', 'createdAt', ...OF_PARSE_SERVER])(
    'a session may be made with %s: it is replaced, or the client’s to choose',
    key => {
      expect(mayCreateWith({ [key]: 1 })).toEqual({ allow: true });
    },
  );

  it.each([
    ['i'.repeat(128), { allow: true }],
    ['i'.repeat(129), refusedFor(105, 'installationId')],
    [{ __op: 'Delete' }, { allow: true }],
    [null, { allow: true }],
  ])('the installation of a new session has 128 characters at most: %j', (installationId, decision) => {
    expect(mayCreateWith({ installationId })).toEqual(decision);
  });

  it.each([
    ...OWNED.filter(key => key !== 'restricted'),
    ...[...OWNED, ...OF_PARSE_SERVER, 'installationId', 'createdAt', 'updatedAt'].map(key => `${key}.x`),
  ])('a session may not be made with %s', key => {
    expect(mayCreateWith({ mood: 1, [key]: 1 })).toEqual(refusedFor(105, key));
  });

  it.each([
    {},
    { restricted: true },
    { sessionToken: 'r:own' },
    { sessionToken: { $eq: 'r:own' } },
    { $or: [{ sessionToken: 'r:own' }, { name: 'x' }] },
    { sessionTokens: { $gt: 'r' } },
    { $or: [null, { sessionToken: { $eq: 'r:own' } }] },
    { $or: 'sessionToken' },
    { tags: ['sessionToken'] },
    { $relatedTo: { key: 'x' }, _rperm: { $in: ['*'] } },
  ])('may be filtered by %j', query => {
    expect(mayFilter(query as never, OWN)).toEqual({ allow: true });
  });

  it.each([
    { sessionToken: 'r:other' },
    { sessionToken: 'r:ow' },
    { sessionToken: null },
    { sessionToken: undefined },
    { sessionToken: 5 },
    { sessionToken: { $eq: 'r:other' } },
    { sessionToken: {} },
    { sessionToken: ['r:own'] },
    { sessionToken: { $eq: 'r:own', $gt: 'r' } },
    { sessionToken: { $eq: { $gt: 'r' } } },
    { sessionToken: { $ne: 'r:own' } },
    { sessionToken: { $in: ['r:own'] } },
    { 'sessionToken.x': 'r:own' },
    { sessionToken: 'r:own', 'sessionToken.x': 'r:own' },
    { $or: [{ sessionToken: 'r:own' }, { sessionToken: 'r:other' }] },
    { $or: [null, { sessionToken: { $exists: true } }] },
    { $and: [{ name: 'x' }], sessionToken: { $gt: 'r' } },
    { name: 'x', $and: [{ $or: [{ $nor: [{ sessionToken: { $regex: '^r' } }] }] }] },
  ])('may not be filtered by %j', query => {
    expect(mayFilter(query as never, OWN)).toEqual(refusedFor(102, 'sessionToken'));
  });

  it.each([
    { _session_token: 'r:own' },
    { $or: [{ name: 'x' }, { '_session_token.x': { $gt: 'r' } }] },
    { _p_user: '_User$ada' },
    { $expr: { $gt: ['$_session_token', 'r'] } },
    { $and: [{ $expr: [] }] },
    { $where: 'this._session_token' },
    { $jsonSchema: {} },
    { $text: { $search: 'r' } },
    { $operatorOfTomorrow: [] },
  ])('may not be filtered by what names no column: %j', query => {
    expect(mayFilter(query as never, OWN)).toEqual(refusedFor(105, 'Invalid key name'));
  });

  it.each(['sessionToken', 'sessionToken.x', '_session_token'])('may not be sorted by %s', key => {
    expect(maySort({ createdAt: 1, [key]: -1 })).toEqual(refusedFor(102, 'sessionToken'));
  });

  it.each([undefined, {}, { createdAt: 1, restricted: -1 }, { sessionTokens: 1 }])(
    'may be sorted by %j',
    sort => {
      expect(maySort(sort)).toEqual({ allow: true });
    },
  );

  it.each([
    ['the caller’s own', 'r:own', true],
    ['another one’s', 'r:other', false],
  ])('a row keeps %s token: %j: %s', (_whose, sessionToken, kept) => {
    const row = { objectId: 'x', sessionToken };
    hideForeignToken(row, OWN);
    expect(row).toEqual(kept ? { objectId: 'x', sessionToken } : { objectId: 'x' });
  });
});

describe('what nobody changes, not even the master key', () => {
  const session = (fields: object) => toSessionRecord({ objectId: 's1', ...fields });
  const pointer = (objectId: string) => ({ __type: 'Pointer', className: '_User', objectId });
  const bound = session({ user: pointer('ada') });
  const unbound = session({});
  const invalidated = session({ invalidatedAt: '2031-03-01T00:00:00.000Z' });
  const REFUSED = { allow: false, code: 119, reason: expect.any(String) };

  it.each<[string, Record<string, unknown>]>([
    ['another user', { user: pointer('bob') }],
    ['no user', { user: null }],
    ['the removal of the user', { user: { __op: 'Delete' } }],
    ['a text', { user: 'ada' }],
    ['a part of the pointer', { 'user.objectId': 'bob' }],
    ['a part, even to the same', { 'user.objectId': 'ada' }],
    ['another user beside something else', { name: 'x', user: pointer('bob') }],
    ['a part beside the same user', { user: pointer('ada'), 'user.objectId': 'ada' }],
  ])('the user of a session: %s', (_what, data) => {
    expect(mayChangeForEver(bound, data)).toEqual(REFUSED);
    expect(mayChangeForEver(unbound, data)).toEqual({ allow: true });
  });

  it('but the same user may be written again', () => {
    expect(mayChangeForEver(bound, { user: pointer('ada'), name: 'x' })).toEqual({ allow: true });
  });

  it.each([
    { expiresAt: '2099-01-01T00:00:00.000Z' },
    { expiresAt: null },
    { 'expiresAt.iso': 'x' },
    { invalidatedAt: null },
    { 'invalidatedAt.iso': 'x' },
    { name: 'x', expiresAt: { __op: 'Delete' } },
  ])('the end of an invalidated session: %j', data => {
    expect(mayChangeForEver(invalidated, data)).toEqual(REFUSED);
    expect(mayChangeForEver(bound, data)).toEqual({ allow: true });
  });

  it.each([{}, { name: 'x' }, { users: 'x', expiresAtAll: 'x' }, { lastAccessedAt: 'x', ip: 'x' }])(
    'but anything else: %j',
    data => {
      expect(mayChangeForEver(bound, data)).toEqual({ allow: true });
      expect(mayChangeForEver(invalidated, data)).toEqual({ allow: true });
    },
  );

  it('a refusal tells which of the two it is', () => {
    const reasonOf = (decision: ReturnType<typeof mayChangeForEver>) =>
      decision.allow ? '' : decision.reason;
    expect(reasonOf(mayChangeForEver(bound, { user: null }))).toContain('another user');
    expect(reasonOf(mayChangeForEver(invalidated, { expiresAt: null }))).toContain('invalidated');
  });
});
