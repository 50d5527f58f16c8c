import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { eventually, SECOND } from '../support/time';

// What docs/pairing.md shows.
const EXAMPLES = path.join(__dirname, '../../docs/examples');

const missing = ['bash', 'curl', 'jq', 'mkfifo'].filter(
  program => spawnSync(program, ['--version'], { stdio: 'ignore' }).error,
);
if (missing.length > 0)
  process.stderr.write(`\n!!! SKIPPED, docs/examples/pair.sh: there is no ${missing.join(', no ')}\n\n`);

const compile = (file: string, ...more: string[]) =>
  spawnSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', ...more, file], {
    encoding: 'utf8',
  });
const hasHeaders = ['curl/curl.h', 'cjson/cJSON.h'].every(
  header => compile('/dev/null', '-x', 'c', '-include', header).status === 0,
);
if (!hasHeaders)
  process.stderr.write('\n!!! SKIPPED, docs/examples/pair.c: no cc, or no headers of libcurl and cJSON\n\n');

(hasHeaders ? it : it.skip)('docs/examples/pair.c compiles without a warning', () => {
  const { status, stderr } = compile(path.join(EXAMPLES, 'pair.c'));
  expect([status, stderr]).toEqual([0, '']);
});

(missing.length === 0 ? describe : describe.skip)('docs/examples/pair.sh', () => {
  let server: SpecServer;
  let user: SpecUser;
  let home: string;
  /** How many pauses of the script have been ended. */
  let passed = 0;

  beforeAll(async () => {
    server = await startServer({
      pairing: { verificationUri: 'https://example.com/pair', scopes: ['Telemetry:*'] },
    });
    await server.makeClass('Telemetry');
    user = await server.signUp();
  });

  afterAll(() => server?.stop());

  beforeEach(() => {
    passed = 0;
    home = mkdtempSync(path.join(tmpdir(), 'pair-'));
    // The script's pauses end when the spec says so.
    execFileSync('mkfifo', [path.join(home, 'go')]);
    writeFileSync(
      path.join(home, 'sleep'),
      '#!/bin/sh\necho "$1" >> "$SPEC_HOME/pauses"\nread -r _ < "$SPEC_HOME/go"\n',
    );
    chmodSync(path.join(home, 'sleep'), 0o755);
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const tokenFile = () => path.join(home, 'token');

  function startScript(more: Record<string, string> = {}) {
    const env = {
      ...process.env,
      PATH: `${home}:${process.env.PATH}`,
      SPEC_HOME: home,
      PARSE_SERVER_URL: server.url,
      PARSE_SERVER_APPLICATION_ID: server.appId,
      DEVICE_NAME: 'The "cellar"',
      DEVICE_SCOPES: 'Telemetry:create Telemetry:read',
      DEVICE_ID: 'th-1',
      TOKEN_FILE: tokenFile(),
      ...more,
    };
    const child = spawn('bash', [path.join(EXAMPLES, 'pair.sh')], { env });
    const script = { output: '', ended: once(child, 'close').then(([code]) => code as number) };
    let heard = () => {};
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        script.output += chunk;
        heard();
      });
    return {
      script,
      /** The code that it shows. */
      async code(): Promise<string> {
        for (;;) {
          const code = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(script.output)?.[0];
          if (code) return code;
          await new Promise<void>(resolve => (heard = resolve));
        }
      },
    };
  }

  const pauses = () => {
    const file = path.join(home, 'pauses');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  };

  /** Waits until the script pauses again: the question before that is answered by then. */
  const nextPause = () => eventually(() => expect(pauses()).toHaveLength(passed + 1));

  /** Ends the next pause of the script, and has the server think that it took as long as it should. */
  async function pass() {
    await nextPause();
    passed += 1;
    const before = parseDate(Date.now() - 5 * SECOND);
    await server.rawUpdate(
      'ParseSessionPairing',
      { polledAt: { $exists: true } },
      { polledAt: before },
      true,
    );
    await writeFile(path.join(home, 'go'), '\n');
  }

  it('keeps the token of its session where nobody else reads it, and says none', async () => {
    const { script, code } = startScript();
    const userCode = await code();
    await pass();
    expect(await server.run('pairingRequest', { userCode }, user)).toMatchObject({
      name: 'The "cellar"',
      scopes: ['Telemetry:create', 'Telemetry:read'],
    });
    await nextPause();
    await server.run('approvePairing', { userCode, scopes: ['Telemetry:create'] }, user);
    await pass();
    expect([await script.ended, script.output]).toEqual([
      0,
      expect.stringContaining('Paired, for Telemetry:create.'),
    ]);
    const token = readFileSync(tokenFile(), 'utf8');
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    expect(await server.run('getSession', {}, { token })).toMatchObject({ installationId: 'th-1' });
    expect(script.output).not.toContain(token);
    expect(pauses()).toEqual(['5', '5']);

    const again = startScript();
    expect(await again.script.ended).toBe(0);
    expect(again.script.output).toContain('Paired already');
    expect(readFileSync(tokenFile(), 'utf8')).toBe(token);
  });

  it('keeps nothing when it is denied', async () => {
    const { script, code } = startScript();
    await server.run('denyPairing', { userCode: await code() }, user);
    await pass();
    expect([await script.ended, script.output]).toEqual([1, expect.stringContaining('Denied.')]);
    expect(existsSync(tokenFile())).toBe(false);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['what no device may get', { DEVICE_SCOPES: 'Note:create' }, 1, 'Refused: 142 scopes.0: "Note:create"'],
    ['without a server', { PARSE_SERVER_URL: 'http://127.0.0.1:1/parse' }, 2, 'There is no code to show.'],
    ['without TLS', { PARSE_SERVER_URL: 'http://example.com/parse' }, 1, 'must begin with https://'],
  ])('ends at once: %s', async (_what, more, exitCode, message) => {
    const { script } = startScript(more);
    expect([await script.ended, script.output]).toEqual([exitCode, expect.stringContaining(message)]);
  });
});
