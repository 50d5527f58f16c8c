import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { connect } from './support/database';
import { ratio } from './support/report';
import { APP_ID } from './support/server';
import { MASTER_KEY } from './support/server-process';
import { SessionsTable } from './support/sessions-table';

const SESSIONS = 1_000_000;
const PAGE = 100;
/** How many pages an operator has turned before. */
const PAGES = 100;
/** A page costs what it costs, wherever it is. */
const TIMES_FIRST = 1.5;
/** Pages by a column without an index are sorted anew, and still quicker than a look at each session. */
const SORTS = ['expiresAt', 'lastAccessedAt'] as const;

interface Found {
  results: unknown[];
  next: string | null;
}

export const search: Benchmark = {
  summary: `searchSessions: the page after ${PAGES} others against the first, of ${SESSIONS.toLocaleString('en-US')} sessions`,

  async run({ report, rounds = 5, createDatabase, startServer }) {
    const databaseURI = await createDatabase();
    const server = await startServer(databaseURI, {});
    const client = await connect(databaseURI);
    try {
      const table = new SessionsTable(client);
      await table.prepare({ active: SESSIONS });
      await table.refill();
      const page = async (sort: string, after?: string): Promise<Found> => {
        const answer = await fetch(`${server.url}/functions/searchSessions`, {
          method: 'POST',
          headers: {
            'X-Parse-Application-Id': APP_ID,
            'X-Parse-Master-Key': MASTER_KEY,
            'Content-Type': 'application/json',
          },
          body: JSON.stringify({ sort, limit: PAGE, after }),
        });
        const { result } = (await answer.json()) as { result: Found };
        if (result?.results.length !== PAGE) throw new Error(`A page of ${result?.results.length} sessions.`);
        return result;
      };
      const time = async (sort: string, after?: string) => {
        const start = performance.now();
        await page(sort, after);
        return performance.now() - start;
      };

      const verdicts: boolean[] = [];
      for (const sort of SORTS) {
        let deep: string | undefined;
        for (let turned = 0; turned < PAGES; turned += 1) deep = (await page(sort, deep)).next ?? undefined;
        const [times] = (await compare(report, {
          what: `search by ${sort}`,
          unit: 'ms',
          rounds,
          contenders: [
            { name: `page ${PAGES + 1} by ${sort}`, measure: () => time(sort, deep) },
            { name: 'the first', measure: () => time(sort) },
          ],
          ratios: [[0, 1]],
        })) as [number];
        verdicts.push(
          report.verdict(
            times <= TIMES_FIRST,
            `by ${sort}: ${ratio(times)} times as long as the first page (median; target: at most ${TIMES_FIRST})`,
          ),
        );
      }
      return verdicts.every(Boolean);
    } finally {
      await client.end();
    }
  },
};
