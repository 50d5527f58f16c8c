import { randomBytes } from 'node:crypto';
import type { SpecServer } from './server';

export interface ManySessions {
  userId: string;
  /** `null` for sessions that do not expire. */
  expiresAt: Date | null;
  /** Milliseconds between the ends of two of them, each before the last. @default 0 */
  spread?: number;
}

/** Puts many sessions into the database by one statement; answers their tokens. */
export async function insertSessions(
  { server, database }: Pick<SpecServer, 'server' | 'database'>,
  count: number,
  { userId, expiresAt, spread = 0 }: ManySessions,
): Promise<string[]> {
  const { adapter } = server.config.databaseController;
  const now = new Date();
  const prefix = randomBytes(12).toString('hex');
  const suffixes = Array.from({ length: count }, (_, index) => index.toString(16).padStart(8, '0'));
  const tokens = suffixes.map(suffix => `r:${prefix}${suffix}`);
  const ends = tokens.map((_, index) => expiresAt && new Date(expiresAt.getTime() - index * spread));
  if (database === 'postgresql') {
    await adapter._client.none(
      `INSERT INTO "_Session" ("objectId", "sessionToken", "user", "createdAt", "updatedAt", "expiresAt", "restricted")
       SELECT substr(md5(token), 1, 16), token, $3, $4, $4, expires, false
       FROM unnest($1::text[], $2::timestamptz[]) AS session (token, expires)`,
      [tokens, ends, userId, now],
    );
  } else {
    const { _mongoCollection: collection } = await adapter._adaptiveCollection('_Session');
    const rows = suffixes.map((suffix, index) => ({
      _id: `${prefix.slice(0, 8)}${suffix}`,
      _session_token: tokens[index],
      _p_user: `_User$${userId}`,
      _created_at: now,
      _updated_at: now,
      ...(expiresAt && { expiresAt: ends[index] }),
      restricted: false,
    }));
    for (let start = 0; start < rows.length; start += 1000) {
      await collection.insertMany(rows.slice(start, start + 1000));
    }
  }
  return tokens;
}

/** How many sessions there are, exactly. */
export async function countSessions({ server, database }: Pick<SpecServer, 'server' | 'database'>) {
  const { adapter } = server.config.databaseController;
  if (database === 'postgresql') {
    const { count } = await adapter._client.one('SELECT count(*)::int AS count FROM "_Session"');
    return count as number;
  }
  const { _mongoCollection: collection } = await adapter._adaptiveCollection('_Session');
  return (await collection.countDocuments({})) as number;
}
