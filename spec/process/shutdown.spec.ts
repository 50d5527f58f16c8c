import { startLine } from '../support/line';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { freshDatabase, startServer, type SpecServer } from '../support/server';
import { lastAccessOf, makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { eventually, SECOND } from '../support/time';

describe('a process whose operator calls nothing but Parse Server’s handleShutdown()', () => {
  let server: SpecServer;
  let other: SecondProcess;

  beforeAll(async () => {
    server = await startServer();
    other = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
  });

  afterAll(async () => {
    await other.kill();
    await server.stop();
  });

  it('writes what waits, and ends', async () => {
    const userId = await makeUser(server);
    const [ended, used] = await Promise.all([makeSession(server, userId), makeSession(server, userId)]);
    await other.run(
      async ({ server: { rest, server: parseServer, httpServer } }, tokens) => {
        await rest('GET', '/users/me', { token: tokens.used });
        await rest('POST', '/logout', { token: tokens.ended, body: {} });
        // Something else keeps the process up until the writer's timer (100 ms), which is older, has come.
        setTimeout(() => undefined, 100);
        parseServer.server = httpServer;
        const closed = parseServer.handleShutdown();
        httpServer.closeAllConnections();
        await closed;
        process.removeAllListeners('disconnect');
        setImmediate(() => process.disconnect());
      },
      { used: used.token, ended: ended.token },
    );
    await other.ended();
    // Nobody had to end it, and it has not failed.
    await other.stop();
    const records = await server.rawFind('ParseEndedSession', { objectId: ended.objectId });
    expect(records).toEqual([expect.objectContaining({ reason: 'logout', by: 'self' })]);
    expect(await lastAccessOf(server, used)).not.toBeNull();
  });
});

describe('shutdown() while the database does not answer', () => {
  let line: Awaited<ReturnType<typeof startLine>>;
  let slow: SpecServer;
  /** Lets the writes go on that are held. */
  let release: () => void;
  /** How many adoptions of older rows are about to write. */
  let adopting: number;

  const hold = ({ Server }: any) => {
    const held = new Promise<void>(resolve => (release = resolve));
    const { adapter } = Server.database;
    for (const method of ['updateObjectsByQuery', 'createObject']) {
      const call = adapter[method].bind(adapter);
      adapter[method] = async (...args: unknown[]) => {
        if (method === 'updateObjectsByQuery') adopting += 1;
        await held;
        return call(...args);
      };
    }
  };

  beforeEach(async () => {
    adopting = 0;
    line = await startLine({ url: await freshDatabase() });
    const options = { databaseURI: line.url };
    const before = await startServer({}, options);
    const userId = await makeUser(before);
    const [used, ended] = await Promise.all(
      [1, 2].map(() => makeSession(before, userId, { ip: '192.0.2.7', lastAccessedAt: parseDate(0) })),
    );
    await before.stop({ keepData: true });
    const adopted = { expiry: { authenticated: { idle: '30d', maxAge: '90d' } }, privacy: { ip: 'none' } };
    slow = await startServer(adopted as never, options, { cloud: hold });
    await eventually(() => expect(adopting).toBe(2));
    // A last access and a record wait, too.
    expect(await useToken(slow, used!)).toBe(200);
    await slow.sessions.store.revoke(ended!.objectId);
  });

  afterEach(async () => {
    line.mend();
    // Its connections are told that they are closed by those that are left.
    await eventually(() => slow.rawFind('_Session', {}, { limit: 1 }));
    await slow.stop();
    await line.stop();
  });

  it('ends before a process is killed that has been asked to end, whatever is under way', async () => {
    line.stall();
    release();
    const began = performance.now();
    await expect(slow.sessions.shutdown()).resolves.toBeUndefined();
    expect(performance.now() - began).toBeLessThan(10 * SECOND);
  });
});
