import { checkOptions } from './options';
import type { ParseSdk } from './sdk';

/** A session as its user sees it. It never holds a session token. */
export interface ClientSession {
  objectId: string;
  /** Whether it is the session of this client. */
  current: boolean;
  /** Whether it may not write `_User`, `_Session`, `_Role` and the classes that the server guards. */
  restricted: boolean;
  /** Whether it has not expired. */
  active: boolean;
  createdAt: Date;
  /** `null` for a session that has not been used since the server keeps last accesses. */
  lastAccessedAt: Date | null;
  /** `null` for a session that does not expire. */
  expiresAt: Date | null;
  createdWith: { action?: string; authProvider?: string } | null;
  installationId: string | null;
  ip: string | null;
  userAgent: string | null;
  device: { browser: string | null; os: string | null; type: string | null };
  name: string | null;
}

/** A session made for a device. It is the only answer with a token, its own, given this one time. */
export interface RestrictedSession {
  objectId: string;
  sessionToken: string;
  restricted: true;
  expiresAt: Date | null;
}

export interface RestrictedSessionOptions {
  /** What the list of devices shows, up to 128 characters. */
  name?: string;
  installationId?: string;
  /** Seconds, or a duration such as `'30d'`. @default the server's rule for restricted sessions */
  expiresIn?: number | string;
  /** What the session may do, such as `['Telemetry:create', 'function:report']`. @default all but guarded writes */
  scopes?: readonly string[];
}

export interface SessionsClientOptions {
  /** The `functionPrefix` of the server. @default '' */
  functionPrefix?: string;
  /** Calls as this session, where the SDK has no current user (Node). @default the current user's session */
  sessionToken?: string;
}

export type SessionsClient = ReturnType<typeof sessionsClient>;

const toDate = (value: string | null) => (value ? new Date(value) : null);

type Json<T> = { [K in keyof T]: Date extends T[K] ? string | Exclude<T[K], Date> : T[K] };

const toSession = (view: Json<ClientSession>): ClientSession => ({
  ...view,
  createdAt: new Date(view.createdAt),
  lastAccessedAt: toDate(view.lastAccessedAt),
  expiresAt: toDate(view.expiresAt),
});

/**
 * The package's cloud functions, typed, for the logged-in user: the list of devices that the Parse guide's chapter on
 * sessions asks for, and logging them out.
 *
 * Each method rejects with a `Parse.Error`: 209 without a valid session, 119 when a restricted session tries to change
 * anything, 142 for a wrong parameter, 141 when the server does not have the function (a wrong `functionPrefix`, say).
 *
 * @param Parse - the SDK in use, any build of it
 * @throws TypeError for a wrong option
 */
export function sessionsClient(Parse: Pick<ParseSdk, 'Cloud'>, options: SessionsClientOptions = {}) {
  const { functionPrefix = '', sessionToken } = options;
  checkOptions('sessionsClient', options, { functionPrefix: 'string', sessionToken: 'string' });
  const run = <T>(name: string, params: object = {}): Promise<T> =>
    Parse.Cloud.run(
      functionPrefix + name,
      params,
      sessionToken === undefined ? {} : { sessionToken },
    ) as Promise<T>;

  return {
    /** The user's sessions, last accessed first; for a restricted session only the restricted ones. */
    async list(): Promise<ClientSession[]> {
      return (await run<Json<ClientSession>[]>('listSessions')).map(toSession);
    },

    /** The session of this client. */
    async current(): Promise<ClientSession> {
      return toSession(await run<Json<ClientSession>>('getSession'));
    },

    /** How many of the user's sessions have not expired. */
    async count(): Promise<number> {
      return (await run<{ active: number }>('countSessions')).active;
    },

    /** Ends one session by its `objectId`. @throws 101 when it is not one of the user's */
    async revoke(objectId: string): Promise<void> {
      await run('revokeSession', { objectId });
    },

    /** Ends every session of the user but this one; answers how many there were. */
    async revokeOthers(): Promise<number> {
      return (await run<{ revoked: number }>('revokeOtherSessions')).revoked;
    },

    /** Ends every session of the user, this one too; answers how many there were. The next request gets a 209. */
    async revokeAll(): Promise<number> {
      return (await run<{ revoked: number }>('revokeSessions')).revoked;
    },

    /** Makes a restricted session for a device. @throws 119 for a restricted session */
    async createRestricted(options: RestrictedSessionOptions = {}): Promise<RestrictedSession> {
      const created = await run<Json<RestrictedSession>>('createRestrictedSession', options);
      return { ...created, expiresAt: toDate(created.expiresAt) };
    },

    /** Makes this session fresh again; answers when. @throws 101 for a wrong password, 155 after too many */
    async confirmPassword(password: string): Promise<Date> {
      return new Date(
        (await run<{ authenticatedAt: string }>('confirmPassword', { password })).authenticatedAt,
      );
    },

    /** Names a session, for the list of devices. @throws 101 when it is not one of the user's */
    async rename(objectId: string, name: string): Promise<ClientSession> {
      return toSession(await run<Json<ClientSession>>('renameSession', { objectId, name }));
    },
  };
}
