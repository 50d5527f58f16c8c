import { logOutLocally } from './handle-parse-error';
import { currentUser, signedInElsewhere, type ParseSdk, type SignedInUser } from './sdk';

/** What happens when the current user's session is over. */
export interface SessionHandlerOptions {
  /**
   * Called once per session that has ended, after the log-out, with the first error of it: show the log-in form.
   * `recoveryError` is what `recover` threw, if it did. Should another tab have signed another user in meanwhile, that
   * user stays signed in and `Parse.User.current()` is that user.
   * What it throws is not caught: it becomes an unhandled rejection.
   */
  onInvalidSession: (error: unknown, recoveryError?: unknown) => unknown;
  /** Replaces the log-out. What it throws becomes an unhandled rejection. @default `Parse.User.logOut` */
  logOut?: () => unknown;
  /**
   * Signs in again without asking the user, an anonymous user say; called once per ended session, after the log-out.
   * The requests that failed wait for it and are then sent once more, once, as the new user; `onInvalidSession` is called
   * only when that does not help. Without a user as its result, or when it throws, the session counts as over.
   * @default no second attempt
   */
  recover?: () => Promise<SignedInUser | null | undefined>;
}

const surface = (error: unknown) => void Promise.reject(error);

/**
 * The sessions known to be over, by token, and what became of each: a promise of the token with which the requests
 * that failed may be sent again, or of `undefined`. The token is what makes fifty failures one, and what tells a
 * late failure of an older session from one of the session in use.
 */
export function deadSessions(Parse: ParseSdk, options: SessionHandlerOptions, isInstalled: () => boolean) {
  const dead = new Map<string, Promise<string | undefined>>();

  const isCurrent = async (token: string) => (await currentUser(Parse))?.getSessionToken() === token;

  async function logOut(): Promise<void> {
    try {
      await (options.logOut ? options.logOut() : logOutLocally(Parse));
    } catch (error) {
      surface(error);
    }
  }

  async function callBack(error: unknown, recoveryError?: unknown): Promise<void> {
    if (isInstalled()) await options.onInvalidSession(error, recoveryError);
  }

  /** Takes over what another tab has stored; whether it is a session of the same user. */
  async function adopt(token: string, userId: string | undefined, error: unknown) {
    const user = await signedInElsewhere(Parse, token);
    if (!user || dead.has(user.sessionToken)) return undefined;
    await Parse.User.hydrate(user);
    const sameUser = user.objectId === userId;
    if (!sameUser) void callBack(error);
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
    void callBack(error, recoveryError);
    return undefined;
  }

  async function end(token: string, userId: string | undefined, error: unknown, mayRecover: boolean) {
    // Storage that cannot be read holds no newer sign-in.
    const adopted = await adopt(token, userId, error).catch(() => undefined);
    if (adopted) return adopted.token;
    if (mayRecover && options.recover) {
      // Before `recover`: a sign-up, sent with the dead token, would fail with 209 itself.
      await logOut();
      return recover(token, error);
    }
    // Not awaited: the request's own rejection must not hang on the server's answer to a log-out.
    void logOut().then(() => callBack(error));
    return undefined;
  }

  return {
    /** Whether a request sent now with this token may wait for what becomes of it; one that `recover` sends may not. */
    isKnown: (token: string) => dead.has(token),

    /**
     * Judges a 209 for a request that was sent with this token. Answers the token for a second attempt, if there may
     * be one.
     */
    async judge(token: string, error: unknown, { wait, mayRecover }: { wait: boolean; mayRecover: boolean }) {
      const user = await currentUser(Parse);
      if (!dead.has(token)) {
        // The session of an earlier user, or a token that the app named itself: no business of the current user's.
        if (!user || user.getSessionToken() !== token) return undefined;
        dead.set(token, end(token, user.id, error, mayRecover));
      }
      const fresh = wait ? await dead.get(token) : undefined;
      return fresh && (await isCurrent(fresh)) ? fresh : undefined;
    },
  };
}
