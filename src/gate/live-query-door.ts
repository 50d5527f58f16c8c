import { ErrorCode, invalidSessionError, parseError } from '../errors';
import { mayAccess, scopesOf } from '../policy/scopes';
import type { Runtime } from '../runtime';
import type { Composer, Register } from '../parse-cloud';
import { isOwnClass, ownClassError } from '../schema/own-class';
import { isForeignToken } from '../sessions/callers';
import type { SessionRecord } from '../record';
import type { LiveClient } from '../sessions/live-clients';

/** LiveQuery would send the restricted session its user's credentials, see `policy/credentials.ts`. */
const RESTRICTED_SUBSCRIPTION_MESSAGE = 'subscription to users not allowed: restricted session';

const RESTRICTED_CONNECTION_MESSAGE = 'second connection on one socket not allowed: restricted session';

/** A client of Parse's LiveQuery server, as `beforeConnect` gets it. */
interface SocketClient extends LiveClient {
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
  /** The WebSocket itself. */
  ws?: { readyState?: number };
}

/** The state of a WebSocket. */
const CLOSED = 3;

interface ConnectRequest {
  client?: SocketClient;
  /** Whom Parse Server has found by the token of the connection. */
  user?: object;
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

  const admit = async ({ client, user }: ConnectRequest): Promise<void> => {
    if (!client) return;
    const socket = client.parseWebSocket;
    const former = clients.get(socket);
    if (former) await requireUnrestrictedClients([former, client], runtime);
    clients.set(socket, client);
    // What has no listeners receives nothing.
    if (typeof socket.listeners !== 'function') return;
    if (!former)
      standBefore(socket, message => admitMessage(message, clients.get(socket)!, runtime), runtime);
    if (isClosed(socket)) return;
    runtime.liveClients.connected(socket, client);
    if (user && client.sessionToken) await markUse(client, client.sessionToken, runtime);
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
      if (isRegistered || liveClasses.length === 0) return;
      register(async (request: ConnectRequest) => {
        await admit(request);
        requireOpen(request);
      });
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

/** A socket that was closed while Parse Server looked up who connects: it will not tell that once more. */
const isClosed = ({ ws }: Socket) => ws?.readyState === CLOSED;

/**
 * Refuses a client that has left while it was connecting. Parse Server has forgotten such a client already, and would
 * keep it for good now (`ParseLiveQueryServer.js#_handleConnect` of 9.10.0). Without a trigger it connects at once.
 */
function requireOpen({ client }: ConnectRequest): void {
  if (client && isClosed(client.parseWebSocket)) throw invalidSessionError();
}

/**
 * Puts one listener in the place of Parse Server's own. It has each subscription judged, then hands the message on
 * to them. Messages keep their order.
 */
function standBefore(socket: Socket, judge: (message: Subscribe) => Promise<void>, runtime: Runtime): void {
  const { config, liveClients, activity, now } = runtime;
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
  socket.on('disconnect', () => {
    isOpen = false;
    for (const token of liveClients.disconnected(socket)) activity?.mark(token, { at: now() });
  });
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
 * and that of the connection. Subscribing is an access of each of these sessions.
 */
async function admitMessage(message: Subscribe, client: SocketClient, runtime: Runtime): Promise<void> {
  if (client.hasMasterKey) return;
  const { className } = message.query;
  if (isOwnClass(className)) throw ownClassError(className);
  const own = message.sessionToken;
  const replaced = client.getSubscriptionInfo(message.requestId)?.sessionToken;
  for (const token of new Set([own, replaced, client.sessionToken])) {
    if (typeof token !== 'string' || token === '') continue;
    // A connection may outlive its session. A subscription with a token of its own works without it.
    const isNeeded = token === own || typeof own !== 'string' || own === '';
    const session = await sessionOf(token, isNeeded, runtime);
    if (!session) continue;
    judgeSession(session, className, runtime);
    await markUse(client, token, runtime);
  }
}

/**
 * The session of a token; `null` where Parse Server takes the subscription for nobody's.
 * @throws 209 for a token that may be of a session that is over: one of those that Parse Server makes, or one that
 * this process has seen revoked.
 */
async function sessionOf(
  token: string,
  isNeeded: boolean,
  { callers, revocations }: Runtime,
): Promise<SessionRecord | null> {
  const wasOne = !isForeignToken(token) || revocations.isRevoked(token);
  return isNeeded && wasOne ? callers.live(token) : callers.liveOrNull(token);
}

function judgeSession(session: SessionRecord, className: string, { events, writeRules }: Runtime): void {
  if (!session.restricted) return;
  if (className === '_User') {
    events.blocked(session, 'subscribe', className);
    throw parseError(ErrorCode.OPERATION_FORBIDDEN, RESTRICTED_SUBSCRIPTION_MESSAGE);
  }
  const scopes = scopesOf(session);
  if (!scopes) return;
  const read = { className, operation: 'read', byClient: true } as const;
  const decision = mayAccess(scopes, read, writeRules.isGuarded);
  if (decision.allow) return;
  events.blocked(session, 'subscribe', className, decision.because);
  throw parseError(decision.code, decision.reason);
}

/**
 * Marks a session as used by LiveQuery. The tracker of last accesses asks for those that wait for events, and has to
 * know when they end: LiveQuery has a cache of its own, where it does not see that.
 */
async function markUse(client: SocketClient, token: string, runtime: Runtime): Promise<void> {
  const { callers, liveClients, activity, now } = runtime;
  liveClients.found(client.parseWebSocket, client, token);
  if (!activity) return;
  // As a rule it is known. A look-up that fails refuses nothing.
  const session = callers.known(token) ?? (await callers.find(token).catch(() => null));
  if (session?.expiresAt) activity.learn(token, session.expiresAt);
  if (session) activity.mark(token, { at: now() });
}
