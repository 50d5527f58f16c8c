import type { RestAnswer, SpecServer, SpecUser } from './server';

type Json = Record<string, any>;

/** Sends one request on behalf of a user, or with the master key in his place. */
export type Send = (
  server: SpecServer,
  user: SpecUser,
  method: string,
  path: string,
  body?: Json,
) => Promise<Pick<RestAnswer, 'status' | 'body'>>;

/** Who may write, and by which way: no rule of this package has anything to say to any of them. */
export const SENDERS: Array<[string, Send]> = [
  ['a user', (server, { token }, method, path, body) => server.rest(method, path, { token, body })],
  [
    'the master key',
    (server, _user, method, path, body) => server.rest(method, path, { master: true, body }),
  ],
  [
    'a user in a batch',
    (server, { token }, method, path, body) =>
      server.rest('POST', '/batch', { token, body: { requests: [{ method, path: `/parse${path}`, body }] } }),
  ],
];
