import { posix } from 'node:path';
import type { ServerConfig, ServerRequest } from '../parse-server';

/** What is refused: a route that no scope names. */
const NO_ROUTE = '/?';

const pathOf = (url: string | undefined) => {
  try {
    return url ? new URL(url).pathname : undefined;
  } catch {
    return undefined;
  }
};

/** A middleware of Parse Server that only the app of its REST API has. */
const OF_REST = 'allowMethodOverride';

/**
 * Whether the REST API serves a request. Parse Server gives the same middleware to its GraphQL API, which answers every
 * path below its own and runs what no route shows; nothing in a request itself tells the two apart. An app that is not
 * known for the REST API's is taken for the other.
 */
export function isRest({ app }: ServerRequest): boolean {
  return app?.router?.stack?.some(({ name }) => name === OF_REST) ?? false;
}

/**
 * The route of a request, and of each part of a batch, without the path that the API is mounted on: as Parse Server's
 * `batch.js` reads them, because what is judged must be what is run.
 */
export function routesOf({ path, originalUrl, body, config }: ServerRequest): string[] {
  if (!/^\/batch\/?$/i.test(path)) return [path];
  const mount = originalUrl.slice(0, originalUrl.length - '/batch'.length);
  return [path, ...(body?.requests ?? []).map(part => partRoute(part?.path, mount, config))];
}

/** The same for a call of the SDK inside the server, as Parse Server's REST controller reads it. */
export function routesOfCall(path: string, data: unknown, { serverURL }: ServerConfig): string[] {
  const mount = pathOf(serverURL) ?? '';
  const routeOf = (full: string) => posix.join('/', full.startsWith(mount) ? full.slice(mount.length) : full);
  const route = routeOf(path);
  if (route !== '/batch') return [route];
  const parts = (data as { requests?: Array<{ path?: unknown }> } | null)?.requests ?? [];
  // It would run a batch within a batch, whose parts nobody has judged.
  const judged = parts
    .map(part => routeOf(String(part?.path)))
    .map(one => (one === '/batch' ? NO_ROUTE : one));
  return [route, ...judged];
}

function partRoute(path: unknown, mount: string, { serverURL, publicServerURL }: ServerConfig): string {
  // Nothing that could be read in two ways.
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
