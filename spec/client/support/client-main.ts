// Runs as a process of its own, as an app does: the handler refuses to work in the process of a Parse Server.
import express from 'express';
import Parse from 'parse/node';
import * as client from '../../../src/client/node';
import type { ClientScope } from './client-process';

const [serverURL = '', appId = ''] = process.argv.slice(2);
Parse.initialize(appId);
Parse.serverURL = serverURL;
Parse.User.enableUnsafeCurrentUser();

/** How many requests are under way, and how many have begun. */
let underWay = 0;
let begun = 0;
const platformFetch = globalThis.fetch;
const fetch: typeof platformFetch = async (...request) => {
  underWay += 1;
  begun += 1;
  try {
    return await platformFetch(...request);
  } finally {
    underWay -= 1;
  }
};
globalThis.fetch = fetch;

let uninstallHandler = () => {};

async function hold(
  work: () => Promise<unknown>,
  send: (held: Promise<void>, request: Parameters<typeof fetch>) => Promise<Response>,
) {
  let release = () => {};
  const held = new Promise<void>(resolve => (release = resolve));
  globalThis.fetch = (...request) => send(held, request);
  const outcome = scope.outcome(work);
  await scope.settle();
  globalThis.fetch = fetch;
  return { outcome, release };
}

const scope: ClientScope = {
  Parse,
  client: client as ClientScope['client'],
  express,
  calls: [],
  state: {},
  unhandled: [],

  async logIn({ username, password }) {
    return (await Parse.User.logIn(username, password)).getSessionToken()!;
  },

  install(options) {
    uninstallHandler();
    scope.calls.length = 0;
    scope.unhandled.length = 0;
    uninstallHandler = client.installSessionHandler(Parse, {
      onInvalidSession(error, { recoveryError, ended }) {
        const { code, message } = error as { code: number; message: string };
        const user = Parse.User.current()?.id ?? null;
        scope.calls.push({
          code,
          message,
          user,
          recoveryError: (recoveryError as Error | undefined)?.message,
          ended: ended && { reason: ended.reason, by: ended.by.kind, isDate: ended.endedAt instanceof Date },
        });
      },
      ...options,
    });
  },

  uninstall: () => uninstallHandler(),

  async outcome(work) {
    try {
      await work();
      return { ok: true };
    } catch (error) {
      const { code, message } = [error].flat()[0] as { code: number; message: string };
      return { ok: false, code, message, invalidSession: client.isInvalidSessionError(error) };
    }
  },

  async settle() {
    let before;
    do {
      before = begun;
      // Rest has no sign of its own: the SDK begins its next request within a few turns of the event loop.
      await new Promise(resolve => setTimeout(resolve, 100));
    } while (underWay > 0 || begun > before);
  },

  holdRequests: work =>
    hold(work, async (held, request) => {
      await held;
      return fetch(...request);
    }),

  holdAnswers: work =>
    hold(work, async (held, request) => {
      const answer = await fetch(...request);
      await held;
      return answer;
    }),
};

process.on('unhandledRejection', reason => void scope.unhandled.push((reason as Error).message));

process.on('message', async ({ id, source, argument }: { id: number; source: string; argument: unknown }) => {
  try {
    const work = (0, eval)(`(${source})`) as (scope: ClientScope, argument: unknown) => unknown;
    process.send!({ id, value: await work(scope, argument) });
  } catch (error) {
    const { code, message = String(error), stack } = (error ?? {}) as { code?: number } & Error;
    process.send!({ id, failure: { code, message, stack } });
  }
});
process.send!({ ready: true });
