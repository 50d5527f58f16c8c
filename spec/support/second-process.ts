import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { buildSync } from 'esbuild';
import type { RequestHandler } from 'express';
import type { SessionsOptions } from '../../src';
import type { SpecServer } from './server';

declare const SPEC_DATABASE: string;

/** What work in the other process finds: its server, and the events that it has told. */
export interface ProcessScope {
  server: SpecServer;
  events: Array<{ name: string; payload: Record<string, unknown> }>;
  /** Keeps things between two pieces of work. */
  state: Record<string, any>;
  Parse: any;
}

export interface SecondProcessOptions {
  sessions?: SessionsOptions;
  /** Options of Parse Server that JSON can hold; `databaseURI` is the first server's, or its own database is made. */
  parseServer?: Record<string, unknown> & { databaseURI?: string };
  graphql?: boolean;
  /** false: a stock Parse Server without this package. */
  mounted?: boolean;
  /** The app's own middleware, in front of everything. It is sent as text: it can use nothing but its parameters. */
  front?: RequestHandler;
  /** Where its file adapter keeps files; the first server's too, see `FolderFiles`. */
  filesFolder?: string;
  /** Events that it listens to. */
  listen?: string[];
}

let bundle: string | undefined;

/** Quicker to start than many files that TypeScript has to compile first. */
function bundled(): string {
  if (bundle) return bundle;
  bundle = path.join(__dirname, `../../.cache/specs/second-process-${process.pid}.cjs`);
  buildSync({
    entryPoints: [path.join(__dirname, 'second-process-main.ts')],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    // Or it leaves out what sets the environment: the package itself has no side effects.
    ignoreAnnotations: true,
  });
  return bundle;
}

export type SecondProcess = Awaited<ReturnType<typeof startSecondProcess>>;

/** A server of the app in a process of its own: on the first one's database, or the only one. */
export async function startSecondProcess({ front, ...options }: SecondProcessOptions) {
  const sent = { ...options, front: front?.toString(), database: SPEC_DATABASE };
  const child = fork(bundled(), [], {
    execArgv: [],
    env: { ...process.env, SECOND_PROCESS: JSON.stringify(sent) },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const closed = once(child, 'close');
  let output = '';
  let isMeant = false;
  child.stderr!.on('data', chunk => {
    output = (output + String(chunk)).slice(-10_000);
    process.stderr.write(chunk);
  });
  const { url, graphqlUrl, failure } = await firstMessage();
  if (failure) throw new Error(`The second process did not start: ${failure}`);
  let count = 0;

  function firstMessage(): Promise<{ url: string; graphqlUrl: string; failure?: string }> {
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`The second process ended with ${code}.`)));
      child.once('message', message => resolve(message as never));
    });
  }

  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ownEnd = () => new Error(`The second process has ended by itself (${child.exitCode}): ${output}`);

  return {
    /** The address of its REST API. */
    url,

    graphqlUrl,

    get isAlive(): boolean {
      return !hasEnded();
    },

    /** @throws Error when it has ended by itself. What ends it later is seen by `stop`. */
    async expectAlive(): Promise<void> {
      await this.run(() => new Promise<void>(resolve => setImmediate(resolve)));
    },

    /** Runs a function there. It is sent as text: it can use nothing but its two parameters. */
    run<Result, Argument = undefined>(
      work: (scope: ProcessScope, argument: Argument) => Result,
      argument?: Argument,
    ): Promise<Awaited<Result>> {
      const id = (count += 1);
      return new Promise((resolve, reject) => {
        if (hasEnded()) {
          reject(ownEnd());
          return;
        }
        const onMessage = (answer: any) => {
          if (answer.id !== id) return;
          child.off('message', onMessage);
          child.off('close', onExit);
          if (answer.failure) reject(Object.assign(new Error(answer.failure.message), answer.failure));
          else resolve(answer.value);
        };
        // With all that it has said before.
        const onExit = () => reject(ownEnd());
        child.on('message', onMessage);
        child.once('close', onExit);
        child.send({ id, source: work.toString(), argument }, error => {
          // It has ended, and that is about to be told.
          if (error) void closed.then(onExit);
        });
      });
    },

    /** Waits until it has ended. */
    async ended(): Promise<void> {
      await closed;
    },

    /** Ends it as a crash does: nothing is flushed, nothing is cleaned up. */
    async kill(): Promise<void> {
      isMeant = true;
      child.kill('SIGKILL');
      await closed;
    },

    /** Ends it, and leaves the data to the first server. @throws Error when it has ended by itself. */
    async stop(): Promise<void> {
      if (isMeant) return;
      isMeant = true;
      if (!hasEnded()) child.send({ stop: true });
      await closed;
      if (child.exitCode !== 0) throw ownEnd();
    },
  };
}
