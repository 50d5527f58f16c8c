import { unexpired } from '../expiry/queries';
import type { Database, Logger } from '../parse-server';
import { tokensOf, type LiveClient, type LiveClients } from '../sessions/live-clients';

/** The part of Parse's LiveQuery server that holds the sockets. */
export interface LiveQueryServer {
  clients: Map<unknown, SocketClient>;
  authCache: { delete(token: string): unknown };
  cacheController: { user: { del(token: string): Promise<unknown> } };
}

interface SocketClient extends LiveClient {
  parseWebSocket: { ws: { close(code?: number, reason?: string): void } };
}

/** How often open sockets are compared with the sessions in the database, in milliseconds. */
const CHECK_INTERVAL = 30_000;

/** How many tokens one query asks for at most. */
const CHUNK = 1000;

/** A close code of the private range: the session is invalid, as Parse's error 209. */
const SESSION_ENDED = 4209;

/**
 * Closes the LiveQuery sockets of sessions that have ended. Parse Server (9.10.0) never does. Such a socket goes
 * on getting events of public objects, and events of its user's objects while `authCache` holds the token.
 */
export class LiveQuerySockets {
  constructor(private readonly server: LiveQueryServer) {
    if (typeof server?.clients?.values !== 'function' || !server.authCache || !server.cacheController) {
      throw new TypeError('liveQuery() takes the server that ParseServer.createLiveQueryServer() answers.');
    }
  }

  close(ended: readonly string[]): void {
    const tokens = new Set(ended);
    for (const token of tokens) void this.forget(token);
    for (const client of this.server.clients.values()) {
      if (tokensOf(client).some(token => tokens.has(token))) {
        client.parseWebSocket.ws.close(SESSION_ENDED, 'session ended');
      }
    }
  }

  /** LiveQuery has caches of its own. Where the second one fails, it reads the database. */
  private async forget(token: string): Promise<void> {
    this.server.authCache.delete(token);
    try {
      await this.server.cacheController.user.del(token);
    } catch {
      // The cache has said why.
    }
  }
}

/**
 * Closes the sockets of sessions that expire, or that another process revokes. Each check asks the database once
 * per thousand tokens. A token that was never that of a session leaves its socket open, as Parse Server does.
 * @returns a check at once, and a function that stops it.
 */
export function watchSockets(
  sockets: LiveQuerySockets,
  clients: LiveClients,
  database: Database,
  now: () => Date,
  log: Logger,
): { checkNow(): Promise<void>; stop(): void } {
  /** The tokens among these whose sessions exist and have not expired. */
  async function alive(tokens: string[]): Promise<unknown[]> {
    const query = { sessionToken: { $in: tokens }, ...unexpired(now()) };
    const rows = await database.find('_Session', query, { keys: ['sessionToken'] });
    return rows.map(row => row.sessionToken);
  }

  async function check(): Promise<void> {
    const ended = clients.tokens();
    const tokens = [...ended];
    for (let start = 0; start < tokens.length; start += CHUNK) {
      for (const token of await alive(tokens.slice(start, start + CHUNK))) ended.delete(String(token));
    }
    if (ended.size > 0) sockets.close([...ended]);
  }
  const checkNow = () =>
    check().catch(error =>
      log.error(`parse-server-sessions: LiveQuery sockets not checked: ${error.message}`),
    );
  const timer = setInterval(() => void checkNow(), CHECK_INTERVAL);
  timer.unref();
  return { checkNow, stop: () => clearInterval(timer) };
}
