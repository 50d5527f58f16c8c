import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to a server on this machine that can be cut, while others still reach it. */
export async function startLine({ url }: { url: string }) {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isStalled = false;
  const server = createServer(near => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
    if (isStalled) for (const socket of [near, far]) socket.pause();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: own.href,
    cut,
    /** Whoever asks waits for an answer: nothing gets through, and nothing is closed. */
    stall(): void {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    mend(): void {
      isCut = false;
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    async stop(): Promise<void> {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
