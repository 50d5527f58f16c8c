import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { buildSync } from 'esbuild';
import type express from 'express';
import type Parse from 'parse/node';
import type * as client from '../../../src/client';
import { APP_ID, type SpecServer } from '../../support/server';

export const ROOT = path.resolve(__dirname, '../../..');

interface InvalidSessionCall {
  code: number;
  message: string;
  /** Who the current user was when the handler called back. */
  user: string | null;
  recoveryError?: string;
  /** What it was told of the end. */
  ended?: { reason: string; by: string; isDate: boolean } | null;
}

/** What a function that runs in the client's process gets; it sees nothing else of the spec. */
export interface ClientScope {
  Parse: typeof Parse;
  client: typeof client;
  express: typeof express;
  /** What `onInvalidSession` was called with. */
  calls: InvalidSessionCall[];
  /** Whatever a spec keeps between two runs. */
  state: Record<string, any>;
  /** The messages of the promise rejections that nobody has handled. */
  unhandled: string[];
  /** Logs in and answers the new session's token. */
  logIn(user: { username: string; password: string }): Promise<string>;
  /** Installs the handler, the former one uninstalled. */
  install(options?: Partial<client.SessionHandlerOptions>): void;
  uninstall(): void;
  /** What became of a promise, as plain values. */
  outcome(work: () => Promise<unknown>): Promise<Outcome>;
  /**
   * Waits for a log-out, a look-up and a callback that nobody waits for: until for a while no request is under way, and none
   * has begun.
   */
  settle(): Promise<void>;
  /** Starts work whose requests are made now, but reach the server only when `release` is called. */
  holdRequests(work: () => Promise<unknown>): Promise<{ outcome: Promise<Outcome>; release(): void }>;
  /** Starts work whose requests reach the server now, but whose answers come only when `release` is called. */
  holdAnswers(work: () => Promise<unknown>): Promise<{ outcome: Promise<Outcome>; release(): void }>;
}

interface Outcome {
  ok: boolean;
  code?: number | undefined;
  message?: string | undefined;
  invalidSession?: boolean;
}

let bundle: string | undefined;

function bundled(): string {
  bundle ??= path.join(ROOT, `.cache/specs/client-${process.env.JEST_WORKER_ID}.cjs`);
  buildSync({
    entryPoints: [path.join(__dirname, 'client-main.ts')],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
  });
  return bundle;
}

export type ClientProcess = Awaited<ReturnType<typeof startClient>>;

/** An app with the real SDK (`parse/node`) in a process of its own, talking to the server by HTTP. */
export async function startClient({ url }: Pick<SpecServer, 'url'>) {
  const child = fork(bundled(), [url, APP_ID], { serialization: 'advanced', execArgv: [] });
  await once(child, 'message');
  let lastId = 0;

  return {
    /** Runs a function there, which may use its parameters only. Rejects with what it rejects, `code` included. */
    run<Argument, Result>(
      work: (scope: ClientScope, argument: Argument) => Result | Promise<Result>,
      argument?: Argument,
    ): Promise<Result> {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const onMessage = (answer: { id: number; value: Result; failure?: { message: string } }) => {
          if (answer.id !== id) return;
          child.off('message', onMessage);
          if (answer.failure) reject(Object.assign(new Error(answer.failure.message), answer.failure));
          else resolve(answer.value);
        };
        child.on('message', onMessage);
        child.send({ id, source: work.toString(), argument });
      });
    },

    async stop(): Promise<void> {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** The paths of the requests that reach the server from now on. */
export function watchRequests({ httpServer }: Pick<SpecServer, 'httpServer'>) {
  const paths: string[] = [];
  httpServer.on('request', ({ url = '' }) => void paths.push(url.replace(/^\/parse/, '')));
  return { paths, count: (path: string) => paths.filter(one => one === path).length };
}

/** Signs a new user up, who logs in in the app, with the handler installed anew. */
export async function signInAnew(
  app: ClientProcess,
  server: SpecServer,
  options: { functionPrefix?: string } = {},
) {
  const user = await server.signUp();
  const token = await app.run(
    (scope, { account, given }) => {
      scope.install(given);
      return scope.logIn(account);
    },
    { account: user, given: options },
  );
  return { user, token };
}

/** Ends a session under its client, as the server or another device would. */
export async function revoke({ sessions }: Pick<SpecServer, 'sessions'>, token: string): Promise<void> {
  const session = await sessions.store.find(token);
  await sessions.store.revoke(session!);
}

/** A files adapter for Parse Server, which by itself keeps files in MongoDB only. */
export function filesInMemory() {
  const files = new Map<string, Buffer>();
  return {
    createFile: async (name: string, data: Buffer) => void files.set(name, data),
    deleteFile: async (name: string) => void files.delete(name),
    getFileData: async (name: string) => files.get(name),
    getFileLocation: (_config: unknown, name: string) => `http://localhost/files/${name}`,
  };
}
