import { hideDeeply, isAggregation, judgeAggregation } from '../../../src/policy/aggregations';

const MASTER = false;
const READ_ONLY = true;
type Options = Record<string, unknown>;

const judge = (className: string, options: Options, isReadOnly = MASTER) =>
  judgeAggregation(className, options, isReadOnly).decision;
const allow = { allow: true };
const refusal = (code = 102) => ({ allow: false, code, reason: expect.any(String) });
const join = (from: string, pipeline: unknown[] = []) => ({ $lookup: { from, as: 'joined', pipeline } });

it.each<[Options, boolean]>([
  [{ pipeline: [] }, true],
  [{ distinct: 'ip' }, true],
  [{}, false],
  [{ limit: 1, sort: { createdAt: 1 } }, false],
])('%j is an aggregation: %s', (options, expected) => {
  expect(isAggregation(options)).toBe(expected);
});

/** Each would show a column, or tell rows apart by it, without naming it. */
const EVASIONS: Array<[string, unknown[]]> = [
  ['names as values', [{ $project: { all: { $objectToArray: '$$ROOT' } } }]],
  ['code', [{ $match: { $where: 'this.secret' } }]],
  ['values as names', [{ $project: { all: { $arrayToObject: '$pairs' } } }]],
  ['a name that is computed', [{ $project: { x: { $getField: { $concat: ['se', 'cret'] } } } }]],
  ['a name that is set', [{ $set: { x: { $setField: { field: '$y', input: {}, value: 1 } } } }]],
  ['a function', [{ $project: { x: { $function: { body: 'f', args: ['$$ROOT'] } } } }]],
  ['an accumulator', [{ $group: { _id: 1, x: { $accumulator: { accumulate: 'f' } } } }]],
  ['a row as a text', [{ $project: { x: { $toString: '$$ROOT' } } }]],
  ['a row in another type', [{ $project: { x: { $convert: { input: '$$ROOT', to: 'string' } } } }]],
  ['a hash of a row', [{ $project: { x: { $toHashedIndexKey: '$$ROOT' } } }]],
  ['a pattern of names', [{ $match: { $jsonSchema: { patternProperties: { '^sec': { pattern: '^a' } } } } }]],
  ['a search for words', [{ $match: { $text: { $search: 'x' } } }]],
  ['a search in every column', [{ $search: { text: { query: 'x', path: { wildcard: '*' } } } }]],
  ['what others have asked', [{ $planCacheStats: {} }]],
  ['a copy', [{ $out: 'Copy' }]],
  ['a merge', [{ $merge: { into: 'Copy' } }]],
];

describe('an aggregation of sessions by the master key', () => {
  it.each<[string, Options]>([
    ['a distinct value', { distinct: 'secret' }],
    ['a stage', { pipeline: [{ $group: { _id: '$secret' } }] }],
    ['a stage within a stage', { pipeline: [{ $facet: { a: [{ $sort: { secret: 1 } }] } }] }],
    ...EVASIONS.map(([what, pipeline]): [string, Options] => [what, { pipeline }]),
  ])('may not use %s', (_what, options) => {
    expect(judge('_Session', options)).toEqual(refusal());
  });

  it.each(EVASIONS)('may not use %s where sessions are joined to a class', (_what, pipeline) => {
    expect(judge('Note', { pipeline: [join('_Session'), ...pipeline] })).toEqual(refusal());
    expect(judge('Note', { pipeline: [join('_Session', pipeline)] })).toEqual(refusal());
    expect(judge('Note', { pipeline: [{ $facet: { a: [join('app_Session'), ...pipeline] } }] })).toEqual(
      refusal(),
    );
  });

  it.each<[string, Options]>([
    ['_Session', { distinct: 'ip' }],
    ['_Session', { pipeline: [] }],
    ['_Session', { pipeline: [{ $group: { _id: '$ip', all: { $push: '$$ROOT' } } }] }],
    ['_Session', { pipeline: [{ $match: { name: 'secretary' } }, { $sort: { secretary: 1 } }] }],
    ['_Session', { pipeline: [{ $group: { _id: '$sessionToken' } }] }],
    ['Note', { pipeline: [join('_Session')] }],
    ...EVASIONS.map(([, pipeline]): [string, Options] => ['Note', { pipeline }]),
    ['Note', { distinct: 'secret' }],
    ['Note', { pipeline: [join('_User', [{ $match: { _session_token: 'x' } }])] }],
  ])('of %s may be %j', (className, options) => {
    expect(judge(className, options)).toEqual(allow);
  });
});

describe('an aggregation by the read-only master key', () => {
  it.each<[string, Options]>([
    ['_Session', { pipeline: [] }],
    ['_Session', { distinct: 'ip' }],
    ['Note', { pipeline: [join('_Session')] }],
    ['Note', { pipeline: [join('app_Session')] }],
    ['Note', { pipeline: [{ $unionWith: '_Session' }] }],
    ['Note', { pipeline: [{ $unionWith: { coll: '_Session', pipeline: [] } }] }],
    ['Note', { pipeline: [{ $graphLookup: { from: '_Session', startWith: '$x', as: 'all' } }] }],
    ['Note', { pipeline: [{ $facet: { a: [{ $match: {} }], b: [join('_Session')] } }] }],
    ['Note', { pipeline: [join('Note', [join('_Session')])] }],
    ['Note', { pipeline: [{ $lookup: { from: { $symbol: '_Session' }, as: 'all' } }] }],
    ['Note', { pipeline: [{ $lookup: { from: { db: 'app', coll: '_Session' }, as: 'all' } }] }],
    ['Note', { pipeline: [{ $unionWith: 'system.profile' }] }],
  ])('of %s reads no sessions: %j', (className, options) => {
    expect(judge(className, options, READ_ONLY)).toEqual(refusal());
  });

  it.each<[string, Options]>([
    ['_User', { distinct: '_session_token' }],
    ['_User', { distinct: 'sessionToken' }],
    ['_User', { pipeline: [{ $project: { x: '$_session_token' } }] }],
    ['_User', { pipeline: [{ $match: { _perishable_token: { $regex: '^a' } } }] }],
    ['Note', { pipeline: [join('_User', [{ $sort: { _session_token: 1 } }])] }],
    ['_User', { pipeline: [{ $project: { all: { $objectToArray: '$$ROOT' } } }] }],
  ])('of %s tells no tokens of users apart: %j', (className, options) => {
    expect(judge(className, options, READ_ONLY)).toEqual(refusal());
  });

  it.each([{ $out: '_User' }, { $merge: { into: 'Note' } }, { $merge: 'Note' }])(
    'writes nothing: %j',
    stage => {
      expect(judge('Note', { pipeline: [{ $match: {} }, stage] }, READ_ONLY)).toEqual(refusal(119));
    },
  );

  it.each<[string, Options]>([
    ['Note', { pipeline: [{ $group: { _id: '$text' } }] }],
    ['Note', { pipeline: [{ $match: { _p_session: '_Session$abc', session: '_User$x' } }] }],
    ['Note', { pipeline: [{ $project: { text: { $toString: '$number' } } }] }],
    ['Note', { distinct: 'sessionToken' }],
    ['_User', { distinct: 'username' }],
    ['_User', { pipeline: [{ $group: { _id: null, all: { $push: '$$ROOT' } } }] }],
    ['Note', { pipeline: [join('_User')] }],
  ])('of %s may be %j', (className, options) => {
    expect(judge(className, options, READ_ONLY)).toEqual(allow);
  });
});

it('hides what the caller may not see', () => {
  const hiddenOf = (className: string, isReadOnly: boolean) =>
    judgeAggregation(className, { pipeline: [] }, isReadOnly).hidden;
  expect(hiddenOf('_Session', MASTER)).toEqual(['secret']);
  expect(hiddenOf('_User', MASTER)).toEqual([]);
  expect(hiddenOf('_User', READ_ONLY)).toEqual(expect.arrayContaining(['sessionToken', '_session_token']));
  expect(hiddenOf('Note', READ_ONLY)).toEqual([]);
});

it('columns are taken out of whole rows within an answer', () => {
  const answer = [{ objectId: 'b', rows: [{ secret: 'x', ip: '192.0.2.1' }, null, 'secret'] }];
  hideDeeply(answer, ['secret']);
  expect(answer).toEqual([{ objectId: 'b', rows: [{ ip: '192.0.2.1' }, null, 'secret'] }]);
  for (const value of ['secret', null, undefined, 5])
    expect(() => hideDeeply(value, ['secret'])).not.toThrow();
});
