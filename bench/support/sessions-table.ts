import type { Client } from 'pg';

export interface Filling {
  /** Sessions that have not expired. */
  active: number;
  /** Sessions that have. */
  expired?: number;
  /** All of these sessions belong to this user; absent: three sessions to a user. */
  userId?: string;
  /** Those that have not expired end a year after they were made, as Parse Server has it; absent: at any time of it. */
  inOrder?: boolean;
}

/** As a browser of today sends it: rows as wide as in production. */
export const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/**
 * Rows for `_Session` in SQL, the two kinds in turns: a table as it is after a year. They lie in the order in which they
 * were made, and the expired ones were not used any more some days after that.
 */
export function sessionRows({ active, expired = 0, userId, inOrder = false }: Filling, prefix = ''): string {
  const total = active + expired;
  return `
    SELECT '${prefix}' || substr(md5(i::text), 1, 4) || lpad(i::text, 7, '0') AS "objectId",
           made AS "createdAt",
           now() AS "updatedAt",
           'r:' || md5('${prefix}' || i || 'token') AS "sessionToken",
           ${userId ? `'${userId}'` : `substr(md5('user' || i / 3), 1, 10)`} AS "user",
           '{"action":"login","authProvider":"password"}'::jsonb AS "createdWith",
           gen_random_uuid()::text AS "installationId",
           CASE WHEN (i::bigint * ${expired}) % ${total} < ${expired}
                THEN least(made + interval '10 days' * random(), now() - interval '1 hour')
                ELSE ${inOrder ? 'made' : 'now()'} + interval '1 day' + interval '1 year'${inOrder ? '' : ' * random()'} END AS "expiresAt",
           false AS "restricted",
           '127.0.0.1' AS "ip",
           '${USER_AGENT}' AS "userAgent",
           date_trunc('milliseconds', now() - interval '1 hour' - interval '1 day' * random()) AS "lastAccessedAt"
    FROM generate_series(1, ${total}) AS i, LATERAL (SELECT now() - interval '1 year' * (1 - i::float / ${total})) AS _ (made)`;
}

const COLUMNS = [
  'objectId',
  'createdAt',
  'updatedAt',
  'sessionToken',
  'user',
  'createdWith',
  'installationId',
  'expiresAt',
  'restricted',
  'ip',
  'userAgent',
  'lastAccessedAt',
]
  .map(column => `"${column}"`)
  .join(', ');

export async function insertSessions(client: Client, rows: string): Promise<void> {
  await client.query(`INSERT INTO "_Session" (${COLUMNS}) SELECT ${COLUMNS} FROM (${rows}) AS filling`);
}

/**
 * A `_Session` table that can be brought back to the same rows, freshly vacuumed and analyzed, before each
 * measurement: the rows are made once and kept beside it.
 */
export class SessionsTable {
  constructor(private readonly client: Client) {}

  async prepare(filling: Filling): Promise<void> {
    // The database's own vacuum would hit some measurements and spare others.
    await this.client.query('ALTER TABLE "_Session" SET (autovacuum_enabled = off)');
    await this.client.query(`CREATE UNLOGGED TABLE bench_filling AS ${sessionRows(filling)}`);
  }

  async refill(): Promise<void> {
    await this.client.query('TRUNCATE "_Session"');
    await insertSessions(this.client, 'SELECT * FROM bench_filling');
    await this.settle();
  }

  /** Leaves nothing over for the database to do later, at the cost of what is measured next. */
  async settle(): Promise<void> {
    await this.client.query('VACUUM (ANALYZE) "_Session"');
    // Not everybody may: a role of DATABASE_URI need not be that of an administrator.
    await this.client.query('CHECKPOINT').catch(() => undefined);
  }

  /** Counted by the database, with an expression that is not the one under test. */
  async count(): Promise<{ active: number; expired: number }> {
    const { rows } = await this.client.query(
      `SELECT count(*) FILTER (WHERE NOT "expiresAt" < now())::int AS active,
              count(*) FILTER (WHERE "expiresAt" < now())::int AS expired FROM "_Session"`,
    );
    return rows[0];
  }
}
