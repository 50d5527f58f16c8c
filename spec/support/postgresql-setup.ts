import { startPostgres, type EmbeddedPostgres } from '../../embedded/postgres';

export const running = globalThis as { specPostgres?: EmbeddedPostgres };

export default async function setup(): Promise<void> {
  running.specPostgres = await startPostgres();
  process.env.SPEC_POSTGRESQL_SERVER = running.specPostgres.uri;
}
