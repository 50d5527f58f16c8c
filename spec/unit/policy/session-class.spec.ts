import {
  isCreatedByClient,
  mayCreateWithKeys,
  mayFilter,
  maySort,
  mayUpdateKeys,
} from '../../../src/policy/session-class';

const OWN = new Set(['r:own']);

describe('the rules of the _Session class', () => {
  it.each([
    [{ action: 'create' }, true],
    [{ action: 'anything' }, true],
    [{}, true],
    ['login', true],
    [{ action: 'login', authProvider: 'password' }, false],
    [{ action: 'signup', authProvider: 'anonymous' }, false],
    [{ action: 'upgrade' }, false],
    [undefined, false],
    [null, false],
  ])('createdWith %j is of a client’s making: %s', (createdWith, expected) => {
    expect(isCreatedByClient(createdWith)).toBe(expected);
  });

  it.each(['mood', 'createdAt', 'updatedAt', 'restrictedArea', 'mood.today'])('%s may be updated', key => {
    expect(mayUpdateKeys({ [key]: 1 })).toEqual({ allow: true });
  });

  it.each(['restricted', 'ip', 'secret', 'user', 'ACL', 'restricted.x', 'createdAt.x', 'user.objectId'])(
    '%s may not be updated, also beside others',
    key => {
      expect(mayUpdateKeys({ mood: 1, [key]: 1 })).toMatchObject({ allow: false, code: 105 });
    },
  );

  it.each(['mood', 'installationId', 'restricted', 'user', 'createdWith', 'expiresAt', 'sessionToken'])(
    'a session may be made with %s: it is replaced, or the client’s to choose',
    key => {
      expect(mayCreateWithKeys({ [key]: 1 })).toEqual({ allow: true });
    },
  );

  it.each([
    'ip',
    'name',
    'secret',
    'scopes',
    'fixedExpiry',
    'createdWith.action',
    'restricted.x',
    'updatedAt.x',
  ])('a session may not be made with %s', key => {
    expect(mayCreateWithKeys({ [key]: 1 })).toMatchObject({ allow: false, code: 105 });
  });

  it.each([
    {},
    { restricted: true },
    { sessionToken: 'r:own' },
    { sessionToken: { $eq: 'r:own' } },
    { $or: [{ sessionToken: 'r:own' }, { name: 'x' }] },
    { sessionTokens: { $gt: 'r' } },
  ])('may be filtered by %j', query => {
    expect(mayFilter(query, OWN)).toEqual({ allow: true });
  });

  it.each([
    { sessionToken: 'r:other' },
    { sessionToken: null },
    { sessionToken: {} },
    { sessionToken: ['r:own'] },
    { sessionToken: { $eq: 'r:own', $gt: 'r' } },
    { sessionToken: { $eq: { $gt: 'r' } } },
    { sessionToken: { $ne: 'r:own' } },
    { sessionToken: { $in: ['r:own'] } },
    { 'sessionToken.x': 'r:own' },
    { name: 'x', $and: [{ $or: [{ $nor: [{ sessionToken: { $regex: '^r' } }] }] }] },
  ])('may not be filtered by %j', query => {
    expect(mayFilter(query, OWN)).toMatchObject({ allow: false, code: 102 });
  });

  it.each(['sessionToken', 'sessionToken.x'])('may not be sorted by %s', key => {
    expect(maySort({ createdAt: 1, [key]: -1 })).toMatchObject({ allow: false, code: 102 });
  });

  it.each([undefined, {}, { createdAt: 1, restricted: -1 }])('may be sorted by %j', sort => {
    expect(maySort(sort)).toEqual({ allow: true });
  });
});
