import { hideFromAll, mayAskSessions, mayWriteKeys } from '../../../src/policy/secrets';

const refusedAs = (how: string) => ({ allow: false, code: 102, reason: expect.stringContaining(how) });

describe('what nobody may ask of sessions, not even the master key', () => {
  it.each([
    { secret: 'x' },
    { 'secret.x': { $exists: true } },
    { name: 'x', $or: [{ $and: [{ secret: { $regex: '^a' } }] }, {}] },
    { $nor: [{ secret: null }] },
    { secret: ['x'] },
    { $or: [null, { secret: 'x' }] },
  ])('a filter: %j', query => {
    expect(mayAskSessions(query as never)).toEqual(refusedAs('filtered'));
  });

  it.each([{ secret: 1 }, { createdAt: 1, 'secret.x': -1 }])('an order: %j', sort => {
    expect(mayAskSessions({}, { sort })).toEqual(refusedAs('sorted'));
  });

  it.each([{ $expr: {} }, { $where: 'true' }, { $or: [{ $jsonSchema: {} }] }, { $expr: [] }])(
    'an operator of the database’s own: %j',
    query => {
      expect(mayAskSessions(query as never)).toMatchObject({ allow: false, code: 105 });
    },
  );

  it.each([
    {},
    { name: 'secret' },
    { secretary: 'x' },
    { 'profile.secret': 'x' },
    { $or: [{ ip: '192.0.2.1' }] },
    { $or: ['secret', null] },
    { $or: { secret: 'x' } },
    { $relatedTo: { key: 'secret' }, _rperm: null },
    { _session_token: 'r:x' },
    { tags: [{ secret: 'x' }] },
  ])('but any other filter: %j', query => {
    expect(mayAskSessions(query as never, { sort: { createdAt: 1 } })).toEqual({ allow: true });
    expect(mayAskSessions(query as never)).toEqual({ allow: true });
  });
});

it.each(['secret', 'secret.x', 'scopes', 'scopes.0'])('nobody writes %s', key => {
  expect(mayWriteKeys({ name: 'x', [key]: 1 })).toEqual({
    allow: false,
    code: 105,
    reason: expect.stringContaining(key),
  });
});

it.each([{}, { name: 'secret' }, { secretary: 1, scopesOf: 1, 'profile.secret': 1 }])(
  'the server writes %j',
  data => {
    expect(mayWriteKeys(data)).toEqual({ allow: true });
  },
);

it('a secret is taken out of a row', () => {
  const row = { objectId: 'a', secret: 'x' };
  hideFromAll(row);
  expect(row).toEqual({ objectId: 'a' });
});
