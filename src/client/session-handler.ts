import { confirmation } from './confirmation';
import { deadSessions, type SessionHandlerOptions } from './dead-sessions';
import { installedIn, markOf, type InstalledHandler } from './installed';
import { findInvalidSession } from './invalid-session';
import { watchLiveQuery } from './live-query';
import { checkOptions, requireSdk } from './options';
import { findRefusal, refusalOf } from './refusal';
import { renewals, type Renewed } from './renewals';
import { repeatParts } from './repeat-parts';
import { currentUser, type ParseSdk, type RequestOptions, type RestController } from './sdk';

const NAME = 'installSessionHandler';
const TOKEN_HEADER = 'X-Parse-Session-Token';

function refuse(Parse: ParseSdk, options: SessionHandlerOptions): void {
  requireSdk(NAME, Parse);
  checkOptions(NAME, options, {
    onInvalidSession: 'function!',
    logOut: 'function',
    recover: 'function',
    confirmIdentity: 'function',
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
  const renewed = renewals(Parse);
  const confirming =
    options.confirmIdentity && confirmation(Parse, options.confirmIdentity, options.functionPrefix);
  const state: InstalledHandler = { active: true, leave: sessions.leave, renew };

  /** Sends a request with a known token, and once more where it may then succeed. */
  async function attempt<T>(
    token: string,
    send: (token: string) => Promise<T>,
    repeatable = true,
  ): Promise<T> {
    const wait = repeatable && !sessions.isKnown(token);
    const since = confirming?.closed();
    try {
      return await send(token);
    } catch (error) {
      const invalid = findInvalidSession(error);
      const fresh = invalid
        ? await judge(token, invalid, wait)
        : repeatable && (await confirmed(token, error, since));
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

  const asError = (found: object) => {
    const { code, error } = found as { code: number; error: string };
    return found instanceof Error ? found : new Parse.Error(code, error);
  };

  /**
   * Judges a 209, if the token was not replaced by a newer one of the same session. If the judging fails, the app still
   * gets the error of its request.
   */
  async function judge(
    token: string,
    found: object,
    wait: boolean,
    mayRecover = true,
  ): Promise<string | undefined> {
    if (!state.active) return undefined;
    try {
      const newer = await renewed.tokenAfter(token);
      if (newer) return wait && (await currentUser(Parse))?.getSessionToken() === newer ? newer : undefined;
      return await sessions.judge(token, asError(found), wait, mayRecover);
    } catch {
      return undefined;
    }
  }

  /** Has the user confirm his identity, if that is what the server wants. */
  async function confirmed(token: string, error: unknown, since = 0): Promise<string | undefined> {
    const refusal = state.active && confirming && findRefusal(error);
    if (!refusal || refusalOf(refusal) !== 'stale') return undefined;
    return confirming.ask(token, asError(refusal), since).catch(() => undefined);
  }

  async function renew<T extends Renewed>(token: string, name: string, params: object): Promise<T> {
    const request = async (sessionToken: string) => {
      const answer = await previous.request('POST', `functions/${name}`, params, { sessionToken });
      return (answer as { result: T }).result;
    };
    const answer = await renewed.renew(token, request).catch(async error => {
      const invalid = findInvalidSession(error);
      // Another tab may have been first.
      const fresh = invalid && (await judge(token, invalid, true));
      if (!fresh) throw error;
      return renewed.renew(fresh, request);
    });
    liveQuery.follow(token, answer.sessionToken);
    return answer;
  }

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
      const since = confirming?.closed();
      return attempt(token, async sessionToken => {
        const answer = await previous.request(method, path, data, { ...given, sessionToken });
        if (path === 'batch') {
          // If the session ends while a batch is under way, the answer is a success with errors inside.
          const inside = findInvalidSession(Object.values(answer ?? {}));
          if (inside) await judge(sessionToken, inside, false);
          await repeatParts(
            { data, answer },
            error => confirmed(sessionToken, error, since),
            (parts, fresh) => previous.request(method, path, parts, { ...given, sessionToken: fresh }),
          );
        }
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

  const liveQuery = watchLiveQuery(Parse, {
    subscribe: async (explicit, send) => {
      const token = await tokenFor(explicit);
      return token ? attempt(token, send) : send();
    },
    refused: (token, message) => void judge(token, new Parse.Error(209, message), false),
  });

  return function uninstall() {
    state.active = false;
    if (CoreManager.getRESTController() === controller) CoreManager.setRESTController(previous);
    liveQuery.uninstall();
  };
}
