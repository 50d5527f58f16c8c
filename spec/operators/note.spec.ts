import { countSessions, insertSessions } from '../support/many-sessions';
import { recordOf, recordsWritten } from '../support/records';
import { startServer, type RestOptions, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually } from '../support/time';

const MASTER: RestOptions = { master: true };
const TOKEN = 'r:0123456789abcdef0123456789abcdef';

let server: SpecServer;
let userId: string;
const info: string[] = [];

beforeAll(async () => {
  const log = (level: string, ...message: unknown[]) => {
    if (level === 'info') info.push(...message.filter(part => typeof part === 'string'));
  };
  server = await startServer({}, { silent: false, loggerAdapter: { log } });
});
afterAll(() => server.stop());

beforeEach(async () => {
  userId = await makeUser(server);
  info.length = 0;
});

/** The lines that tell of notes. */
const told = () => info.filter(line => /^parse-server-sessions: .* revoked /.test(line));
const noteOf = async ({ objectId }: { objectId: string }) => (await recordOf(server, objectId)).note;
const make = (fields: object = {}) => makeSession(server, userId, fields);

async function startJob(params: object) {
  const answer = await server.rest('POST', '/jobs/revokeSessionsWhere', { ...MASTER, body: params });
  const objectId = answer.headers.get('X-Parse-Job-Status-Id');
  return eventually(async () => {
    const [status] = await server.rawFind('_JobStatus', { objectId });
    expect(['succeeded', 'failed']).toContain(status?.status);
    return status;
  });
}

describe('a note of an operator', () => {
  it('is kept in the records of what he revokes, and told in one line of the log', async () => {
    const one = await make();
    await server.run('revokeSession', { objectId: one.objectId, note: 'a lost phone' }, MASTER);
    expect(await noteOf(one)).toBe('a lost phone');
    const [two, three, kept] = [await make(), await make(), await make()];
    const params = { userId, except: kept.token, note: 'Ticket 7 – “gestohlen” 🔑' };
    await server.run('revokeOtherSessions', params, MASTER);
    for (const session of [two, three]) expect(await noteOf(session)).toBe(params.note);
    await server.run('revokeSessions', { userId, note: 'the rest' }, MASTER);
    expect(await noteOf(kept)).toBe('the rest');
    expect(told()).toEqual([
      `parse-server-sessions: the master key revoked the session ${one.objectId} of the user ${userId}: a lost phone`,
      `parse-server-sessions: the master key revoked 2 sessions of the user ${userId}: ${params.note}`,
      `parse-server-sessions: the master key revoked 1 sessions of the user ${userId}: the rest`,
    ]);
    expect(info.join('\n')).not.toContain(kept.token);
  });

  it('is taken by the job and by the store, also for many sessions, and told once', async () => {
    const ip = '192.0.2.99';
    const [one, two] = [await make({ ip }), await make({ ip })];
    expect(await startJob({ ip, note: 'a raid', dryRun: true })).toMatchObject({ status: 'succeeded' });
    expect(told()).toEqual([]);
    expect(await startJob({ ip, note: 'a raid' })).toMatchObject({ status: 'succeeded' });
    for (const session of [one, two]) expect(await noteOf(session)).toBe('a raid');
    await insertSessions(server, 1100, { userId, expiresAt: new Date(Date.now() + 60_000) });
    await server.rawUpdate('_Session', { restricted: false }, { ip }, true);
    const last = await make({ ip });
    await server.sessions.store.revokeWhere({ ip, kind: 'authenticated' }, { note: 'again' });
    expect(await noteOf(last)).toBe('again');
    expect(told()).toEqual([
      'parse-server-sessions: the master key revoked 2 sessions by ip: a raid',
      'parse-server-sessions: the server revoked 1101 sessions by ip, kind: again',
    ]);
  });

  it('is not there where none was given, and no line tells of it', async () => {
    const [one, two] = [await make(), await make()];
    await server.run('revokeSession', { objectId: one.objectId }, MASTER);
    await server.run('revokeSessions', { userId }, MASTER);
    for (const session of [one, two]) expect((await noteOf(session)) ?? null).toBeNull();
    expect(told()).toEqual([]);
  });

  it('is not that of a session that had ended before', async () => {
    const over = await make({ expiresAt: parseDate('2020-01-01') });
    await server.run('revokeSessions', { userId, note: 'too late' }, MASTER);
    expect(await recordOf(server, over.objectId)).not.toHaveProperty('note', 'too late');
  });

  it('is shown to the master key, not to the user, nor to whoever has the token', async () => {
    const user = await server.signUp();
    const [noted, plain] = await Promise.all([1, 2].map(() => makeSession(server, user.userId)));
    await makeSession(server, user.userId, { expiresAt: parseDate('2020-01-01') });
    const revoke = (objectId: string, note?: string) =>
      server.run('revokeSession', { objectId, ...(note && { note }) }, MASTER);
    await revoke(noted!.objectId, 'shared his password');
    await revoke(plain!.objectId);
    await recordsWritten({ server });
    const byMaster = await server.run('listEndedSessions', { userId: user.userId }, MASTER);
    expect(byMaster).toHaveLength(3);
    const notes = Object.fromEntries(byMaster.map(({ objectId, note }: any) => [objectId, note]));
    expect(notes).toMatchObject({ [noted!.objectId]: 'shared his password', [plain!.objectId]: null });
    expect(Object.values(notes).filter(note => note === null)).toHaveLength(2);
    const others = [
      await server.run('listEndedSessions', {}, user),
      await server.run('endedSession', { sessionToken: noted!.token }),
      await server.sessions.store.ended(user.userId),
      await server.sessions.exportUser(user.userId),
    ];
    expect(others[0]).toHaveLength(3);
    expect(JSON.stringify(others)).not.toMatch(/shared his password|"note"/);
  });

  it('may be of 500 characters, in any script', async () => {
    const note = '🔒'.repeat(250);
    const one = await make();
    await server.run('revokeSession', { objectId: one.objectId, note }, MASTER);
    expect(await noteOf(one)).toBe(note);
  });

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(501)],
    ['null', null],
    ['a number', 5],
    ['an object', { $ne: '' }],
    ['a list', ['x']],
    ['with a NUL', 'a\u0000b'],
  ])('is refused with 142 when it is %s, and nothing ends', async (_what, note) => {
    const { objectId } = await make({ ip: '192.0.2.98' });
    const calls: Array<[string, object]> = [
      ['revokeSession', { objectId }],
      ['revokeOtherSessions', { userId }],
      ['revokeSessions', { userId }],
    ];
    for (const [name, params] of calls) {
      await expect(server.run(name, { ...params, note }, MASTER)).rejects.toMatchObject({
        code: 142,
        message: expect.stringMatching(/^note: expected a text/),
      });
    }
    const where = { ip: '192.0.2.98' };
    await expect(server.sessions.store.revokeWhere(where, { note } as never)).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(/^note: /),
    });
    expect(await startJob({ ...where, note })).toMatchObject({ status: 'failed' });
    expect(await server.rawFind('_Session', { objectId })).toHaveLength(1);
  });

  it('is no parameter for a session', async () => {
    const user = await server.signUp();
    const { objectId } = await makeSession(server, user.userId);
    const calls: Array<[string, object]> = [
      ['revokeSession', { objectId }],
      ['revokeOtherSessions', {}],
      ['revokeSessions', {}],
    ];
    for (const [name, params] of calls) {
      await expect(server.run(name, { ...params, note: 'mine' }, user)).rejects.toMatchObject({
        code: 142,
        message: 'note: not a parameter for this caller.',
      });
    }
    expect(await server.run('countSessions', {}, user)).toEqual({ active: 2 });
  });

  it('draws over no line of the log, and no token that it quotes is kept', async () => {
    const one = await make();
    const note = `a\nforged: line\r\u001b[2K\u2028\u202e${TOKEN} b`;
    await server.run('revokeSession', { objectId: one.objectId, note }, MASTER);
    expect(await noteOf(one)).toBe('a\nforged: line\r\u001b[2K\u2028\u202er:******** b');
    expect(told()).toEqual([expect.stringMatching(/: a forged: line {2}\[2K {2}r:\*{8} b$/)]);
    await server.run('revokeSessions', { userId: `x\n${TOKEN}`, note: 'nobody' }, MASTER);
    expect(told()[1]).toBe('parse-server-sessions: the master key revoked 0 sessions of the user …: nobody');
    expect(info.join('\n')).not.toContain(TOKEN);
  });
});

it('a note does not keep revokeWhere from ending many by ranges, where no records are kept', async () => {
  const own = await startServer({ history: false }, { databaseURI: server.databaseURI });
  try {
    await insertSessions(own, 3000, { userId, expiresAt: new Date(Date.now() + 60_000), spread: 1 });
    const statements = watchStatements(own);
    await own.sessions.store.revokeWhere({ all: true }, { note: 'the end' });
    statements.stop();
    expect(await countSessions(own)).toBe(0);
    const deletes = statements.writes('_Session').filter(({ method }) => method === 'deleteObjectsByQuery');
    expect(deletes.length).toBeLessThan(10);
    expect(JSON.stringify(deletes)).not.toContain('"$in":["');
  } finally {
    await own.stop({ keepData: true });
  }
});
