import type { IdentityProof } from './confirmation';
import { withDates, type Json } from './dates';
import { logOutLocally } from './handle-parse-error';
import { installedIn } from './installed';
import { checkOptions, requireSdk } from './options';
import { renew, tokenIn } from './renewals';
import { currentUser, type ParseSdk } from './sdk';
import type {
  ClientSession,
  ClientEndedSession,
  RestrictedSession,
  RestrictedSessionOptions,
  RotatedSession,
  PairingRequest,
  PairingApproval,
  SessionOrId,
  Page,
  ConfirmedSession,
} from './sessions';

const SCRIPT_FAILED = 141;
const INVALID_JSON = 107;

/** What the server answers to a proof. */
type Confirmed = Pick<Json<ConfirmedSession>, 'authenticatedAt'>;

export interface SessionsClientOptions {
  /** The `functionPrefix` of the server. @default '' */
  functionPrefix?: string;
  /** Calls as this session, where the SDK has no current user (Node). @default the current user's session */
  sessionToken?: string;
}

/** The part of the SDK that it needs. */
type SessionsSdk = Pick<ParseSdk, 'Cloud' | 'CoreManager' | 'Error' | 'Storage' | 'User'>;

export type SessionsClient = ReturnType<typeof sessionsClient>;

/** @throws TypeError for what is no session. */
function idOf(session: SessionOrId): string {
  const { objectId, id } = Object(session) as { objectId?: string; id?: string };
  const found = typeof session === 'string' ? session : (objectId ?? id);
  if (!found) throw new TypeError('sessionsClient: expected a session or its objectId.');
  return found;
}

/**
 * The package's cloud functions, typed, for the logged-in user: the list of devices that the Parse guide's chapter on
 * sessions asks for, and logging them out.
 *
 * Each method rejects with a `Parse.Error`: 209 without a valid session, 119 when a restricted session tries to change
 * anything, 142 for a wrong parameter, 141 when the server does not know the function (a wrong `functionPrefix`, or an
 * older version).
 *
 * Whatever ends the current user's own session logs him out locally. If `installSessionHandler` is installed, that does
 * so, and calls `onInvalidSession`; it does not `recover`. With a `sessionToken` that is not the current user's nobody is
 * logged out.
 *
 * @param Parse - the SDK in use, any build of it
 * @throws TypeError for what is no SDK, and for a wrong option
 */
export function sessionsClient(Parse: SessionsSdk, options: SessionsClientOptions = {}) {
  const { functionPrefix = '' } = options;
  let { sessionToken } = options;
  requireSdk('sessionsClient', Parse);
  checkOptions('sessionsClient', options, { functionPrefix: 'string', sessionToken: 'string' });

  /** @param send the request, where it is not the SDK that sends it */
  async function run<T>(
    name: string,
    params: object = {},
    // Without a token of the options the SDK sends the current user's.
    send = (fullName: string): Promise<unknown> => Parse.Cloud.run(fullName, params, { sessionToken }),
  ): Promise<T> {
    const fullName = functionPrefix + name;
    try {
      return (await send(fullName)) as T;
    } catch (error) {
      const { code, message } = error as { code?: number; message?: string };
      if (code !== SCRIPT_FAILED || !message?.startsWith('Invalid function')) throw error;
      throw new Parse.Error(
        code,
        `The server does not know the function "${fullName}": another functionPrefix, or an older version.`,
      );
    }
  }

  /** The session of this client. */
  const current = async () => withDates(await run<Json<ClientSession>>('getSession'));

  const currentToken = async () => (await currentUser(Parse))?.getSessionToken();

  /** The token of the current user, if this client acts in his session; else `undefined`. */
  async function ownToken(): Promise<string | undefined> {
    const token = await currentToken();
    const handler = installedIn(Parse);
    // Whoever has named it may not know that it has been replaced.
    if (sessionToken && handler) sessionToken = await handler.newest(sessionToken);
    return token && (sessionToken ?? token) === token ? token : undefined;
  }

  /** Sends a request that ends sessions, and logs the current user out if his own is among them. */
  async function end<T>(endsOwn: () => boolean | Promise<boolean>, request: () => Promise<T>): Promise<T> {
    const token = await ownToken();
    if (!token || !(await endsOwn())) return request();
    const handler = installedIn(Parse);
    if (handler) return handler.leave(token, request);
    const answer = await request();
    if ((await currentToken()) === token) await logOutLocally(Parse);
    return answer;
  }

  /** Has the session get a new token, with which this client goes on, and the SDK if it is the current user's. */
  async function renewed<T>(name: string, params: object): Promise<T> {
    const token = await ownToken();
    const handler = token && installedIn(Parse);
    const request = () =>
      run<T>(name, params, handler ? fullName => handler.renew(token, fullName, params) : undefined);
    const answer = await (token && !handler ? renew(Parse, token, request) : request());
    const fresh = tokenIn(answer);
    if (!fresh) throw new Parse.Error(INVALID_JSON, 'The server has answered no session token.');
    if (sessionToken) sessionToken = fresh;
    return answer;
  }

  /**
   * Makes this session fresh again, by the user's password or by `authData` of a provider that he has linked; answers
   * when. With `rotate: true` it gets a new token as well, as by `rotate()`, and answers both.
   * @throws 101 for a wrong proof, -1 without the second factor that a log-in takes, what the provider's adapter throws,
   * 155 after too many
   */
  async function confirmIdentity(proof: IdentityProof & { rotate: true }): Promise<ConfirmedSession>;
  async function confirmIdentity(proof: IdentityProof & { rotate?: false }): Promise<Date>;
  async function confirmIdentity(
    proof: IdentityProof & { rotate?: boolean },
  ): Promise<Date | ConfirmedSession> {
    if (proof.rotate) return withDates(await renewed<Json<ConfirmedSession>>('confirmIdentity', proof));
    return new Date((await run<Confirmed>('confirmIdentity', proof)).authenticatedAt);
  }

  return {
    /** The user's sessions, last accessed first; for a restricted session only the restricted ones. */
    async list(page: Page = {}): Promise<ClientSession[]> {
      return (await run<Json<ClientSession>[]>('listSessions', page)).map(withDates);
    },

    /**
     * The user's sessions that are over, newest end first: those that have ended before their time, for as long as the
     * server keeps its `history`, and those that have expired, until it purges them.
     * @throws 119 for a restricted session
     */
    async ended(page: Page = {}): Promise<ClientEndedSession[]> {
      return (await run<Json<ClientEndedSession>[]>('listEndedSessions', page)).map(withDates);
    },

    current,

    /** How many of the user's sessions have not expired. */
    async count(): Promise<number> {
      return (await run<{ active: number }>('countSessions')).active;
    },

    /**
     * Ends one session; the current one logs the user out. A session of a list says itself whether it is that, for any
     * other the server is asked.
     * @throws 101 when it is not one of the user's
     */
    async revoke(session: SessionOrId): Promise<void> {
      const objectId = idOf(session);
      const isCurrent = async () =>
        (session as Partial<ClientSession>).current ?? (await current()).objectId === objectId;
      await end(isCurrent, () => run('revokeSession', { objectId }));
    },

    /** Ends every session of the user but this one; answers how many there were. */
    async revokeOthers(): Promise<number> {
      return (await run<{ revoked: number }>('revokeOtherSessions')).revoked;
    },

    /** Ends every session of the user, this one too, and logs him out; answers how many there were. */
    async revokeAll(): Promise<number> {
      const all = () => run<{ revoked: number }>('revokeSessions');
      return (await end(() => true, all)).revoked;
    },

    /** Makes a restricted session for a device. @throws 119 for a restricted session */
    async createRestricted(options: RestrictedSessionOptions = {}): Promise<RestrictedSession> {
      return withDates(await run<Json<RestrictedSession>>('createRestrictedSession', options));
    },

    /**
     * What a device asks for that shows this code. Show all of it before the user allows it.
     * @param userCode - as the user has typed it: small letters, blanks and hyphens are all the same
     * @throws 101 for a code that is unknown, expired, judged already, or none at all, 142 for no text, 155 after too many of
     * those (10 within 15 minutes), 119 for a restricted session
     */
    async pairingRequest(userCode: string): Promise<PairingRequest> {
      return withDates(await run<Json<PairingRequest>>('pairingRequest', { userCode }));
    },

    /**
     * Gives the device that shows this code a restricted session, as soon as it asks again, as long as this session lives.
     * @throws as `pairingRequest`, and 142 for scopes that the device does not ask for
     */
    async approvePairing(userCode: string, approval: PairingApproval = {}): Promise<void> {
      await run('approvePairing', { ...approval, userCode });
    },

    /** Gives it none. @throws as `pairingRequest` */
    async denyPairing(userCode: string): Promise<void> {
      await run('denyPairing', { userCode });
    },

    confirmIdentity,

    /**
     * Gives this session a new token; the old one is refused from then on. It stays the same session. If it is the current
     * user's, the SDK goes on with it. With `installSessionHandler` so do requests under way, the other tabs of this
     * browser, and LiveQuery.
     */
    async rotate(): Promise<RotatedSession> {
      return withDates(await renewed<Json<RotatedSession>>('rotateSession', {}));
    },

    /** Names a session, for the list of devices. @throws 101 when it is not one of the user's */
    async rename(session: SessionOrId, name: string): Promise<ClientSession> {
      return withDates(await run<Json<ClientSession>>('renameSession', { objectId: idOf(session), name }));
    },
  };
}
