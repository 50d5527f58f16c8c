import { isDeadTokenMessage } from './invalid-session';
import type { LiveQueryClient, ParseSdk, Subscription } from './sdk';

const CLIENTS = /*#__PURE__*/ Symbol.for('parse-server-sessions/client/live-query');

/** The clients that have subscribed. They stay known when the handler is installed anew. */
function clientsOf({ LiveQueryClient }: Pick<ParseSdk, 'LiveQueryClient'>): Set<LiveQueryClient> {
  const holder = LiveQueryClient.prototype as { [CLIENTS]?: Set<LiveQueryClient> };
  return (holder[CLIENTS] ??= new Set());
}

interface Watcher {
  /** Sends a subscription with the token that it names, or with the current user's. */
  subscribe<T>(explicit: string | undefined, send: (token?: string) => Promise<T>): Promise<T>;
  /** Told when the server refuses a token. */
  refused(token: string, message: string): void;
}

/** Watches the subscriptions of LiveQuery, by whichever client. */
export function watchLiveQuery(Parse: ParseSdk, watcher: Watcher) {
  const clients = clientsOf(Parse);

  const uninstallSubscribe = replaceMethod(
    Parse.Query.prototype,
    original =>
      async function subscribe(this: unknown, explicit?: string) {
        return watcher.subscribe(explicit || undefined, token => original.call(this, token ?? explicit));
      },
  );
  // The app may have made a LiveQuery client itself, or the SDK renews a subscription after a lost connection.
  // Such a subscription fails only here.
  const uninstallClient = replaceMethod(
    Parse.LiveQueryClient.prototype,
    original =>
      function subscribe(this: LiveQueryClient, query: never, explicit?: string): Subscription | undefined {
        // Those that the app has closed are not kept.
        for (const client of clients) if (client.state === 'disconnected') clients.delete(client);
        clients.add(this);
        const subscription = original.call(this, query, explicit);
        const token = explicit || this.sessionToken;
        subscription?.on('error', message => {
          if (token && isDeadTokenMessage(message)) watcher.refused(token, message as string);
        });
        return subscription;
      },
  );

  return {
    /**
     * Has the clients go on with a new token. The server closes their sockets, and the SDK opens others, maybe before it
     * has the token: so these are closed as well.
     */
    follow(old: string, sessionToken: string): void {
      for (const client of clients) {
        const holders: Array<{ sessionToken?: string }> = [client];
        client.subscriptions.forEach(subscription => holders.push(subscription));
        const stale = holders.filter(holder => holder.sessionToken === old);
        for (const holder of stale) holder.sessionToken = sessionToken;
        if (stale.length > 0) client.socket?.close();
      }
    },

    uninstall(): void {
      uninstallSubscribe();
      uninstallClient();
    },
  };
}

/** Puts a wrapper round `subscribe`; the function returned takes it off again, unless someone has wrapped it since. */
function replaceMethod<Method>(
  prototype: { subscribe: Method },
  wrap: (original: Method) => Method,
): () => void {
  const original = prototype.subscribe;
  const ours = wrap(original);
  prototype.subscribe = ours;
  return () => {
    if (prototype.subscribe === ours) prototype.subscribe = original;
  };
}
