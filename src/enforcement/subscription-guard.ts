import { ErrorCode, invalidSessionError, parseError } from '../errors';
import type { CloudRequest, ParseSdk } from '../parse-server';
import { isScopedToken, mayAccess, OUT_OF_SCOPE_MESSAGE } from '../policy/scopes';
import type { Enforcement } from './request-database';
import { judge, tokenOf, type Handler, type Register } from './scope-guard';

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
    addSubscriptionInfo(requestId: unknown, info: SubscriptionInfo): void;
  };
}

/**
 * Judges each LiveQuery subscription of a scoped session.
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
      const used = tokenOf(request);
      const isScoped = [asked, used].some(token => token && isScopedToken(token));
      // Parse Server logs a refused subscription with the token that it named.
      if (isScoped && asked) request.sessionToken = '********';
      for (const token of [asked, used]) {
        const judgement = (scopes: readonly string[]) =>
          mayAccess(scopes, { className, operation: 'read', byClient: true });
        await judge(request.master ? undefined : token, judgement, 'subscribe', className, enforcement);
      }
      if (isScoped && asked) request.sessionToken = asked;
    };
  };

  /** The connection has a token of its own, which Parse Server falls back on when that of the subscription fails. */
  const guardConnection = ({ client }: ConnectRequest): void => {
    if (!client) return;
    const add = client.addSubscriptionInfo.bind(client);
    client.addSubscriptionInfo = (requestId, info) => {
      const connected = client.sessionToken;
      const tokens = [connected, info.sessionToken].filter(token => token !== undefined);
      if (tokens.some(isScopedToken)) {
        if (!judged.has(info.subscription.className)) {
          throw parseError(ErrorCode.OPERATION_FORBIDDEN, OUT_OF_SCOPE_MESSAGE);
        }
        if (connected && info.sessionToken && info.sessionToken !== connected) throw invalidSessionError();
      }
      add(requestId, info);
    };
  };

  Parse.Cloud.beforeSubscribe = ((parseClass: unknown, handler: Handler, validator?: unknown) => {
    const className =
      typeof parseClass === 'string' ? parseClass : (parseClass as { className: string }).className;
    const guard = guardSubscription(className);
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
    connect(request => {
      guardConnection(request as ConnectRequest);
      return handler(request);
    }, validator);
  }) as never;

  return () => {
    for (const className of liveClasses) {
      if (/^\w+$/.test(className) && !judged.has(className))
        subscribe(className, guardSubscription(className));
    }
    if (!isConnectRegistered && liveClasses.length > 0)
      connect(request => guardConnection(request as ConnectRequest));
  };
}
