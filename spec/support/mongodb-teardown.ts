import { running } from './mongodb-setup';

export default async function teardown(): Promise<void> {
  await running.specMongo?.stop();
}
