import { startMongo } from './mongo';
import { startPostgres } from './postgres';

export interface EmbeddedDatabase {
  uri: string;
  kind: 'mongodb' | 'postgresql';
  /** One sentence: why it is this database. */
  why: string;
  stop(): Promise<void>;
}

/** An empty, temporary database: MongoDB where it can be had, else PostgreSQL. */
export async function startDatabase(): Promise<EmbeddedDatabase> {
  let reason: string;
  try {
    const mongo = await startMongo();
    return { ...mongo, kind: 'mongodb', why: 'MongoDB, since DATABASE_URI names no other database.' };
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  const { uri, stop } = await startPostgres();
  return { uri, stop, kind: 'postgresql', why: `PostgreSQL, since MongoDB cannot be had: ${reason}.` };
}
