import { Cron } from 'croner';
import { registrationOf, type Composer } from '../parse-cloud';
import type { FunctionRequest, Logger, ParseSdk } from '../parse-server';
import type { Purge, PurgeOptions } from '../sessions/connection';

export const PURGE_JOB = 'purgeExpiredSessions';

/**
 * Registers the job `purgeExpiredSessions` (`POST /jobs/purgeExpiredSessions`). Its message shows the progress,
 * and in the end the result as JSON.
 * @returns a composer that refuses a job of the app under the same name.
 */
export function registerPurgeJob(Parse: ParseSdk, prefix: string, purge: Purge): Composer {
  const own = prefix + PURGE_JOB;
  const run = async ({ params, message }: FunctionRequest) => JSON.stringify(await purge(params, message));
  registrationOf(Parse, 'job')(own, run);
  return (register, name, job) => {
    if (name !== own) return register(name, job);
    throw new Error(
      `The job "${name}" is parse-server-sessions' own. Rename the app's, or set functionPrefix.`,
    );
  };
}

/**
 * Runs the purge by a cron pattern in this process, never twice at the same time.
 * @returns `stop()`, which ends the schedule and waits for a purge under way.
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
