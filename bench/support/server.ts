import { fork } from 'node:child_process';
import path from 'node:path';
import type { SessionsOptions } from '../../src';
import type { Actions } from './server-process';

/** The application id of a server that lives for one measurement. */
export const APP_ID = 'bench';

/** What an action did, as the server's process measured it. */
export interface Measured<Result> {
  result: Result;
  ms: number;
  /** Every statement that Parse Server's database adapter sent meanwhile. */
  statements: string[];
}

export interface ServerProcess {
  readonly url: string;
  call<Name extends keyof Actions>(
    name: Name,
    ...args: Parameters<Actions[Name]>
  ): Promise<Measured<Awaited<ReturnType<Actions[Name]>>>>;
  stop(): Promise<void>;
}

/**
 * What a server is: one with this package mounted, a stock one, or a stock one that refuses restricted sessions in the way of
 * the Parse guide, by a trigger that asks for the caller's session.
 */
export type Kind = SessionsOptions | 'stock' | 'guide';

export interface StartOptions {
  databaseURI: string;
  sessions: Kind;
}

export type Question =
  { id: number; start: StartOptions } | { id: number; call: keyof Actions; args: unknown[] };
type Answer = { id: number; value: unknown } | { id: number; error: string };

/**
 * A Parse Server in a process of its own: it keeps state per process, so two of them in one would not be two, and
 * they would share one garbage collector.
 * @param file the compiled `server-process.ts`.
 */
export async function startServer(file: string, options: StartOptions): Promise<ServerProcess> {
  const child = fork(file, {
    execArgv: ['--expose-gc'],
    cwd: path.join(__dirname, '..', '..'),
    // A Ctrl-C is for the parent, which then stops its servers before the database.
    detached: process.platform !== 'win32',
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', (answer: Answer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) question?.reject(new Error(answer.error));
    else question?.resolve(answer.value);
  });
  const exited = new Promise<void>(resolve =>
    child.once('exit', code => {
      for (const { reject } of waiting.values()) {
        reject(new Error(`A server's process ended with code ${code} in the middle of its work.`));
      }
      resolve();
    }),
  );
  const ask = (question: object) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      child.send({ id, ...question });
    });

  const url = (await ask({ start: options })) as string;
  return {
    url,
    call: (name, ...args) => ask({ call: name, args }) as never,
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
