import path from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import NodeEnvironment from 'jest-environment-node';

type Options = ConstructorParameters<typeof NodeEnvironment>;
type Listener = (error: Error) => void;

/**
 * The environment of a spec file: the file fails when nobody handles a rejection or an exception, as either ends the
 * process of a real server. Jest itself blames specs that have nothing to do with it, and dies of it after the last one.
 */
export default class FailingOnUnhandled extends NodeEnvironment {
  private readonly file: string;
  private readonly unhandled: string[] = [];
  private others: Listener[] = [];
  private readonly note: Listener = error => void this.unhandled.push(inspect(error));

  constructor(...[config, context]: Options) {
    super(config, context);
    this.file = path.relative(config.projectConfig.rootDir, context.testPath);
  }

  async handleTestEvent({ name }: { name: string }, state: { unhandledErrors: unknown[] }): Promise<void> {
    if (name === 'setup') {
      // Jest has put its own listener in place of all others.
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', this.note);
    }
    if (name === 'run_finish') {
      await someTurns();
      const failure = this.failure();
      if (failure) state.unhandledErrors.push(failure);
    }
    if (name === 'teardown') {
      // Jest has no listener for exceptions any more; in a worker there is one that ends it.
      this.others = process.listeners('uncaughtException') as Listener[];
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', this.note);
    }
  }

  override async teardown(): Promise<void> {
    await someTurns();
    process.off('unhandledRejection', this.note);
    process.off('uncaughtException', this.note);
    for (const listener of this.others) process.on('uncaughtException', listener);
    await super.teardown();
    const failure = this.failure();
    if (failure) throw failure;
  }

  private failure(): Error | undefined {
    const errors = this.unhandled.splice(0);
    if (errors.length === 0) return undefined;
    const message = `${this.file}: nobody has handled what ends the process of a server:\n${errors.join('\n')}`;
    // Jest shows the stack.
    return Object.assign(new Error(message), { stack: message });
  }
}

/** Counted in turns, not in time: on a busy machine one turn can take longer than any timer. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(resolve => setImmediate(resolve));
}
