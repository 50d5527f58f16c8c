import type { ServerConfig } from './parse-server';

interface Silence {
  /** The app's own levels. */
  levels: ServerConfig['logLevels'];
  /** How many silences are not over yet. */
  count: number;
}

const silences = new WeakMap<ServerConfig, Silence>();

/**
 * Keeps what Parse Server logs of the step that is just ending out of its log. Only that: the configuration is one
 * request's own, but a batch has many parts, and nobody may hide the others in the shade of this one.
 */
export function silence(config: ServerConfig, ...events: string[]): void {
  const running = silences.get(config) ?? { levels: config.logLevels, count: 0 };
  running.count += 1;
  silences.set(config, running);
  config.logLevels = { ...config.logLevels, ...Object.fromEntries(events.map(event => [event, 'silent'])) };
  // Parse Server logs in the promise callbacks that follow, all of them before the next turn of the event loop.
  setImmediate(() => {
    running.count -= 1;
    if (running.count > 0) return;
    config.logLevels = running.levels;
    silences.delete(config);
  });
}
