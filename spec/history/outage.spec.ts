import { startLine } from '../support/line';
import { freshDatabase, startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, useToken } from '../support/sessions';
import { eventually, SECOND } from '../support/time';

declare const SPEC_DATABASE: string;

const RECORDS = 'ParseEndedSession';
/** MongoDB's driver waits for half a minute before it says that the server is gone. */
const IMPATIENT = SPEC_DATABASE === 'mongodb' ? { databaseOptions: { serverSelectionTimeoutMS: 500 } } : {};

let line: Awaited<ReturnType<typeof startLine>>;
let server: SpecServer;
let errors: string[];
let infos: string[];
/** Lets the writes of records go on that are held. */
let release: () => void;
/** How many records the server has tried to write. */
let tried: number;

async function start(options: object): Promise<void> {
  errors = [];
  infos = [];
  tried = 0;
  line = await startLine({ url: await freshDatabase() });
  const log = (level: string, ...message: unknown[]) => {
    if (level === 'error') errors.push(message.map(String).join(' '));
    if (level === 'info') infos.push(message.map(String).join(' '));
  };
  const parseServer = { databaseURI: line.url, silent: false, loggerAdapter: { log } };
  server = await startServer({}, { ...parseServer, ...options });
  const held = new Promise<void>(resolve => (release = resolve));
  const { adapter } = server.server.config.databaseController;
  for (const method of ['createObject', 'find']) {
    const call = adapter[method].bind(adapter);
    adapter[method] = async (className: string, ...args: unknown[]) => {
      // The writer looks first for those of the sessions that are there still.
      const isOfWriter = className === RECORDS || JSON.stringify(args[1]).includes('"invalidatedAt":null');
      if (isOfWriter) {
        await held;
        tried += 1;
      }
      return call(className, ...args);
    };
  }
}

afterEach(async () => {
  release();
  line.mend();
  // Its connections are told that they are closed by those that are left.
  await eventually(() => server.rawFind('_Session', {}, { limit: 1 }));
  await server.stop();
  await line.stop();
});

const ours = (lines: string[]) => lines.filter(text => text.includes('records of ended sessions'));

describe('while the database is gone, after sessions have ended', () => {
  it('log-outs have been answered, it is logged once, and the records are written when it is back', async () => {
    await start(IMPATIENT);
    const userId = await makeUser(server);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => makeSession(server, userId)));
    // None of these is written meanwhile: no log-out waits for it.
    for (const { token } of sessions)
      expect((await server.rest('POST', '/logout', { token, body: {} })).status).toBe(200);
    line.cut();
    release();
    await eventually(() => expect(ours(errors)).toHaveLength(1));
    const before = tried;
    await eventually(() => expect(tried).toBeGreaterThan(before + 1));
    expect(ours(infos)).toEqual([]);
    line.mend();
    await eventually(() => expect(ours(infos)).toHaveLength(1), 20 * SECOND);
    const records = await server.rawFind(RECORDS, { userId });
    expect(records.map(({ objectId }) => objectId).sort()).toEqual(
      sessions.map(({ objectId }) => objectId).sort(),
    );
    for (const { reason, by } of records) expect([reason, by]).toEqual(['logout', 'self']);
    expect(ours(errors)).toEqual([expect.stringContaining('could not be written, they are kept')]);
    for (const { token } of sessions) expect(errors.join('\n')).not.toContain(token);
  });

  it.each([
    ['refuses connections', () => line.cut()],
    ['does not answer', () => line.stall()],
  ])('shutdown() ends soon where it %s, and says what is lost', async (_what, fail) => {
    await start({});
    const { objectId, token } = await makeSession(server, await makeUser(server));
    // Its last access waits, too.
    expect(await useToken(server, { token })).toBe(200);
    await server.sessions.store.revoke(objectId);
    fail();
    release();
    const began = performance.now();
    await expect(server.sessions.shutdown()).resolves.toBeUndefined();
    expect(performance.now() - began).toBeLessThan(10 * SECOND);
    expect(errors.filter(text => text.includes('1 sessions ended without a record'))).toHaveLength(1);
    expect(errors.join('\n')).not.toContain(token);
  });
});
