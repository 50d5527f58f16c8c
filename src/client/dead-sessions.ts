import type { ConfirmIdentity } from './confirmation';
import { endedSession, type EndedSession } from './ended-session';
import { logOutLocally } from './handle-parse-error';
import { storedElsewhere } from './renewals';
import { currentUser, type ParseSdk, type SignedInUser } from './sdk';

/** What the app is told beside the error. */
export interface InvalidSessionDetails {
  /** What `recover` threw, if it did. */
  recoveryError?: unknown;
  /**
   * How the session ended. `null` where the server does not know (it keeps no `history`, or is one without this package),
   * or has not answered within 3 seconds.
   */
  ended: EndedSession | null;
}

/** What happens when the current user's session is over. */
export interface SessionHandlerOptions {
  /**
   * Called once per session that has ended, after the log-out, with the first error of it and how it ended: show the
   * log-in form. If the server does not answer, it is called 3 seconds later without that. Whoever has signed in
   * meanwhile, here or in another tab, stays signed in, and is `Parse.User.current()`. What this throws becomes an
   * unhandled rejection.
   */
  onInvalidSession: (error: unknown, details: InvalidSessionDetails) => unknown;
  /** The `functionPrefix` of the server, whose function `endedSession` is asked how the session ended. @default '' */
  functionPrefix?: string;
  /**
   * Replaces the log-out, and is waited for. What it throws becomes an unhandled rejection.
   * @default `Parse.User.logOut`; for the server's answer to that it waits 3 seconds at most
   */
  logOut?: () => unknown;
  /**
   * Signs in again without asking the user, an anonymous user say. It is called once per ended session, after the
   * log-out. The requests that failed wait for it, and are then sent once more as the new user. `onInvalidSession`
   * is called only when that does not help. If it answers no user, or throws, the session counts as over.
   * @default no second attempt
   */
  recover?: () => Promise<SignedInUser | null | undefined>;
  /**
   * Asks the user to prove who he is, because the server has refused a request as stale ({@link refusalOf}): show a dialog.
   * It is called once for however many requests were refused, with the error of the first. They wait for it, and are then
   * sent once more, of a `saveAll` only the objects that were refused. It answers the proof (`{ password }` or
   * `{ authData }`), which is sent to the server; or it calls `sessionsClient(Parse).confirmIdentity` itself, as often as
   * the user mistypes, or signs him in again, and answers nothing.
   * If it answers `null` or `false`, or throws, or the proof is wrong, each request rejects with its own error. It must
   * not wait for a request that can itself be refused as stale.
   * @default nobody is asked
   */
  confirmIdentity?: ConfirmIdentity;
}

/** What the handler tells, and is told. */
interface Surroundings {
  isInstalled(): boolean;
  /** Whether this tab has had the token replaced by another one. */
  isReplaced(token: string): boolean;
  /** Told when another tab's session of the same user takes the place of this tab's. */
  onAdopted(old: string, token: string): void;
}

/**
 * The sessions known to be over, by token, each with a promise of what became of it: the token with which failed
 * requests may be sent again, or `undefined`. By the token fifty failures count as one, and a late failure of an
 * older session is not taken for one of the session in use.
 */
export function deadSessions(
  Parse: ParseSdk,
  options: SessionHandlerOptions,
  { isInstalled, isReplaced, onAdopted }: Surroundings,
) {
  const dead = new Map<string, Promise<string | undefined>>();
  /** The sessions that the user is ending himself: he wants to be logged out, and by no means signed in again. */
  const leaving = new Set<string>();

  const isCurrent = async (token: string) => (await currentUser(Parse))?.getSessionToken() === token;

  async function logOut(): Promise<void> {
    try {
      await (options.logOut ? options.logOut() : logOutLocally(Parse));
    } catch (error) {
      // The app's own error is for the app to see, as an unhandled rejection.
      void Promise.reject(error);
    }
  }

  /** Tells the app, once the log-out is over and the server has been asked. */
  async function callBack(
    token: string,
    error: unknown,
    recoveryError?: unknown,
    loggedOut?: Promise<void>,
  ): Promise<void> {
    const [ended] = await Promise.all([endedSession(Parse, token, options.functionPrefix), loggedOut]);
    if (isInstalled()) await options.onInvalidSession(error, { recoveryError, ended });
  }

  /**
   * Signs in the user that another tab has stored.
   * @returns the token for a second attempt, if it is the same user; `undefined` when no tab has stored one.
   */
  async function adopt(token: string, userId: string | undefined, error: unknown) {
    const user = await storedElsewhere(Parse, token);
    const sameUser = user?.objectId === userId;
    const isOld = user && (dead.has(user.sessionToken) || isReplaced(user.sessionToken));
    if (!user || isOld || (sameUser && leaving.has(token))) return undefined;
    await Parse.User.hydrate(user);
    if (sameUser) onAdopted(token, user.sessionToken);
    else void callBack(token, error);
    return { token: sameUser ? user.sessionToken : undefined };
  }

  async function recover(token: string, error: unknown): Promise<string | undefined> {
    let recoveryError: unknown;
    try {
      const user = await options.recover?.();
      const fresh = user?.getSessionToken();
      if (fresh && fresh !== token) {
        if (await isCurrent(fresh)) return fresh;
        throw new Error('recover: the user that it answered is not the current user.');
      }
    } catch (thrown) {
      recoveryError = thrown;
    }
    void callBack(token, error, recoveryError);
    return undefined;
  }

  async function end(token: string, userId: string | undefined, error: unknown, mayRecover: boolean) {
    // If the storage cannot be read, no other tab has signed in.
    const adopted = await adopt(token, userId, error).catch(() => undefined);
    if (adopted) return adopted.token;
    const isLeaving = leaving.has(token);
    if (mayRecover && !isLeaving && options.recover) {
      // The log-out comes before `recover`, because a sign-up sent with the dead token would fail with 209 itself.
      await logOut();
      return recover(token, error);
    }
    const loggedOut = logOut();
    void callBack(token, error, undefined, loggedOut);
    // Whoever leaves waits until he is logged out. A request's own rejection must not wait for the server's answer to that.
    if (isLeaving) await loggedOut;
    return undefined;
  }

  /**
   * Judges a 209 for a request that was sent with this token.
   * @param wait whether to wait for what becomes of the session
   * @param mayRecover false for a session that is a second attempt itself
   * @returns the token for a second attempt, if it has waited and there may be one.
   */
  async function judge(token: string, error: unknown, wait: boolean, mayRecover = true) {
    const user = await currentUser(Parse);
    if (!dead.has(token)) {
      // The token is of an earlier user, or one that the app named itself: that is none of the current user's
      // business.
      if (!user || user.getSessionToken() !== token) return undefined;
      dead.set(token, end(token, user.id, error, mayRecover));
    }
    const fresh = wait ? await dead.get(token) : undefined;
    return fresh && (await isCurrent(fresh)) ? fresh : undefined;
  }

  return {
    judge,

    /**
     * Sends a request by which the user ends this session himself. Once it has succeeded he is logged out and called
     * back, as after a 209, and once for both.
     */
    async leave<T>(token: string, request: () => Promise<T>): Promise<T> {
      leaving.add(token);
      try {
        const answer = await request();
        const error = new Parse.Error(209, 'Invalid session token');
        // If the storage cannot be read, the session has ended all the same.
        await judge(token, error, true).catch(() => undefined);
        return answer;
      } finally {
        leaving.delete(token);
      }
    },

    /**
     * Whether this token is known to be dead. A request that is sent with it now must not wait for `recover`: it
     * may be one that `recover` sends.
     */
    isKnown: (token: string) => dead.has(token),
  };
}
