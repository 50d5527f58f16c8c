import {
  aggregatesSessions,
  hideDeeply,
  hideFromAll,
  mayAskSessions,
  mayWriteKeys,
} from '../../../src/policy/secrets';

const REFUSED = { allow: false, code: 102 };

describe('what nobody may ask of sessions, not even the master key', () => {
  it.each([
    { secret: 'x' },
    { 'secret.x': { $exists: true } },
    { name: 'x', $or: [{ $and: [{ secret: { $regex: '^a' } }] }, {}] },
    { $nor: [{ secret: null }] },
  ])('a filter: %j', query => {
    expect(mayAskSessions(query)).toMatchObject(REFUSED);
  });

  it.each([{ secret: 1 }, { createdAt: 1, 'secret.x': -1 }])('an order: %j', sort => {
    expect(mayAskSessions({}, { sort })).toMatchObject(REFUSED);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a distinct value', { distinct: 'secret' }],
    ['a stage', { pipeline: [{ $group: { _id: '$secret' } }] }],
    ['a stage within a stage', { pipeline: [{ $facet: { a: [{ $sort: { secret: 1 } }] } }] }],
    ['names as values', { pipeline: [{ $project: { all: { $objectToArray: '$$ROOT' } } }] }],
    ['code', { pipeline: [{ $match: { $where: 'this.secret' } }] }],
    ['a copy', { pipeline: [{ $out: 'Copy' }] }],
  ])('an aggregation: %s', (_what, options) => {
    expect(mayAskSessions({}, options)).toMatchObject(REFUSED);
  });

  it('but anything else', () => {
    for (const query of [{}, { name: 'secret' }, { secretary: 'x' }, { $or: [{ ip: '192.0.2.1' }] }])
      expect(mayAskSessions(query, { sort: { createdAt: 1 } })).toEqual({ allow: true });
    for (const options of [{ distinct: 'ip' }, { pipeline: [{ $group: { _id: '$ip' } }] }])
      expect(mayAskSessions({}, options)).toEqual({ allow: true });
  });
});

it('an aggregation reads sessions by their class, or by joining them to another', () => {
  const join = [{ $lookup: { from: '_Session', as: 'sessions' } }];
  expect(aggregatesSessions('_Session', { pipeline: [] })).toBe(true);
  expect(aggregatesSessions('_Session', { distinct: 'ip' })).toBe(true);
  expect(aggregatesSessions('Note', { pipeline: join })).toBe(true);
  expect(aggregatesSessions('Note', { pipeline: [{ $match: {} }] })).toBe(false);
  expect(aggregatesSessions('_Session', {})).toBe(false);
});

it.each(['secret', 'secret.x', 'scopes', 'scopes.0'])('nobody writes %s', key => {
  expect(mayWriteKeys({ name: 'x', [key]: 1 })).toMatchObject({ allow: false, code: 105 });
  expect(mayWriteKeys({ name: 'x' })).toEqual({ allow: true });
});

it('a secret is taken out of a row, and out of whole rows within an answer', () => {
  const row = { objectId: 'a', secret: 'x' };
  hideFromAll(row);
  expect(row).toEqual({ objectId: 'a' });
  const answer = [{ objectId: 'b', rows: [{ secret: 'x', ip: '192.0.2.1' }, null, 'secret'] }];
  hideDeeply(answer);
  expect(answer).toEqual([{ objectId: 'b', rows: [{ ip: '192.0.2.1' }, null, 'secret'] }]);
});
