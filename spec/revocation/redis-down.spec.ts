import { startLine } from '../support/line';
import { hasRedis, NO_REDIS, startRedis, type SpecRedis } from '../support/redis';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { restAt, startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, sessionRow, type SpecSession } from '../support/sessions';
import { eventually, SECOND } from '../support/time';

if (!hasRedis) process.stderr.write(`\n!!! SKIPPED, a Redis that is down: ${NO_REDIS}\n\n`);

(hasRedis ? describe : describe.skip)('two processes with one Redis that goes down', () => {
  let redis: SpecRedis;
  let line: Awaited<ReturnType<typeof startLine>>;
  let server: SpecServer;
  let cut: SecondProcess;
  let other: SecondProcess;
  let user: SpecUser;
  let phone: SpecSession;

  const start = async (url: string): Promise<SecondProcess> => {
    const started = await startSecondProcess({
      parseServer: {
        databaseURI: server.databaseURI,
        cacheAdapter: { ...redis.cacheAdapter, options: { url, disableOfflineQueue: true } },
      },
      listen: ['revoked'],
    });
    await started.run(({ server: { server: parseServer }, state }) => {
      // Parse Server leaves the rejections of some calls of its cache to the app.
      process.on('unhandledRejection', () => undefined);
      state.lines = [];
      const log = parseServer.config.loggerController;
      for (const level of ['error', 'info']) {
        const write = log[level].bind(log);
        log[level] = (...args: unknown[]) => {
          if (String(args[0]).startsWith('parse-server-sessions')) state.lines.push([level, args[0]]);
          return write(...args);
        };
      }
    });
    return started;
  };

  beforeAll(async () => {
    redis = await startRedis();
    line = await startLine(redis);
    server = await startServer();
    await server.rest('POST', '/classes/Note', { body: {} });
    cut = await start(line.url);
    other = await start(redis.url);
  }, 60_000);

  afterAll(async () => {
    await cut?.kill();
    await other?.kill();
    await server?.stop();
    await line?.stop();
    await redis?.stop();
  });

  beforeEach(async () => {
    user = await server.signUp();
    phone = await makeSession(server, user.userId, { installationId: 'the-phone' });
  });

  const use = async ({ url }: SecondProcess, { token }: { token: string }): Promise<number> => {
    const { status, body } = await restAt(url)('GET', '/classes/Note', { token });
    return status === 200 ? 200 : body.code;
  };
  const logOut = ({ token }: { token: string }) => restAt(cut.url)('POST', '/logout', { token, body: {} });
  const told = async (): Promise<unknown[]> =>
    (await cut.run(({ events }) => events)).filter(({ payload }) => payload.sessionId === phone.objectId);
  const lines = (): Promise<Array<[string, string]>> => cut.run(({ state }) => state.lines);
  /** Waits until a process reads and writes Redis again. */
  const reconnected = (one: SecondProcess) =>
    eventually(async () => {
      const answer = await one.run(async ({ server: { server: parseServer } }) => {
        const { cacheController } = parseServer.config;
        await cacheController.put('spec', 1).catch(() => undefined);
        return cacheController.get('spec');
      });
      expect(answer).toBe(1);
    }, 20 * SECOND);

  it('log a session out that one of them cannot mark, and the other follows when it can', async () => {
    expect([await use(cut, phone), await use(other, phone)]).toEqual([200, 200]);
    line.cut();
    expect((await logOut(phone)).status).toBe(200);
    expect(await sessionRow(server, phone)).toBeUndefined();
    expect(await use(cut, phone)).toBe(209);
    await eventually(async () => expect(await told()).toHaveLength(1));
    // As long as Redis keeps the user, the other process trusts the token.
    expect(await use(other, phone)).toBe(200);
    expect((await logOut(user)).status).toBe(200);
    line.mend();
    await eventually(async () => expect(await use(other, phone)).toBe(209), 20 * SECOND);
    expect(await use(other, user)).toBe(209);
    await eventually(async () => expect((await lines()).map(([level]) => level)).toEqual(['error', 'info']));
    expect(JSON.stringify(await lines())).not.toContain(phone.token);
  });

  it('both refuse the token at once where Redis is down for all', async () => {
    await reconnected(cut);
    expect([await use(cut, phone), await use(other, phone)]).toEqual([200, 200]);
    await redis.stop();
    try {
      expect((await logOut(phone)).status).toBe(200);
      expect([await use(cut, phone), await use(other, phone)]).toEqual([209, 209]);
      expect([await use(cut, user), await use(other, user)]).toEqual([200, 200]);
    } finally {
      await redis.startAgain();
    }
    await Promise.all([reconnected(cut), reconnected(other)]);
    expect([await use(cut, phone), await use(other, phone)]).toEqual([209, 209]);
  });
});
