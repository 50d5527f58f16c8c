import express from 'express';
import { parseSessions, type DoctorReport, type Finding, type SessionsOptions } from '../../src';
import { insertSessions } from '../support/many-sessions';
import { startServer, type HarnessOptions, type RestOptions, type SpecServer } from '../support/server';
import { makeUser } from '../support/sessions';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const MASTER: RestOptions = { master: true };

/** What clients may do at all: a session list, and sessions for devices. */
const ADVISED = {
  find: { requiresAuthentication: true },
  delete: { requiresAuthentication: true },
  create: { requiresAuthentication: true },
  get: {},
  count: {},
  update: {},
  addField: {},
};

let server: SpecServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(options: SessionsOptions = {}, parseServer: object = {}, harness: HarnessOptions = {}) {
  return (server = await startServer(options, parseServer as never, harness));
}

const findings = ({ findings }: DoctorReport, check: string): Finding[] =>
  findings.filter(finding => finding.check === check);

/** The only finding of a check. */
async function seen(check: string): Promise<Finding> {
  const [finding, ...others] = findings(await server!.sessions.doctor(), check);
  expect(others).toEqual([]);
  return finding!;
}

const advise = () =>
  server!.rest('PUT', '/schemas/_Session', { ...MASTER, body: { classLevelPermissions: ADVISED } });

describe('the doctor', () => {
  it('says that nothing is mounted before the server has started', async () => {
    const report = await parseSessions().doctor();
    expect(report).toMatchObject({ level: 'error', findings: [{ check: 'mounted', level: 'error' }] });
    expect(report.findings[0]!.todo).toContain('sessions.configure(options)');
  });

  it('finds nothing amiss where all is as the documents advise', async () => {
    await start({
      purge: { schedule: '0 4 * * *' },
      expiry: { authenticated: { idle: '1h', maxAge: '12h' } },
    });
    await advise();
    const report = await server!.sessions.doctor();
    const open = report.findings.filter(({ level }) => level !== 'ok');
    // The specs' oldest Parse Server has a copy of the SDK of its own beside the newest one's.
    const [parseServer] = findings(report, 'parse-server');
    const copies = parseServer!.what.includes('9.8.') ? ['sdk'] : [];
    // A process cannot know that it is the only one.
    expect(open.map(({ check }) => check)).toEqual([...copies, 'processes']);
    expect(report.level).toBe('notice');
  });

  it('tells of each check what, why, what to do and where to read on', async () => {
    await start();
    const { findings, at } = await server!.sessions.doctor();
    expect(Date.parse(at)).not.toBeNaN();
    expect(findings.length).toBeGreaterThanOrEqual(14);
    for (const finding of findings) {
      expect(finding).toEqual({
        check: expect.stringMatching(/^[a-z-]+$/),
        level: expect.stringMatching(/^(ok|notice|warning|error)$/),
        what: expect.stringMatching(/\S\.$/),
        why: expect.stringMatching(/\S\.$/),
        todo: finding.level === 'ok' ? null : expect.stringMatching(/\S/),
        link: expect.stringMatching(new RegExp(`docs/doctor\\.md#${finding.check}$`)),
      });
    }
  });

  it('answers the holder of a master key, and nobody else', async () => {
    await start();
    const expected = await server!.sessions.doctor();
    for (const request of [MASTER, { readOnlyMaster: true }]) {
      const answer: DoctorReport = await server!.run('sessionDoctor', {}, request);
      expect(answer.findings).toEqual(expected.findings);
    }
    const user = await server!.signUp();
    await expect(server!.run('sessionDoctor', {}, user)).rejects.toMatchObject({ code: 119 });
    await expect(server!.run('sessionDoctor')).rejects.toMatchObject({ code: 209 });
    await expect(server!.run('sessionDoctor', { deep: true }, MASTER)).rejects.toMatchObject({ code: 142 });
  });

  it('says nothing of keys and addresses', async () => {
    await start({}, { masterKey: 'a-very-special-key', databaseURI: undefined });
    const text = JSON.stringify(await server!.sessions.doctor());
    expect(text).not.toContain('a-very-special-key');
    expect(text).not.toContain(server!.databaseURI);
  });

  it('warns of a class that is misspelt, and of no column or function of `fresh`', async () => {
    await start({ guard: ['Invoce'], fresh: ['function:transfr'] });
    await server!.makeClass('Invoice');
    const warnings = findings(await server!.sessions.doctor(), 'names').map(({ what }) => what);
    expect(warnings).toContainEqual(
      expect.stringContaining('"Invoce", which does not exist: did you mean Invoice?'),
    );
    expect(warnings).toContainEqual(expect.stringContaining('"transfr"'));
    await server!.makeClass('Invoce');
    const left = findings(await server!.sessions.doctor(), 'names').map(({ what }) => what);
    expect(left).not.toContainEqual(expect.stringContaining('Invoce'));
  });

  describe('of the indexes', () => {
    const adapter = () => server!.server.config.databaseController.adapter as any;
    const dropIndex = (name: string) =>
      SPEC_DATABASE === 'postgresql'
        ? adapter()._client.none('DROP INDEX $1:name', [name])
        : adapter().dropIndex('_Session', name);

    it('tells which are there, and which are not', async () => {
      await start();
      expect(await seen('indexes')).toMatchObject({ level: 'ok' });
      await dropIndex('_Session_user');
      expect(await seen('indexes')).toMatchObject({
        level: 'error',
        what: '_Session has no index that works on user.',
        todo: expect.stringContaining('Restart the server'),
      });
    });

    it('takes one of another name', async () => {
      await start();
      await dropIndex('_Session_user');
      if (SPEC_DATABASE === 'postgresql')
        await adapter()._client.none('CREATE INDEX ours ON "_Session" ("user")');
      else {
        const { _mongoCollection } = await adapter()._adaptiveCollection('_Session');
        await _mongoCollection.createIndex({ _p_user: 1 }, { name: 'ours' });
      }
      expect(await seen('indexes')).toMatchObject({ level: 'ok' });
    });

    const onlyPostgres = SPEC_DATABASE === 'postgresql' ? it : it.skip;
    const onlyMongo = SPEC_DATABASE === 'mongodb' ? it : it.skip;

    onlyPostgres.each([
      ['that is partial', '"_Session_user" ON "_Session" ("user") WHERE restricted'],
      ['of what is computed', '"_Session_user" ON "_Session" (lower("user"))'],
      ['of another column', '"_Session_user" ON "_Session" ("createdAt") INCLUDE ("user")'],
      ['in another order', '"_Session_user" ON "_Session" ("user" COLLATE "POSIX")'],
    ])('takes none %s', async (_what, index) => {
      await start();
      await dropIndex('_Session_user');
      await adapter()._client.none(`CREATE INDEX ${index}`);
      expect(await seen('indexes')).toMatchObject({
        level: 'error',
        what: '_Session has no index that works on user. Not valid: _Session_user.',
        todo: expect.stringContaining('Drop what is not valid'),
      });
    });

    onlyPostgres('takes a hash for what is looked up, and none for what is purged by range', async () => {
      await start();
      for (const column of ['user', 'expiresAt']) {
        await dropIndex(`_Session_${column}`);
        await adapter()._client.none('CREATE INDEX ON "_Session" USING hash ($1:name)', [column]);
      }
      expect((await seen('indexes')).what).toBe('_Session has no index that works on expiresAt.');
    });

    onlyPostgres('takes none of another schema', async () => {
      await start();
      await dropIndex('_Session_user');
      await adapter()._client.none(
        'CREATE SCHEMA other; CREATE TABLE other."_Session" (LIKE "_Session");' +
          'CREATE INDEX "_Session_user" ON other."_Session" ("user")',
      );
      expect(await seen('indexes')).toMatchObject({ level: 'error' });
    });

    onlyMongo.each([
      ['that is hidden', { hidden: true }],
      ['that is partial', { partialFilterExpression: { restricted: true } }],
      ['of another collation', { collation: { locale: 'en', strength: 2 } }],
      ['of a text', { key: { _p_user: 'text' } }],
      ['of another column', { key: { createdAt: 1, _p_user: 1 } }],
    ])('takes none %s', async (_what, options) => {
      await start();
      const known = await adapter().getIndexes('_Session');
      const changed = known.map((one: object & { name: string }) =>
        one.name === '_Session_user' ? { ...one, ...options } : one,
      );
      const told = jest.spyOn(adapter(), 'getIndexes').mockResolvedValue(changed);
      expect(await seen('indexes')).toMatchObject({
        level: 'error',
        what: '_Session has no index that works on user. Not valid: _Session_user.',
      });
      told.mockRestore();
    });

    it('does not know where the database adapter tells of none', async () => {
      await start();
      const { getIndexes } = adapter();
      adapter().getIndexes = undefined;
      expect(await seen('indexes')).toMatchObject({
        level: 'warning',
        what: 'This could not be looked at: the database adapter tells of no indexes.',
      });
      adapter().getIndexes = getIndexes;
    });

    it('tells that this package makes none with indexes: false', async () => {
      await start({ indexes: false });
      expect(await seen('indexes')).toMatchObject({
        level: 'error',
        todo: expect.stringContaining('the option indexes is false'),
      });
    });

    (SPEC_DATABASE === 'postgresql' ? it : it.skip)(
      'tells of one that PostgreSQL left half-made',
      async () => {
        await start();
        await dropIndex('_Session_sessionToken');
        const user = await makeUser(server!);
        await insertSessions(server!, 2, { userId: user, expiresAt: null });
        await adapter()._client.none('UPDATE "_Session" SET "sessionToken" = \'twice\'');
        const make =
          'CREATE UNIQUE INDEX CONCURRENTLY "_Session_sessionToken" ON "_Session" ("sessionToken")';
        await expect(adapter()._client.none(make)).rejects.toThrow('could not create unique index');
        expect(await seen('indexes')).toMatchObject({
          level: 'error',
          what: expect.stringContaining('Not valid: _Session_sessionToken.'),
          todo: expect.stringContaining('Drop what is not valid'),
        });
      },
    );
  });

  it('finds the permissions of stock too open, and those that it advises well: all works by them', async () => {
    await start({ guard: ['Invoice'] });
    expect(await seen('permissions')).toMatchObject({
      level: 'warning',
      what: 'Everybody may get, count, update, addField on _Session, or whoever is signed in, as far as the rules allow.',
    });
    const { todo } = await seen('permissions');
    const body = JSON.parse(todo!.slice(todo!.indexOf('{')));
    expect(body).toEqual({ classLevelPermissions: ADVISED });
    expect((await server!.rest('PUT', '/schemas/_Session', { ...MASTER, body })).status).toBe(200);
    expect(await seen('permissions')).toMatchObject({
      level: 'ok',
      what: 'Clients may find, create, delete on _Session, as far as the rules allow.',
    });

    const user = await server!.signUp();
    const device = await server!.restricted(user.token);
    expect((await server!.rest('GET', '/sessions', { token: user.token })).body.results).toHaveLength(2);
    expect((await server!.rest('GET', '/sessions/me', { token: user.token })).status).toBe(200);
    expect(await server!.run('listSessions', {}, user)).toHaveLength(2);
    await server!.run('renameSession', { objectId: device.objectId, name: 'Cellar' }, user);
    expect((await server!.rest('DELETE', `/sessions/${device.objectId}`, user)).status).toBe(200);
    expect((await server!.rest('POST', '/logout', { token: user.token, body: {} })).status).toBe(200);
    expect((await server!.login(user.username, user.password)).token).toMatch(/^r:/);
  });

  it.each<[string, object, string, string]>([
    ['to whoever is signed in', { get: { requiresAuthentication: true } }, 'notice', 'get'],
    ['to whoever is signed in, to change', { update: { requiresAuthentication: true } }, 'warning', 'update'],
    ['by a pointer', { update: { pointerFields: ['user'] } }, 'warning', 'update'],
    ['by a pointer to read', { readUserFields: ['user'] }, 'notice', 'get, count'],
    ['by a pointer to write', { writeUserFields: ['user'] }, 'warning', 'update, addField'],
  ])('sees permissions that are open %s', async (_what, more, level, operations) => {
    await start();
    const body = { classLevelPermissions: { ...ADVISED, ...more } };
    expect((await server!.rest('PUT', '/schemas/_Session', { ...MASTER, body })).status).toBe(200);
    const what = expect.stringContaining(`may ${operations} on _Session`);
    expect(await seen('permissions')).toMatchObject({ level, what });
  });

  it('takes no role, and no user that is named, for everybody', async () => {
    await start();
    const body = { classLevelPermissions: { ...ADVISED, get: { 'role:support': true } } };
    expect((await server!.rest('PUT', '/schemas/_Session', { ...MASTER, body })).status).toBe(200);
    expect(await seen('permissions')).toMatchObject({ level: 'ok' });
  });

  it.each([
    ['failed', { status: 'failed' }],
    ['has not ended', { status: 'running' }],
    ['only counted', { status: 'succeeded', params: { dryRun: true } }],
  ])('takes no purge that %s for one', async (_what, run) => {
    await start();
    await server!.rawInsert('_JobStatus', { jobName: 'purgeExpiredSessions', ...run });
    expect(await seen('purge')).toMatchObject({ level: 'warning' });
    await server!.rawInsert('_JobStatus', {
      jobName: 'purgeExpiredSessions',
      status: 'succeeded',
      params: {},
    });
    expect(await seen('purge')).toMatchObject({ level: 'ok' });
  });

  it('counts what has expired, and finds many of them too many', async () => {
    await start();
    const userId = await makeUser(server!);
    expect(await seen('backlog')).toMatchObject({ level: 'ok', what: '0 of 0 sessions have expired.' });
    await insertSessions(server!, 1200, { userId, expiresAt: new Date('2020-01-01') });
    await insertSessions(server!, 800, { userId, expiresAt: new Date('2100-01-01') });
    expect(await seen('backlog')).toMatchObject({
      level: 'warning',
      what: '1200 of 2000 sessions have expired.',
    });
    expect(await seen('purge')).toMatchObject({ level: 'warning' });
    const { headers } = await server!.rest('POST', '/jobs/purgeExpiredSessions', { ...MASTER, body: {} });
    const run = `/classes/_JobStatus/${headers.get('X-Parse-Job-Status-Id')}`;
    await eventually(async () =>
      expect((await server!.rest('GET', run, MASTER)).body.status).toBe('succeeded'),
    );
    expect(await seen('purge')).toMatchObject({
      level: 'ok',
      what: expect.stringContaining('purgeExpiredSessions ran last at 2'),
    });
  });

  it('names the job of the app’s prefix, and the schedule of the option purge', async () => {
    await start({ functionPrefix: 'auth_' });
    expect((await seen('purge')).what).toContain('auth_purgeExpiredSessions');
    await server!.stop();
    await start({ purge: { schedule: '15 3 * * *' } });
    expect(await seen('purge')).toMatchObject({ level: 'ok', what: expect.stringContaining('"15 3 * * *"') });
  });

  it('says how long a revoked token lives elsewhere, unless a cache is shared', async () => {
    await start({}, { cacheTTL: 7000 });
    expect(await seen('processes')).toMatchObject({
      level: 'notice',
      what: expect.stringContaining('within 7 seconds'),
    });
    await server!.stop();
    const kept = new Map<string, unknown>();
    const cacheAdapter = {
      get: async (key: string) => kept.get(key) ?? null,
      put: async (key: string, value: unknown) => void kept.set(key, value),
      del: async (key: string) => void kept.delete(key),
      clear: async () => kept.clear(),
    };
    await start({}, { cacheAdapter });
    expect(await seen('processes')).toMatchObject({ level: 'ok' });
  });

  it.each<[string, unknown, boolean, string]>([
    ['none was seen', undefined, false, 'ok'],
    ['nobody is trusted', undefined, true, 'warning'],
    ['everybody is trusted', true, true, 'warning'],
    ['it is known', 'loopback', true, 'ok'],
    ['it is known by number', 1, true, 'ok'],
    ['it is known by a function', (address: string) => address.endsWith('127.0.0.1'), true, 'ok'],
    ['another one is trusted', '10.0.0.0/8', true, 'warning'],
    ['the whole net is trusted', ['0.0.0.0/1', '128.0.0.0/1'], true, 'warning'],
    ['a function trusts everybody', () => true, true, 'warning'],
  ])('of a proxy: %s', async (_what, trust, comes, level) => {
    await start({}, {}, { front: express.json() });
    if (trust !== undefined) server!.app.set('trust proxy', trust);
    const headers: Record<string, string> = comes ? { 'X-Forwarded-For': '192.0.2.1' } : {};
    await server!.rest('GET', '/classes/Note', { headers });
    expect(await seen('proxy')).toMatchObject({ level });
  });

  it('warns where LiveQuery is offered, and its sockets are nobody’s', async () => {
    await start();
    expect(await seen('live-query')).toMatchObject({ level: 'ok' });
    await server!.stop();
    await start({}, {}, { liveQuery: true });
    expect(await seen('live-query')).toMatchObject({ level: 'warning' });
    server!.sessions.liveQuery(server!.server.liveQueryServer);
    expect(await seen('live-query')).toMatchObject({ level: 'ok' });
  });

  it('warns where a new password leaves the thief his session', async () => {
    await start({}, { revokeSessionOnPasswordReset: false });
    expect(await seen('password-reset')).toMatchObject({ level: 'warning' });
    await server!.stop();
    await start();
    expect(await seen('password-reset')).toMatchObject({ level: 'ok' });
  });

  it.each<[string, SessionsOptions, object, string, string]>([
    ['Parse Server’s own year', {}, {}, 'notice', 'end 365 days after their log-in, which is longer'],
    ['never', {}, { expireInactiveSessions: false }, 'warning', 'never end by themselves'],
    [
      'a year that use moves on',
      {},
      { extendSessionOnUse: true },
      'notice',
      'end 365 days after their last use',
    ],
    ['level 1', { expiry: { authenticated: { maxAge: '30d' } } }, {}, 'ok', 'level 1'],
    ['level 2', { expiry: { authenticated: { idle: '1h', maxAge: '24h' } } }, {}, 'ok', 'level 2'],
    ['level 3', { expiry: { authenticated: { idle: '15m', maxAge: '12h' } } }, {}, 'ok', 'level 3'],
    ['level 3, short', {}, { sessionLength: 600 }, 'ok', 'level 3'],
    [
      'an idle timeout alone',
      { expiry: { authenticated: { idle: '1h' } } },
      {},
      'notice',
      '1 hour after their last use',
    ],
  ])('of lifetimes: %s', async (_what, options, parseServer, level, text) => {
    await start(options, parseServer);
    expect(await seen('lifetimes')).toMatchObject({ level, what: expect.stringContaining(text) });
  });

  it('tells what it could not look at, and looks at the rest', async () => {
    await start();
    const { adapter } = server!.server.config.databaseController;
    const failing = jest.spyOn(adapter, 'getIndexes').mockRejectedValue(new Error('no connection'));
    const report = await server!.sessions.doctor();
    failing.mockRestore();
    expect(findings(report, 'indexes')).toMatchObject([
      { level: 'warning', what: 'This could not be looked at: no connection.' },
    ]);
    expect(findings(report, 'lifetimes')).toHaveLength(1);
  });
});
