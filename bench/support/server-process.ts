import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import express from 'express';
import type ParseSdk from 'parse/node';
import ParseServer from 'parse-server';
import type { SessionFilter, Sessions } from '../../src';
import { origin, serverOptions } from '../../settings';
import { APP_ID, type Measured, type Question, type StartOptions } from './server';

export const MASTER_KEY = 'bench-master-key';

let sessions: Sessions | undefined;
let Parse: typeof ParseSdk;
let statements: string[] = [];
/** How often garbage has been collected. */
let collections = 0;
new PerformanceObserver(list => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });
/** How many calls are under way. */
let calls = 0;

export type Actions = typeof actions;

/** What the parent lets this server do. Each runs inside the server, the fastest place there is for all of them. */
const actions = {
  async purgeExpired() {
    return mounted().store.purgeExpired();
  },

  /** The usual way: a query and `destroyAll`, page by page, until so many sessions are gone. */
  async destroyExpired(limit: number) {
    const page = 100;
    let deleted = 0;
    while (deleted < limit) {
      const expired = await new Parse.Query('_Session')
        .lessThan('expiresAt', new Date())
        .limit(page)
        .find({ useMasterKey: true });
      if (expired.length === 0) break;
      await Parse.Object.destroyAll(expired, { useMasterKey: true, batchSize: page });
      deleted += expired.length;
    }
    return deleted;
  },

  async revokeAllForUser(userId: string) {
    return mounted().store.revokeAllForUser(userId);
  },

  async revokeWhere(filter: SessionFilter) {
    return mounted().store.revokeWhere(filter);
  },

  /** As the Ruby class ends all sessions of a user: it asks for them, and destroys one after the other. */
  async destroyEach(userId: string) {
    const user = Parse.User.createWithoutData(userId);
    const found = await new Parse.Query('_Session')
      .equalTo('user', user)
      .limit(10_000)
      .find({ useMasterKey: true });
    for (const session of found) await session.destroy({ useMasterKey: true });
    return found.length;
  },

  /**
   * What this process has used of the CPU so far, in microseconds: all of its threads, hence garbage collection too; and
   * how often there was one.
   */
  async usage() {
    const { user, system } = process.cpuUsage();
    return { cpu: user + system, collections };
  },

  async collectGarbage() {
    globalThis.gc?.();
  },

  /** Bytes that are held once the garbage is gone: on the heap, and beside it. */
  async memory() {
    globalThis.gc?.();
    // What has a finalizer goes in the next turn.
    await new Promise(setImmediate);
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { heapUsed, external };
  },

  /** Writes the last accesses that are left. */
  async shutdown() {
    await mounted().shutdown();
  },

  /** All statements on sessions since the last time that this was asked, or since the start. */
  async statementsSoFar() {
    const sent = statements;
    statements = [];
    return sent;
  },
};

function mounted(): Sessions {
  if (!sessions) throw new Error('A stock Parse Server has no session store.');
  return sessions;
}

async function start(options: StartOptions): Promise<string> {
  const app = express();
  const server = createServer(app);
  // Others may have their turn for long.
  server.keepAliveTimeout = 0;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const serverURL = `${origin('127.0.0.1', (server.address() as AddressInfo).port)}/parse`;

  const { sessions: kind } = options;
  if (typeof kind !== 'string') {
    // Only here: a stock server holds nothing of this package in its memory.
    const { parseSessions } = await import('../../src/index.js');
    sessions = parseSessions(kind);
  }
  const parseOptions = {
    ...serverOptions({ appId: APP_ID, masterKey: MASTER_KEY, serverURL }, options.databaseURI),
    silent: true,
    cloud: (sdk: typeof ParseSdk) => {
      Parse = sdk;
      if (kind === 'guide') guardByTrigger('Note');
    },
  };
  const parseServer = new ParseServer((sessions?.configure(parseOptions) ?? parseOptions) as never);
  await parseServer.start();
  watchStatements(parseServer);
  app.use('/parse', parseServer.app);
  return serverURL;
}

/** The `beforeSave` of the Parse guide, as far as today's Parse Server can run it: there is no current session in it. */
function guardByTrigger(className: string): void {
  Parse.Cloud.beforeSave(className, async ({ master, user }) => {
    if (master || !user) return;
    const session = await new Parse.Query(Parse.Session)
      .equalTo('sessionToken', user.getSessionToken())
      .first({ useMasterKey: true });
    if (session?.get('restricted')) throw new Error('write operation not allowed');
  });
}

/** Through the hook of the adapter's own client, pg-promise: it sees each statement, whoever sends it, and changes none. */
function watchStatements(parseServer: ParseServer): void {
  const { adapter } = parseServer.config.databaseController;
  adapter._client.$config.options.query = ({ query }: { query: string }) => {
    // Not those of the load, which would fill the memory.
    if (calls > 0 || query.includes('"_Session"')) statements.push(query);
  };
}

async function call(name: keyof Actions, args: unknown[]): Promise<Measured<unknown>> {
  const before = statements.length;
  const started = performance.now();
  calls += 1;
  try {
    const result = await (actions[name] as (...args: unknown[]) => Promise<unknown>)(...args);
    const ms = performance.now() - started;
    return { result, ms, statements: statements.slice(before) };
  } finally {
    calls -= 1;
  }
}

if (process.send) {
  const send = process.send.bind(process);
  process.on('message', (question: Question) => {
    const answering = 'start' in question ? start(question.start) : call(question.call, question.args);
    answering.then(
      value => send({ id: question.id, value }),
      error => send({ id: question.id, error: String(error?.stack ?? error) }),
    );
  });
  // The parent is done with this server, or has died.
  process.on('disconnect', () => process.exit());
}
