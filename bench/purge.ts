import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { connect } from './support/database';
import { ratio } from './support/report';
import { SessionsTable } from './support/sessions-table';

const ACTIVE = 200_000;
const EXPIRED = 200_000;
/** At its own pace the usual way would take minutes per round; its rate is that of its first pages. */
const PAGED = 2_000;

const OF_RAW_DELETE = 0.3;
const TIMES_DESTROY_ALL = 20;

export const purge: Benchmark = {
  summary: 'purgeExpired() against one raw DELETE, and against Parse.Query + destroyAll',

  async run({ report, rounds = 5, createDatabase, startServer }) {
    const databaseURI = await createDatabase();
    // One table for all: it has the columns and indexes of the package when the stock server starts on it.
    const server = await startServer(databaseURI, {});
    const stock = await startServer(databaseURI, 'stock');
    const client = await connect(databaseURI);
    try {
      const table = new SessionsTable(client);
      await table.prepare({ active: ACTIVE, expired: EXPIRED });

      const expectLeft = async (expired: number) => {
        const left = await table.count();
        if (left.active !== ACTIVE || left.expired !== expired) {
          throw new Error(
            `Left over: ${JSON.stringify(left)}, expected ${ACTIVE} active, ${expired} expired.`,
          );
        }
      };
      const [ofRaw, timesDestroyAll] = (await compare(report, {
        what: 'purge',
        unit: 'rows/s',
        rounds,
        contenders: [
          {
            name: 'purgeExpired()',
            async measure() {
              await table.refill();
              const { ms } = await server.call('purgeExpired');
              await expectLeft(0);
              return (EXPIRED / ms) * 1000;
            },
          },
          {
            name: 'one DELETE',
            async measure() {
              await table.refill();
              const started = performance.now();
              await client.query('DELETE FROM "_Session" WHERE "expiresAt" < now()');
              const ms = performance.now() - started;
              await expectLeft(0);
              return (EXPIRED / ms) * 1000;
            },
          },
          {
            name: `destroyAll (${PAGED} rows)`,
            async measure() {
              await table.refill();
              const { ms } = await stock.call('destroyExpired', PAGED);
              await expectLeft(EXPIRED - PAGED);
              return (PAGED / ms) * 1000;
            },
          },
        ],
        ratios: [
          [0, 1],
          [0, 2],
        ],
      })) as [number, number];

      return [
        report.verdict(
          ofRaw >= OF_RAW_DELETE,
          `${ratio(ofRaw)} of one raw DELETE (median; target: at least ${OF_RAW_DELETE})`,
        ),
        report.verdict(
          timesDestroyAll >= TIMES_DESTROY_ALL,
          `${ratio(timesDestroyAll)} times Parse.Query + destroyAll (median; target: at least ${TIMES_DESTROY_ALL})`,
        ),
      ].every(Boolean);
    } finally {
      await client.end();
    }
  },
};
