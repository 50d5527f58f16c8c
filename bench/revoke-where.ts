import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { connect } from './support/database';
import { ratio } from './support/report';
import { SessionsTable } from './support/sessions-table';

const SESSIONS = 1_000_000;

/** With a record for each. */
const RECORDED = 20_000;

const OF_RAW_DELETE = 0.3;

export const revokeWhere: Benchmark = {
  summary:
    'revokeWhere() of 1,000,000 sessions without records against one raw DELETE; of 20,000 with records',

  async run({ report, rounds = 3, createDatabase, startServer }) {
    const databaseURI = await createDatabase();
    const server = await startServer(databaseURI, { history: false });
    const recording = await startServer(databaseURI, {});
    const client = await connect(databaseURI);
    try {
      const table = new SessionsTable(client);
      await table.prepare({ active: SESSIONS, inOrder: true });

      const measured = async (sessions: number, work: () => Promise<unknown>) => {
        await table.refill();
        const started = performance.now();
        await work();
        const ms = performance.now() - started;
        const { active } = await table.count();
        if (active > 0) throw new Error(`${active} sessions are left.`);
        return (sessions / ms) * 1000;
      };
      const oneDelete = () => client.query('DELETE FROM "_Session" WHERE "createdAt" <= now()');
      const [ofRaw] = (await compare(report, {
        what: 'revokeWhere',
        unit: 'sessions/s',
        rounds,
        contenders: [
          {
            name: 'revokeWhere()',
            measure: () => measured(SESSIONS, () => server.call('revokeWhere', { all: true })),
          },
          {
            name: 'one DELETE',
            measure: () => measured(SESSIONS, oneDelete),
          },
        ],
        ratios: [[0, 1]],
      })) as [number];

      await client.query(`DELETE FROM bench_filling WHERE right("objectId", 7)::int > ${RECORDED}`);
      const [recorded] = (await compare(report, {
        what: 'revokeWhere with records',
        unit: 'sessions/s',
        rounds,
        contenders: [
          {
            name: 'with records',
            async measure() {
              await client.query('TRUNCATE "ParseEndedSession"');
              const rate = await measured(RECORDED, () => recording.call('revokeWhere', { all: true }));
              const { rows } = await client.query('SELECT count(*)::int AS count FROM "ParseEndedSession"');
              if (rows[0].count !== RECORDED) throw new Error(`${rows[0].count} records.`);
              return rate;
            },
          },
          { name: 'one DELETE', measure: () => measured(RECORDED, oneDelete) },
        ],
        ratios: [[0, 1]],
      })) as [number];
      report.line(`        with a record for each: ${recorded.toFixed(3)} of one raw DELETE (median)`);

      return report.verdict(
        ofRaw >= OF_RAW_DELETE,
        `${ratio(ofRaw)} of one raw DELETE (median; target: at least ${OF_RAW_DELETE})`,
      );
    } finally {
      await client.end();
    }
  },
};
