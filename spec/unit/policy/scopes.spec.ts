import { guardedClasses } from '../../../src/policy/guarded-classes';
import { relationsIn } from '../../../src/policy/relations';
import {
  calledBy,
  classOf,
  isScope,
  isWithin,
  isScopedToken,
  mayAccess,
  scopesOf,
  mayCall,
  mayRoute,
} from '../../../src/policy/scopes';

const REFUSED = {
  allow: false,
  code: 119,
  reason: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
  because: 'scope',
};
const isGuarded = guardedClasses(['Invoice']);
const OPERATIONS = ['create', 'read', 'update', 'delete'] as const;

describe('a scope', () => {
  it.each([
    'Telemetry:create',
    'Telemetry:read',
    'Telemetry:update',
    'Telemetry:delete',
    'Telemetry:*',
    '*:read',
    '_Installation:create',
    '@File:create',
    '@File:read',
    '@File:delete',
    '@File:*',
    'function:report',
    'function:report_2',
    'function:_report',
    'function:re.port-2',
  ])('is %s', scope => {
    expect(isScope(scope)).toBe(true);
  });

  it.each([
    '',
    '*',
    '*:*',
    '*:create',
    '*:update',
    '*:delete',
    '*:',
    ' *:read',
    '*:read\n',
    '_*:read',
    'Telemetry',
    'Telemetry:',
    'Telemetry:write',
    'Telemetry:CREATE',
    'Telemetry:create:x',
    'Telemetry: create',
    ' Telemetry:create',
    'Telemetry:create\n',
    ':create',
    '1st:create',
    'function:',
    'function:*',
    'function:2nd',
    'function:a b',
    'function:report\n',
    'function:* function:report',
    'Telemetry:create Note:create',
    'Telemetry2-:create',
    '__Telemetry:create',
    '_Join:users:_Role:create',
    '@File:update',
    '@File:',
    '@Config:read',
    'File@File:read',
  ])('is not %j', scope => {
    expect(isScope(scope)).toBe(false);
  });
});

describe('what scopes allow on a class', () => {
  const access = (scopes: string[], operation: (typeof OPERATIONS)[number], className = 'Telemetry') =>
    mayAccess(scopes, { className, operation, byClient: true }, isGuarded);

  it.each(OPERATIONS)('%s by its own name, and nothing else by it', operation => {
    for (const other of OPERATIONS) {
      const expected = other === operation ? { allow: true } : REFUSED;
      expect(access([`Telemetry:${operation}`], other)).toEqual(expected);
    }
  });

  it.each(OPERATIONS)('%s by the star, on this class only', operation => {
    expect(access(['Telemetry:*'], operation)).toEqual({ allow: true });
    expect(access(['Telemetry:*'], operation, 'Telemetry2')).toEqual(REFUSED);
    expect(access(['Telemetry:*'], operation, '_User')).toEqual(REFUSED);
  });

  it.each(OPERATIONS)('not %s without a scope, or by that of a function', operation => {
    expect(access([], operation)).toEqual(REFUSED);
    expect(access(['function:Telemetry'], operation)).toEqual(REFUSED);
  });

  it.each(OPERATIONS)('not %s on a class called "function" by the scope of a function', operation => {
    for (const byClient of [true, false]) {
      const decision = mayAccess(
        [`function:${operation}`, 'function:*'],
        { className: 'function', operation, byClient },
        isGuarded,
      );
      expect(decision).toEqual(REFUSED);
    }
  });

  it.each<[string, string[], boolean]>([
    ['_Role', [], true],
    ['_Session', [], true],
    ['Telemetry', ['Telemetry:update'], true],
    ['Telemetry', ['Note:read', 'Telemetry:delete', 'function:report'], true],
    ['Note', ['Telemetry:update'], false],
    ['_User', ['Telemetry:update'], false],
    ['Telemetry', ['Telemetry2:read'], false],
    ['Telemetry', [], false],
  ])('what Parse Server itself has to read for it: %s with %j: %s', (className, scopes, allowed) => {
    const decision = mayAccess(scopes, { className, operation: 'read', byClient: false }, isGuarded);
    expect(decision).toEqual(allowed ? { allow: true } : REFUSED);
  });

  it.each(['_Role', '_Session', 'Telemetry'])(
    'no read of %s by the client, though the server may',
    className => {
      expect(access(['Telemetry:update'], 'read', className)).toEqual(REFUSED);
    },
  );

  it.each(['create', 'update', 'delete'] as const)('not %s by the server for want of a scope', operation => {
    for (const className of ['_Role', '_Session', 'Telemetry'])
      expect(mayAccess(['Telemetry:read'], { className, operation, byClient: false }, isGuarded)).toEqual(
        REFUSED,
      );
  });
});

describe('the scope *:read', () => {
  const access = (
    operation: (typeof OPERATIONS)[number],
    className: string,
    byClient = true,
    guard = isGuarded,
  ) => mayAccess(['*:read'], { className, operation, byClient }, guard);

  it.each(['Telemetry', 'Note', 'function', 'constructor'])(
    'reads %s, and writes nothing of it',
    className => {
      for (const byClient of [true, false]) {
        expect(access('read', className, byClient)).toEqual({ allow: true });
        for (const operation of ['create', 'update', 'delete'] as const)
          expect(access(operation, className, byClient)).toEqual(REFUSED);
      }
    },
  );

  it.each([
    'Invoice',
    '_User',
    '_Session',
    '_Role',
    '_Installation',
    '_GlobalConfig',
    '_Join:users:_Role',
    '_Join:parts:Note',
    '@File',
    '@Config',
    '',
  ])('reads nothing of %j', className => {
    expect(access('read', className)).toMatchObject({ allow: false, code: 119 });
  });

  it('reads none that a guard keeps, whichever the guard names', () => {
    expect(access('read', 'Note', true, guardedClasses('*'))).toEqual(REFUSED);
    expect(access('read', 'Note', true, guardedClasses({ except: ['Note'] }))).toEqual({ allow: true });
    expect(access('read', 'Other', true, guardedClasses({ except: ['Note'] }))).toEqual(REFUSED);
  });

  it('reads what another scope names as well, and calls nothing', () => {
    const read = { className: 'Invoice', operation: 'read', byClient: true } as const;
    expect(mayAccess(['*:read', 'Invoice:read'], read, isGuarded)).toEqual({ allow: true });
    expect(mayCall(['*:read'], 'read')).toEqual(REFUSED);
    for (const path of ['/functions/read', '/aggregate/Note', '/files/a.txt', '/jobs', '/push'])
      expect(mayRoute(['*:read'], path)).toEqual(REFUSED);
  });

  it('names no class', () => {
    expect(classOf('*:read')).toBeUndefined();
    expect(['Note:read', '@File:read', 'function:Note'].map(classOf)).toEqual(['Note', undefined, undefined]);
  });
});

describe('whoever has scopes may give', () => {
  it.each<[scope: string, scopes: string[], allowed: boolean]>([
    ['Note:read', ['Note:read'], true],
    ['Note:read', ['Note:*'], true],
    ['Note:*', ['Note:read', 'Note:create', 'Note:update', 'Note:delete'], false],
    ['Note:read', ['Note2:*'], false],
    ['@File:read', ['@File:*'], true],
    ['function:report', ['function:*'], false],
    ['*:read', ['*:read'], true],
    ['*:read', ['Note:*', 'Note:read'], false],
    ['Note:read', ['*:read'], true],
    ['Note:create', ['*:read'], false],
    ['Note:*', ['*:read'], false],
    ['Invoice:read', ['*:read'], false],
    ['_User:read', ['*:read'], false],
    ['_Session:read', ['*:read'], false],
    ['@File:read', ['*:read'], false],
    ['function:read', ['*:read'], false],
    ['Note:read', [], false],
  ])('%s by %j: %s', (scope, scopes, allowed) => {
    expect(isWithin(scope, scopes, isGuarded)).toBe(allowed);
  });
});

describe('a token shows that its session is scoped', () => {
  it.each([
    ['r:scoped-0123', true],
    ['r:scoped-', true],
    ['r:0123', false],
    ['r:scoped', false],
    ['R:scoped-0123', false],
    ['x-r:scoped-', false],
    ['', false],
  ])('%j: %s', (token, expected) => {
    expect(isScopedToken(token)).toBe(expected);
  });
});

describe('the scopes of a session', () => {
  it.each([
    [['Note:read'], 'r:scoped-1', ['Note:read']],
    [['Note:read'], 'r:1', ['Note:read']],
    [null, 'r:1', null],
    [null, 'r:scoped-1', []],
  ])('%j with the token %s: %j', (scopes, sessionToken, expected) => {
    expect(scopesOf({ scopes, sessionToken })).toEqual(expected);
  });
});

describe('the classes whose relations a query follows', () => {
  const related = (className: unknown) => ({
    $relatedTo: { object: { __type: 'Pointer', className, objectId: 'x' }, key: 'readers' },
  });

  it.each<[object, string[]]>([
    [{}, []],
    [{ name: 'x', age: { $gt: 1 }, tags: ['a', null], gone: null }, []],
    [related('Note'), ['Note']],
    [{ name: 'x', ...related('Note') }, ['Note']],
    [{ $or: [{ name: 'x' }, related('Note'), null, 'x', { $and: [related('_Role')] }] }, ['Note', '_Role']],
    [{ author: { $inQuery: { className: '_User', where: related('Note') } } }, ['Note']],
  ])('%j: %j', (query, expected) => {
    expect(relationsIn(query as never)).toEqual(expected);
  });

  it.each([
    { $relatedTo: null },
    { $relatedTo: {} },
    { $relatedTo: { object: null } },
    { $relatedTo: ['Note'] },
  ])('are none that a scope could name in %j', query => {
    const [className, ...more] = relationsIn(query);
    expect(more).toEqual([]);
    const read = { className: className!, operation: 'read', byClient: true } as const;
    expect(mayAccess(['Note:*', 'Telemetry:*'], read, isGuarded)).toEqual(REFUSED);
  });
});

describe('what scopes allow to be called', () => {
  it('the functions that they name', () => {
    expect(mayCall(['function:report'], 'report')).toEqual({ allow: true });
    for (const name of ['Report', 'reports', 'repor', '', 'function:report'])
      expect(mayCall(['function:report', 'report:*'], name)).toEqual(REFUSED);
  });

  it.each([
    '/functions/report',
    '/FUNCTIONS/report',
    '/functions/report/',
    '/functions/rep%6Frt',
    '/%66unctions/report',
  ])('the route %s', path => {
    expect(calledBy(path)).toBe('report');
    expect(mayRoute(['function:report'], path)).toEqual({ allow: true });
    expect(mayRoute(['function:other'], path)).toEqual(REFUSED);
  });

  it.each([
    '/classes/Note',
    '/users/me',
    '/sessions',
    '/roles',
    '/installations',
    '/config',
    '/batch',
    '/logout',
    '/Classes/Note',
    '/',
  ])('the route %s, whose classes are judged later', path => {
    expect(calledBy(path)).toBeUndefined();
    expect(mayRoute([], path)).toEqual({ allow: true });
  });

  it.each([
    '/files/a.txt',
    '/jobs/report',
    '/push',
    '/events/opened',
    '/upgradeToRevocableSession',
    '/verifyPassword',
    '/requestPasswordReset',
    '/aggregate/Note',
    '/schemas',
    '/purge/_Session',
    '/functions',
    '/a-route-of-tomorrow',
    '/?',
    '/%',
    '/functions/%',
    '/functions/report%2F',
    '/classes%2FNote',
    '/classes2/Note',
    '/x/functions/report',
  ])('no other route: %s', path => {
    expect(mayRoute(['function:report', 'Note:*'], path)).toEqual(REFUSED);
  });
});
