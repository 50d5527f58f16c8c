import {
  aggregatesSessions,
  hideDeeply,
  hideFromAll,
  mayAskSessions,
  mayWriteKeys,
} from '../../../src/policy/secrets';

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

  it.each<[string, Record<string, unknown>]>([
    ['a distinct value', { distinct: 'secret' }],
    ['a stage', { pipeline: [{ $group: { _id: '$secret' } }] }],
    ['a stage within a stage', { pipeline: [{ $facet: { a: [{ $sort: { secret: 1 } }] } }] }],
    ['names as values', { pipeline: [{ $project: { all: { $objectToArray: '$$ROOT' } } }] }],
    ['code', { pipeline: [{ $match: { $where: 'this.secret' } }] }],
    ['values as names', { pipeline: [{ $project: { all: { $arrayToObject: '$pairs' } } }] }],
    [
      'a name that is computed',
      { pipeline: [{ $project: { x: { $getField: { $concat: ['se', 'cret'] } } } }] },
    ],
    ['a function', { pipeline: [{ $project: { x: { $function: { body: 'f', args: ['$$ROOT'] } } } }] }],
    ['an accumulator', { pipeline: [{ $group: { _id: 1, x: { $accumulator: { accumulate: 'f' } } } }] }],
    ['a copy', { pipeline: [{ $out: 'Copy' }] }],
    ['a merge', { pipeline: [{ $merge: { into: 'Copy' } }] }],
  ])('an aggregation: %s', (_what, options) => {
    expect(mayAskSessions({}, options)).toEqual(refusedAs('aggregated'));
  });

  it.each([
    {},
    { name: 'secret' },
    { secretary: 'x' },
    { 'profile.secret': 'x' },
    { $or: [{ ip: '192.0.2.1' }] },
    { $or: ['secret', null] },
    { $or: { secret: 'x' } },
    { tags: [{ secret: 'x' }] },
  ])('but any other filter: %j', query => {
    expect(mayAskSessions(query as never, { sort: { createdAt: 1 } })).toEqual({ allow: true });
    expect(mayAskSessions(query as never)).toEqual({ allow: true });
  });

  it.each([
    { distinct: 'ip' },
    { pipeline: [] },
    { pipeline: [{ $group: { _id: '$ip' } }] },
    { pipeline: [{ $match: { name: 'secretary' } }, { $sort: { secretary: 1 } }] },
  ])('and any other aggregation: %j', options => {
    expect(mayAskSessions({}, options)).toEqual({ allow: true });
  });
});

describe('an aggregation reads sessions', () => {
  const join = [{ $lookup: { from: '_Session', as: 'sessions' } }];

  it.each<[string, Record<string, unknown>, boolean]>([
    ['_Session', { pipeline: [] }, true],
    ['_Session', { distinct: 'ip' }, true],
    ['Note', { pipeline: join }, true],
    ['Note', { pipeline: [{ $match: {} }] }, false],
    ['Note', { distinct: 'title' }, false],
    ['_Session', {}, false],
    ['Note', {}, false],
  ])('of %s with %j: %s', (className, options, expected) => {
    expect(aggregatesSessions(className, options)).toBe(expected);
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

it('a secret is taken out of a row, and out of whole rows within an answer', () => {
  const row = { objectId: 'a', secret: 'x' };
  hideFromAll(row);
  expect(row).toEqual({ objectId: 'a' });
  const answer = [{ objectId: 'b', rows: [{ secret: 'x', ip: '192.0.2.1' }, null, 'secret'] }];
  hideDeeply(answer);
  expect(answer).toEqual([{ objectId: 'b', rows: [{ ip: '192.0.2.1' }, null, 'secret'] }]);
  for (const value of ['secret', null, undefined, 5]) expect(() => hideDeeply(value)).not.toThrow();
});
