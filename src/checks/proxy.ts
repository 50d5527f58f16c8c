import type { ServerRequest } from '../parse-server';

const FORWARDED_HEADER = 'x-forwarded-for';
/** An address that nobody has (RFC 5737): whoever trusts it, however far away, trusts everybody. */
const ANYBODY = '192.0.2.1';

/** What requests have shown of a proxy: nothing so far, that Express trusts it, trusts everybody, or does not trust it. */
export type SeenProxy = 'unseen' | 'trusted' | 'everybody' | 'untrusted';

/** Looks whether requests come through a proxy, until one does. */
export class ProxyWatch {
  seen: SeenProxy = 'unseen';

  /** Says once that a request came through a proxy which Express does not trust, if that is so. */
  look({ app, config, headers, socket }: Pick<ServerRequest, 'app' | 'config' | 'headers' | 'socket'>): void {
    if (this.seen !== 'unseen' || headers[FORWARDED_HEADER] === undefined) return;
    // How Express reads the setting `trust proxy`, which may be a number, networks, a function.
    const trusts: unknown = typeof app?.get === 'function' ? app.get('trust proxy fn') : undefined;
    if (typeof trusts !== 'function') this.seen = 'trusted';
    else if (trusts(ANYBODY, Infinity)) this.seen = 'everybody';
    else this.seen = trusts(socket?.remoteAddress, 0) ? 'trusted' : 'untrusted';
    if (this.seen !== 'untrusted') return;
    config.loggerController.warn(
      'parse-server-sessions: a request came with X-Forwarded-For, and Express trusts no proxy there. If one is in front of ' +
        "the server, tell Express whom it may trust, such as app.set('trust proxy', 'loopback'): until then sessions keep " +
        'the address of the proxy, and all users seem to share it.',
    );
  }
}
