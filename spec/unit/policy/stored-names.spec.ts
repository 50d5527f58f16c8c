import { guardedClasses, oneOf } from '../../../src/policy/guarded-classes';
import { classesIn, sharedTablesAsked, sharedTablesWritten } from '../../../src/policy/relations';
import { POSTGRES_NAME_BYTES, storedName } from '../../../src/policy/stored-names';

const LONG = 'A'.repeat(63);

describe('the name under which a class is stored', () => {
  it.each([
    ['Invoice', 'Invoice'],
    [LONG, LONG],
    [`${LONG}B`, LONG],
    ['A'.repeat(200), LONG],
    // A character is kept whole, or not at all.
    [`${'A'.repeat(62)}Ä`, 'A'.repeat(62)],
    [`${'A'.repeat(61)}Ä`, `${'A'.repeat(61)}Ä`],
    [`${'A'.repeat(60)}€`, `${'A'.repeat(60)}€`],
    [`${'A'.repeat(61)}€`, 'A'.repeat(61)],
    [`${'A'.repeat(60)}𝄞`, 'A'.repeat(60)],
    ['Ä'.repeat(40), 'Ä'.repeat(31)],
  ])('%s is %s on PostgreSQL', (name, stored) => {
    expect(storedName(name, POSTGRES_NAME_BYTES)).toBe(stored);
  });

  it.each(['Invoice', `${LONG}B`, 'Ä'.repeat(40)])('%s is the whole name on MongoDB', name => {
    expect(storedName(name, Infinity)).toBe(name);
  });
});

describe('classes of a long name', () => {
  const listed = oneOf([LONG, 'Invoice'], POSTGRES_NAME_BYTES);

  it.each([LONG, `${LONG}B`, 'Invoice', '_Join:lines:Invoice', `_Join:${'k'.repeat(60)}:Other`])(
    '%s is covered where names are cut',
    className => {
      expect(listed(className)).toBe(true);
    },
  );

  it.each([LONG.slice(1), `B${LONG}`, 'Invoices', `_Join:${'k'.repeat(30)}:Other`])(
    '%s is not',
    className => {
      expect(listed(className)).toBe(false);
    },
  );

  it.each([`${LONG}B`, `_Join:${'k'.repeat(60)}:Other`])('%s is not where they are whole', className => {
    expect(oneOf([LONG])(className)).toBe(false);
  });
});

describe('a guard on all classes but some', () => {
  it.each([POSTGRES_NAME_BYTES, Infinity])('leaves those open, and nothing else; %j bytes', maxBytes => {
    const guarded = guardedClasses({ except: ['Telemetry', '_User'] }, maxBytes);
    for (const open of ['Telemetry', '_Join:lines:Telemetry']) expect(guarded(open)).toBe(false);
    const closed = [
      'Invoice',
      'Made later',
      '_User',
      '_Role',
      '_Session',
      '_Join:users:_Role',
      'telemetry',
      '',
    ];
    for (const className of closed) expect(guarded(className)).toBe(true);
  });
});

describe('the tables of relations that classes share', () => {
  const key = 'k'.repeat(60);
  const table = `_Join:${'k'.repeat(57)}`;
  const add = { __op: 'AddRelation', objects: [] };
  const relation = { type: 'Relation' };

  it('are those of long keys that an operation writes, where names are cut', () => {
    const data = {
      [key]: add,
      short: add,
      [`t${key}`]: 'text',
      [`n${key}`]: null,
      [`i${key}`]: { __op: 'Increment' },
    };
    expect(sharedTablesWritten('Open', data, POSTGRES_NAME_BYTES)).toEqual([table]);
    expect(sharedTablesWritten('Open', data, Infinity)).toEqual([]);
    expect(sharedTablesWritten('Open', undefined, POSTGRES_NAME_BYTES)).toEqual([]);
  });

  it('are those that a query names, at any depth', () => {
    const related = { object: { className: 'Open' }, key };
    const queries = [{ $relatedTo: related }, { $or: [{ a: 1 }, { [key]: { $in: [] } }] }, { [key]: 'x' }];
    for (const query of queries) {
      expect(sharedTablesAsked('Open', query, POSTGRES_NAME_BYTES)).toEqual([table]);
      expect(sharedTablesAsked('Open', query, Infinity)).toEqual([]);
    }
    for (const query of [{ $relatedTo: null }, { short: 1, $relatedTo: { key: 'lines', object: null } }])
      expect(sharedTablesAsked('Open', query as never, POSTGRES_NAME_BYTES)).toEqual([]);
  });

  it('begin where the name fills all bytes: a longer one is cut to it', () => {
    const fills = 'k'.repeat(63 - '_Join::Open'.length);
    expect(sharedTablesWritten('Open', { [fills]: add }, POSTGRES_NAME_BYTES)).toEqual([
      `_Join:${fills}:Open`,
    ]);
    expect(sharedTablesWritten('Open', { [fills.slice(1)]: add }, POSTGRES_NAME_BYTES)).toEqual([]);
    const schemas = [
      { className: 'Opened', fields: { [fills]: relation } },
      { className: 'Open', fields: { [fills]: relation } },
      { className: 'Other', fields: { [fills]: relation } },
    ];
    expect(classesIn([`_Join:${fills}:Open`], schemas, POSTGRES_NAME_BYTES)).toEqual(['Opened', 'Open']);
  });

  it('are of the classes that have such a relation', () => {
    const schemas = [
      { className: 'Invoice', fields: { [`${key}Invoice`]: relation } },
      { className: 'Note', fields: { [key]: { type: 'String' } } },
      { className: 'Card', fields: { lines: relation } },
    ];
    expect(classesIn([table], schemas, POSTGRES_NAME_BYTES)).toEqual(['Invoice']);
  });
});
