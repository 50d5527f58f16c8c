import { once } from 'node:events';
import WebSocket from 'ws';
import { startServer, type SpecServer } from '../support/server';
import { eventually } from '../support/time';

let server: SpecServer;

beforeAll(async () => {
  server = await startServer({}, {}, { liveQuery: true });
});

afterAll(() => server.stop());

it('a LiveQuery client that leaves while it connects is not kept', async () => {
  const { token } = await server.signUp();
  const liveQuery = server.server.liveQueryServer;
  const connecting: Promise<unknown>[] = [];
  let goOn!: () => void;
  const held = new Promise<void>(resolve => (goOn = resolve));
  const { getAuthFromClient, _handleConnect: handleConnect } = liveQuery;
  liveQuery.getAuthFromClient = async function (...args: unknown[]) {
    await held;
    return getAuthFromClient.apply(this, args);
  };
  liveQuery._handleConnect = function (...args: any[]) {
    connecting.push(handleConnect.apply(this, args));
    args[0].on('disconnect', () => goOn());
  };
  try {
    const socket = new WebSocket(server.url.replace(/^http/, 'ws'));
    await once(socket, 'open');
    socket.send(JSON.stringify({ op: 'connect', applicationId: server.appId, sessionToken: token }));
    await eventually(() => expect(connecting).toHaveLength(1));
    socket.terminate();
    await held;
    await Promise.all(connecting);
    expect(liveQuery.clients.size).toBe(0);
  } finally {
    Object.assign(liveQuery, { getAuthFromClient, _handleConnect: handleConnect });
  }
});
