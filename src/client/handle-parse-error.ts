import { inTime } from './in-time';
import { findInvalidSession } from './invalid-session';
import type { ParseSdk } from './sdk';

/** What to do with an error of Parse, by kind. The type parameters are what the handlers answer. */
export interface ParseErrorHandlers<Invalid = unknown, Coded = unknown, Other = unknown> {
  /** Called after the log-out: show the log-in form, or go to the log-in route. @default `on[209]`, else nothing */
  onInvalidSession?: (error: unknown) => Invalid | Promise<Invalid>;
  /** Handlers by Parse error code. For an array of errors the first one with a handler counts. */
  on?: { [code: number]: (error: Error & { code: number }) => Coded | Promise<Coded> };
  /** For an error without a handler. @default the error is thrown again, so that none is lost */
  otherwise?: (error: unknown) => Other | Promise<Other>;
  /**
   * Ends the local session; what it rejects with, `handleParseError` rejects with.
   * @default `Parse.User.logOut`; for the server's answer to that it waits 3 seconds at most
   */
  logOut?: () => unknown;
  /**
   * The SDK whose user is logged out.
   * @default the global `Parse` (the browser build of the SDK sets it); in Node, where there is none, `parse/node`
   */
  Parse?: ParseSdk;
}

export type HandleParseError = <Invalid = never, Coded = never, Other = never>(
  error: unknown,
  handlers?: ParseErrorHandlers<Invalid, Coded, Other>,
) => Promise<Invalid | Coded | Other | undefined>;

/**
 * Logs the local user out. The SDK clears the user, then asks the server, which does not know the token any more
 * and answers with an error (209; 400 for an expired session). That error says nothing new, nor does a server that is
 * silent.
 */
export const logOutLocally = ({ User }: Pick<ParseSdk, 'User'>): Promise<unknown> =>
  inTime(() => User.logOut());

/** Makes `handleParseError` for a platform; `loadSdk` answers the SDK where there is no global one. */
export function parseErrorHandler(loadSdk?: () => Promise<ParseSdk>): HandleParseError {
  async function sdkFor(error: unknown, { Parse }: ParseErrorHandlers): Promise<ParseSdk> {
    const sdk = Parse ?? (globalThis as { Parse?: ParseSdk }).Parse ?? (await loadSdk?.());
    if (sdk?.User) return sdk;
    // What is no error may be a whole answer or request: that would be shown with the cause.
    throw new TypeError('handleParseError: there is no global Parse; pass the SDK as the option `Parse`.', {
      cause: error instanceof Error ? error : { code: 209 },
    });
  }

  return async function handleParseError(error, handlers = {}) {
    const { on = {}, otherwise, logOut } = handlers;
    const handlerOf = (one: unknown) => {
      const code = (one as { code?: number } | null | undefined)?.code;
      return code !== undefined && Object.hasOwn(on, code) ? on[code] : undefined;
    };
    const invalid = findInvalidSession(error);
    if (invalid) {
      await (logOut ? logOut() : logOutLocally(await sdkFor(error, handlers)));
      return (handlers.onInvalidSession ?? on[209])?.(error as Error & { code: number });
    }
    for (const one of Array.isArray(error) ? error : [error]) {
      const handler = handlerOf(one);
      if (handler) return handler(one as Error & { code: number });
    }
    if (!otherwise) throw error;
    return otherwise(error);
  };
}
