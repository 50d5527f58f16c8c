import { ErrorCode, parseError } from '../errors';
import { mayAccess, scopesOf } from '../policy/scopes';
import type { Runtime } from '../runtime';
import type { Composer, Register } from '../parse-cloud';

/** LiveQuery would send the restricted session its user's credentials, see `policy/credentials.ts`. */
const RESTRICTED_SUBSCRIPTION_MESSAGE = 'subscription to users not allowed: restricted session';

const RESTRICTED_CONNECTION_MESSAGE = 'second connection on one socket not allowed: restricted session';

/** A client of Parse's LiveQuery server, as `beforeConnect` gets it. */
interface SocketClient {
  sessionToken?: string;
  hasMasterKey?: boolean;
  parseWebSocket: Socket;
  getSubscriptionInfo(requestId: unknown): { sessionToken?: string } | undefined;
}

/** Its socket, an `EventEmitter`: `message` holds what the client sent. */
interface Socket {
  listeners(event: 'message'): Array<(raw: unknown) => void>;
  removeAllListeners(event: 'message'): unknown;
  on(event: 'message' | 'disconnect', listener: (raw: unknown) => void): unknown;
  send(message: string): void;
}

interface ConnectRequest {
  client?: SocketClient;
}

/** What a client sends to subscribe, or to change a subscription. */
interface Subscribe {
  op: 'subscribe' | 'update';
  requestId?: unknown;
  sessionToken?: unknown;
  query: { className: string };
}

/**
 * The door of LiveQuery: judges each subscription before Parse Server reads it. A trigger could not do that: with
 * a `beforeSubscribe`, subscriptions with `select` or `watch` fail, because Parse Server turns their query into
 * another form (`ParseLiveQueryServer.js#_handleSubscribe` of 9.10.0).
 */
export function liveQueryDoor(runtime: Runtime, liveClasses: readonly string[]) {
  /** The client of each socket. A socket that connects once more gets another client. */
  const clients = new WeakMap<Socket, SocketClient>();
  let isRegistered = false;

  const admit = async ({ client }: ConnectRequest): Promise<void> => {
    if (!client) return;
    const socket = client.parseWebSocket;
    const former = clients.get(socket);
    if (former) await requireUnrestrictedClients([former, client], runtime);
    clients.set(socket, client);
    // What has no listeners receives nothing.
    if (!former && typeof socket.listeners === 'function')
      standBefore(socket, message => judgeSubscription(message, clients.get(socket)!, runtime), runtime);
  };

  const composeConnect: Composer = (register, handler, validator) => {
    isRegistered = true;
    register(async (request: ConnectRequest) => {
      await admit(request);
      return handler(request);
    }, validator);
  };

  return {
    composeConnect,
    /** Registers the door where the app has no `beforeConnect` of its own. */
    openDoor(register: Register): void {
      if (!isRegistered && liveClasses.length > 0) register(admit);
    },
  };
}

/**
 * Lets a client take the place of another on its socket only where neither is a restricted session. Parse Server changes
 * over later than this door does, or not at all, so a subscription could be judged by the one client and heard by the
 * other. No SDK connects twice on a socket.
 */
async function requireUnrestrictedClients(
  pair: [SocketClient, SocketClient],
  { callers, events }: Runtime,
): Promise<void> {
  const tokens = new Set(pair.map(({ sessionToken }) => sessionToken));
  // One that connects once more as before changes nothing.
  if (tokens.size === 1) return;
  for (const token of tokens) {
    const session = token ? await callers.find(token) : null;
    if (!session?.restricted) continue;
    events.blocked(session, 'subscribe', '');
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, RESTRICTED_CONNECTION_MESSAGE);
  }
}

/**
 * Puts one listener in the place of Parse Server's own. It has each subscription judged, then hands the message on
 * to them. Messages keep their order.
 */
function standBefore(
  socket: Socket,
  judge: (message: Subscribe) => Promise<void>,
  { config }: Runtime,
): void {
  const listeners = socket.listeners('message');
  let isOpen = true;
  let before = Promise.resolve();
  const handOn = (raw: unknown) => {
    if (isOpen) for (const listener of listeners) listener.call(socket, raw);
  };
  const pass = async (raw: unknown) => {
    const message = readSubscribe(raw);
    try {
      if (message) await judge(message);
    } catch (error) {
      return sendRefusal(socket, message?.requestId, error as { code?: number; message: string });
    }
    handOn(raw);
  };
  socket.removeAllListeners('message');
  socket.on('disconnect', () => (isOpen = false));
  socket.on('message', raw => {
    before = before.then(() => pass(raw)).catch(error => config.loggerController.error(String(error)));
  });
}

/** A message that subscribes; `undefined` for any other, which Parse Server answers itself. */
function readSubscribe(raw: unknown): Subscribe | undefined {
  let message: unknown = raw;
  try {
    if (typeof raw === 'string') message = JSON.parse(raw);
  } catch {
    return undefined;
  }
  const { op, query } = (message ?? {}) as Partial<Subscribe>;
  const subscribes = op === 'subscribe' || op === 'update';
  return subscribes && typeof query?.className === 'string' ? (message as Subscribe) : undefined;
}

/** Sends an error as Parse Server does (`Client.js#pushError` of 9.10.0). */
function sendRefusal(socket: Socket, requestId: unknown, error: { code?: number; message: string }): void {
  const known = error.code !== undefined;
  socket.send(
    JSON.stringify({
      op: 'error',
      error: known ? error.message : 'Internal server error',
      code: known ? error.code : 1,
      reconnect: false,
      requestId: requestId ?? null,
    }),
  );
}

/**
 * Judges a subscription by each token that Parse Server may take its user from
 * (`ParseLiveQueryServer.js#getAuthFromClient` of 9.10.0): its own, that of the subscription which it replaces,
 * and that of the connection.
 */
async function judgeSubscription(message: Subscribe, client: SocketClient, runtime: Runtime): Promise<void> {
  if (client.hasMasterKey) return;
  const { className } = message.query;
  const own = message.sessionToken;
  const replaced = client.getSubscriptionInfo(message.requestId)?.sessionToken;
  for (const token of new Set([own, replaced, client.sessionToken])) {
    if (typeof token !== 'string' || token === '') continue;
    // A connection may outlive its session. A subscription with a token of its own works without it.
    const isNeeded = token === own || typeof own !== 'string' || own === '';
    await judgeToken(token, className, isNeeded, runtime);
  }
}

async function judgeToken(
  token: string,
  className: string,
  isNeeded: boolean,
  { callers, events }: Runtime,
): Promise<void> {
  const session = await callers.live(token).catch(error => {
    if (isNeeded || error.code !== ErrorCode.INVALID_SESSION_TOKEN) throw error;
    return null;
  });
  if (!session?.restricted) return;
  if (className === '_User') {
    events.blocked(session, 'subscribe', className);
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, RESTRICTED_SUBSCRIPTION_MESSAGE);
  }
  const scopes = scopesOf(session);
  if (!scopes) return;
  const decision = mayAccess(scopes, { className, operation: 'read', byClient: true });
  if (decision.allow) return;
  events.blocked(session, 'subscribe', className);
  throw parseError(decision.code, decision.reason);
}
