import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { buildSync } from 'esbuild';
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
  /** Options of Parse Server that JSON can hold; `databaseURI` is the first server's. */
  parseServer: Record<string, unknown> & { databaseURI: string };
  /** Where its file adapter keeps files; the first server's too, see `FolderFiles`. */
  filesFolder?: string;
  /** false: a stock Parse Server. */
  mounted?: boolean;
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

/** A server of the same app in a process of its own, on the first one's database. */
export async function startSecondProcess(options: SecondProcessOptions) {
  const child = fork(bundled(), [], {
    execArgv: [],
    env: { ...process.env, SECOND_PROCESS: JSON.stringify({ ...options, database: SPEC_DATABASE }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url, failure } = await firstMessage();
  if (failure) throw new Error(`The second process did not start: ${failure}`);
  let count = 0;

  function firstMessage(): Promise<{ url: string; failure?: string }> {
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`The second process ended with ${code}.`)));
      child.once('message', message => resolve(message as never));
    });
  }

  return {
    /** The address of its REST API. */
    url,

    /** Runs a function there. It is sent as text: it can use nothing but its two parameters. */
    run<Result, Argument = undefined>(
      work: (scope: ProcessScope, argument: Argument) => Result,
      argument?: Argument,
    ): Promise<Awaited<Result>> {
      const id = (count += 1);
      return new Promise((resolve, reject) => {
        const onMessage = (answer: any) => {
          if (answer.id !== id) return;
          child.off('message', onMessage);
          child.off('exit', onExit);
          if (answer.failure) reject(Object.assign(new Error(answer.failure.message), answer.failure));
          else resolve(answer.value);
        };
        const onExit = (_code: number | null, signal: string | null) =>
          reject(new Error(`The second process ended (${signal}).`));
        child.on('message', onMessage);
        child.once('exit', onExit);
        child.send({ id, source: work.toString(), argument });
      });
    },

    /** Ends it as a crash does: nothing is flushed, nothing is cleaned up. */
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },

    /** Ends it, and leaves the data to the first server. */
    async stop(): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.send({ stop: true });
      await once(child, 'exit');
    },
  };
}
