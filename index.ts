import { createServer, type Server } from 'node:http';
import path from 'node:path';
import express, { type RequestHandler } from 'express';
import { MongoClient } from 'mongodb';
import ParseServer, { ParseGraphQLServer } from 'parse-server';
import { Client } from 'pg';
import { ADMIN_PAGE, DEVICES_PAGE, examplePage } from './demo/example-page';
import { startDatabase } from './embedded';
import { InMemoryFiles } from './embedded/files';
import { sessions } from './instance';
import { readSettings, serverOptions, StartError, type Settings } from './settings';
import { welcome } from './welcome';

const DATABASE_TIMEOUT = 5_000;
const SHUTDOWN_TIMEOUT = 15_000;
const CONNECTIONS_TIMEOUT = 3_000;

/** What has been started, to be stopped in the opposite order. */
const started: (() => unknown)[] = [];
let stopping: Promise<void> | undefined;
/** Parse Server's start under way: it cannot be called off, and fails loudly when its database goes away. */
let starting: Promise<unknown> = Promise.resolve();

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  // Now already: a port that is taken should not cost the start of a database first.
  await close(await listen(createServer(), settings));

  const databaseURI = await openDatabase(settings.databaseURI);
  const parseServer = new ParseServer(
    sessions.configure({
      ...serverOptions(settings, databaseURI),
      // Its own default stores files in MongoDB only.
      ...(settings.databaseURI === undefined && { filesAdapter: new InMemoryFiles() }),
      // Parse Server would look for a relative path in the folder that the process was started from.
      cloud: path.join(__dirname, 'cloud', 'main'),
    }),
  );
  const start = parseServer.start().catch(error => {
    // Parse Server has printed the error with its stack by then.
    throw new StartError(`Parse Server did not start: ${messageOf(error)}`);
  });
  starting = start.catch(() => undefined);
  await start;
  started.push(() => {
    // handleShutdown() closes the HTTP server and the database at once. Here the HTTP server is closed before, so
    // that the requests under way still have their database.
    parseServer.server = { close: (done: () => void) => done() };
    return parseServer.handleShutdown();
  });
  started.push(() => sessions.shutdown());

  const app = express();
  const { parseMount } = settings;
  app.use(DEVICES_PAGE, forBrowsers(sessions.devicesPage({ parseMount })));
  app.use(ADMIN_PAGE, forBrowsers(sessions.adminPage({ parseMount })));
  app.use('/', forBrowsers(examplePage(settings)));
  app.get('/README.md', (_request, response) =>
    response.type('text').sendFile(path.join(__dirname, 'README.md')),
  );
  withoutExitHandlers(() => {
    // First the narrower one: PARSE_MOUNT=/ takes every path.
    new ParseGraphQLServer(parseServer, { graphQLPath: settings.graphQLMount }).applyGraphQL(app);
    app.use(parseMount, parseServer.app);
  });

  // From here on the SDK of this process reaches Parse Server without HTTP.
  await makeClass('Telemetry');

  const server = await listen(createServer(app), settings);
  started.push(() => close(server));
  console.log(welcome(settings));
}

/** The scopes of a token can name a class only once it is there. */
async function makeClass(className: string): Promise<void> {
  const { Parse } = globalThis as unknown as { Parse: typeof import('parse/node').default };
  await new Parse.Schema(className).save().catch(error => {
    // Of a database that has outlived a server.
    if (error.code !== Parse.Error.INVALID_CLASS_NAME) throw error;
  });
}

/** PARSE_MOUNT=/ takes every path, and REST has a route `/sessions` too: what names its app or sends anything is for that. */
function forBrowsers(page: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && !request.get('X-Parse-Application-Id')) page(request, response, next);
    else next();
  };
}

async function openDatabase(uri: string | undefined): Promise<string> {
  if (uri !== undefined) {
    await requireAnswer(uri);
    console.log(`Database: ${withoutPassword(uri)}, as DATABASE_URI says.`);
    return uri;
  }
  const database = await startDatabase();
  started.push(() => database.stop());
  console.log(`Database: embedded and empty at every start. ${database.why}`);
  return database.uri;
}

/** Parse Server itself waits for ever for a PostgreSQL that is silent, and reports a dead MongoDB by stack traces. */
async function requireAnswer(uri: string): Promise<void> {
  try {
    if (/^postgres(ql)?:/.test(uri)) await askPostgres(uri);
    else if (/^mongodb(\+srv)?:/.test(uri)) await askMongo(uri);
    else throw new Error('it must begin with postgres:// or mongodb://');
  } catch (error) {
    throw new StartError(`Cannot use DATABASE_URI ${withoutPassword(uri)}: ${messageOf(error)}`);
  }
}

async function askPostgres(uri: string): Promise<void> {
  const client = new Client({ connectionString: uri, connectionTimeoutMillis: DATABASE_TIMEOUT });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const timedOut = message === 'timeout expired';
    // Errors of the system or of PostgreSQL count. Not those of TLS: Parse Server reads its settings from the URI in
    // a way of its own, so they need not be its errors too.
    if (timedOut) throw new Error(`no answer within ${DATABASE_TIMEOUT / 1000} s`, { cause: error });
    if (/^(E[A-Z_]+|[0-9A-Z]{5})$/.test(code ?? '')) throw error;
  } finally {
    client.end().catch(() => undefined);
  }
}

async function askMongo(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: DATABASE_TIMEOUT });
  try {
    await client.connect();
  } finally {
    await client.close();
  }
}

/**
 * Parse Server adds a handler for uncaught exceptions that ends the process at once, with exit code 0 for a taken
 * port, and leaves the embedded database behind.
 */
function withoutExitHandlers(mount: () => void): void {
  const before = process.listeners('uncaughtException');
  mount();
  for (const listener of process.listeners('uncaughtException')) {
    if (!before.includes(listener)) process.off('uncaughtException', listener);
  }
}

function listen(server: Server, { host, port }: Settings): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} is taken. Stop what listens there, or set PORT to another one.`
          : `${messageOf(error)}. Set HOST and PORT to an address of this machine.`;
      reject(new StartError(`Cannot listen on ${host}:${port}: ${reason}`));
    });
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    setTimeout(() => server.closeAllConnections(), CONNECTIONS_TIMEOUT).unref();
  });
}

function withoutPassword(uri: string): string {
  return uri.replace(/\/\/.*@/, '//***@');
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node leaves the message empty where a name has several addresses and none of them answers.
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

function stop(exitCode: number): Promise<void> {
  return (stopping ??= (async () => {
    setTimeout(() => {
      console.error(`Not stopped within ${SHUTDOWN_TIMEOUT / 1000} s: giving up.`);
      process.exit(1);
    }, SHUTDOWN_TIMEOUT).unref();
    await starting;
    for (const step of started.reverse()) {
      try {
        await step();
      } catch (error) {
        console.error(error);
        exitCode = 1;
      }
    }
    process.exit(exitCode);
  })());
}

/** npm passes SIGTERM on to its shell only, and most shells die of it without telling the server. */
function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent || stopping) return;
    console.log('npm has ended: stopping.');
    void stop(0);
  }, 250).unref();
}

function fail(error: unknown): void {
  // What still runs while everything is being stopped may well find its database gone.
  if (stopping) return;
  console.error(error instanceof StartError ? error.message : error);
  void stop(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping) console.log(`${signal}: stopping.`);
    void stop(0);
  });
}
process.on('uncaughtException', fail);
stopWithNpm();
main().catch(fail);
