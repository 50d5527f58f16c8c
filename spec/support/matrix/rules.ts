import { OUT_OF_SCOPE_MESSAGE } from '../../../src/policy/scopes';
import { RESTRICTED_MESSAGE } from '../../../src/errors';
import { STALE_LOGIN_MESSAGE } from '../../../src/policy/writes';
import { REFUSED } from '../ways-in';
import type { Caller } from './callers';
import {
  BY_HTTP,
  EVERYTHING,
  KEYS,
  NO_SESSION,
  OTHER_SESSIONS,
  OWN_CLASSES,
  RESTRICTED,
  ROLES,
  SESSIONS,
  UNRESTRICTED,
  USERS,
  WRITES,
} from './groups';
import type { Way } from './cells';
import type { MatrixOperation, SubjectName } from './subjects';

/** What a rule makes of a cell: a refusal that writes nothing, or what stock answers, but for some columns or rows. */
type Expectation =
  | { code: number; message?: string }
  | { without?: string[]; with?: string[]; found?: string[]; foreignToken?: false; endsSessions?: true };

export interface Rule {
  /** The part of the README or the contract that says so. */
  from: string;
  callers: readonly Caller[];
  subjects: readonly SubjectName[];
  operations: readonly MatrixOperation[];
  ways?: readonly Way[];
  expect: Expectation;
}

const OUT_OF_SCOPE = { code: 119, message: OUT_OF_SCOPE_MESSAGE };
const STALE = { code: 119, message: STALE_LOGIN_MESSAGE };
const INVALID_SESSION = { code: 209, message: 'Invalid session token' };

/** The first rule that covers a cell decides it; a cell that none covers goes as on stock Parse Server. */
export const RULES: readonly Rule[] = [
  {
    from: 'Guards; the `_Session` class: a restricted caller may not create, update or delete any session',
    callers: RESTRICTED,
    subjects: [...USERS, ...ROLES, ...SESSIONS, 'Invoice'],
    operations: WRITES,
    expect: REFUSED,
  },
  {
    from: 'Scopes: a scoped session may do only what they name',
    callers: ['a scoped session'],
    subjects: [...USERS, ...ROLES, ...SESSIONS, 'Invoice', 'PaymentMethod'],
    operations: EVERYTHING,
    expect: OUT_OF_SCOPE,
  },
  {
    from: 'Scopes: a scoped session may do only what they name',
    callers: ['a scoped session'],
    subjects: ['Reading'],
    operations: ['update', 'delete'],
    expect: OUT_OF_SCOPE,
  },
  {
    from: 'Scopes (some of it Parse Server refuses to every client, in its own words)',
    callers: ['a scoped session'],
    subjects: ['_Installation', ...OWN_CLASSES],
    operations: EVERYTHING,
    expect: { code: 119 },
  },
  {
    from: 'Step-up: a class in `fresh` is written by a session with a recent login',
    callers: ['a session of an old login'],
    subjects: ['PaymentMethod'],
    operations: WRITES,
    expect: STALE,
  },
  {
    from: 'Step-up: in a restricted session nobody can prove himself',
    callers: ['a restricted session'],
    subjects: ['PaymentMethod'],
    operations: WRITES,
    expect: {
      code: 119,
      message: `${RESTRICTED_MESSAGE} (PaymentMethod: it needs a recent login)`,
    },
  },
  {
    from: 'Step-up: without a session there is no login that could be recent',
    callers: NO_SESSION,
    subjects: ['PaymentMethod'],
    operations: WRITES,
    expect: INVALID_SESSION,
  },
  {
    from: 'The same for the maintenance key, which the SDK in cloud code cannot use',
    callers: ['the maintenance key'],
    subjects: ['PaymentMethod'],
    operations: WRITES,
    ways: ['SDK in cloud code'],
    expect: INVALID_SESSION,
  },
  {
    from: 'The same for the maintenance key, which the SDK in cloud code cannot use',
    callers: ['the maintenance key'],
    subjects: OWN_CLASSES,
    operations: EVERYTHING,
    ways: ['SDK in cloud code'],
    expect: { code: 119 },
  },
  {
    from: 'This package’s own classes: no client reads or writes them',
    callers: [...UNRESTRICTED, 'a restricted session', ...NO_SESSION],
    subjects: OWN_CLASSES,
    operations: EVERYTHING,
    expect: { code: 119 },
  },
  {
    from: 'Credentials: a restricted session reads none',
    callers: ['a restricted session'],
    subjects: USERS,
    operations: ['get', 'find'],
    expect: { without: ['authData'] },
  },
  {
    from: 'The `_Session` class: columns that this package owns are read-only to clients',
    callers: [...UNRESTRICTED, 'a user without a session'],
    subjects: ['a column that is the package’s'],
    operations: ['create', 'update'],
    ways: BY_HTTP,
    expect: { code: 105 },
  },
  {
    from: 'The same in cloud code, where the SDK knows no user without a session',
    callers: UNRESTRICTED,
    subjects: ['a column that is the package’s'],
    operations: ['create', 'update'],
    ways: ['SDK in cloud code'],
    expect: { code: 105 },
  },
  {
    from: 'The `_Session` class: a session that a client creates is restricted, and the answer shows what is stored',
    callers: [...UNRESTRICTED, 'a user without a session'],
    subjects: ['another session of the user'],
    operations: ['create'],
    ways: BY_HTTP,
    expect: {
      with: ['restricted', 'anonymous', 'lastAccessedAt', 'createdAt', 'updatedAt', 'ip', 'userAgent'],
    },
  },
  {
    from: 'The same in cloud code, which has no address',
    callers: UNRESTRICTED,
    subjects: ['another session of the user'],
    operations: ['create'],
    ways: ['SDK in cloud code'],
    expect: { with: ['restricted', 'anonymous', 'lastAccessedAt', 'createdAt', 'updatedAt'] },
  },
  {
    from: 'Last access: a session that the master key saves has one, too',
    callers: KEYS,
    subjects: SESSIONS,
    operations: ['create'],
    ways: ['GraphQL'],
    expect: { with: ['restricted', 'lastAccessedAt'] },
  },
  {
    from: 'The `_Session` class: a restricted caller reads restricted sessions only',
    callers: ['a restricted session'],
    subjects: ['another session of the user'],
    operations: ['get'],
    expect: { code: 101, message: 'Object not found.' },
  },
  {
    from: 'The `_Session` class: a restricted caller reads restricted sessions only; the secret is never sent',
    callers: ['a restricted session'],
    subjects: ['another session of the user'],
    operations: ['find'],
    expect: { found: ['<session>', '<third>'], foreignToken: false, without: ['secret'] },
  },
  {
    from: 'The `_Session` class: a client sees the token of its own current session only',
    callers: [...UNRESTRICTED, 'a restricted session'],
    subjects: OTHER_SESSIONS,
    operations: ['get', 'update'],
    expect: { foreignToken: false, without: ['sessionToken', 'secret'] },
  },
  {
    from: 'The `_Session` class: a client sees the token of its own current session only',
    callers: UNRESTRICTED,
    subjects: ['another session of the user'],
    operations: ['find'],
    expect: { foreignToken: false, without: ['secret'] },
  },
  {
    from: 'The same for who has no session; the read-only master key reads no token',
    callers: ['the read-only master key', 'a user without a session'],
    subjects: SESSIONS,
    operations: ['get', 'find', 'update'],
    ways: BY_HTTP,
    expect: { foreignToken: false, without: ['sessionToken', 'secret'] },
  },
  {
    from: 'Secrets: no answer holds one, whoever asks',
    callers: [...KEYS, 'the read-only master key', ...UNRESTRICTED, 'a restricted session'],
    subjects: SESSIONS,
    operations: ['get', 'find', 'update'],
    expect: { without: ['secret'] },
  },
  {
    from: 'Ended sessions: a user that is deleted loses every session at once',
    callers: [...KEYS, 'the read-only master key', ...UNRESTRICTED, 'a user without a session'],
    subjects: ['the own user'],
    operations: ['delete'],
    expect: { endsSessions: true },
  },
];
