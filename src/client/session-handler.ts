import { deadSessions, type SessionHandlerOptions } from './dead-sessions';
import { installedIn, markOf, type InstalledHandler } from './installed';
import { findInvalidSession, isDeadTokenMessage } from './invalid-session';
import { checkOptions, requireSdk } from './options';
import {
  currentUser,
  type ParseSdk,
  type RequestOptions,
  type RestController,
  type Subscription,
} from './sdk';

const NAME = 'installSessionHandler';
const TOKEN_HEADER = 'X-Parse-Session-Token';

function refuse(Parse: ParseSdk, options: SessionHandlerOptions): void {
  requireSdk(NAME, Parse);
  checkOptions(NAME, options, {
    onInvalidSession: 'function!',
    logOut: 'function',
    recover: 'function',
    functionPrefix: 'string',
  });
  const sdks = [Parse, (globalThis as { Parse?: ParseSdk }).Parse];
  // Parse Server puts `Parse.Server` on the SDK, and makes that SDK the global one, in its process only.
  if (sdks.some(sdk => sdk && ('Server' in sdk || 'define' in (sdk.Cloud ?? {})))) {
    throw new Error(`${NAME}: this is a Parse Server process, whose SDK serves many users.`);
  }
  if (installedIn(Parse)) {
    throw new Error(`${NAME}: already installed: call what the first call returned.`);
  }
}

/**
 * Makes every request of the SDK watch for error 209: queries, saves, `saveAll`, deletes, cloud functions, files, the
 * config, LiveQuery subscriptions. When Parse Server refuses the current user's session token, the user is logged out
 * and `onInvalidSession` called, once for each session, however many requests fail together. This is the global
 * function of the Parse guide's chapter on sessions without a call at each request.
 *
 * - Every rejection reaches the app unchanged, save those of requests that succeed the second time (`recover`).
 * - A 209 of a request that carried no session, another token than the current user's, or the master key is left
 *   alone, so a late answer to an earlier session never logs anyone out.
 * - When another tab of the browser has signed the same user in again, this tab takes that session over and sends the
 *   failed requests once more.
 * - A 209 that a cloud function throws for a reason of its own cannot be told from Parse Server's: use another code there.
 *
 * @param Parse - the SDK in use: `parse`, `parse/node` with `enableUnsafeCurrentUser()`, or `parse/react-native.js`
 * @param options - `onInvalidSession`, and optionally `logOut`, `recover` and `functionPrefix`
 * @returns a function that uninstalls it, giving the SDK its former REST controller back
 * @throws TypeError for wrong arguments; Error in a Parse Server process, and when the handler is installed already
 */
export function installSessionHandler(Parse: ParseSdk, options: SessionHandlerOptions): () => void {
  refuse(Parse, options);
  const { CoreManager } = Parse;
  const sessions = deadSessions(Parse, options, () => state.active);
  const state: InstalledHandler = { active: true, leave: sessions.leave };

  /** Sends a request with a known token, and once more with another when its session has been replaced. */
  async function attempt<T>(
    token: string,
    send: (token: string) => Promise<T>,
    repeatable = true,
  ): Promise<T> {
    const wait = repeatable && !sessions.isKnown(token);
    try {
      return await send(token);
    } catch (error) {
      const invalid = findInvalidSession(error);
      const fresh = invalid && (await judge(token, invalid, wait));
      if (!fresh) throw error;
      try {
        return await send(fresh);
      } catch (again) {
        const invalidAgain = findInvalidSession(again);
        if (invalidAgain) await judge(fresh, invalidAgain, false, false);
        throw again;
      }
    }
  }

  // If the judging fails, the app still gets the error of its request.
  const judge = (token: string, found: object, wait: boolean, mayRecover?: boolean) => {
    if (!state.active) return undefined;
    const { code, error } = found as { code: number; error: string };
    const parseError = found instanceof Error ? found : new Parse.Error(code, error);
    return sessions.judge(token, parseError, wait, mayRecover).catch(() => undefined);
  };

  async function tokenFor(explicit: unknown): Promise<string | null | undefined> {
    try {
      if (typeof explicit === 'string') return explicit;
      // The SDK looks for the user after it has the installation. An earlier look would find a user who is logging
      // out.
      await CoreManager.getInstallationController().currentInstallationId();
      return (await currentUser(Parse))?.getSessionToken();
    } catch {
      // The SDK's own look fails in the same way, and the app gets that error.
      return undefined;
    }
  }

  const previous = CoreManager.getRESTController();
  const controller: RestController = Object.assign(Object.create(previous) as RestController, {
    ...markOf(state),

    async request(method: string, path: string, data: unknown, given?: RequestOptions) {
      const asMaster = given?.useMasterKey ?? CoreManager.get('USE_MASTER_KEY');
      const token = state.active && !asMaster ? await tokenFor(given?.sessionToken) : undefined;
      if (!token) return previous.request(method, path, data, given);
      return attempt(token, async sessionToken => {
        const answer = await previous.request(method, path, data, { ...given, sessionToken });
        // If the session ends while a batch is under way, the answer is a success with errors inside.
        const inside = path === 'batch' && findInvalidSession(Object.values(answer ?? {}));
        if (inside) await judge(sessionToken, inside, false);
        return answer;
      });
    },

    // The SDK's file uploads of raw bytes come here, with the token in a header; its other requests do not.
    async ajax(method: string, url: string, data: unknown, headers?: Record<string, string>, given?: object) {
      const token = headers?.['X-Parse-Master-Key'] ? undefined : headers?.[TOKEN_HEADER];
      if (!token) return previous.ajax(method, url, data, headers, given);
      const isStream = typeof (data as { getReader?: unknown } | null)?.getReader === 'function';
      return attempt(
        token,
        sent => previous.ajax(method, url, data, { ...headers, [TOKEN_HEADER]: sent }, given),
        !isStream,
      );
    },
  });
  CoreManager.setRESTController(controller);

  const uninstallSubscribe = replaceMethod(
    Parse.Query.prototype,
    original =>
      async function subscribe(this: unknown, explicit?: string) {
        const token = await tokenFor(explicit || undefined);
        return token ? attempt(token, sent => original.call(this, sent)) : original.call(this, explicit);
      },
  );
  // The app may have made a LiveQuery client itself, or the SDK renews a subscription after a lost connection.
  // Such a subscription fails only here.
  const uninstallClient = replaceMethod(
    Parse.LiveQueryClient.prototype,
    original =>
      function subscribe(
        this: { sessionToken?: string },
        query: never,
        explicit?: string,
      ): Subscription | undefined {
        const subscription = original.call(this, query, explicit);
        const token = explicit || this.sessionToken;
        subscription?.on('error', message => {
          if (token && isDeadTokenMessage(message)) {
            void judge(token, new Parse.Error(209, message as string), false);
          }
        });
        return subscription;
      },
  );

  return function uninstall() {
    state.active = false;
    if (CoreManager.getRESTController() === controller) CoreManager.setRESTController(previous);
    uninstallSubscribe();
    uninstallClient();
  };
}

/** Puts a wrapper round `subscribe`; the function returned takes it off again, unless someone has wrapped it since. */
function replaceMethod<Method>(
  prototype: { subscribe: Method },
  wrap: (original: Method) => Method,
): () => void {
  const original = prototype.subscribe;
  const ours = wrap(original);
  prototype.subscribe = ours;
  return () => {
    if (prototype.subscribe === ours) prototype.subscribe = original;
  };
}
