import type { LoggerController, ServerConfig } from './parse-server';
import { masked } from './policy/masks';

interface Silence {
  /** The app's own levels. */
  levels: ServerConfig['logLevels'];
  /** How many calls of `silence` are not over yet. */
  count: number;
}

const silences = new WeakMap<ServerConfig, Silence>();

/**
 * Keeps Parse Server from logging the step that is just ending, and no other step. The levels belong to one
 * request, but the parts of a batch share them: a client must not hide one part behind another.
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

const masking = new WeakSet<LoggerController>();

/**
 * Masks tokens, passwords, keys and the like in all that Parse Server logs. It logs the tokens of refused LiveQuery
 * subscriptions (`ParseLiveQueryServer.js#_handleSubscribe` of 9.10.0), the parameters and answers of functions, and
 * with verbose logging each request with its headers.
 */
export function maskSecrets(log: LoggerController): void {
  if (masking.has(log)) return;
  masking.add(log);
  const write = log.log.bind(log);
  log.log = (level, args) => write(level, Array.from(args, maskedArgument));
}

/** The logger calls a function for the text to log (`LoggerController.js#log` of 9.10.0). */
const maskedArgument = (arg: unknown): unknown =>
  typeof arg === 'function' ? (...args: unknown[]) => masked(arg(...args)) : masked(arg);
