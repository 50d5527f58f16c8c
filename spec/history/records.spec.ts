import { createHash } from 'node:crypto';
import { failNext } from '../support/next-statement';
import { recordOf, recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, pointerTo, sessionRow, useToken } from '../support/sessions';
import { eventually } from '../support/time';
import { forWaysToEnd, WAYS_TO_END, type Links } from '../support/ways-to-end';

declare const SPEC_DATABASE: string;

const RECORDS = 'ParseEndedSession';
const links: Links = [];
let server: SpecServer;

beforeAll(async () => {
  server = await startServer({ maxSessionsPerUser: { anonymous: 1 } }, ...forWaysToEnd(links));
});

afterAll(() => server.stop());

const from = (name: string) => ({ 'User-Agent': name });
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const idOf = async (user: { token: string }) => (await sessionRow(server, user)).objectId as string;
const recordsOf = (objectId: string, of = server) => of.rawFind(RECORDS, { objectId });
/** Has all records written that wait. */
const written = () => recordsWritten({ server });

it.each<[string, (user: { token: string }, objectId: string) => Promise<unknown>]>([
  ['a cloud function', (as, objectId) => server.run('revokeSession', { objectId }, as)],
  ['a delete', (as, objectId) => server.rest('DELETE', `/sessions/${objectId}`, as)],
])('a session that ends another one, by %s, is told by the device that it asks from', async (_how, end) => {
  const user = await server.signUp(undefined, { headers: from(FIREFOX) });
  const other = await server.login(user.username, user.password);
  const id = await idOf(other);
  await end({ ...user, headers: from('Tool/1.0 (Windows NT 10.0)') } as never, id);
  const record = await recordOf(server, id);
  expect(record).toMatchObject({ by: 'session', byDevice: { browser: 'Tool' } });
});

describe.each([false, true])('a session that ends leaves one record, with a listener: %s', listens => {
  let stop: () => void = () => undefined;
  beforeAll(() => {
    if (listens) stop = server.sessions.on('revoked', () => undefined);
  });
  afterAll(() => stop());

  it.each(WAYS_TO_END)('$title: $reason by $by', async ({ reason, by, end }) => {
    const before = Date.now();
    const user = await server.signUp(undefined, { installationId: 'phone', headers: from(FIREFOX) });
    const { objectId: id, createdAt } = await sessionRow(server, user);
    await server.rawUpdate('_Session', { objectId: id }, { name: 'My phone', ip: '192.0.2.7' });
    await end(server, user, id, links);
    expect(await useToken(server, user)).toBe(209);
    const record = await recordOf(server, id);
    expect(record).toMatchObject({
      objectId: id,
      createdAt,
      userId: user.userId,
      tokenHash: createHash('sha256').update(user.token).digest('hex'),
      reason,
      by,
      restricted: false,
      // One that ends itself is used for that, by this process.
      ...(by === 'self'
        ? { ip: expect.stringMatching(/127\.0\.0\.1$/), device: { browser: 'Node.js' } }
        : { ip: '192.0.2.7', device: { browser: 'Firefox', os: 'Linux', type: 'desktop' } }),
      name: 'My phone',
    });
    const endedAt = new Date(record.endedAt.iso).getTime();
    expect(endedAt).toBeGreaterThanOrEqual(before);
    expect(endedAt).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(record)).not.toContain(user.token);
  });

  it('a session that another one has ended: with the name and the device of that', async () => {
    const user = await server.signUp();
    const laptop = await server.login(user.username, user.password, from(FIREFOX));
    await server.rawUpdate('_Session', { sessionToken: laptop.token }, { name: 'Laptop' });
    const id = await idOf(user);
    await server.run('revokeSession', { objectId: id }, { ...laptop, headers: from(FIREFOX) });
    expect(await recordOf(server, id)).toMatchObject({
      by: 'session',
      byName: 'Laptop',
      byDevice: { browser: 'Firefox', os: 'Linux', type: 'desktop' },
    });
  });

  it('a session that one has ended which was just renamed: with its new name', async () => {
    const user = await server.signUp();
    const laptop = await server.login(user.username, user.password);
    const [id, own] = [await idOf(user), await idOf(laptop)];
    await server.run('renameSession', { objectId: own, name: 'Laptop' }, laptop);
    await server.run('renameSession', { objectId: own, name: 'Old laptop' }, laptop);
    await server.run('revokeSession', { objectId: id }, laptop);
    expect(await recordOf(server, id)).toMatchObject({ by: 'session', byName: 'Old laptop' });
  });

  it('a session over the limit', async () => {
    const authData = { anonymous: { id: `anonymous ${listens}` } };
    const { body } = await server.rest('POST', '/users', { body: { authData } });
    const id = await idOf({ token: body.sessionToken });
    await server.rest('POST', '/users', { body: { authData } });
    expect(await recordOf(server, id)).toMatchObject({ reason: 'limit', by: 'server' });
  });

  it('a restricted session whose device makes another one', async () => {
    const user = await server.signUp();
    const params = { installationId: 'sensor', name: 'Sensor' };
    const { objectId } = await server.run('createRestrictedSession', params, user);
    await server.run('createRestrictedSession', params, user);
    expect(await recordOf(server, objectId)).toMatchObject({
      reason: 'sameInstallation',
      by: 'session',
      restricted: true,
      name: 'Sensor',
    });
  });

  it('every session of a user that ends with the others', async () => {
    const userId = await makeUser(server);
    const sessions = await Promise.all(Array.from({ length: 30 }, () => makeSession(server, userId)));
    await server.sessions.store.revokeAllForUser(userId);
    for (const { objectId } of sessions) expect((await recordOf(server, objectId)).reason).toBe('revoked');
  });

  // The MongoDB of the specs has no transactions.
  (SPEC_DATABASE === 'postgresql' ? it : it.skip)('sessions that a transaction ends, after it', async () => {
    const user = await server.signUp();
    const ids = [await idOf(user), await idOf(await server.login(user.username, user.password))];
    const requests = ids.map(id => ({ method: 'DELETE', path: `/parse/sessions/${id}` }));
    const body = { transaction: true, requests };
    expect((await server.rest('POST', '/batch', { ...user, body })).status).toBe(200);
    expect((await recordOf(server, ids[0]!)).by).toBe('self');
    expect((await recordOf(server, ids[1]!)).by).toBe('session');
  });

  it('an invalidated session keeps its record when it is revoked or purged', async () => {
    const { objectId } = await makeSession(server, await makeUser(server));
    await server.sessions.invalidate(objectId);
    await recordOf(server, objectId);
    await server.sessions.store.revoke(objectId);
    await written();
    expect(await recordsOf(objectId)).toMatchObject([{ reason: 'invalidated' }]);
  });
});

describe('no record is left', () => {
  it('by a session that lives on', async () => {
    const user = await server.signUp();
    const stranger = await server.signUp();
    const id = await idOf(user);
    await server.rest('GET', '/users/me', user);
    await server.rest('DELETE', `/sessions/${id}`, stranger);
    await server.run('revokeSession', { objectId: id }, stranger).catch(() => {});
    await server.run('revokeOtherSessions', {}, user);
    await server.sessions.store.purgeExpired({ orphans: true });
    await written();
    expect(await recordsOf(id)).toEqual([]);
  });

  it('by a session whose end fails', async () => {
    const { objectId } = await makeSession(server, await makeUser(server));
    const restore = failNext(server, 'deleteObjectsByQuery', '_Session');
    await expect(server.sessions.store.revoke(objectId)).rejects.toThrow('no connection');
    restore();
    await written();
    expect(await recordsOf(objectId)).toEqual([]);
  });

  it('by an expired session: it is its own record', async () => {
    const { objectId } = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate('2020-01-01'),
    });
    await server.sessions.store.purgeExpired();
    await written();
    expect(await server.rawFind('_Session', { objectId })).toEqual([]);
    expect(await recordsOf(objectId)).toEqual([]);
  });
});

describe('the records', () => {
  it('are read and written by no client', async () => {
    const user = await server.signUp();
    const { objectId } = await makeSession(server, user.userId);
    await server.run('revokeSession', { objectId }, user);
    await recordOf(server, objectId);
    const path = `/classes/${RECORDS}`;
    for (const caller of [user, {}]) {
      const ask = async (method: string, at: string, body?: object) =>
        (await server.rest(method, at, { ...caller, ...(body && { body }) })).body.code;
      expect(await ask('GET', path)).toBe(119);
      expect(await ask('GET', `${path}/${objectId}`)).toBe(119);
      expect(await ask('POST', path, { reason: 'revoked' })).toBe(119);
      expect(await ask('PUT', `${path}/${objectId}`, { reason: 'logout' })).toBe(119);
      expect(await ask('DELETE', `${path}/${objectId}`)).toBe(119);
    }
    expect(await recordsOf(objectId)).toHaveLength(1);
  });

  it('of a shutdown are written', async () => {
    const own = await startServer({}, { databaseURI: server.databaseURI });
    const { objectId } = await makeSession(own, await makeUser(own));
    await own.sessions.store.revoke(objectId);
    await own.sessions.shutdown();
    expect(await recordsOf(objectId)).toHaveLength(1);
    await own.stop({ keepData: true });
  });

  it('are written as fast as the purge deletes sessions without a user', async () => {
    const { objectId: userId } = await server.rawInsert('_User', { username: 'about to go' });
    await Promise.all(Array.from({ length: 60 }, () => makeSession(server, userId)));
    await server.rawDelete('_User', { objectId: userId });
    const left: number[] = [];
    await server.sessions.store.purgeExpired({ orphans: true, batchSize: 20 }, async () => {
      const [records, sessions] = await Promise.all([
        server.rawFind(RECORDS, { userId }),
        server.rawFind('_Session', { user: pointerTo(userId) }),
      ]);
      expect(records.length + sessions.length).toBe(60);
      left.push(sessions.length);
    });
    expect(left.length).toBeGreaterThanOrEqual(3);
    expect(left.at(-1)).toBe(0);
  });

  it('are looked up by indexes', async () => {
    const { adapter } = server.server.config.databaseController;
    const names: string[] =
      SPEC_DATABASE === 'postgresql'
        ? (
            await adapter._client.any('SELECT indexname AS name FROM pg_indexes WHERE tablename = $1', [
              RECORDS,
            ])
          ).map(({ name }: { name: string }) => name)
        : (await adapter.getIndexes(RECORDS)).map(({ name }: { name: string }) => name);
    for (const field of ['tokenHash', 'userId', 'endedAt']) expect(names).toContain(`${RECORDS}_${field}`);
  });

  it('are kept for so long, and then purged with the sessions', async () => {
    const userId = await makeUser(server);
    const own = await startServer({ history: { keep: '1d' } }, { databaseURI: server.databaseURI });
    const agoHours = (hours: number) => parseDate(Date.now() - hours * 3_600_000);
    const insert = (hours: number) =>
      server.rawInsert(RECORDS, { userId, reason: 'logout', endedAt: agoHours(hours), by: 'self' });
    // Seven of them in the same millisecond: more than a batch.
    const same = agoHours(30);
    for (let i = 0; i < 7; i += 1) await server.rawInsert(RECORDS, { userId, endedAt: same });
    for (const hours of [23, 25, 40, 50, 60]) await insert(hours);
    await own.sessions.store.purgeExpired({ batchSize: 2 });
    await own.stop({ keepData: true });
    const left = await server.rawFind(RECORDS, { userId });
    expect(left).toHaveLength(1);
    expect(left[0].endedAt.iso > agoHours(24).iso).toBe(true);
    // Without the option they are not kept at all.
    const off = await startServer({ history: false }, { databaseURI: server.databaseURI });
    await off.sessions.store.purgeExpired();
    await off.stop({ keepData: true });
    expect(await server.rawFind(RECORDS, { userId })).toEqual([]);
  });
});

describe('when the records cannot be written', () => {
  it('sessions end as ever; it is logged once, and the records are written later', async () => {
    const errors: string[] = [];
    const log = (level: string, ...message: unknown[]) => {
      if (level === 'error') errors.push(String(message[0]));
    };
    const own = await startServer(
      {},
      { databaseURI: server.databaseURI, silent: false, loggerAdapter: { log } },
    );
    try {
      const user = await own.signUp();
      const { adapter } = own.server.config.databaseController;
      const create = adapter.createObject.bind(adapter);
      let tries = 0;
      const failing = jest.spyOn(adapter, 'createObject').mockImplementation(async (...args: any[]) => {
        if (args[0] !== RECORDS) return create(...args);
        tries += 1;
        throw new Error('no connection');
      });
      const ids: string[] = [];
      const tokens: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        const { objectId, token } = await makeSession(own, user.userId);
        ids.push(objectId);
        tokens.push(token);
        expect(await own.run('revokeSession', { objectId }, user)).toEqual({ revoked: 1 });
      }
      await eventually(() => expect(tries).toBeGreaterThanOrEqual(6));
      // Whoever asks is told meanwhile, and has nothing tried more often.
      const before = tries;
      for (let round = 0; round < 5; round += 1) {
        const ended = await own.sessions.store.ended(user.userId);
        expect(ended.map(one => one.objectId).sort()).toEqual([...ids].sort());
      }
      expect(await own.run('endedSession', { sessionToken: tokens[0] })).toMatchObject({ reason: 'revoked' });
      // By itself it tries again after 2 s, and then after 5 s; each poll would try all three.
      expect(tries - before).toBeLessThan(6 * 3);
      expect(await own.rawFind('_Session', { user: pointerTo(user.userId) })).toHaveLength(1);
      failing.mockRestore();
      for (const id of ids) expect((await recordOf(own, id)).reason).toBe('revoked');
      expect(errors.filter(error => error.includes('records of ended sessions'))).toHaveLength(1);
    } finally {
      await own.stop({ keepData: true });
    }
  });
});
