import type { Benchmark } from './support/benchmark';
import { compareCpu, exact, ratioToFirst, type Contender } from './support/cpu';
import { connect } from './support/database';
import { Load } from './support/load';
import { Notes } from './support/notes';
import { number } from './support/report';
import { insertSessions, sessionRows, USER_AGENT } from './support/sessions-table';

const SESSIONS = 100;
const CONCURRENCY = 16;
/** Seconds; far below the default of 60, so that many flushes fall into the measurement. */
const FLUSH_INTERVAL = 1;

/** At most so much of the CPU without tracking. */
const OF_UNTRACKED = 1.02;

/** What a server has written to its sessions while it was measured. */
class Written {
  writes = 0;
  /** How often it may have written. */
  flushes = 0;
  /** Sessions with a last access, on each server the fewest. */
  seen = SESSIONS;
}

const isWrite = (statement: string) => /(UPDATE|INSERT INTO|DELETE FROM) "_Session"/.test(statement);

export const activity: Benchmark = {
  summary: 'CPU of requests of 100 sessions with last access tracked against not tracked',

  async run({ report, rounds = 15, createDatabase, startServer }) {
    const load = new Load(CONCURRENCY);

    const contender = (name: string, enabled: boolean, written: Written): Contender<'gets'> => ({
      name,
      async open() {
        const databaseURI = await createDatabase();
        const server = await startServer(databaseURI, {
          activity: { enabled, flushInterval: FLUSH_INTERVAL },
        });
        const client = await connect(databaseURI);
        await client.query(
          `INSERT INTO "_User" ("objectId", "createdAt", "updatedAt", "username")
           SELECT substr(md5('user' || i), 1, 10), now(), now(), 'user' || i FROM generate_series(0, ${SESSIONS}) AS i`,
        );
        await insertSessions(client, sessionRows({ active: SESSIONS }));
        const { rows } = await client.query<{ token: string }>(
          'SELECT "sessionToken" AS token FROM "_Session"',
        );
        const tokens = rows.map(({ token }) => token);
        const { send } = await Notes.open(load, server.url, tokens, USER_AGENT);
        let started = 0;
        return {
          server,
          send,
          async begin() {
            // The marks of the warming up are written by then.
            await new Promise(resolve => setTimeout(resolve, 2 * FLUSH_INTERVAL * 1000));
            await server.call('statementsSoFar');
            started = Date.now();
          },
          async end() {
            await server.call('shutdown');
            // In so many whole intervals and a part the clock strikes once more than there are whole ones, at the most;
            // and that of the shutdown.
            written.flushes += Math.floor((Date.now() - started) / (FLUSH_INTERVAL * 1000)) + 2;
            written.writes += (await server.call('statementsSoFar')).result.filter(isWrite).length;
            const { rows } = await client.query(
              'SELECT count(*)::int AS seen FROM "_Session" WHERE "lastAccessedAt" >= $1',
              [new Date(started)],
            );
            written.seen = Math.min(written.seen, rows[0].seen);
            await client.end();
          },
        };
      },
    });

    const tracked = new Written();
    const untracked = new Written();
    try {
      // The cheapest request of a session: what tracking costs weighs the most in it.
      const { gets } = await compareCpu(report, {
        operations: ['gets'],
        rounds,
        contenders: [contender('not tracked', false, untracked), contender('tracked', true, tracked)],
      });
      const { median, details } = ratioToFirst(gets, 1);
      const requests = gets.reduce((sum, round) => sum + round[1]!.requests, 0);
      return [
        report.verdict(
          median <= OF_UNTRACKED,
          `${exact(median)} of the CPU without tracking (median; target: at most ${OF_UNTRACKED}; ${details})`,
        ),
        report.verdict(
          tracked.writes > 0 && tracked.writes <= tracked.flushes,
          `${tracked.writes} writes to _Session for ${number(requests)} requests, ${tracked.flushes} flushes of ` +
            `${FLUSH_INTERVAL} s (target: at most one per flush)`,
        ),
        report.verdict(
          tracked.seen === SESSIONS && untracked.writes === 0,
          `${tracked.seen} of ${SESSIONS} last accesses written; without tracking ${untracked.writes} writes`,
        ),
      ].every(Boolean);
    } finally {
      load.close();
    }
  },
};
