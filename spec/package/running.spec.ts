import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  createPostgresDatabase,
  dropPostgresDatabase,
  startPostgres,
  type EmbeddedPostgres,
} from '../../embedded/postgres';
import { makeApp, type App } from './support/packed';

const APP_ID = 'packed';
const apps: App[] = [];
let postgres: EmbeddedPostgres | undefined;
let databases: string;

beforeAll(async () => {
  const given = process.env.SPEC_POSTGRESQL_URI;
  if (!given) postgres = await startPostgres();
  databases = given ?? postgres!.uri;
}, 60_000);

afterAll(async () => {
  await postgres?.stop();
  for (const app of apps) app.remove();
});

/** An app of `apps/`, with packages of this repository under the names that it has for them. */
function appWith(others: Record<string, string>): App {
  const app = makeApp(others);
  apps.push(app);
  cpSync(path.join(__dirname, 'apps'), app.folder, { recursive: true });
  return app;
}

/** Starts a server on an empty database of its own. It ends with `stop`. */
async function startServer(app: App, file: string) {
  const name = `specs_${path.basename(app.folder)}`;
  await createPostgresDatabase(databases, name);
  const options = {
    appId: APP_ID,
    masterKey: 'packed-master-key',
    databaseURI: Object.assign(new URL(databases), { pathname: name }).href,
    allowClientClassCreation: true,
    logsFolder: null,
  };
  const child: ChildProcess = fork(path.join(app.folder, file), [], {
    cwd: app.folder,
    execArgv: [],
    env: { PATH: process.env.PATH, PARSE_SERVER_OPTIONS: JSON.stringify(options) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const closed = once(child, 'close');
  const early = closed.then(([code]) => Promise.reject(new Error(`${file} has ended with ${code}`)));
  const [{ origin }] = (await Promise.race([once(child, 'message'), early])) as [{ origin: string }];
  early.catch(() => undefined);
  return {
    origin,
    async send(method: string, at: string, token?: string, body: unknown = {}) {
      const answer = await fetch(`${origin}/parse/${at}`, {
        method,
        headers: { 'X-Parse-Application-Id': APP_ID, ...(token && { 'X-Parse-Session-Token': token }) },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as any;
    },
    async stop() {
      child.kill();
      await closed;
      await dropPostgresDatabase(databases, name);
    },
  };
}

const SERVERS = [
  { version: '4', from: 'express-4', file: 'server.cjs' },
  { version: '5', from: 'express', file: 'server.mjs' },
];

describe.each(SERVERS)('on Express $version, with $file', ({ version, from, file }) => {
  let app: App;
  let server: Awaited<ReturnType<typeof startServer>>;
  let token: string;
  let restricted: string;

  beforeAll(async () => {
    app = appWith({ express: from, parse: 'parse', 'parse-server': 'parse-server' });
    server = await startServer(app, file);
    ({ sessionToken: token } = await server.send('POST', 'users', undefined, {
      username: 'user',
      password: 'password',
    }));
    ({ sessionToken: restricted } = await server.send('POST', 'sessions', token));
  }, 60_000);

  afterAll(() => server?.stop());

  it('is that Express', () => {
    const manifest = path.join(app.folder, 'node_modules/express/package.json');
    expect(JSON.parse(readFileSync(manifest, 'utf8')).version).toMatch(new RegExp(`^${version}\\.`));
  });

  it('a restricted session may not write a guarded class, and an unrestricted one may', async () => {
    expect(await server.send('POST', 'classes/Invoice', restricted)).toMatchObject({ code: 119 });
    expect(await server.send('POST', 'classes/Invoice', token)).toMatchObject({
      objectId: expect.any(String),
    });
  });

  it('the page for devices is served, with its scripts', async () => {
    const page = await fetch(`${server.origin}/sessions/`);
    expect(page.status).toBe(200);
    const scripts = [...(await page.text()).matchAll(/<script src="([^"]+)"/g)].map(([, at]) => at!);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect((await fetch(new URL(script, page.url))).status).toBe(200);
  });

  it('cloud code in the other kind of module knows the sessions of this server', async () => {
    expect(await server.send('POST', 'functions/transfer', token)).toEqual({ result: 'transferred' });
    expect(await server.send('POST', 'functions/transfer', restricted)).toMatchObject({ code: 119 });
  });

  it.each([
    ['7', 'parse-7'],
    ['8', 'parse'],
  ])(
    'a client with the SDK’s version %s lists sessions, and hears that its own is over',
    async (_, parse) => {
      const client = appWith({ parse });
      expect(JSON.parse(await client.node('client.cjs', `${server.origin}/parse`, APP_ID))).toEqual({
        listed: [true],
        byHandler: [209, 'revoked', null],
        byHand: [209, null],
      });
    },
  );
});
