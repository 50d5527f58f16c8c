import { guardedClasses } from '../../../src/policy/guarded-classes';

describe('the classes that a guard covers', () => {
  const listed = guardedClasses(['Invoice']);

  it.each(['_User', '_Session', '_Role', 'Invoice'])('%s', className => {
    expect(listed(className)).toBe(true);
  });

  it.each(['_Join:users:_Role', '_Join:roles:_Role', '_Join:friends:_User', '_Join:lines:Invoice'])(
    'relations of a covered class: %s',
    className => {
      expect(listed(className)).toBe(true);
    },
  );

  it.each([
    'Note',
    'invoice',
    'Invoices',
    '_Installation',
    '_Join:lines:Note',
    '_Join:Invoice:Note',
    '_Join::Invoice',
    'X_Join:lines:Invoice',
    '',
  ])('not %s', className => {
    expect(listed(className)).toBe(false);
  });

  it.each(['_User', '_Session', '_Role'])('%s also when no class is named', className => {
    expect(guardedClasses([])(className)).toBe(true);
    expect(guardedClasses([])('Invoice')).toBe(false);
  });

  it.each(['_User', 'Note', '_Installation', '_Join:lines:Note', 'Made later'])(
    "with '*' also %s",
    className => {
      expect(guardedClasses('*')(className)).toBe(true);
    },
  );
});
