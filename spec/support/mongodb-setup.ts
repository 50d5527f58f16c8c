import { startMongo, type EmbeddedMongo } from '../../embedded/mongo';

export const running = globalThis as { specMongo?: EmbeddedMongo };

export default async function setup(): Promise<void> {
  if (process.env.SPEC_MONGODB_URI) {
    process.env.SPEC_MONGODB_SERVER = process.env.SPEC_MONGODB_URI;
    return;
  }
  running.specMongo = await startMongo();
  process.env.SPEC_MONGODB_SERVER = running.specMongo.uri;
}
