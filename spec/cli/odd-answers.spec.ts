import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atServer, hasTerminal, NO_TERMINAL, runCli } from '../support/cli';
import { MASTER_KEY } from '../support/server';

/** What a server answers instead of Parse Server: a body by method and path. */
type Answers = (method: string, path: string) => { status?: number; headers?: object; body: unknown };

const servers: Server[] = [];
let asked: string[];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function answering(answers: Answers): Promise<string> {
  asked = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url!.replace('/parse', ''));
    asked.push(`${request.method} ${path}`);
    const { status = 200, headers = {}, body } = answers(request.method!, path);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/parse`;
}

const cli = async (answers: Answers, args: string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(args, { ...options, env: { ...atServer(await answering(answers)), ...options.env } });

/** What a function answers; a look-up of the user x finds one. */
const result = (value: unknown) => ({ body: { result: value, results: [{ objectId: 'x' }] } });

const FORGED = 'x\u001b[2J\u009b1A\u202e\nok forged';
/** What moves a cursor, turns a text around, or makes a line of its own. */
// eslint-disable-next-line no-control-regex
const HARMFUL = /[\u001b\u0080-\u009f\u202e]|^ok forged/m;

describe('the key', () => {
  it('is not shown where no header can hold it', async () => {
    const url = await answering(() => result({}));
    const { code, stdout, stderr } = await runCli(['stats'], {
      env: atServer(url),
      key: 'one-secret\nanother',
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('no HTTP header');
    expect(stderr).not.toMatch(/one-secret|another/);
  });

  (hasTerminal ? it : it.skip)(
    `is asked for only where the terminal can hide it (${NO_TERMINAL} where skipped)`,
    async () => {
      const url = await answering(() => result({ total: 0 }));
      const answer = await runCli(['stats'], {
        env: atServer(url),
        key: null,
        typed: `${MASTER_KEY}\n`,
        stderr: '/dev/null',
      });
      expect(answer.code).toBe(2);
      expect(asked).toEqual([]);
    },
  );

  it('goes nowhere else', async () => {
    const other = await answering(() => result({}));
    for (const status of [301, 302, 307, 308]) {
      const headers = { Location: `${other}/functions/sessionStats` };
      const { code, stdout } = await cli(() => ({ status, headers, body: {} }), ['stats']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(asked).toEqual(['POST /functions/sessionStats']);
    }
  });
});

describe('what a server answers draws nothing on the terminal', () => {
  const finding = { check: FORGED, level: 'warning', what: FORGED, why: FORGED, todo: FORGED, link: FORGED };
  const kind = { sessions: 1, ends: 1, tooOld: 0, unused: 1, byAge: [{ fromDays: 1, sessions: 1, ends: 1 }] };

  it.each<[string, string[], Answers]>([
    ['of the doctor', ['doctor'], () => result({ level: 'warning', findings: [finding] })],
    ['of counts', ['revoke', 'x', '--yes'], () => result({ revoked: FORGED })],
    ['in a question', ['revoke', '--user', 'x'], () => result({ active: FORGED })],
    [
      'of the kinds',
      ['preview', '--preset', 'nistAal1'],
      () => result({ ends: 1, sessions: 1, byKind: { [FORGED]: kind } }),
    ],
    ['of statistics', ['stats'], () => result({ [FORGED]: FORGED })],
    ['in JSON', ['stats', '--json'], () => result({ [FORGED]: FORGED })],
    ['in an export', ['export', 'x'], () => result({ name: FORGED })],
    ['in errors', ['stats'], () => ({ status: 400, body: { code: 1, error: FORGED } })],
  ])('%s', async (_what, args, answers) => {
    const { stdout, stderr } = await cli(answers, args);
    expect(`${stdout}${stderr}`).toContain('x');
    expect(`${stdout}${stderr}`).not.toMatch(HARMFUL);
  });

  it('and JSON stays what it was', async () => {
    expect((await cli(() => result({ name: FORGED }), ['export', 'x'])).json()).toEqual({ name: FORGED });
  });
});

describe('the doctor', () => {
  it.each([[{}], [null], [{ level: 'fine', findings: [] }], [{ level: 'constructor', findings: [] }]])(
    'does not take %j for a report of good health',
    async report => {
      for (const json of [[], ['--json']]) {
        const { code, stdout } = await cli(() => result(report), ['doctor', ...json]);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      }
    },
  );
});

describe('a job', () => {
  const job =
    (status: object): Answers =>
    method =>
      method === 'POST' ? { headers: { 'X-Parse-Job-Status-Id': 'j' }, body: {} } : { body: status };

  it.each(['no JSON', 'null', '"done"'])('that ends with %s is told of', async message => {
    const answer = await cli(job({ status: 'succeeded', message }), ['purge']);
    expect(answer).toMatchObject({ code: 1, stdout: '' });
    expect(answer.stderr).toContain('purgeExpiredSessions has ended, and what it answered is not known');
  });

  (hasTerminal ? it : it.skip)(
    `leaves a terminal that wraps lines, whatever ends the command (${NO_TERMINAL} where skipped)`,
    async () => {
      let looks = 0;
      const { stdout } = await cli(
        method => {
          if (method === 'POST') return job({})(method, '');
          looks += 1;
          const message = looks > 1 ? '{"deleted":9,"durationMs":1}' : 'deleted 4 of 9 expired sessions';
          return { body: { status: looks > 1 ? 'succeeded' : 'running', message } };
        },
        ['purge'],
        { typed: '' },
      );
      expect(stdout).toContain('4 of 9');
      expect(stdout).not.toContain('\u001b[?7l');
    },
  );
});

describe('uninstall', () => {
  const schemas = { results: [{ className: '_Session', fields: { restricted: { type: 'Boolean' } } }] };
  /** Stock Parse Server, with so many restricted sessions, as `left` tells each time. */
  const stock =
    (left: () => number, deleted: () => ReturnType<Answers>): Answers =>
    (method, path) => {
      if (path === '/schemas') return { body: schemas };
      if (path.startsWith('/functions')) {
        return { status: 400, body: { code: 141, error: 'Invalid function: "sessionStats"' } };
      }
      if (method === 'DELETE') return deleted();
      const count = left();
      if (path.includes('count=1')) return { body: { count, results: [] } };
      return { body: { results: count > 0 ? [{ objectId: 'one' }] : [] } };
    };

  it('goes on where a session has ended meanwhile', async () => {
    let left = 3;
    const gone = { status: 404, body: { code: 101, error: 'Object not found.' } };
    const answers = stock(
      () => left,
      () => (left-- === 2 ? gone : { body: {} }),
    );
    const answer = await cli(answers, ['uninstall', '--yes', '--json']);
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.json()).toMatchObject({ restricted: 3, revoked: 2, left: 0 });
  });

  it('ends, as failed, where others are made as fast as it revokes them', async () => {
    const answer = await cli(
      stock(
        () => 3,
        () => ({ body: {} }),
      ),
      ['uninstall', '--yes', '--json'],
    );
    expect(answer.code).toBe(1);
    expect(answer.json()).toMatchObject({ restricted: 3, revoked: 3, left: 3 });
  });
});
