import type { ServerRequest } from '../parse-server';

export const FORWARDED_HEADER = 'x-forwarded-for';

/** Says that a request came through a proxy which Express does not trust, if that is so. */
export function warnOfProxy({ app, config }: Pick<ServerRequest, 'app' | 'config'>): void {
  if (typeof app?.get !== 'function' || app.get('trust proxy')) return;
  config.loggerController.warn(
    'parse-server-sessions: a request came with X-Forwarded-For, and Express trusts no proxy. If one is in front of ' +
      "the server, tell Express whom it may trust, such as app.set('trust proxy', 'loopback'): until then sessions keep " +
      'the address of the proxy, and all users seem to share it.',
  );
}
