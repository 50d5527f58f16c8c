import type { Query, Row } from '../parse-server';
import type { SessionRecord } from '../record';

export const KINDS = ['authenticated', 'anonymous', 'restricted'] as const;
export type Kind = (typeof KINDS)[number];

/** What tells the kind of a session. */
export type OfAKind = Pick<SessionRecord, 'restricted' | 'anonymous' | 'createdWith'>;

/** The provider by whose id an app knows its users before they sign up. */
const ANONYMOUS = 'anonymous';

const isData = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('__op' in value) && Object.keys(value).length > 0;

/** Whether `authData` names a provider that knows who the user is. */
function hasProvider(authData: unknown): boolean {
  return (
    isData(authData) && Object.entries(authData).some(([name, data]) => name !== ANONYMOUS && isData(data))
  );
}

/**
 * Whether a user is anonymous: all that is known of him is an anonymous id. `undefined` where not even that is known:
 * whoever gives up his id has not signed up.
 * @param user his row as the database controller answers it to the server: `password` is the hash.
 */
export function isAnonymousUser({ authData, password }: Row): boolean | undefined {
  if (password || hasProvider(authData)) return false;
  return isData(authData) && ((authData as Row)[ANONYMOUS] ?? null) !== null ? true : undefined;
}

/** Whether an update may make a user anonymous, or end that. */
export const mayChangeAnonymity = (data: Row): boolean =>
  Object.keys(data).some(
    key =>
      key === 'authData' || key.startsWith('_auth_data_') || key === 'password' || key === '_hashed_password',
  );

/** Whether a user is not anonymous after an update, whatever he was before. */
export const endsAnonymity = ({ authData, _hashed_password }: Row): boolean =>
  (typeof _hashed_password === 'string' && _hashed_password !== '') || hasProvider(authData);

/**
 * Whether a log-in or a sign-up leaves no doubt that its user is not anonymous. The client spells the names of the
 * providers: `anonymous,x` may be both (`RestWrite.js#getCreatedWith` of 9.10.0).
 */
export function provesAuthenticated(createdWith: unknown): boolean {
  const { action, authProvider } = (createdWith ?? {}) as { action?: unknown; authProvider?: unknown };
  if (action !== 'login' && action !== 'signup') return false;
  return (
    typeof authProvider === 'string' && !authProvider.includes(ANONYMOUS) && authProvider !== 'masterkey'
  );
}

/**
 * Whether the user of a session is anonymous. Sessions that are older than the column are told by what Parse
 * Server wrote when it made them.
 */
export const isAnonymous = ({ anonymous, createdWith }: Omit<OfAKind, 'restricted'>): boolean =>
  anonymous ?? createdWith?.authProvider === ANONYMOUS;

/** The sessions of anonymous users, and those of all others, as {@link isAnonymous} tells them. */
export const OF_ANONYMITY: Readonly<Record<'anonymous' | 'authenticated', Query>> = {
  anonymous: {
    $or: [{ anonymous: true }, { anonymous: null, 'createdWith.authProvider': ANONYMOUS }],
  },
  authenticated: {
    $or: [{ anonymous: false }, { anonymous: null, 'createdWith.authProvider': { $ne: ANONYMOUS } }],
  },
};

/** The kind of a session. A restricted one is of the kind `restricted`, whoever its user is. */
export function kindOf(session: OfAKind): Kind {
  if (session.restricted) return 'restricted';
  return isAnonymous(session) ? 'anonymous' : 'authenticated';
}

/** The sessions of one kind, as {@link kindOf} tells them. */
export const OF_KIND: Readonly<Record<Kind, Query>> = {
  restricted: { restricted: true },
  anonymous: { restricted: { $ne: true }, ...OF_ANONYMITY.anonymous },
  authenticated: { restricted: { $ne: true }, ...OF_ANONYMITY.authenticated },
};
