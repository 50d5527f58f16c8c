import { nistAal1 } from '../../src';
import { atServer, hasTerminal, NO_TERMINAL, runCli, type CliAnswer } from '../support/cli';
import { freePort } from '../support/free-port';
import { insertSessions } from '../support/many-sessions';
import { recordsWritten } from '../support/records';
import { MASTER_KEY, READ_ONLY_MASTER_KEY, startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, useToken } from '../support/sessions';

let server: SpecServer;

beforeAll(async () => {
  server = await startServer({ guard: ['Invoice'] });
  await server.makeClass('Invoice');
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.rawDelete('_Session', { objectId: { $exists: true } }).catch(() => undefined);
});

const cli = (args: string[], options: Parameters<typeof runCli>[1] = {}): Promise<CliAnswer> =>
  runCli(args, { ...options, env: { ...atServer(server.url), ...options.env } });

const ok = async (args: string[], options?: Parameters<typeof runCli>[1]): Promise<CliAnswer> => {
  const answer = await cli(args, options);
  expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
  return answer;
};

describe('the command', () => {
  it('tells what it takes', async () => {
    const { code, stdout } = await runCli(['--help'], { key: null });
    expect(code).toBe(0);
    const names = [
      'doctor',
      'stats',
      'list',
      'ended',
      'revoke',
      'purge',
      'preview',
      'export',
      'erase',
      'uninstall',
    ];
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).toContain('Exit codes: 0 done;');
    expect((await runCli(['--version'], { key: null })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each<[string, string[], Parameters<typeof runCli>[1], string]>([
    ['an unknown command', ['dance'], {}, "unknown command 'dance'"],
    ['an unknown option', ['stats', '--fast'], {}, "unknown option '--fast'"],
    ['the master key as an argument', ['stats', '--master-key', 'x'], {}, "unknown option '--master-key'"],
    ['no server', ['stats', '--app-id', 'a'], {}, 'PARSE_SERVER_URL'],
    ['no app', ['stats', '--server-url', 'http://127.0.0.1:1/parse'], {}, 'PARSE_SERVER_APPLICATION_ID'],
    [
      'no key and nobody to type it',
      ['stats', '--server-url', 'http://127.0.0.1:1/parse', '--app-id', 'a'],
      { key: null },
      'PARSE_SERVER_MASTER_KEY',
    ],
    [
      'plain text over the net',
      ['stats', '--server-url', 'http://example.com/parse', '--app-id', 'a'],
      {},
      'plain text',
    ],
    ['no address', ['stats', '--server-url', 'example.com', '--app-id', 'a'], {}, 'takes an address'],
    [
      'a password in the address',
      ['stats', '--server-url', 'https://u:p@example.com/parse', '--app-id', 'a'],
      {},
      'without a user',
    ],
    ['a kind that is none', ['list', '--kind', 'big'], {}, 'authenticated, anonymous, restricted'],
    ['a number that is none', ['list', '--limit', 'many'], {}, 'whole number'],
  ])('ends with 2 for %s', async (_what, args, options, said) => {
    const { code, stdout, stderr } = await runCli(args, options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('ends with 1 where nobody answers, or refuses, and never shows the key', async () => {
    const nobody = await runCli([
      'stats',
      '--server-url',
      `http://127.0.0.1:${await freePort()}/parse`,
      '--app-id',
      'a',
    ]);
    expect(nobody).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('does not answer: ECONNREFUSED'),
    });
    const refused = await cli(['stats'], { key: 'a-wrong-key-of-mine' });
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('masterKeyIps') });
    expect(refused.stderr).not.toContain('a-wrong-key-of-mine');
    const elsewhere = await runCli([
      'stats',
      '--server-url',
      server.url.replace('/parse', ''),
      '--app-id',
      'a',
    ]);
    expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('not as Parse Server does') });
  });

  (hasTerminal ? it : it.skip)(
    `asks for the key where nobody sees it (${NO_TERMINAL} where skipped)`,
    async () => {
      const { code, stdout } = await cli(['stats', '--json'], { key: null, typed: `${MASTER_KEY}\n` });
      expect(code).toBe(0);
      expect(stdout).toContain('Master key:');
      expect(stdout).toContain('"total": 0');
    },
  );
});

describe('stats, list and ended', () => {
  it('show sessions to people and to programs', async () => {
    const user = await server.signUp('anna');
    const device = await server.run('createRestrictedSession', { name: 'Cellar' }, user);
    const stats = (await ok(['stats', '--json'])).json();
    expect(stats).toEqual({ total: 2, active: 2, expired: 0, restricted: 1, anonymous: 0 });
    expect((await ok(['stats'])).stdout).toMatch(/^restricted +1$/m);

    const page = (await ok(['list', '--user', 'anna', '--json'])).json();
    expect(page).toEqual(await server.run('searchSessions', { user: 'anna' }, { master: true }));
    const { stdout } = await ok(['list', '--kind', 'restricted']);
    expect(stdout).toMatch(new RegExp(`^${device.objectId} +anna +Cellar \\(restricted\\) `, 'm'));
    expect(stdout).not.toContain(user.token);
    const first = await ok(['list', '--limit', '1']);
    const [, after] = /--after (\S+)/.exec(first.stdout)!;
    const next = (await ok(['list', '--limit', '1', '--after', after!, '--json'])).json();
    expect(next.results).toHaveLength(1);

    await ok(['revoke', device.objectId, '--yes', '--note', 'lost']);
    const { stdout: over } = await ok(['ended', '--user', user.userId]);
    expect(over).toMatch(new RegExp(`^${device.objectId} +revoked +master +Cellar \\(restricted\\) `, 'm'));
    expect((await ok(['ended', '--user', user.userId, '--json'])).json()).toMatchObject([{ note: 'lost' }]);
  });

  it('show no control characters that a client has chosen', async () => {
    const user = await server.signUp();
    const name = 'red\u001b[31m\nr\u202eow';
    await makeSession(server, user.userId, { name, restricted: true });
    const { stdout } = await ok(['list']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('\u202e');
    expect(stdout).toContain('red [31m r ow');
  });

  it('work with the read-only master key, which changes nothing', async () => {
    const user = await server.signUp();
    const key = READ_ONLY_MASTER_KEY;
    for (const args of [['stats'], ['list'], ['ended', '--user', user.userId], ['export', user.userId]])
      await ok(args, { key });
    for (const args of [
      ['revoke', '--user', user.userId, '--yes'],
      ['erase', user.userId, '--yes'],
      ['purge'],
    ]) {
      const { code, stdout } = await cli(args, { key });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }
    expect(await useToken(server, user)).toBe(200);
  });
});

describe('revoke', () => {
  it('ends those of a user, after a question', async () => {
    const user = await server.signUp();
    await server.restricted(user.token);
    const asked = await cli(['revoke', '--user', user.userId]);
    expect(asked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('2 sessions') });
    expect(await useToken(server, user)).toBe(200);
    const { stdout } = await ok(['revoke', '--user', user.userId, '--yes']);
    expect(stdout).toBe('2 signed out.\n');
    expect(await useToken(server, user)).toBe(209);
  });

  it('ends those that a filter means; --dry-run only counts them', async () => {
    const user = await server.signUp();
    const device = await server.restricted(user.token);
    expect((await ok(['revoke', '--kind', 'restricted', '--dry-run'])).stdout).toBe(
      '1 would be signed out.\n',
    );
    expect(await useToken(server, device)).toBe(200);
    const done = await ok([
      'revoke',
      '--kind',
      'restricted',
      '--created-before',
      '2100-01-01',
      '--yes',
      '--json',
    ]);
    expect(done.json()).toMatchObject({ revoked: 1 });
    expect(await useToken(server, device)).toBe(209);
    expect(await useToken(server, user)).toBe(200);
    expect((await ok(['revoke', '--all', '--yes'])).stdout).toBe('1 signed out.\n');
  });

  it('takes one way at a time, and says what the server refuses', async () => {
    for (const args of [
      [],
      ['x', '--all'],
      ['x', '--user', 'y'],
      ['--user', 'y', '--all'],
      ['x', '--dry-run'],
    ]) {
      expect(await cli(['revoke', ...args, '--yes'])).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await cli(['revoke', 'nobody', '--yes'])).toMatchObject({
      code: 1,
      stderr: 'Parse Server answered 101: Object not found.\n',
    });
    const wrong = await cli(['revoke', '--created-before', 'soon', '--yes']);
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('createdBefore: expected a date'),
    });
  });

  (hasTerminal ? it : it.skip)(`asks on a terminal (${NO_TERMINAL} where skipped)`, async () => {
    const user = await server.signUp();
    const no = await cli(['revoke', '--all'], { typed: 'no\n' });
    expect(no).toMatchObject({ code: 2, stdout: expect.stringContaining('Nothing was changed') });
    expect(await useToken(server, user)).toBe(200);
    const yes = await cli(['revoke', '--all'], { typed: 'yes\n' });
    expect(yes).toMatchObject({ code: 0, stdout: expect.stringContaining('1 signed out.') });
    expect(await useToken(server, user)).toBe(209);
  });
});

describe('purge and preview', () => {
  it('delete what has expired, and count before', async () => {
    const userId = await makeUser(server);
    await insertSessions(server, 40, { userId, expiresAt: new Date('2020-01-01'), spread: 1 });
    expect((await ok(['purge', '--dry-run'])).stdout).toBe('40 would be deleted.\n');
    const { deleted, batches } = (await ok(['purge', '--batch-size', '10', '--json'])).json();
    expect({ deleted, batches: batches >= 4 }).toEqual({ deleted: 40, batches: true });
    for (const wrong of ['soon', '7'])
      expect(await cli(['purge', '--older-than', wrong])).toMatchObject({ code: 1, stdout: '' });
  });

  it('count whom a policy would end', async () => {
    const userId = await makeUser(server);
    const old = parseDate(new Date(Date.now() - 40 * 86_400_000));
    await makeSession(server, userId, { createdAt: old.iso, updatedAt: old.iso });
    await makeSession(server, userId);
    const { stdout } = await ok(['preview', '--preset', 'nistAal1']);
    expect(stdout).toMatch(/^authenticated +2 +1 +1 +0$/m);
    expect(stdout).toContain('1 of 2 sessions would end');
    const asJson = await ok(['preview', '--expiry', JSON.stringify(nistAal1), '--json']);
    expect(asJson.json()).toMatchObject({ sessions: 2, ends: 1 });
    expect(await cli(['preview'])).toMatchObject({ code: 2 });
    expect(await cli(['preview', '--expiry', '{'])).toMatchObject({ code: 2 });
    expect(await cli(['preview', '--expiry', '{"authenticated":{"idle":"soon"}}'])).toMatchObject({
      code: 2,
    });
  });
});

describe('a user', () => {
  it('is named by his id, his user name or his e-mail address', async () => {
    const email = `${Date.now()}@example.com`;
    const user = await server.signUp(undefined, { body: { email } });
    for (const name of [user.userId, user.username, email]) {
      expect((await ok(['export', name])).json()).toMatchObject({ userId: user.userId });
    }
    expect((await ok(['revoke', '--user', user.username, '--yes'])).stdout).toBe('1 signed out.\n');
    const { stdout } = await ok(['ended', '--user', email]);
    expect(stdout).toContain('revoked');
  });

  it('is the one of that id, whoever calls himself so', async () => {
    const user = await server.signUp();
    const other = await server.signUp(user.userId);
    expect((await ok(['revoke', '--user', user.userId, '--yes'])).stdout).toBe('1 signed out.\n');
    expect(await useToken(server, user)).toBe(209);
    expect(await useToken(server, other)).toBe(200);
  });

  it('who is none is no success, unless something is kept about one who was deleted', async () => {
    for (const args of [
      ['revoke', '--user', 'nobody', '--yes'],
      ['ended', '--user', 'nobody'],
      ['export', 'nobody'],
      ['erase', 'nobody', '--yes'],
    ]) {
      expect(await cli(args)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('There is no such user'),
      });
    }
    const gone = await server.signUp();
    await server.rest('DELETE', `/users/${gone.userId}`, { master: true });
    await recordsWritten({ server });
    expect((await ok(['export', gone.userId])).json().endedSessions).toHaveLength(1);
    await ok(['erase', gone.userId, '--yes']);
    expect(await cli(['export', gone.userId])).toMatchObject({ code: 1 });
  });
});

describe('export and erase', () => {
  it('answer what is kept of a user, and remove it', async () => {
    const user = await server.signUp(undefined, { headers: { 'User-Agent': 'Toaster/1.0' } });
    const kept = (await ok(['export', user.userId])).json();
    expect(kept).toMatchObject({ userId: user.userId, sessions: [{ userAgent: 'Toaster/1.0' }] });
    expect(await cli(['erase', user.userId])).toMatchObject({ code: 2, stdout: '' });
    await ok(['erase', user.userId, '--yes']);
    const { sessions } = (await ok(['export', user.userId, '--json'])).json();
    expect(sessions[0].userAgent ?? null).toBeNull();
  });
});

describe('doctor', () => {
  it('tells what it saw, and ends as bad as that is', async () => {
    const { code, stdout } = await cli(['doctor']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ok {6}mounted: /m);
    expect(stdout).toMatch(/^warning permissions: Everybody may /m);
    expect(stdout).toMatch(/^ {8}See: https:\/\/\S+\/docs\/doctor\.md#permissions$/m);
    expect(stdout).not.toContain('\u001b');
    const { level, findings } = (await cli(['doctor', '--json'])).json();
    expect({ level, findings: findings.length > 10 }).toEqual({ level: 'warning', findings: true });
  });
});
