import type { Logger } from './parse-server';
import { inTimeForShutdown } from './shutdown';

/**
 * Has older rows brought under an option behind the start. What is left to do has to stand in the rows themselves: after
 * a stop, a crash or a failure the next start goes on, and several processes may do it at once.
 * @param failure what a failure means, for the log.
 * @param work asks between batches whether it is to stop.
 * @returns `stop()`, which waits for the batch under way, but not for a database that does not answer.
 */
export function behindStart(
  failure: string,
  log: Pick<Logger, 'error'>,
  work: (isStopped: () => boolean) => Promise<void>,
): { stop(): Promise<void> } {
  let isStopped = false;
  const working = work(() => isStopped).catch(error =>
    log.error(
      `parse-server-sessions: ${failure}, the next start tries again: ${(error as Error | undefined)?.message}`,
    ),
  );
  return {
    async stop() {
      isStopped = true;
      await inTimeForShutdown(working);
    },
  };
}
