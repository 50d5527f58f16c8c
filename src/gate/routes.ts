import { posix } from 'node:path';
import type { ServerConfig, ServerRequest } from '../parse-server';

/** Stands for a path that must be refused: no scope names this route. */
const NO_ROUTE = '/?';

const pathOf = (url: string | undefined) => {
  try {
    return url ? new URL(url).pathname : undefined;
  } catch {
    return undefined;
  }
};

/** A middleware that only the Express app of the REST API has (`ParseServer.js#app` of 9.10.0). */
const OF_REST = 'allowMethodOverride';

/**
 * Whether the REST API serves a request, not GraphQL. GraphQL answers every path below its own, and what it runs
 * shows in no route. Parse Server runs the same middleware for both, and nothing in a request tells them apart:
 * the Express app does. One that is not known as the REST API's is taken for GraphQL's.
 */
export function isRest({ app }: ServerRequest): boolean {
  return app?.router?.stack?.some(({ name }) => name === OF_REST) ?? false;
}

/**
 * The route of a request, and of each part of a batch, without the path that the API is mounted on. Paths are read
 * as Parse Server reads them (`batch.js#makeBatchRoutingPathFunction` of 9.10.0), so that what is judged is what
 * runs.
 */
export function routesOf({ path, originalUrl, body, config }: ServerRequest): string[] {
  if (!/^\/batch\/?$/i.test(path)) return [path];
  const mount = originalUrl.slice(0, originalUrl.length - '/batch'.length);
  return [path, ...(body?.requests ?? []).map(part => partRoute(part?.path, mount, config))];
}

/**
 * The routes of a call by the SDK in cloud code, read as `ParseServerRESTController.js#handleRequest` of 9.10.0
 * does.
 */
export function routesOfCall(path: string, data: unknown, { serverURL }: ServerConfig): string[] {
  const mount = pathOf(serverURL) ?? '';
  const routeOf = (full: string) => posix.join('/', full.startsWith(mount) ? full.slice(mount.length) : full);
  const route = routeOf(path);
  if (route !== '/batch') return [route];
  const parts = (data as { requests?: Array<{ path?: unknown }> } | null)?.requests ?? [];
  // Parse Server would run a batch within this batch, but its parts are not judged.
  const judged = parts
    .map(part => routeOf(String(part?.path)))
    .map(one => (one === '/batch' ? NO_ROUTE : one));
  return [route, ...judged];
}

function partRoute(path: unknown, mount: string, { serverURL, publicServerURL }: ServerConfig): string {
  // A path that could be read in two ways is refused.
  if (typeof path !== 'string' || /[?#%\\]|\.\./.test(path)) return NO_ROUTE;
  const local = pathOf(serverURL);
  const external = typeof publicServerURL === 'string' ? pathOf(publicServerURL) : undefined;
  if (local !== undefined && external !== undefined && local !== external) {
    const prefixes = [local, external].filter(prefix => path.startsWith(prefix));
    const longest = Math.max(...prefixes.map(prefix => prefix.length));
    return prefixes.length > 0 ? posix.join('/', path.slice(longest)) : NO_ROUTE;
  }
  return path.startsWith(mount) ? posix.join('/', path.slice(mount.length)) : NO_ROUTE;
}
