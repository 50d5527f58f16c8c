import { Cron } from 'croner';
import type { Logger } from '../parse-server';
import type { Purge, PurgeOptions } from '../sessions/connection';
import { inTimeForShutdown } from '../shutdown';

/**
 * Runs the purge by a cron pattern in this process, never twice at the same time.
 * @returns `stop()`, which ends the schedule and waits for a purge under way, but not for a database that does not answer.
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
      if (running) await inTimeForShutdown(running);
    },
  };
}
