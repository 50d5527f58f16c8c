import { ErrorCode, invalidSessionError, parseError } from '../errors';
import type { CloudRequest, ParseSdk } from '../parse-server';
import { isScopedToken, mayAccess, OUT_OF_SCOPE_MESSAGE } from '../policy/scopes';
import { classNameOf } from './class-name';
import type { Enforcement } from './request-database';
import { judge, tokenOf, type Handler, type Register } from './scope-guard';

/** LiveQuery sends a user his own credentials, see `policy/credentials.ts`. */
const RESTRICTED_SUBSCRIPTION_MESSAGE = 'subscription to users not allowed: restricted session';

/** What Parse's LiveQuery server hands to `beforeSubscribe`: the message of the client, with its user if it has one. */
type SubscribeRequest = CloudRequest & { sessionToken?: string };

interface SubscriptionInfo {
  subscription: { className: string };
  sessionToken?: string;
}

/** What it hands to `beforeConnect`. */
interface ConnectRequest {
  client?: {
    sessionToken?: string;
    hasMasterKey?: boolean;
    addSubscriptionInfo(requestId: unknown, info: SubscriptionInfo): void;
  };
}

/**
 * Judges each LiveQuery subscription: none with a session that has ended, and those of scoped sessions by their scopes.
 * @param liveClasses the classes that the app offers to LiveQuery.
 * @returns a function that guards what the app has registered no trigger for.
 */
export function composeSubscriptions(
  Parse: ParseSdk,
  liveClasses: readonly string[],
  enforcement: Enforcement,
): () => void {
  const subscribe = (Parse.Cloud.beforeSubscribe as Register).bind(Parse.Cloud);
  const connect = (Parse.Cloud.beforeConnect as (handler: Handler, validator?: unknown) => void).bind(
    Parse.Cloud,
  );
  /** Classes whose subscriptions are judged by name; a class that only a pattern covers is none of them. */
  const judged = new Set<string>();
  let isConnectRegistered = false;

  const guardSubscription = (className: string) => {
    judged.add(className);
    return async (request: SubscribeRequest): Promise<void> => {
      const asked = request.sessionToken;
      // Parse Server logs a refused subscription with the token that it named.
      if (asked) request.sessionToken = '********';
      for (const token of new Set([asked, tokenOf(request)])) {
        if (!token || request.master) continue;
        const session = await enforcement.callers.live(token);
        if (session?.restricted && className === '_User') {
          enforcement.events.blocked(session, 'subscribe', className);
          throw parseError(ErrorCode.OPERATION_FORBIDDEN, RESTRICTED_SUBSCRIPTION_MESSAGE);
        }
        const judgement = (scopes: readonly string[]) =>
          mayAccess(scopes, { className, operation: 'read', byClient: true });
        await judge(token, judgement, 'subscribe', className, enforcement);
      }
      if (asked) request.sessionToken = asked;
    };
  };

  /** The connection has a token of its own, which Parse Server falls back on when that of the subscription fails. */
  const guardConnection = async ({ client }: ConnectRequest): Promise<void> => {
    if (!client || client.hasMasterKey) return;
    const connected = client.sessionToken;
    const isDead = connected !== undefined && (await isDeadToken(connected, enforcement));
    const add = client.addSubscriptionInfo.bind(client);
    client.addSubscriptionInfo = (requestId, info) => {
      const tokens = [connected, info.sessionToken].filter(token => token !== undefined);
      if (tokens.some(isScopedToken)) {
        if (!judged.has(info.subscription.className)) {
          throw parseError(ErrorCode.OPERATION_FORBIDDEN, OUT_OF_SCOPE_MESSAGE);
        }
        if (connected && info.sessionToken && info.sessionToken !== connected) throw invalidSessionError();
      }
      // Nor a connection by a subscription of another token, which need not be one.
      const isOfOther = connected && info.sessionToken && info.sessionToken !== connected;
      if (isOfOther && info.subscription.className === '_User') throw invalidSessionError();
      // Not the connection is refused, because Parse Server would log its token.
      if (isDead && !info.sessionToken) throw invalidSessionError();
      add(requestId, info);
    };
  };

  Parse.Cloud.beforeSubscribe = ((parseClass: unknown, handler: Handler, validator?: unknown) => {
    const guard = guardSubscription(classNameOf(parseClass));
    subscribe(
      parseClass,
      async (request: SubscribeRequest) => {
        await guard(request);
        return handler(request);
      },
      validator,
    );
  }) as never;
  Parse.Cloud.beforeConnect = ((handler: Handler, validator?: unknown) => {
    isConnectRegistered = true;
    connect(async request => {
      await guardConnection(request as ConnectRequest);
      return handler(request);
    }, validator);
  }) as never;

  return () => {
    const named = liveClasses.filter(className => /^\w+$/.test(className));
    if (liveClasses.some(pattern => new RegExp(`^${pattern}$`).test('_User'))) named.push('_User');
    for (const className of named) {
      if (!judged.has(className)) subscribe(className, guardSubscription(className));
    }
    if (!isConnectRegistered && liveClasses.length > 0)
      connect(request => guardConnection(request as ConnectRequest));
  };
}

async function isDeadToken(token: string, { callers }: Enforcement): Promise<boolean> {
  try {
    await callers.live(token);
    return false;
  } catch (error) {
    if ((error as { code?: number }).code === ErrorCode.INVALID_SESSION_TOKEN) return true;
    throw error;
  }
}
