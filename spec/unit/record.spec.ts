import Parse from 'parse/node';
import { fieldOf, sessionIdOf, toDate, toSessionRecord, userIdOf } from '../../src/record';

const parseUser = Parse.User.createWithoutData('ada');
const parseSession = Parse.Object.fromJSON({ className: '_Session', objectId: 's1', name: 'phone' });

describe('a user', () => {
  it.each<[string, unknown]>([
    ['an id', 'ada'],
    ['a Parse.User', parseUser],
    ['a pointer', { __type: 'Pointer', className: '_User', objectId: 'ada' }],
    ['a pointer of the SDK', parseUser.toPointer()],
    ['a row', { objectId: 'ada', username: 'Ada' }],
  ])('may be %s', (_what, user) => {
    expect(userIdOf(user as never)).toBe('ada');
  });

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['an empty object', {}],
    ['a user that is not saved', new Parse.User()],
    ['an id that is no text', { objectId: { $ne: 'x' } }],
    ['an array', ['ada']],
    ['a session', parseSession],
    ['a pointer to something else', { __type: 'Pointer', className: 'Note', objectId: 'ada' }],
  ])('may not be %s', (_what, user) => {
    expect(() => userIdOf(user as never)).toThrow(
      new TypeError('Expected a user: a Parse.User, a pointer or an objectId.'),
    );
  });
});

describe('a session', () => {
  it.each<[string, unknown]>([
    ['an id', 's1'],
    ['a Parse.Session', parseSession],
    ['a record', { objectId: 's1' }],
  ])('may be %s', (_what, session) => {
    expect(sessionIdOf(session as never)).toBe('s1');
  });

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['an empty object', {}],
    ['a session that is not saved', new Parse.Session()],
    ['an id that is no text', { objectId: { $ne: 'x' } }],
    ['a user', parseUser],
    ['a pointer to something else', parseUser.toPointer()],
  ])('may not be %s', (_what, session) => {
    expect(() => sessionIdOf(session as never)).toThrow(TypeError);
  });

  it('answers its fields as a Parse.Session and as a plain object', () => {
    expect(fieldOf(parseSession as never, 'objectId')).toBe('s1');
    expect(fieldOf(parseSession as never, 'name')).toBe('phone');
    expect(fieldOf({ objectId: 's1', name: 'phone' }, 'name')).toBe('phone');
    expect(fieldOf({ objectId: 's1' }, 'name')).toBeUndefined();
  });
});

describe('a date', () => {
  const date = new Date('2026-01-02T03:04:05.006Z');

  it.each([
    ['a Date', date],
    ['an ISO text', date.toISOString()],
    ['a date of Parse', { __type: 'Date', iso: date.toISOString() }],
  ])('may be %s', (_what, value) => {
    expect(toDate(value)).toEqual(date);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['another object', { objectId: 'x' }],
  ])('is null for %s', (_what, value) => {
    expect(toDate(value)).toBeNull();
  });
});

describe('a row of a session', () => {
  it('of stock Parse Server is a whole record', () => {
    const record = toSessionRecord({
      objectId: 's1',
      sessionToken: 'r:x',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:00.000Z',
      user: { __type: 'Pointer', className: '_User', objectId: 'ada' },
      expiresAt: { __type: 'Date', iso: '2027-01-01T00:00:00.000Z' },
      createdWith: { action: 'login', authProvider: 'password' },
    });
    expect(record).toMatchObject({
      objectId: 's1',
      userId: 'ada',
      restricted: false,
      createdWith: { action: 'login', authProvider: 'password' },
      createdAt: new Date('2026-01-01'),
      updatedAt: new Date('2026-01-02'),
      expiresAt: new Date('2027-01-01'),
      lastAccessedAt: null,
      installationId: null,
      ip: null,
      userAgent: null,
      name: null,
    });
  });

  it.each([
    ['true', true, true],
    ['false', false, false],
    ['missing', undefined, false],
    ['null', null, false],
  ])('is restricted only by true: %s', (_what, restricted, expected) => {
    expect(toSessionRecord({ objectId: 's1', restricted }).restricted).toBe(expected);
  });

  it.each([
    ['true', true, true],
    ['false', false, false],
    ['missing', undefined, null],
    ['null', null, null],
  ])('tells whether its user is anonymous, or that nobody knows: %s', (_what, anonymous, expected) => {
    expect(toSessionRecord({ objectId: 's1', anonymous }).anonymous).toBe(expected);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['without an id', {}],
  ])('has no user when its pointer is %s', (_what, user) => {
    expect(toSessionRecord({ objectId: 's1', user }).userId).toBeNull();
  });
});
