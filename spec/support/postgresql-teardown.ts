import { running } from './postgresql-setup';

export default async function teardown(): Promise<void> {
  await running.specPostgres?.stop();
}
