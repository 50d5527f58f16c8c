import type { LoggerController, ServerConfig } from './parse-server';

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

/** Session tokens, also those of scoped sessions, also as a URL writes them, and also cut off by Parse Server. */
const TOKEN_PATTERN = /r(:|%3A)(scoped-)?[0-9a-f]{16,32}/gi;
const MAX_DEPTH = 12;

/**
 * Masks the session tokens in all that Parse Server logs. It logs those of refused LiveQuery subscriptions
 * (`ParseLiveQueryServer.js#_handleSubscribe` of 9.10.0), those in parameters, and with verbose logging those of
 * each request.
 */
export function redactTokens(log: LoggerController): void {
  if (redacted.has(log)) return;
  redacted.add(log);
  const write = log.log.bind(log);
  log.log = (level, args) =>
    write(
      level,
      Array.from(args, arg => redact(arg)),
    );
}

const redacted = new WeakSet<LoggerController>();

/** Copies only what holds a token: most of what gets here is dropped by its level. */
function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(TOKEN_PATTERN, 'r:********');
  // The logger calls a function for the text to log (`LoggerController.js#log` of 9.10.0).
  if (typeof value === 'function') return (...args: unknown[]) => redact(value(...args), depth);
  if (value === null || typeof value !== 'object' || depth === MAX_DEPTH) return value;
  if (value instanceof Error) {
    const { message, stack } = value;
    const copy = Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
    return Object.assign(copy, { message: redact(message), stack: redact(stack) });
  }
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [key, part] of Object.entries(value)) {
    const clean = redact(part, depth + 1);
    if (clean === part) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = clean;
  }
  return copy ?? value;
}
