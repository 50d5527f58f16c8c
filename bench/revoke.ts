import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { connect } from './support/database';
import { number, ratio } from './support/report';
import { insertSessions, sessionRows, SessionsTable } from './support/sessions-table';

const OTHERS = 100_000;
const SESSIONS = 1_000;
const USER = 'benchUser1';

const TIMES_ONE_BY_ONE = 20;
const STATEMENTS = 6;

export const revoke: Benchmark = {
  summary: 'revokeAllForUser() of 1,000 sessions against destroying each one',

  async run({ report, rounds = 7, createDatabase, startServer }) {
    const databaseURI = await createDatabase();
    const server = await startServer(databaseURI, {});
    // On the same table, so that it has the index on the user as well.
    const stock = await startServer(databaseURI, 'stock');
    const client = await connect(databaseURI);
    try {
      const table = new SessionsTable(client);
      await table.prepare({ active: OTHERS });
      await table.refill();
      const fill = async () => {
        await insertSessions(client, sessionRows({ active: SESSIONS, userId: USER }, 'u'));
        await table.settle();
      };
      const rate = async (sessions: number, ms: number) => {
        const { active } = await table.count();
        if (sessions !== SESSIONS || active !== OTHERS) {
          throw new Error(
            `${sessions} sessions revoked, ${active} left; expected ${SESSIONS} and ${OTHERS}.`,
          );
        }
        return (sessions / ms) * 1000;
      };

      let statements: string[] = [];
      let oneByOne: string[] = [];
      const [times] = (await compare(report, {
        what: 'revoke',
        unit: 'sessions/s',
        rounds,
        contenders: [
          {
            name: 'revokeAllForUser()',
            async measure() {
              await fill();
              const measured = await server.call('revokeAllForUser', USER);
              if (measured.statements.length > statements.length) statements = measured.statements;
              return rate(measured.result, measured.ms);
            },
          },
          {
            name: 'one by one',
            async measure() {
              await fill();
              const measured = await stock.call('destroyEach', USER);
              oneByOne = measured.statements;
              return rate(measured.result, measured.ms);
            },
          },
        ],
        ratios: [[0, 1]],
      })) as [number];

      const shapes = statements.map(text => /^\W*(?:WITH deleted AS \()?(\w+)/.exec(text)?.[1] ?? '?');
      return [
        report.verdict(
          times >= TIMES_ONE_BY_ONE,
          `${ratio(times)} times one by one (median; target: at least ${TIMES_ONE_BY_ONE})`,
        ),
        report.verdict(
          statements.length <= STATEMENTS,
          `${statements.length} statements at most: ${shapes.join(', ')} ` +
            `(target: at most ${STATEMENTS}; one by one: ${number(oneByOne.length)})`,
        ),
      ].every(Boolean);
    } finally {
      await client.end();
    }
  },
};
