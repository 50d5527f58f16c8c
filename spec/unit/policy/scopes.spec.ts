import { isScope, mayAccess, mayCall, mayRoute } from '../../../src/policy/scopes';

const REFUSED = { allow: false, code: 119, reason: 'not allowed: outside the scopes of this session' };
const OPERATIONS = ['create', 'read', 'update', 'delete'] as const;

describe('a scope', () => {
  it.each([
    'Telemetry:create',
    'Telemetry:read',
    'Telemetry:update',
    'Telemetry:delete',
    'Telemetry:*',
    '_Installation:create',
    'function:report',
    'function:report_2',
  ])('is %s', scope => {
    expect(isScope(scope)).toBe(true);
  });

  it.each([
    '',
    '*',
    '*:*',
    '*:create',
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
    '_Join:users:_Role:create',
  ])('is not %j', scope => {
    expect(isScope(scope)).toBe(false);
  });
});

describe('what scopes allow on a class', () => {
  const access = (scopes: string[], operation: (typeof OPERATIONS)[number], className = 'Telemetry') =>
    mayAccess(scopes, { className, operation, byClient: true });

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

  it('what Parse Server itself has to read for it: roles, sessions, the object to be written', () => {
    const inner = (scopes: string[], className: string) =>
      mayAccess(scopes, { className, operation: 'read', byClient: false });
    expect(inner([], '_Role')).toEqual({ allow: true });
    expect(inner([], '_Session')).toEqual({ allow: true });
    expect(inner(['Telemetry:update'], 'Telemetry')).toEqual({ allow: true });
    expect(inner(['Telemetry:update'], 'Note')).toEqual(REFUSED);
    expect(inner(['Telemetry:update'], '_User')).toEqual(REFUSED);
  });
});

describe('what scopes allow to be called', () => {
  it('the functions that they name', () => {
    expect(mayCall(['function:report'], 'report')).toEqual({ allow: true });
    for (const name of ['Report', 'reports', 'repor', '', 'function:report'])
      expect(mayCall(['function:report', 'report:*'], name)).toEqual(REFUSED);
  });

  it.each(['/functions/report', '/FUNCTIONS/report', '/functions/report/'])('the route %s', path => {
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
    '/',
  ])('the route %s, whose classes are judged later', path => {
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
  ])('no other route: %s', path => {
    expect(mayRoute(['function:report', 'Note:*'], path)).toEqual(REFUSED);
  });
});
