import { randomBytes } from 'node:crypto';
import { startPostgres, type EmbeddedPostgres } from '../../embedded/postgres';

export const running = globalThis as { specPostgres?: EmbeddedPostgres };

export default async function setup(): Promise<void> {
  if (process.env.SPEC_POSTGRESQL_URI) {
    process.env.SPEC_POSTGRESQL_SERVER = process.env.SPEC_POSTGRESQL_URI;
    // Another run may use the same server at the same time: the names of its databases begin otherwise.
    process.env.SPEC_RUN = `specs_${randomBytes(4).toString('hex')}`;
    return;
  }
  running.specPostgres = await startPostgres();
  process.env.SPEC_POSTGRESQL_SERVER = running.specPostgres.uri;
}
