import { freshRules } from '../../../src/policy/fresh';
import { guardedClasses } from '../../../src/policy/guarded-classes';
import {
  isFresh,
  isStale,
  mayAsFresh,
  mayWrite,
  type Write,
  type WriteRules,
} from '../../../src/policy/writes';
import { toSessionRecord } from '../../../src/record';

const now = new Date('2026-01-01T00:00:00.000Z');
const REFUSED = {
  allow: false,
  code: 119,
  reason: 'write operation not allowed: restricted session',
  because: 'restricted',
};
const session = (restricted: boolean) =>
  toSessionRecord({ objectId: 'own', sessionToken: 'r:own', restricted, createdAt: now.toISOString() });
const rules = (guard: string[] | '*'): WriteRules => ({
  isGuarded: guardedClasses(guard),
  fresh: freshRules([]),
  freshWithin: 0,
});
const decide = (write: Partial<Write>, { restricted = true, guard = [] as string[] | '*' } = {}) =>
  mayWrite(
    session(restricted),
    { className: '_User', operation: 'update', byClient: false, ...write },
    rules(guard),
    now,
  );

/** What Parse Server writes by itself while it serves a request. */
const OWN_WRITES: Array<[string, Partial<Write>]> = [
  ['logout', { className: '_Session', operation: 'delete', query: { objectId: 'own' } }],
  [
    'the renewal of the session',
    { className: '_Session', query: { objectId: 'own' }, data: { expiresAt: 'x', updatedAt: 'y' } },
  ],
  ['the count of failed logins', { data: { _failed_login_count: { __op: 'Increment', amount: 1 } } }],
  ['the end of a lockout', { data: { _account_lockout_expires_at: 'x' } }],
  ['since when the password is there', { data: { _password_changed_at: 'x' } }],
  ['a request id', { className: '_Idempotency', operation: 'create', data: { reqId: 'x' } }],
];

describe('what the request of a restricted session may write', () => {
  it.each(OWN_WRITES)('%s, when Parse Server writes it', (_what, write) => {
    expect(decide(write, { guard: '*' })).toEqual({ allow: true });
  });

  it.each(OWN_WRITES)('but not %s, when the client writes it', (_what, write) => {
    expect(decide({ ...write, byClient: true }, { guard: '*' })).toEqual(REFUSED);
  });

  it.each<[string, Partial<Write>]>([
    [
      'the removal of another session',
      { className: '_Session', operation: 'delete', query: { objectId: 'other' } },
    ],
    [
      'the removal of an installation’s older session',
      { className: '_Session', operation: 'delete', query: { installationId: 'x' } },
    ],
    ['the insert of a session', { className: '_Session', operation: 'create', data: {} }],
    [
      'the renewal of another session',
      { className: '_Session', query: { objectId: 'other' }, data: { expiresAt: 'x' } },
    ],
    [
      'more than the renewal',
      { className: '_Session', query: { objectId: 'own' }, data: { expiresAt: 'x', restricted: false } },
    ],
    ['a password beside the count', { data: { _failed_login_count: 0, _hashed_password: 'x' } }],
    ['a password beside its date', { data: { _password_changed_at: 'x', _hashed_password: 'x' } }],
    ['the date of a password with a new user', { operation: 'create', data: { _password_changed_at: 'x' } }],
    ['the date of a password elsewhere', { className: '_Role', data: { _password_changed_at: 'x' } }],
    ['authData', { data: { authData: {} } }],
    ['a user without any data', {}],
    ['the removal of a user', { operation: 'delete', data: { _failed_login_count: 0 } }],
    ['the insert of a user', { operation: 'create', data: { _failed_login_count: 0 } }],
    ['the count of another class', { className: '_Role', data: { _failed_login_count: 0 } }],
    [
      'the removal of what has the id of the session',
      { className: '_User', operation: 'delete', query: { objectId: 'own' } },
    ],
    [
      'the renewal of what has the id of the session',
      { className: '_Role', query: { objectId: 'own' }, data: { expiresAt: 'x' } },
    ],
    [
      'the insert of a session with its own id',
      { className: '_Session', operation: 'create', query: { objectId: 'own' }, data: { expiresAt: 'x' } },
    ],
    ['an update of its session without data', { className: '_Session', query: { objectId: 'own' } }],
    ['the removal of all sessions', { className: '_Session', operation: 'delete' }],
    ['the removal of all sessions, by null', { className: '_Session', operation: 'delete', query: null }],
    ['the renewal of all sessions', { className: '_Session', data: { expiresAt: 'x' } }],
    [
      'the renewal of all sessions, by null',
      { className: '_Session', query: null, data: { expiresAt: 'x' } },
    ],
    ['a member of a role', { className: '_Join:users:_Role', operation: 'create' }],
  ])('nor %s, although Parse Server writes it', (_what, write) => {
    expect(decide(write)).toEqual(REFUSED);
  });

  it.each(['update', 'delete'] as const)('nor %s of request ids, when all is guarded', operation => {
    expect(decide({ className: '_Idempotency', operation, data: {} }, { guard: '*' })).toEqual(REFUSED);
  });

  it.each(['create', 'update', 'delete'] as const)('%s: classes that are not guarded', operation => {
    expect(decide({ className: 'Note', operation, byClient: true })).toEqual({ allow: true });
    expect(decide({ className: 'Note', operation, byClient: true }, { guard: ['Note'] })).toEqual(REFUSED);
    expect(decide({ className: 'Note', operation, byClient: true }, { guard: '*' })).toEqual(REFUSED);
  });

  it.each(['_User', '_Session', '_Role', 'Note'])('an unrestricted session writes %s', className => {
    const write = { className, byClient: true };
    expect(decide(write, { restricted: false, guard: '*' })).toEqual({ allow: true });
  });
});

const OUT_OF_SCOPE = {
  allow: false,
  code: 119,
  reason: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
  because: 'scope',
};

describe('what the request of a scoped session may write', () => {
  const scoped = (fields: object, write: Partial<Write>, guard: string[] = []) =>
    mayWrite(
      toSessionRecord({ objectId: 'own', sessionToken: 'r:scoped-1', restricted: true, ...fields }),
      { className: 'Telemetry', operation: 'create', byClient: true, ...write },
      rules(guard),
      now,
    );

  it.each<[string[], Write['operation'], boolean]>([
    [['Telemetry:create'], 'create', true],
    [['Telemetry:*'], 'delete', true],
    [['Telemetry:create'], 'update', false],
    [['Telemetry:read'], 'delete', false],
    [['Note:create'], 'create', false],
    [[], 'create', false],
  ])('%j: %s: %s', (scopes, operation, allowed) => {
    expect(scoped({ scopes }, { operation })).toEqual(allowed ? { allow: true } : OUT_OF_SCOPE);
  });

  it('nothing guarded, whatever its scopes', () => {
    const scopes = ['Telemetry:create', '_User:*'];
    const { reason } = REFUSED;
    expect(scoped({ scopes }, {}, ['Telemetry'])).toEqual({
      ...REFUSED,
      reason: `${reason} (Telemetry: the option guard covers it)`,
    });
    expect(scoped({ scopes }, { className: '_User', operation: 'update' })).toEqual({
      ...REFUSED,
      reason: `${reason} (_User: always guarded)`,
    });
    expect(scoped({ scopes }, { operation: 'delete' }, ['Telemetry'])).toEqual(REFUSED);
  });

  it('nothing, when its token says that it is scoped and its row does not', () => {
    expect(scoped({ scopes: null }, {})).toEqual(OUT_OF_SCOPE);
    expect(scoped({ scopes: null, restricted: false }, {})).toEqual(OUT_OF_SCOPE);
  });

  it('only its scopes, also when nothing but its row says that it is scoped', () => {
    const fields = { sessionToken: 'r:plain', restricted: false, scopes: ['Note:create'] };
    expect(scoped(fields, {})).toEqual(OUT_OF_SCOPE);
    expect(scoped(fields, { className: 'Note' })).toEqual({ allow: true });
    expect(scoped({ ...fields, scopes: null }, {})).toEqual({ allow: true });
  });
});

const STALE = {
  allow: false,
  code: 119,
  reason: 'not allowed: the last login is too long ago, confirm your identity first (Invoice)',
  because: 'stale',
};
const MINUTE = 60_000;
const authenticated = (agoMs: number | null) =>
  toSessionRecord({
    objectId: 'own',
    sessionToken: 'r:own',
    authenticatedAt: agoMs === null ? null : new Date(now.getTime() - agoMs),
  });

describe('a login is recent', () => {
  it.each<[string, number | null, boolean]>([
    ['now', 0, true],
    ['within the time', MINUTE - 1, true],
    ['just at its end', MINUTE, true],
    ['a millisecond later', MINUTE + 1, false],
    ['never', null, false],
  ])('%s: %j ms ago: %s', (_when, agoMs, expected) => {
    expect(isFresh(authenticated(agoMs), MINUTE, now)).toBe(expected);
  });
});

describe('what needs a recent login, a function say', () => {
  const call = (agoMs: number | null, restricted = false) =>
    mayAsFresh({ ...authenticated(agoMs), restricted }, 'Invoice', MINUTE, now);

  it('may be done with one, and is refused as stale without', () => {
    expect([call(MINUTE), call(MINUTE + 1), call(null)]).toEqual([{ allow: true }, STALE, STALE]);
  });

  it('is refused to a restricted session as to one that nobody can make fresh', () => {
    const reason = 'write operation not allowed: restricted session (Invoice: it needs a recent login)';
    expect(call(null, true)).toEqual({ allow: false, code: 119, reason, because: 'restricted' });
  });
});

describe('a write of a class that needs a recent login', () => {
  const needingFresh: WriteRules = {
    isGuarded: guardedClasses([]),
    fresh: freshRules(['Invoice']),
    freshWithin: MINUTE,
  };
  const write = (className: string, byClient = true): Write => ({ className, operation: 'update', byClient });

  it.each<[string, number | null, object]>([
    ['Invoice', 0, { allow: true }],
    ['Invoice', MINUTE, { allow: true }],
    ['Invoice', MINUTE + 1, STALE],
    ['Invoice', null, STALE],
    ['Note', null, { allow: true }],
  ])('%s, %j ms after it: %j', (className, agoMs, expected) => {
    expect(mayWrite(authenticated(agoMs), write(className), needingFresh, now)).toEqual(expected);
    expect(mayWrite(authenticated(agoMs), write(className, false), needingFresh, now)).toEqual(expected);
  });

  it('needs it of a scoped session, too', () => {
    const scopes = ['Invoice:update'];
    expect(mayWrite({ ...authenticated(0), scopes }, write('Invoice'), needingFresh, now)).toEqual({
      allow: true,
    });
    expect(mayWrite({ ...authenticated(null), scopes }, write('Invoice'), needingFresh, now)).toEqual(STALE);
  });

  it('is refused as stale, and nothing else is', () => {
    const decideInvoice = (session: ReturnType<typeof authenticated>, className = 'Invoice') =>
      isStale(mayWrite(session, write(className), needingFresh, now));
    expect(decideInvoice(authenticated(null))).toBe(true);
    expect(decideInvoice(authenticated(0))).toBe(false);
    expect(decideInvoice({ ...authenticated(null), restricted: true }, '_User')).toBe(false);
    expect(decideInvoice({ ...authenticated(null), scopes: [] })).toBe(false);
  });
});
