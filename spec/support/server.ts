import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import ParseServerClass, { ParseGraphQLServer, ParseServer } from 'parse-server';
// @ts-expect-error It has no types.
import SchemaCache from 'parse-server/lib/Adapters/Cache/SchemaCache';
import { createPostgresDatabase } from '../../embedded/postgres';
import { parseSessions, type Sessions, type SessionsOptions } from '../../src';
import { goStraight } from '../../src/gate/gate';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

export const APP_ID = 'specs';
export const MASTER_KEY = 'specs-master-key';
export const READ_ONLY_MASTER_KEY = 'specs-read-only-master-key';

type Json = Record<string, any>;
type ParseServerInstance = InstanceType<typeof ParseServerClass>;

export interface RestOptions {
  token?: string;
  master?: boolean;
  readOnlyMaster?: boolean;
  installationId?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface RestAnswer {
  status: number;
  /** The parsed JSON, or the text where it is none. */
  body: any;
  headers: Headers;
}

export interface SpecUser {
  userId: string;
  username: string;
  password: string;
  token: string;
}

export interface HarnessOptions {
  /** As Parse Server takes it. */
  cloud?: string | ((parse: any) => unknown);
  graphql?: boolean;
  /** true, or options of the LiveQuery server. */
  liveQuery?: boolean | { websocketTimeout: number };
  /** false: a stock Parse Server without this package, to show that a spec can fail. */
  mounted?: boolean;
  /** Whether the app parses bodies of JSON before it mounts anything. */
  parsesJson?: boolean;
  /** The app's own middleware, in front of everything. */
  front?: RequestHandler;
  /** What an app does between making its server and starting it. */
  beforeStart?: (parse: any) => unknown;
}

export type SpecServer = Awaited<ReturnType<typeof startServer>>;

/**
 * A Parse Server in this process, with this package mounted, on a fresh database. Give `databaseURI` of an earlier
 * one (stopped with `keepData`) to start again on its data. Parse Server keeps global state: one at a time, save on
 * MongoDB, where apps with an `appId` each can be up together. The first that stops takes the cloud code of all of them.
 */
export async function startServer(
  sessionsOptions: SessionsOptions = {},
  parseServerOptions: Json = {},
  {
    cloud,
    graphql = false,
    liveQuery = false,
    mounted = true,
    parsesJson = false,
    front,
    beforeStart,
  }: HarnessOptions = {},
) {
  const databaseURI: string = parseServerOptions.databaseURI ?? (await freshDatabase());
  const app: Express = express();
  if (front) app.use(front);
  if (parsesJson) app.use(express.json());
  const httpServer = http.createServer(app);
  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject);
    httpServer.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  const url = `${origin}/parse`;
  const graphqlUrl = `${origin}/graphql`;

  const options: Json = {
    appId: APP_ID,
    masterKey: MASTER_KEY,
    readOnlyMasterKey: READ_ONLY_MASTER_KEY,
    serverURL: url,
    silent: true,
    logsFolder: null,
    allowClientClassCreation: true,
    ...(liveQuery ? { liveQuery: { classNames: ['Note'] } } : {}),
    ...parseServerOptions,
    ...(cloud === undefined ? {} : { cloud }),
    databaseURI,
  };
  const appId: string = options.appId;
  let mountedSessions: Sessions | undefined;
  let server: ParseServerInstance | undefined;
  try {
    mountedSessions = mounted ? parseSessions(sessionsOptions) : undefined;
    server = withoutDeprecations(() => ParseServer((mountedSessions?.configure(options) ?? options) as any));
    await beforeStart?.((globalThis as any).Parse);
    await server.start();
    app.use('/parse', server.app);
    if (graphql) new ParseGraphQLServer(server, { graphQLPath: '/graphql' } as any).applyGraphQL(app);
    if (liveQuery) {
      // Its pings of a closed connection go on for two rounds, and would keep the process alive for that long.
      const liveQueryOptions: any = liveQuery === true ? { websocketTimeout: 100 } : liveQuery;
      server.liveQueryServer = await ParseServerClass.createLiveQueryServer(
        httpServer,
        liveQueryOptions,
        options as any,
      );
    }
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function closeAll(): Promise<void> {
    await mountedSessions?.shutdown();
    if (server) server.server = httpServer;
    const closed = server ? server.handleShutdown() : new Promise(resolve => httpServer.close(resolve));
    httpServer.closeAllConnections();
    await closed;
    // Parse Server keeps these per process: a second server would see the classes and cloud code of the first.
    SchemaCache.clear();
    (globalThis as any).Parse?.Cloud?._removeAllHooks?.();
  }

  const parseServer = server;
  const database = () => goStraight(parseServer.config.databaseController) as any;

  const rest = restAt(url, options.appId);

  async function expectOk(answer: Promise<RestAnswer>): Promise<any> {
    const { status, body } = await answer;
    if (status >= 400) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  return {
    appId,
    url,
    graphqlUrl,
    app,
    httpServer,
    /** Undefined when nothing is mounted. */
    sessions: mountedSessions as Sessions,
    server: parseServer,
    database: SPEC_DATABASE,
    databaseURI,
    rest,

    async graphql(query: string, variables: Json = {}, token?: string): Promise<RestAnswer> {
      return rest('POST', graphqlUrl, { token, body: { query, variables } });
    },

    /** Runs a cloud function; answers its result, or throws an Error with Parse's `code`. */
    async run(name: string, params: Json = {}, request: Omit<RestOptions, 'body'> = {}): Promise<any> {
      const { body } = await rest('POST', `/functions/${name}`, { ...request, body: params });
      if (body?.code !== undefined) throw Object.assign(new Error(body.error), { code: body.code });
      return body.result;
    },

    async signUp(
      username = `user-${randomBytes(6).toString('hex')}`,
      request: Omit<RestOptions, 'body'> & { body?: Json } = {},
    ): Promise<SpecUser> {
      const password = 'correct horse';
      const body = await expectOk(
        rest('POST', '/users', { ...request, body: { username, password, ...request.body } }),
      );
      return { userId: body.objectId, token: body.sessionToken, username, password };
    },

    async login(username: string, password: string, headers: Record<string, string> = {}): Promise<SpecUser> {
      const body = await expectOk(rest('POST', '/login', { body: { username, password }, headers }));
      return { userId: body.objectId, token: body.sessionToken, username, password };
    },

    /** What a client's `POST /sessions` makes. */
    async restricted(token: string, body: Json = {}): Promise<{ objectId: string; token: string }> {
      const created = await expectOk(rest('POST', '/sessions', { token, body }));
      return { objectId: created.objectId, token: created.sessionToken };
    },

    /** Makes a class, as an app does before it names it in a scope. */
    async makeClass(className: string, fields: Json = {}): Promise<void> {
      await expectOk(rest('POST', `/schemas/${className}`, { master: true, body: { fields } }));
    },

    /** Past every rule, straight from the server's database controller. */
    async rawFind(className: string, where: Json = {}, query: Json = {}): Promise<any[]> {
      return database().find(className, where, query);
    },

    /** Past every rule; what Parse Server would fill in by itself is filled in here. */
    async rawInsert(className: string, object: Json): Promise<any> {
      const now = new Date().toISOString();
      const row = { objectId: randomBytes(5).toString('hex'), createdAt: now, updatedAt: now, ...object };
      await database().create(className, row, {});
      return row;
    },

    async rawUpdate(className: string, where: Json, update: Json, many = false): Promise<any> {
      return database().update(className, where, update, { many });
    },

    async rawDelete(className: string, where: Json): Promise<any> {
      return database().destroy(className, where, {});
    },

    /** Closes everything, also the database's connections. `keepData` for a second server on the same data. */
    async stop({ keepData = false } = {}): Promise<void> {
      if (!keepData && SPEC_DATABASE === 'mongodb') {
        await mountedSessions?.shutdown();
        await database().adapter.database.dropDatabase();
      }
      await closeAll();
    },
  };
}

/** A client of the REST API at an address. */
export function restAt(url: string, appId = APP_ID) {
  return async function rest(method: string, path: string, request: RestOptions = {}): Promise<RestAnswer> {
    const headers: Record<string, string> = { 'X-Parse-Application-Id': appId };
    if (request.token) headers['X-Parse-Session-Token'] = request.token;
    if (request.master) headers['X-Parse-Master-Key'] = MASTER_KEY;
    if (request.readOnlyMaster) headers['X-Parse-Master-Key'] = READ_ONLY_MASTER_KEY;
    if (request.installationId) headers['X-Parse-Installation-Id'] = request.installationId;
    const raw = typeof request.body === 'string' || request.body instanceof Uint8Array;
    if (request.body !== undefined && !raw) headers['Content-Type'] = 'application/json';
    const response = await fetch(path.startsWith('http') ? path : url + path, {
      method,
      headers: { ...headers, ...request.headers },
      body: (raw ? request.body : JSON.stringify(request.body)) as string | undefined,
      redirect: 'manual',
    });
    const text = await response.text();
    let body: unknown = text;
    try {
      body = JSON.parse(text);
    } catch {
      // Not JSON: a page or a file.
    }
    return { status: response.status, body, headers: response.headers };
  };
}

/** Parse Server warns of its future defaults before its own logger, the silent one, is in place. */
function withoutDeprecations<T>(construct: () => T): T {
  const stdout = (console as any)._stdout;
  if (!stdout) return construct();
  const { write } = stdout;
  stdout.write = (chunk: unknown, ...rest: unknown[]) =>
    String(chunk).includes('DeprecationWarning: The Parse Server option') ||
    write.call(stdout, chunk, ...rest);
  try {
    return construct();
  } finally {
    stdout.write = write;
  }
}

/** The connection string of an empty database on the server of this run. */
export async function freshDatabase(): Promise<string> {
  const name = `${process.env.SPEC_RUN ?? 'specs'}_${randomBytes(8).toString('hex')}`;
  const server = process.env[`SPEC_${SPEC_DATABASE.toUpperCase()}_SERVER`];
  if (!server) throw new Error(`No ${SPEC_DATABASE} server: start the specs with "npm test".`);
  if (SPEC_DATABASE === 'postgresql') await createPostgresDatabase(server, name);
  const uri = new URL(server);
  uri.pathname = `/${name}`;
  return uri.href;
}
