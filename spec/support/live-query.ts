import { once } from 'node:events';
import WebSocket from 'ws';
import { MASTER_KEY, type SpecServer } from './server';

type Message = Record<string, any>;

export type LiveQueryClient = Awaited<ReturnType<typeof openLiveQuery>>;

/**
 * Opens clients for the specs of the `describe` or file that calls it, and closes them after each.
 * @returns `open`, and the clients that the spec has opened so far.
 */
export function liveQueryClients(server: () => SpecServer) {
  const sockets: LiveQueryClient[] = [];
  afterEach(() => sockets.splice(0).forEach(socket => socket.close()));
  async function open(options?: Parameters<typeof openLiveQuery>[1]): Promise<LiveQueryClient> {
    const socket = await openLiveQuery(server(), options);
    sockets.push(socket);
    return socket;
  }
  return { open, sockets };
}

/** A LiveQuery client that speaks the protocol itself, so that it can send what the SDK never would. */
export async function openLiveQuery(
  server: Pick<SpecServer, 'url' | 'appId'>,
  { token, master, connect: more = {} }: { token?: string; master?: boolean; connect?: object } = {},
) {
  const socket = new WebSocket(server.url.replace(/^http/, 'ws'));
  const received: Message[] = [];
  const waiting = new Set<() => void>();
  const wake = () => waiting.forEach(check => check());
  let closed: { code: number } | undefined;
  socket.on('message', data => {
    received.push(JSON.parse(String(data)));
    wake();
  });
  socket.on('close', code => {
    closed = { code };
    wake();
  });
  await once(socket, 'open');

  const send = (message: Message) => socket.send(JSON.stringify(message));

  /** The first message that matches, whether it has come already or not. */
  function next(matches: (message: Message) => boolean, within = 10_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(new Error(`No such message, but ${JSON.stringify(received)}`)),
        within,
      );
      const finish = (failure?: Error, message?: Message) => {
        clearTimeout(timer);
        waiting.delete(check);
        if (message) resolve(message);
        else reject(failure);
      };
      const check = () => {
        const found = received.find(matches);
        if (found) finish(undefined, found);
      };
      waiting.add(check);
      check();
    });
  }

  let requests = 0;
  const connect = (sessionToken?: string) =>
    send({
      op: 'connect',
      applicationId: server.appId,
      ...(sessionToken !== undefined && { sessionToken }),
      ...(master && { masterKey: MASTER_KEY }),
      ...more,
    });
  connect(token);
  await next(({ op }) => op === 'connected');

  return {
    received,

    /** Connects once more on the same socket. Answers `connected`, or the error. */
    async connectAnew(sessionToken?: string): Promise<Message> {
      const before = received.length;
      connect(sessionToken);
      return next(
        message => received.indexOf(message) >= before && ['connected', 'error'].includes(message.op),
      );
    },

    /** Answers `subscribed`, or the error of this subscription. `more` is what else the query says, such as `keys`. */
    async subscribe(
      className: string,
      token?: string,
      where: object = {},
      more: object = {},
    ): Promise<Message> {
      requests += 1;
      const requestId = requests;
      send({
        op: 'subscribe',
        requestId,
        query: { className, where, ...more },
        ...(token && { sessionToken: token }),
      });
      return next(message => message.requestId === requestId && ['subscribed', 'error'].includes(message.op));
    },

    /** Changes what the last subscription asks for. */
    async update(className: string, token?: string): Promise<Message> {
      const before = received.length;
      const query = { className, where: {} };
      send({ op: 'update', requestId: requests, query, ...(token && { sessionToken: token }) });
      return next(
        message => received.indexOf(message) >= before && ['subscribed', 'error'].includes(message.op),
      );
    },

    /** Sends a message as it is, and answers what comes next for its `requestId`. */
    async ask(message: Message): Promise<Message> {
      const before = received.length;
      send(message);
      const isNew = (answer: Message) => received.indexOf(answer) >= before;
      return next(answer => isNew(answer) && answer.requestId === message.requestId && !answer.object);
    },

    /** The event that tells of this object. */
    event: (objectId: string) => next(({ object }) => object?.objectId === objectId),

    get isOpen(): boolean {
      return closed === undefined;
    },

    /** Waits for the server to close the socket. @returns the close code */
    async closed(within = 10_000): Promise<number> {
      if (!closed) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('The socket is still open.')), within);
          const check = () => {
            if (!closed) return;
            clearTimeout(timer);
            waiting.delete(check);
            resolve();
          };
          waiting.add(check);
        });
      }
      return closed!.code;
    },

    close(): void {
      socket.terminate();
    },
  };
}
