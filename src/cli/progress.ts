import { Presets, SingleBar } from 'cli-progress';
import type { Output } from './output';

/** `revoked 10 of 20 sessions`, as jobs tell it. */
const OF = /(\d+) of (\d+)/;

/**
 * Shows how far a job is: as a bar on a terminal, else nothing.
 * @returns hears the job's messages, and ends the bar.
 */
export function progressBar({ isJson }: Pick<Output, 'isJson'>): {
  hear(message: string): void;
  stop(): void;
} {
  if (isJson || !process.stderr.isTTY) return { hear: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      format: '{bar} {percentage}% | {value} of {total} | {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
      // Else whoever stops the command is left with a terminal that wraps no line.
      linewrap: true,
    },
    Presets.shades_classic,
  );
  let isShown = false;
  return {
    hear(message) {
      const [, done, total] = OF.exec(message) ?? [];
      if (total === undefined) return;
      if (!isShown) bar.start(Number(total), 0);
      isShown = true;
      bar.update(Number(done));
    },
    stop() {
      if (isShown) bar.stop();
    },
  };
}
