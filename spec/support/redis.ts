import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** What a spec is named and told by when it is left out. */
export const NO_REDIS = 'no redis-server is installed: "apt-get install redis-server" brings one';

export interface SpecRedis {
  url: string;
  /** The same for Parse Server, as JSON can hold it. */
  cacheAdapter: { module: string; options: { url: string } };
  /** Kills it, with all that it holds. */
  stop(): Promise<void>;
  /** Starts it again after a stop, at the same address. */
  startAgain(): Promise<void>;
}

/** Starts an empty Redis on 127.0.0.1 and a free port; it keeps nothing on disk. */
export async function startRedis(): Promise<SpecRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let kill = await runRedis(port);
  return {
    url,
    cacheAdapter: { module: 'parse-server/lib/Adapters/Cache/RedisCacheAdapter', options: { url } },
    stop: () => kill(),
    async startAgain() {
      kill = await runRedis(port);
    },
  };
}

/** @returns a function that kills it. */
async function runRedis(port: number): Promise<() => Promise<void>> {
  const child = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += String(chunk);
      if (output.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    void exited.then(() => reject(new Error(`redis-server has ended:\n${output}`)));
  });
  return async () => {
    child.kill('SIGKILL');
    await exited;
  };
}
