import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { connect } from './support/database';
import { Load, type LoadRequest } from './support/load';
import { number, ratio } from './support/report';
import { APP_ID } from './support/server-process';
import { insertSessions, sessionRows, USER_AGENT } from './support/sessions-table';

const REQUESTS = 10_000;
const SESSIONS = 100;
const CONCURRENCY = 16;
/** Seconds; far below the default of 60, so that many flushes fall into the measurement. */
const FLUSH_INTERVAL = 1;

const OF_UNTRACKED = 0.95;

export const activity: Benchmark = {
  summary: '10,000 requests of 100 sessions with last access tracked against not tracked',

  async run({ report, rounds = 20, createDatabase, startServer }) {
    const load = new Load(CONCURRENCY);
    const perRound = Math.ceil(REQUESTS / rounds);

    const prepare = async (enabled: boolean) => {
      const databaseURI = await createDatabase();
      const server = await startServer(databaseURI, { activity: { enabled, flushInterval: FLUSH_INTERVAL } });
      const client = await connect(databaseURI);
      await client.query(
        `INSERT INTO "_User" ("objectId", "createdAt", "updatedAt", "username")
         SELECT substr(md5('user' || i), 1, 10), now(), now(), 'user' || i FROM generate_series(0, ${SESSIONS}) AS i`,
      );
      await insertSessions(client, sessionRows({ active: SESSIONS }));
      const { rows } = await client.query<{ token: string }>(
        'SELECT "sessionToken" AS token FROM "_Session"',
      );
      const headers = (token: string) => ({
        'X-Parse-Application-Id': APP_ID,
        'X-Parse-Session-Token': token,
        'User-Agent': USER_AGENT,
      });
      const post: LoadRequest = {
        method: 'POST',
        path: '/classes/Note',
        headers: headers(rows[0]!.token),
        body: { text: 'hello' },
      };
      const [note] = (await load.run(server.url, [post])).answers as [{ objectId: string }];
      let sent = 0;
      // The cheapest request of a session: what tracking costs weighs the most in it.
      const send = async (count: number) => {
        const requests = Array.from({ length: count }, () => ({
          method: 'GET',
          path: `/classes/Note/${note.objectId}`,
          headers: headers(rows[sent++ % SESSIONS]!.token),
        }));
        return (await load.run(server.url, requests)).perSecond;
      };
      // Machine code is made for the first thousands of requests; both servers get over it before it counts.
      await send(3_000);
      return { server, client, send };
    };

    const tracked = await prepare(true);
    const untracked = await prepare(false);
    try {
      // The marks of the warming up are written by then.
      await new Promise(resolve => setTimeout(resolve, 2 * FLUSH_INTERVAL * 1000));
      await tracked.server.call('statementsSoFar');
      await untracked.server.call('statementsSoFar');
      const started = Date.now();

      const [ofUntracked] = (await compare(report, {
        what: 'activity',
        unit: 'requests/s',
        rounds,
        contenders: [
          { name: 'tracked', measure: () => tracked.send(perRound) },
          { name: 'not tracked', measure: () => untracked.send(perRound) },
        ],
        ratios: [[0, 1]],
      })) as [number];

      await tracked.server.call('shutdown');
      // In so many whole intervals and a part the clock strikes once more than there are whole ones, at the most; and that
      // of the shutdown.
      const flushes = Math.floor((Date.now() - started) / (FLUSH_INTERVAL * 1000)) + 2;
      const isWrite = (statement: string) => /(UPDATE|INSERT INTO|DELETE FROM) "_Session"/.test(statement);
      const writes = (await tracked.server.call('statementsSoFar')).result.filter(isWrite);
      const untrackedWrites = (await untracked.server.call('statementsSoFar')).result.filter(isWrite);
      const { rows } = await tracked.client.query(
        'SELECT count(*)::int AS seen FROM "_Session" WHERE "lastAccessedAt" >= $1',
        [new Date(started)],
      );

      return [
        report.verdict(
          ofUntracked >= OF_UNTRACKED,
          `${ratio(ofUntracked)} of the requests per second without tracking (median; target: at least ${OF_UNTRACKED})`,
        ),
        report.verdict(
          writes.length > 0 && writes.length <= flushes,
          `${writes.length} writes to _Session for ${number(rounds * perRound)} requests, ${flushes} flushes of ` +
            `${FLUSH_INTERVAL} s (target: at most one per flush)`,
        ),
        report.verdict(
          rows[0].seen === SESSIONS && untrackedWrites.length === 0,
          `${rows[0].seen} of ${SESSIONS} last accesses written; without tracking ${untrackedWrites.length} writes`,
        ),
      ].every(Boolean);
    } finally {
      load.close();
      await tracked.client.end();
      await untracked.client.end();
    }
  },
};
