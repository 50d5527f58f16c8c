import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type ParseSdk from 'parse/node';
import ParseServer from 'parse-server';
import { parseSessions, type Sessions } from '../../src';
import { origin, serverOptions } from '../../settings';
import type { Measured, Question, StartOptions } from './server';

/** The keys of a server that lives for one measurement, on 127.0.0.1 only. */
export const APP_ID = 'bench';
const MASTER_KEY = 'bench-master-key';

let sessions: Sessions | undefined;
let Parse: typeof ParseSdk;
let statements: string[] = [];

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

  /** Writes the last accesses that are left. */
  async shutdown() {
    await mounted().shutdown();
  },

  /** All statements since the last time that this was asked, or since the start. */
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
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const serverURL = `${origin('127.0.0.1', (server.address() as AddressInfo).port)}/parse`;

  if (options.sessions !== 'stock') sessions = parseSessions(options.sessions);
  const parseOptions = {
    ...serverOptions({ appId: APP_ID, masterKey: MASTER_KEY, serverURL }, options.databaseURI),
    silent: true,
    cloud: (sdk: typeof ParseSdk) => void (Parse = sdk),
  };
  const parseServer = new ParseServer((sessions?.configure(parseOptions) ?? parseOptions) as never);
  await parseServer.start();
  watchStatements(parseServer);
  app.use('/parse', parseServer.app);
  return serverURL;
}

/** Through the hook of the adapter's own client, pg-promise: it sees each statement, whoever sends it, and changes none. */
function watchStatements(parseServer: ParseServer): void {
  const { adapter } = parseServer.config.databaseController;
  adapter._client.$config.options.query = ({ query }: { query: string }) => statements.push(query);
}

async function call(name: keyof Actions, args: unknown[]): Promise<Measured<unknown>> {
  const before = statements.length;
  const started = performance.now();
  const result = await (actions[name] as (...args: unknown[]) => Promise<unknown>)(...args);
  const ms = performance.now() - started;
  return { result, ms, statements: statements.slice(before) };
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
