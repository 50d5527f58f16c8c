import { Cron } from 'croner';
import type { FunctionRequest, Logger, ParseSdk } from '../parse-server';
import type { PurgeOptions, PurgeResult } from './purge';

export const PURGE_JOB = 'purgeExpiredSessions';

type Purge = (options: PurgeOptions, progress?: (text: string) => unknown) => Promise<PurgeResult>;
type DefineJob = (name: string, run: (request: FunctionRequest) => Promise<string>) => void;

/**
 * Registers the job `purgeExpiredSessions` (`POST /jobs/purgeExpiredSessions`). Its message shows the progress, and
 * in the end the result as JSON.
 */
export function registerPurgeJob(Parse: ParseSdk, prefix: string, purge: Purge): void {
  const define = (Parse.Cloud.job as DefineJob).bind(Parse.Cloud);
  const own = prefix + PURGE_JOB;
  define(own, async ({ params, message }) => JSON.stringify(await purge(params, message)));
  const guarded: DefineJob = (name, run) => {
    if (name === own) {
      throw new Error(
        `The job "${name}" is parse-server-sessions' own. Rename the app's, or set functionPrefix.`,
      );
    }
    define(name, run);
  };
  Parse.Cloud.job = guarded as never;
}

/**
 * Runs the purge by a cron pattern in this process, never twice at the same time. `stop()` waits for one under way.
 */
export function schedulePurge(
  pattern: string,
  options: PurgeOptions,
  purge: Purge,
  log: Logger,
): { stop(): Promise<void> } {
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      const { deleted, durationMs } = await purge(options);
      if (deleted > 0) log.info(`parse-server-sessions: purged ${deleted} sessions in ${durationMs} ms`);
    } catch (error) {
      log.error(`parse-server-sessions: the scheduled purge failed: ${(error as Error).message}`);
    }
  };
  const cron = new Cron(pattern, { protect: true, unref: true }, () => (running = run()));
  return {
    async stop() {
      cron.stop();
      await running;
    },
  };
}
