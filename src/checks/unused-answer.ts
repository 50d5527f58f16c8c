import { forApp } from '../current-app';
import { docs } from '../docs';
import type { ParseSdk, ServerConfig } from '../parse-server';

const LOOK_EVERY_MS = 1000;

/**
 * Looks whether Parse Server has started without the options that `configure()` answered: nothing would be guarded, and
 * nothing else would say so. It speaks only of what it knows: a server of that application id, made since, that has
 * started.
 * @param isMounted whether this package guards the app of a configuration.
 * @returns a function that stops it. It keeps no process alive.
 */
export function watchForStart(
  appId: string | undefined,
  isMounted: (config: ServerConfig) => boolean,
): () => void {
  // Nobody could tell whose server it is.
  if (appId === undefined) return () => undefined;
  const before = configOf(appId)?.loggerController;
  const look = () => {
    const config = configOf(appId);
    // Each server has a logger of its own. One that was there before belongs to an earlier start.
    if (!config || config.loggerController === before || config.state !== 'ok') return;
    clearInterval(timer);
    if (!isMounted(config)) config.loggerController.error(notUsed(appId));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The configuration of an app of this process; `undefined` while no server has been made for it. */
function configOf(appId: string): ServerConfig | undefined {
  // Parse Server makes its SDK the global one, and puts `Server` on it (`ParseServer.js#addParseCloud` of 9.10.0).
  const { Parse } = globalThis as unknown as { Parse?: ParseSdk };
  if (!Parse || !('Server' in Parse)) return undefined;
  const config = forApp(Parse, appId, () => Parse.Server);
  return config?.loggerController ? config : undefined;
}

const notUsed = (appId: string) =>
  `parse-server-sessions: NOTHING IS GUARDED. Parse Server has started the app "${appId}" without the options that ` +
  'configure() answered, or with another cloud or requestContextMiddleware in them, so no rule holds. Start it with ' +
  `new ParseServer(sessions.configure(options)). See ${docs('errors', 'nothing-is-guarded')}`;
