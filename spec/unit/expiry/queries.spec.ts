import { KINDS, kindOf } from '../../../src/expiry/policy';
import { OF_KIND, unexpired } from '../../../src/expiry/queries';
import { toDate, toSessionRecord } from '../../../src/record';

type Fields = Record<string, unknown>;

/** Whether a database would find this row: the part of Parse's query language that these queries speak. */
function finds(query: Fields, row: Fields): boolean {
  return Object.entries(query).every(([key, constraint]) => {
    if (key === '$or') return (constraint as Fields[]).some(part => finds(part, row));
    const value = key.split('.').reduce<unknown>((part, name) => (part as Fields)?.[name], row) ?? null;
    const { $ne, $gte } = (constraint ?? {}) as Fields;
    if ($ne !== undefined) return value !== $ne;
    if ($gte !== undefined) return value !== null && toDate(value)! >= toDate($gte)!;
    return value === constraint;
  });
}

describe('the query of a kind of sessions', () => {
  const anonymous = { action: 'login', authProvider: 'anonymous' };
  const password = { action: 'login', authProvider: 'password' };

  it.each<[(typeof KINDS)[number], Fields]>([
    ['restricted', { restricted: true, createdWith: { action: 'create' } }],
    ['restricted', { restricted: true, createdWith: anonymous }],
    ['restricted', { restricted: true }],
    ['anonymous', { restricted: false, createdWith: anonymous }],
    ['anonymous', { createdWith: anonymous }],
    ['authenticated', { restricted: false, createdWith: password }],
    ['authenticated', { createdWith: password }],
    ['authenticated', { restricted: null, createdWith: null }],
    ['authenticated', { createdWith: { action: 'upgrade' } }],
    ['authenticated', {}],
  ])('%s finds %j, and no other kind does', (kind, row) => {
    expect(KINDS.filter(one => finds(OF_KIND[one], row))).toEqual([kind]);
    expect(kindOf(toSessionRecord(row))).toBe(kind);
  });
});

describe('the query of unexpired sessions', () => {
  const now = new Date('2031-03-01T12:00:00.000Z');

  it.each<[unknown, boolean]>([
    ['2031-03-01T11:59:59.999Z', false],
    ['2000-01-01T00:00:00.000Z', false],
    ['2031-03-01T12:00:00.000Z', true],
    ['2031-03-01T12:00:00.001Z', true],
    [null, true],
    [undefined, true],
  ])('with the end %s: finds it: %s', (expiresAt, expected) => {
    expect(finds(unexpired(now), { expiresAt })).toBe(expected);
  });
});
