import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createPostgresDatabase, dropPostgresDatabase, startPostgres } from '../../embedded/postgres';
import { BenchError } from './benchmark';

export interface BenchServer {
  /** One sentence: which database this is. */
  readonly what: string;
  /** Makes an empty database and answers its connection string. */
  create(): Promise<string>;
  stop(): Promise<void>;
}

/** The PostgreSQL to measure on: an embedded one, or that of DATABASE_URI, in databases of their own. */
export async function openServer(
  uri: string | undefined,
  { durable }: { durable: boolean },
): Promise<BenchServer> {
  const embedded = uri ? undefined : await startPostgres({ durable });
  const server = uri ?? embedded!.uri;
  if (!/^postgres(ql)?:/.test(server)) {
    throw new BenchError('DATABASE_URI must be that of a PostgreSQL: the benchmarks compare with raw SQL.');
  }
  const made: string[] = [];
  const version = await versionOf(server).catch(error => {
    throw new BenchError(`DATABASE_URI: PostgreSQL cannot be reached: ${error.message || error.code}`);
  });
  const sync = durable ? 'with fsync' : 'without fsync';
  return {
    what: embedded ? `PostgreSQL ${version}, embedded, ${sync}` : `PostgreSQL ${version} of DATABASE_URI`,
    async create() {
      const name = `bench_${randomBytes(8).toString('hex')}`;
      await createPostgresDatabase(server, name);
      made.push(name);
      const created = new URL(server);
      created.pathname = `/${name}`;
      return created.href;
    },
    async stop() {
      if (embedded) return embedded.stop();
      for (const name of made) await dropPostgresDatabase(server, name);
    },
  };
}

async function versionOf(uri: string): Promise<string> {
  const client = new Client({ connectionString: uri, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SHOW server_version');
    return rows[0].server_version;
  } finally {
    client.end().catch(() => undefined);
  }
}

export async function connect(uri: string): Promise<Client> {
  const client = new Client({ connectionString: uri });
  await client.connect();
  // Rows of a commit that has not reached the log yet cannot be marked visible to all by the VACUUM that follows.
  await client.query('SET synchronous_commit = on');
  return client;
}
