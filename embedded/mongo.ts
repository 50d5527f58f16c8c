import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import { DryMongoBinary, MongoBinary, MongoMemoryServer } from 'mongodb-memory-server';

export interface EmbeddedMongo {
  uri: string;
  stop(): Promise<void>;
}

/** Starts an empty MongoDB on 127.0.0.1 and a free port. Rejects as `findMongod()` does. */
export async function startMongo(): Promise<EmbeddedMongo> {
  const systemBinary = await findMongod();
  const server = await withoutVersionCheck(() =>
    MongoMemoryServer.create({
      binary: { systemBinary },
      instance: { ip: '127.0.0.1' },
      // A Ctrl-C must reach the application only, which then stops the server when it is done with it.
      spawn: { detached: process.platform !== 'win32' },
    }),
  ).catch(cause => {
    throw new Error(`MongoDB did not start: ${messageOf(cause)}`, { cause });
  });
  return {
    uri: server.getUri(),
    stop: async () => void (await server.stop({ doCleanup: true, force: true })),
  };
}

/**
 * The path of a mongod that runs here: downloaded earlier, on the PATH, or downloaded now. Where it would have to
 * be downloaded and cannot be, this rejects within seconds; a download under way takes the time it takes.
 */
export async function findMongod(): Promise<string> {
  const found = (await locate()) ?? onPath() ?? (await download());
  try {
    await promisify(execFile)(found, ['--version'], { timeout: 20_000 });
  } catch (cause) {
    throw new Error(`${found} does not run on this machine: ${messageOf(cause)}`, { cause });
  }
  return found;
}

async function locate(): Promise<string | undefined> {
  try {
    return await DryMongoBinary.locateBinary({ version: '' });
  } catch (cause) {
    throw new Error(`no mongod for this machine: ${messageOf(cause)}`, { cause });
  }
}

function onPath(): string | undefined {
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map(folder => path.join(folder, name))
    .find(file => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

async function download(): Promise<string> {
  if (process.env.MONGOMS_RUNTIME_DOWNLOAD === 'false') {
    throw new Error('no mongod is installed, and MONGOMS_RUNTIME_DOWNLOAD=false forbids its download');
  }
  // mongodb-memory-server tries an unreachable host three times, with pauses that grow: ask first, once.
  const source =
    process.env.MONGOMS_DOWNLOAD_URL ?? process.env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org';
  const proxy =
    process.env.https_proxy ?? process.env.HTTPS_PROXY ?? process.env.http_proxy ?? process.env.HTTP_PROXY;
  try {
    await reach(new URL(proxy ?? source));
  } catch (cause) {
    throw new Error(
      `no mongod is installed, and it cannot be downloaded: ${proxy ? 'the proxy' : new URL(source).host} ` +
        `is out of reach (${messageOf(cause)})`,
      { cause },
    );
  }
  try {
    return await MongoBinary.getPath();
  } catch (cause) {
    throw new Error(`no mongod is installed, and its download failed: ${messageOf(cause)}`, { cause });
  }
}

/** Any answer will do, also an error page: it shows that somebody is there. */
function reach(url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? http : https).request(
      url,
      { method: 'HEAD', timeout: 3000, agent: false },
      response => {
        response.destroy();
        resolve();
      },
    );
    // The time-out of a request counts from the moment its socket connects; a name look-up can hang as well.
    const timer = setTimeout(() => request.destroy(new Error('no answer within 4 s')), 4000);
    request.on('timeout', () => request.destroy(new Error('no answer within 3 s')));
    // A certificate that Node does not know (a company's own) is an answer too; the download has its own check.
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (/CERT|SIGNATURE|ISSUER/.test(error.code ?? '')) resolve();
      else reject(error);
    });
    request.on('close', () => clearTimeout(timer));
    request.end();
  });
}

/** A mongod of the machine's own is as good as the one version that mongodb-memory-server would have fetched. */
async function withoutVersionCheck<T>(action: () => Promise<T>): Promise<T> {
  const name = 'MONGOMS_SYSTEM_BINARY_VERSION_CHECK';
  const before = process.env[name];
  process.env[name] = 'false';
  try {
    return await action();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return (error.message || code || error.name).trim();
}
