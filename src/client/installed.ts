import type { ParseSdk, RestController } from './sdk';

/** Found by every copy of this module: an app may bundle two. */
const INSTALLED = /*#__PURE__*/ Symbol.for('parse-server-sessions/client');

/** The session handler that is installed in an SDK. */
export interface InstalledHandler {
  /** False once it is uninstalled. */
  active: boolean;
  /** Sends a request by which the user ends this session himself, and logs him out once it has succeeded. */
  leave<T>(token: string, request: () => Promise<T>): Promise<T>;
  /** Calls a cloud function by which this session gets a new token, with which whoever uses the old one goes on. */
  renew<T>(token: string, name: string, params: object): Promise<T>;
  /** The token that the session of this one has by now. */
  newest(token: string): Promise<string>;
}

/** What marks a controller as the handler's. */
export const markOf = (handler: InstalledHandler) => ({ [INSTALLED]: handler });

export function installedIn({ CoreManager }: Pick<ParseSdk, 'CoreManager'>): InstalledHandler | undefined {
  const controller = CoreManager.getRESTController() as RestController & { [INSTALLED]?: InstalledHandler };
  const handler = controller[INSTALLED];
  return handler?.active ? handler : undefined;
}
