import { execFile } from 'node:child_process';
import path from 'node:path';
import type { Client } from 'pg';
import type { DoctorReport, ExpiryPreview, PurgeResult } from '../src';
import type { Benchmark, Context } from './support/benchmark';
import { connect } from './support/database';
import { APP_ID, type ServerProcess } from './support/server';
import { MASTER_KEY } from './support/server-process';

const ACTIVE = 700_000;
const EXPIRED = 300_000;
const DEVICES = 20_000;
const CLI = path.join(__dirname, '../dist/cli/main.js');

/** A way that an operator goes with the command line: from Parse Server alone, and back to it. */
export const operator: Benchmark = {
  summary: `the command line on ${(ACTIVE + EXPIRED).toLocaleString('en-US')} sessions: mount, doctor, preview, purge, uninstall, stock again`,

  async run({ report, createDatabase, startServer }) {
    const databaseURI = await createDatabase();
    const verdicts: boolean[] = [];
    const expect = (what: string, isSo: boolean) => verdicts.push(report.verdict(isSo, what));
    const timed = async <Result>(what: string, act: () => Promise<Result>): Promise<Result> => {
      const started = performance.now();
      const result = await act();
      report.line(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      return result;
    };
    const client = await connect(databaseURI);
    const start = startingAnew(databaseURI, startServer);
    try {
      let server = await start('stock');
      const user = await signUp(server);
      await fill(client);

      server = await timed('the first start with the package', () => start({ guard: ['Invoice'] }));
      expect('the session from before goes on', (await use(server, user.sessionToken)) === 200);

      const doctor = await timed('doctor', () => cli<DoctorReport>(server, ['doctor']));
      const levelOf = (check: string) => doctor.findings.find(one => one.check === check)?.level;
      expect('the doctor finds the indexes', levelOf('indexes') === 'ok');
      expect('the doctor finds the backlog', levelOf('backlog') === 'warning');

      const preview = await timed('preview', () =>
        cli<ExpiryPreview>(server, ['preview', '--preset', 'nistAal1']),
      );
      expect(
        `preview: ${preview.ends} of ${preview.sessions} would end`,
        preview.sessions === ACTIVE + 1 && preview.ends > 0 && preview.ends < preview.sessions,
      );

      const tokens = await makeDevices(server, user.sessionToken, client);
      server = await timed('the start with a shorter policy', () =>
        start({ guard: ['Invoice'], expiry: { authenticated: { idle: '30d', maxAge: '30d' } } }),
      );
      expect('nobody is logged out by it', (await use(server, user.sessionToken)) === 200);
      const purged = await timed('purge', () => cli<PurgeResult>(server, ['purge']));
      expect(`purge: ${purged.deleted} deleted`, purged.deleted === EXPIRED);

      const told = await timed('uninstall', () =>
        cli<{ revoked: number; left: number }>(server, ['uninstall', '--yes']),
      );
      expect(
        `uninstall: ${told.revoked} revoked, ${told.left} left`,
        told.revoked === DEVICES + 2 && told.left === 0,
      );

      server = await start('stock');
      expect('stock again: the user is still logged in', (await use(server, user.sessionToken)) === 200);
      for (const token of tokens)
        expect('stock again: a device is logged out', (await use(server, token)) !== 200);
      const { rows } = await client.query('SELECT count(*)::int AS count FROM "_Session" WHERE restricted');
      expect('stock again: nothing was promoted', rows[0].count === 0);
      return verdicts.every(Boolean);
    } finally {
      await start.stop();
      await client.end();
    }
  },
};

/** Starts servers on the same database, each once the one before has stopped. */
function startingAnew(databaseURI: string, startServer: Context['startServer']) {
  let running: ServerProcess | undefined;
  const start = async (kind: Parameters<Context['startServer']>[1]): Promise<ServerProcess> => {
    await start.stop();
    return (running = await startServer(databaseURI, kind));
  };
  start.stop = async () => {
    await running?.stop();
    running = undefined;
  };
  return start;
}

/** Sessions as Parse Server alone makes them, of the last year. */
async function fill(client: Client): Promise<void> {
  await client.query(`
    INSERT INTO "_Session" ("objectId", "createdAt", "updatedAt", "sessionToken", "user", "createdWith", "installationId", "expiresAt")
    SELECT substr(md5(i::text), 1, 4) || lpad(i::text, 7, '0'), made, made, 'r:' || md5(i || 'token'),
           substr(md5('user' || i / 3), 1, 10), '{"action":"login","authProvider":"password"}'::jsonb,
           gen_random_uuid()::text,
           CASE WHEN i <= ${EXPIRED} THEN now() - interval '1 hour' * (1 + i % 1000) ELSE now() + interval '1 day' + interval '1 year' * random() END
    FROM generate_series(1, ${ACTIVE + EXPIRED}) AS i, LATERAL (SELECT now() - interval '1 year' * random() WHERE i > 0) AS _ (made)`);
  await client.query('VACUUM (ANALYZE) "_Session"');
}

/** Many restricted sessions, and one of them and a scoped one by their tokens. */
async function makeDevices(server: ServerProcess, token: string, client: Client): Promise<string[]> {
  await client.query(`
    UPDATE "_Session" SET restricted = true WHERE "objectId" IN
      (SELECT "objectId" FROM "_Session" WHERE "expiresAt" > now() AND "createdAt" < now() - interval '1 hour' LIMIT ${DEVICES})`);
  const makes = [{}, { scopes: ['_User:read'] }];
  return Promise.all(
    makes.map(async params => {
      const body = await post(server, '/functions/createRestrictedSession', params, token);
      return (body.result as { sessionToken: string }).sessionToken;
    }),
  );
}

const headersOf = (token?: string) => ({
  'X-Parse-Application-Id': APP_ID,
  'Content-Type': 'application/json',
  ...(token && { 'X-Parse-Session-Token': token }),
});

async function post(server: ServerProcess, to: string, body: object, token?: string) {
  const answer = await fetch(server.url + to, {
    method: 'POST',
    headers: headersOf(token),
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${to}: HTTP ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}

const signUp = async (server: ServerProcess) =>
  (await post(server, '/users', { username: 'operator', password: 'bench' })) as { sessionToken: string };

const use = async (server: ServerProcess, token: string): Promise<number> =>
  (await fetch(`${server.url}/users/me`, { headers: headersOf(token) })).status;

/** Runs the command; answers what it has said. The doctor ends with another code than 0 where something is amiss. */
function cli<Result>({ url }: ServerProcess, args: string[]): Promise<Result> {
  const env = { ...process.env, PARSE_SERVER_MASTER_KEY: MASTER_KEY };
  const given = [CLI, ...args, '--json', '--server-url', url, '--app-id', APP_ID];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, given, { env }, (error, stdout, stderr) => {
      if (stdout) resolve(JSON.parse(stdout) as Result);
      else reject(error ?? new Error(stderr));
    });
  });
}
