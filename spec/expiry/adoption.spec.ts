import type { SessionsOptions } from '../../src';
import { countSessions, insertSessions } from '../support/many-sessions';
import { startSecondProcess } from '../support/second-process';
import { startServer, type HarnessOptions, type SpecServer } from '../support/server';
import { endOf, lastAccessOf, makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR } from '../support/time';

const EXPIRY = { authenticated: { idle: '30d', maxAge: '90d' } } as const satisfies SessionsOptions['expiry'];
const FAR = 3650 * DAY;
const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

describe('the sessions of a big database that are older than the policy', () => {
  let server: SpecServer;
  let userId: string;
  let lines: string[];

  beforeEach(async () => {
    server = await startServer();
    userId = await makeUser(server);
  });

  /** Lets go what a failed spec still holds back. */
  let release = (): void => undefined;

  afterEach(async () => {
    release();
    await server.stop();
  });

  const insert = (count: number) => insertSessions(server, count, { userId, expiresAt: inFuture(FAR) });

  async function restart(options: SessionsOptions = { expiry: EXPIRY }, harness: HarnessOptions = {}) {
    lines = [];
    const log = (_level: string, text: unknown) => void lines.push(String(text));
    const { databaseURI } = server;
    await server.stop({ keepData: true });
    server = await startServer(options, { databaseURI, loggerAdapter: { log } }, harness);
  }

  const told = () => lines.filter(line => line.includes('older than the option expiry'));
  /** How many sessions would live longer than the policy lets them. */
  const left = () =>
    server
      .rawFind('_Session', { expiresAt: { $gt: parseDate(inFuture(31 * DAY)) } }, { count: true })
      .then(Number);
  const allAdopted = () => eventually(async () => expect(await left()).toBe(0), 30_000);

  /** Cloud code of an app that holds back the first batch. */
  function holdBack() {
    let open = (): void => undefined;
    let reached = (): void => undefined;
    const gate = new Promise<void>(resolve => (open = resolve));
    const atGate = new Promise<void>(resolve => (reached = resolve));
    const cloud = ({ Server }: any) => {
      const { adapter } = Server.database;
      const { updateObjectsByQuery } = adapter;
      adapter.updateObjectsByQuery = async function (className: string, ...args: unknown[]) {
        if (className === '_Session') {
          adapter.updateObjectsByQuery = updateObjectsByQuery;
          reached();
          await gate;
        }
        return updateObjectsByQuery.call(this, className, ...args);
      };
    };
    release = open;
    return { cloud, open: () => open(), atGate };
  }

  it('hold up no start: the server answers while they wait, and they have their old end until it is their turn', async () => {
    const session = await makeSession(server, userId, { expiresAt: parseDate(inFuture(FAR)) });
    const held = holdBack();
    await restart({ expiry: EXPIRY }, { cloud: held.cloud });
    await held.atGate;
    expect(await useToken(server, session)).toBe(200);
    expect(await left()).toBe(1);
    held.open();
    await allAdopted();
    expect(await useToken(server, session)).toBe(200);
  });

  it('keep an end that is chosen or moved while they wait', async () => {
    const end = { expiresAt: parseDate(inFuture(FAR)) };
    const [fixed, ended, other] = [
      await makeSession(server, userId, end),
      await makeSession(server, userId, end),
      await makeSession(server, userId, end),
    ];
    const held = holdBack();
    await restart({ expiry: EXPIRY }, { cloud: held.cloud });
    await held.atGate;
    const chosen = inFuture(400 * DAY);
    const soon = inFuture(HOUR);
    await server.rest('PUT', `/sessions/${fixed.objectId}`, {
      master: true,
      body: { expiresAt: parseDate(chosen) },
    });
    await server.rawUpdate('_Session', { objectId: ended.objectId }, { expiresAt: parseDate(soon) });
    held.open();
    await eventually(async () => expect(+(await endOf(server, other))!).toBeLessThan(+inFuture(31 * DAY)));
    expect(await endOf(server, fixed)).toEqual(chosen);
    expect(await endOf(server, ended)).toEqual(soon);
  });

  it('are brought under it in batches, each by a bounded statement, and the log tells of it', async () => {
    await insert(2500);
    let statements!: ReturnType<typeof watchStatements>;
    // From the app's own cloud code on.
    const cloud = ({ Server }: any) => {
      const { adapter } = Server.database;
      statements = watchStatements({ server: { config: { databaseController: { adapter } } } } as never);
    };
    await restart({ expiry: EXPIRY }, { cloud });
    await allAdopted();
    await eventually(() => expect(told().at(-1)).toMatch(/: 2500 done, in \d+ ms/));
    statements.stop();
    const sizes = statements.writes('_Session').map(({ args }) => args[1].objectId.$in.length);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(told()[0]).toMatch(/each gets one idle period from now/);
  });

  it('are none at the next start: nothing is written, nothing is told', async () => {
    await insert(1500);
    await restart();
    await allAdopted();
    await eventually(() => expect(told().at(-1)).toMatch(/1500 done/));
    const before = await server.rawFind('_Session', {}, { sort: { objectId: 1 } });
    let statements!: ReturnType<typeof watchStatements>;
    const cloud = ({ Server }: any) => {
      const { adapter } = Server.database;
      statements = watchStatements({ server: { config: { databaseController: { adapter } } } } as never);
    };
    await restart({ expiry: EXPIRY }, { cloud });
    // Its one look is over once the sessions are shut down.
    await eventually(() => expect(statements.reads('_Session')).toHaveLength(1));
    await server.sessions.shutdown();
    expect(statements.writes()).toEqual([]);
    statements.stop();
    expect(told()).toEqual([]);
    expect(await server.rawFind('_Session', {}, { sort: { objectId: 1 } })).toEqual(before);
  });

  it('go on at the next start where shutdown() stopped, which waits for the batch under way', async () => {
    await insert(3000);
    const held = holdBack();
    await restart({ expiry: EXPIRY }, { cloud: held.cloud });
    await held.atGate;
    let isDown = false;
    const down = server.sessions.shutdown().then(() => (isDown = true));
    // A whole round trip to the database.
    expect(await left()).toBe(3000);
    expect(isDown).toBe(false);
    held.open();
    await down;
    expect(await left()).toBe(2000);
    await restart();
    await allAdopted();
  });

  it('go on at the next start after a failure, which ends no process', async () => {
    await insert(2500);
    const cloud = ({ Server }: any) => {
      const { adapter } = Server.database;
      const { updateObjectsByQuery } = adapter;
      let batches = 0;
      adapter.updateObjectsByQuery = async function (className: string, ...args: unknown[]) {
        if (className === '_Session' && (batches += 1) === 2) {
          adapter.updateObjectsByQuery = updateObjectsByQuery;
          throw new Error('the disk is full');
        }
        return updateObjectsByQuery.call(this, className, ...args);
      };
    };
    await restart({ expiry: EXPIRY }, { cloud });
    await eventually(() => expect(told().at(-1)).toContain('the next start tries again'));
    expect(await left()).toBe(1500);
    await restart();
    await allAdopted();
  });

  it('go on at the next start after a crash', async () => {
    await insert(8000);
    const other = await startSecondProcess({
      sessions: { expiry: EXPIRY },
      parseServer: { databaseURI: server.databaseURI },
    });
    await eventually(async () => expect(await left()).toBeLessThan(8000), 30_000);
    await other.kill();
    await restart();
    await allAdopted();
  }, 60_000);

  it('are brought under it by several processes at once, without harm', async () => {
    await insert(6000);
    const process = () =>
      startSecondProcess({ sessions: { expiry: EXPIRY }, parseServer: { databaseURI: server.databaseURI } });
    const others = [process(), restart()] as const;
    const [other] = await Promise.all(others);
    await allAdopted();
    await other.stop();
    await server.sessions.shutdown();
    expect(told().filter(line => line.includes('could not'))).toEqual([]);
    expect(await countSessions(server)).toBe(6000);
  });

  it('are not cut short by an access meanwhile: its end is the policy’s', async () => {
    const session = await makeSession(server, userId, { expiresAt: parseDate(inFuture(FAR)) });
    const held = holdBack();
    await restart({ expiry: EXPIRY, activity: { flushInterval: '1s' } }, { cloud: held.cloud });
    await held.atGate;
    expect(await useToken(server, session)).toBe(200);
    held.open();
    await allAdopted();
    await eventually(async () => expect(await lastAccessOf(server, session)).not.toBeNull());
    expect(+(await endOf(server, session))!).toBeGreaterThan(+inFuture(30 * DAY - HOUR));
    expect(await useToken(server, session)).toBe(200);
  });
});
