import { guardedClasses } from '../../../src/policy/guarded-classes';
import { mayWrite, type Write, type WriteRules } from '../../../src/policy/writes';
import { toSessionRecord } from '../../../src/record';

const now = new Date('2026-01-01T00:00:00.000Z');
const REFUSED = { allow: false, code: 119, reason: 'write operation not allowed: restricted session' };
const session = (restricted: boolean) =>
  toSessionRecord({ objectId: 'own', sessionToken: 'r:own', restricted, createdAt: now.toISOString() });
const rules = (guard: string[] | '*'): WriteRules => ({
  isGuarded: guardedClasses(guard),
  needsFresh: () => false,
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
    ['authData', { data: { authData: {} } }],
    ['a user without any data', {}],
    ['a member of a role', { className: '_Join:users:_Role', operation: 'create' }],
  ])('nor %s, although Parse Server writes it', (_what, write) => {
    expect(decide(write)).toEqual(REFUSED);
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
