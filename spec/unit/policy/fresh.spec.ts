import { freshClasses, freshFunctions, freshRules, type FreshWrite } from '../../../src/policy/fresh';
import { POSTGRES_NAME_BYTES } from '../../../src/policy/stored-names';

const LONG = 'A'.repeat(POSTGRES_NAME_BYTES);
const rules = freshRules(
  { PaymentMethod: true, _User: ['email', 'authData', 'password'], Team: ['members', LONG] },
  POSTGRES_NAME_BYTES,
);
const update = (className: string, ...keys: string[]): FreshWrite => ({
  className,
  operation: 'update',
  byClient: true,
  data: Object.fromEntries(keys.map(key => [key, 1])),
});

describe('which writes need a recent login', () => {
  it.each<[string, FreshWrite, boolean]>([
    ['any of a whole class', update('PaymentMethod'), true],
    ['none of another class', update('Note', 'email'), false],
    ['none to other columns', update('_User', 'nickname', 'updatedAt'), false],
    ['one to a column', update('_User', 'nickname', 'email'), true],
    ['one to a part of a column', update('_User', 'authData.facebook.id'), true],
    ['none to a part of another column', update('_User', 'settings.email'), false],
    ['none to a column that begins alike', update('_User', 'emailVerified'), false],
    ['one to what MongoDB stores of authData', update('_User', '_auth_data_facebook'), true],
    ['one to a hashed password', update('_User', '_hashed_password'), true],
    ['a create that sets a column', { ...update('Team', LONG), operation: 'create' }, true],
    ['no create without', { ...update('Team', 'name', 'ACL'), operation: 'create' }, false],
    ['no sign-up', { ...update('_User', 'email'), operation: 'create' }, false],
    ['a change of the ACL', update('Team', 'ACL'), true],
    ['a delete', { className: '_User', operation: 'delete', byClient: true }, true],
    ['no delete of Parse Server’s own', { className: '_User', operation: 'delete', byClient: false }, false],
    ['no look-up before an update', { className: '_User', operation: 'update', byClient: true }, false],
    ['a relation that is such a column', update('_Join:members:Team', 'owningId'), true],
    ['no other relation of the class', update('_Join:guests:Team', 'owningId'), false],
    ['what a shared table hides', { ...update('Team', 'guests'), isShared: true }, true],
    ['the relation of a table whose name is cut', update(`_Join:${LONG}:Team`, 'owningId'), true],
    ['a column that is stored as another one', update('Team', `${LONG}B`), true],
    ['none by a name that objects have', update('_User', 'constructor', '__proto__'), false],
  ])('%s', (_what, write, expected) => {
    expect(rules.needs(write)).toBe(expected);
  });

  it('covers whole classes, and those with columns', () => {
    expect(['_User', 'PaymentMethod', 'Note'].map(rules.covers)).toEqual([true, true, false]);
    expect([freshRules([]).any, freshRules({}).any, freshRules({ _User: ['email'] }).any]).toEqual([
      false,
      false,
      true,
    ]);
  });

  describe.each([
    ['a list', ['Note', 'function:pay', 'function:a.b-c']],
    ['an object', { Note: ['text'], 'function:pay': true, 'function:a.b-c': true } as const],
  ])('functions in %s', (_what, fresh) => {
    const { any, covers, needs, needsCall } = freshRules(fresh, POSTGRES_NAME_BYTES);

    it('are told apart from classes', () => {
      expect(freshClasses(fresh)).toEqual(['Note']);
      expect(freshFunctions(fresh)).toEqual(['pay', 'a.b-c']);
      expect(any).toBe(true);
      expect(freshRules(['function:pay']).any).toBe(false);
    });

    it.each<[string, boolean]>([
      ['pay', true],
      ['a.b-c', true],
      ['Pay', false],
      ['payOut', false],
      ['Note', false],
      ['function:pay', false],
      ['constructor', false],
    ])('a call of %s: %s', (name, expected) => {
      expect(needsCall(name)).toBe(expected);
    });

    it('cover no class', () => {
      for (const name of ['pay', 'function', 'function:pay', '_Join:pay:function']) {
        expect([covers(name), needs({ ...update(name, 'text') })]).toEqual([false, false]);
      }
    });
  });

  it('of a list: any of its classes', () => {
    const { needs } = freshRules(['_User']);
    expect([needs(update('_User', 'nickname')), needs(update('Note', 'nickname'))]).toEqual([true, false]);
  });
});
