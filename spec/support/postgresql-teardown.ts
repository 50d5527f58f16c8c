import { dropPostgresDatabases } from '../../embedded/postgres';
import { running } from './postgresql-setup';

export default async function teardown(): Promise<void> {
  if (running.specPostgres) return running.specPostgres.stop();
  await dropPostgresDatabases(process.env.SPEC_POSTGRESQL_SERVER!, `${process.env.SPEC_RUN}_`);
}
