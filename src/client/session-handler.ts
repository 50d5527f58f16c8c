import { confirmation, type IdentityProof, type ParseError } from './confirmation';
import { deadSessions, type SessionHandlerOptions } from './dead-sessions';
import { installedIn, markOf, type InstalledHandler } from './installed';
import { findInvalidSession } from './invalid-session';
import { watchLiveQuery } from './live-query';
import { checkOptions, requireSdk } from './options';
import { findRefusal, refusalOf } from './refusal';
import { renewals, useToken } from './renewals';
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
  const { functionPrefix = '' } = options;
  const renewed = renewals(Parse, (old, token) => liveQuery.follow(old, token));
  const sessions = deadSessions(Parse, options, {
    isInstalled: () => state.active,
    isReplaced: renewed.has,
    onAdopted: (old, token) => liveQuery.follow(old, token),
  });
  const confirming = options.confirmIdentity && confirmation(Parse, renewed, options.confirmIdentity, prove);
  const newest = async (token: string) => (await renewed.tokenAfter(token)) ?? token;
  const state: InstalledHandler = {
    active: true,
    leave: async (token, request) => sessions.leave(await newest(token), request),
    renew,
    newest,
  };

  /**
   * Sends a request with a known token, and once more where the session has another one by then, where the app has signed in
   * again, and where the user has proved who he is.
   */
  async function attempt<T>(
    token: string,
    send: (token: string) => Promise<T>,
    repeatable = true,
  ): Promise<T> {
    const since = confirming?.closed();
    let isJudged = false;
    let isConfirmed = false;
    for (let current = token; ;) {
      const wait = repeatable && !isJudged && !sessions.isKnown(current);
      try {
        return await send(current);
      } catch (error) {
        const invalid = findInvalidSession(error);
        let next: string | undefined;
        if (invalid) next = await judge(current, invalid, wait, !isJudged);
        else if (repeatable && !isConfirmed) next = await confirmed(current, error, since);
        if (!next || !repeatable) throw error;
        if (!invalid) isConfirmed = true;
        // A token that this tab has replaced says nothing of the session.
        else if (!renewed.has(current)) isJudged = true;
        current = next;
      }
    }
  }

  const asError = (found: object): ParseError => {
    const { code, error } = found as { code: number; error: string };
    return found instanceof Error ? (found as ParseError) : new Parse.Error(code, error);
  };

  /**
   * Judges a 209, if the session has not another token by now. If the judging fails, the app still gets the error of its
   * request.
   * @returns the token with which the request may be sent again, if it may.
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
      if (newer) return await goOnWith(newer);
      return await sessions.judge(token, asError(found), wait, mayRecover);
    } catch {
      return undefined;
    }
  }

  /** An answer to a request with an older token may have put that back as the current user's. */
  async function goOnWith(newer: string): Promise<string | undefined> {
    const user = await currentUser(Parse);
    const current = user?.getSessionToken();
    if (current === newer) return newer;
    if (!user || !(await renewed.areOne(newer, current))) return undefined;
    await useToken(Parse, user, newer);
    return newer;
  }

  /** Has the user confirm his identity, if that is what the server wants. */
  async function confirmed(token: string, error: unknown, since = 0): Promise<string | undefined> {
    const refusal = state.active && confirming && findRefusal(error);
    if (!refusal || refusalOf(refusal) !== 'stale') return undefined;
    return confirming.ask(token, asError(refusal), since).catch(() => undefined);
  }

  async function prove(proof: IdentityProof & { rotate?: boolean }): Promise<void> {
    const name = functionPrefix + 'confirmIdentity';
    const token = (await currentUser(Parse))?.getSessionToken();
    if (proof.rotate && token) await renew(token, name, proof);
    else await Parse.Cloud.run(name, proof);
  }

  async function renew<T>(token: string, name: string, params: object): Promise<T> {
    return attempt(token, sent =>
      renewed.renew(sent, async sessionToken => {
        const answered = await previous.request('POST', `functions/${name}`, params, { sessionToken });
        return (answered as { result: T }).result;
      }),
    );
  }

  /** Whether the current user gives himself a new password, with his own session. */
  async function changesOwnPassword(path: string, data: unknown, token: string): Promise<boolean> {
    if (!('password' in Object(data))) return false;
    const user = await currentUser(Parse);
    return user?.getSessionToken() === token && path.endsWith(`/${user.id}`);
  }

  /** Logs out of the session, also where it has another token by now. */
  async function logOut<T>(token: string, send: (token: string) => Promise<T>): Promise<T | object> {
    confirming?.abandon();
    try {
      return await send(token);
    } catch (error) {
      const newer = findInvalidSession(error) && (await renewed.tokenAfter(token));
      if (!newer) throw error;
      return send(newer).catch(again => {
        // It is over, as it should be.
        if (findInvalidSession(again)) return {};
        throw again;
      });
    }
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
      const send = (sessionToken: string) => previous.request(method, path, data, { ...given, sessionToken });
      if (path === 'logout') return attempt(token, sent => logOut(sent, send));
      // A new password gives the session a new token.
      if (method === 'PUT' && (await changesOwnPassword(path, data, token)))
        return attempt(token, sent => renewed.renew(sent, send));
      if (path !== 'batch') return attempt(token, send);
      const since = confirming?.closed();
      return attempt(token, async sessionToken => {
        const answer = await send(sessionToken);
        // If the session ends while a batch is under way, the answer is a success with errors inside.
        const inside = findInvalidSession(Object.values(answer ?? {}));
        if (inside) await judge(sessionToken, inside, false);
        await repeatParts(
          { data, answer },
          error => confirmed(sessionToken, error, since),
          (parts, fresh) => previous.request(method, path, parts, { ...given, sessionToken: fresh }),
        );
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
