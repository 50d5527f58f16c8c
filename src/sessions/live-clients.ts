/** A client of Parse's LiveQuery server (`Client.js` of 9.10.0). */
export interface LiveClient {
  /** That of the connection, whatever the client sent. */
  sessionToken?: string;
  subscriptionInfos: ReadonlyMap<unknown, { sessionToken?: string }>;
}

/** Every token that a client names: for its connection, and for its subscriptions. */
export function tokensOf({ sessionToken, subscriptionInfos }: LiveClient): string[] {
  const tokens = [sessionToken, ...[...subscriptionInfos.values()].map(info => info.sessionToken)];
  return tokens.filter((token): token is string => Boolean(token));
}

/**
 * The clients of open LiveQuery sockets, and the sessions that they speak for. A client may name anything as a token, so
 * only those count that were found to be of a session.
 */
export class LiveClients {
  /** By their sockets; each client with the tokens that were found to be of a session. */
  private readonly sockets = new Map<object, Map<LiveClient, Set<string>>>();

  /** Called when a client connects. A socket that connects once more gets another client. */
  connected(socket: object, client: LiveClient): void {
    const clients = this.sockets.get(socket) ?? new Map<LiveClient, Set<string>>();
    if (!clients.has(client)) clients.set(client, new Set());
    this.sockets.set(socket, clients);
  }

  /** @returns the tokens of the sessions that have waited for events on this socket until now. */
  disconnected(socket: object): Set<string> {
    const clients = this.sockets.get(socket);
    this.sockets.delete(socket);
    return clients ? sessionsOf([clients], isListening) : new Set();
  }

  /** Notes that a token which this client names is that of a session. */
  found(socket: object, client: LiveClient, token: string): void {
    this.sockets.get(socket)?.get(client)?.add(token);
  }

  /** The tokens of all sessions that open sockets speak for; the sessions may have ended meanwhile. */
  tokens(): Set<string> {
    return sessionsOf(this.sockets.values(), () => true);
  }

  /** Those that wait for events: whoever does uses his session, though he sends nothing. */
  listening(): Set<string> {
    return sessionsOf(this.sockets.values(), isListening);
  }
}

/** The clients of one socket. */
type Clients = ReadonlyMap<LiveClient, ReadonlySet<string>>;

const isListening = ({ subscriptionInfos }: LiveClient) => subscriptionInfos.size > 0;

function sessionsOf(sockets: Iterable<Clients>, isMeant: (client: LiveClient) => boolean): Set<string> {
  const tokens = new Set<string>();
  for (const clients of sockets) {
    for (const [client, found] of clients) {
      if (!isMeant(client)) continue;
      for (const token of tokensOf(client)) if (found.has(token)) tokens.add(token);
    }
  }
  return tokens;
}
