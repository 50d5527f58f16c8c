import { parseDate } from '../sessions';
import type { Who } from '../ways-in';

type Json = Record<string, any>;

export const MAINTENANCE_KEY = 'specs-maintenance-key';
/** The header by which the app's own middleware knows a user, who then has no session. */
export const APP_USER_HEADER = 'X-App-User';

/** What the scoped session may do; the two functions call the SDK for it. */
const SCOPES = ['Reading:create', 'Reading:read', 'function:sdkRead', 'function:sdkWrite'];

/** The rows that a cell begins with are named by what they are in it. */
interface Own {
  userId: string;
  token: string;
}

interface CallerKind {
  who(own: Own, revoked: string): Who;
  /** Columns of the session that he calls with. */
  session?: Json;
  user?: (own: Own) => Json;
}

const LONG_AGO = parseDate('2020-01-01');
const bySession = ({ token }: Own): Who => ({ token });

export const CALLERS = {
  'the master key': { who: () => ({ master: true }) },
  'the read-only master key': { who: () => ({ readOnlyMaster: true }) },
  'the maintenance key': { who: () => ({ headers: { 'X-Parse-Maintenance-Key': MAINTENANCE_KEY } }) },
  'a session': { who: bySession },
  'a session of an old login': { who: bySession, session: { authenticatedAt: LONG_AGO } },
  'a restricted session': {
    who: bySession,
    session: { restricted: true, createdWith: { action: 'create' }, authenticatedAt: LONG_AGO },
  },
  'a scoped session': {
    who: bySession,
    session: {
      restricted: true,
      scopes: SCOPES,
      createdWith: { action: 'create' },
      authenticatedAt: LONG_AGO,
    },
  },
  'an anonymous user': {
    who: bySession,
    session: { createdWith: { action: 'login', authProvider: 'anonymous' } },
    user: ({ userId }) => ({ authData: { anonymous: { id: userId } } }),
  },
  'a user without a session': { who: ({ userId }) => ({ headers: { [APP_USER_HEADER]: userId } }) },
  nobody: { who: () => ({}) },
  'an expired token': { who: bySession, session: { expiresAt: LONG_AGO } },
  'a revoked token': { who: (_own, revoked) => ({ token: revoked }) },
} satisfies Record<string, CallerKind>;

export type Caller = keyof typeof CALLERS;

export const callerKind = (caller: Caller): CallerKind => CALLERS[caller];
