import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { beforeNext, failNext } from '../support/next-statement';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, pointerTo, sessionRow } from '../support/sessions';
import { watchForRest } from '../support/settled';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';
import { forWaysToEnd, WAYS_TO_END, type Links } from '../support/ways-to-end';

let told: Told[];
const links: Links = [];
const MASTER = { master: true } as const;
let server: SpecServer;
let settled: () => Promise<void>;
let second: SecondProcess;

beforeAll(async () => {
  server = await startServer({ maxSessionsPerUser: { anonymous: 1 } }, ...forWaysToEnd(links));
  settled = watchForRest(server);
  told = listenTo(server, ['revoked', 'expired']);
  second = await startSecondProcess({
    parseServer: { databaseURI: server.databaseURI },
    listen: ['revoked', 'expired'],
  });
});

afterAll(async () => {
  await second?.stop();
  await server.stop();
});

const idOf = async (user: { token: string }) => (await sessionRow(server, user)).objectId as string;
const here = (sessionId: string) => told.filter(one => one.sessionId === sessionId);
const there = async (): Promise<Told[]> =>
  (await second.run(({ events }) => events)).map(
    ({ name, payload }) => ({ name, ...payload }) as unknown as Told,
  );

describe('the end of a session is told once, and why:', () => {
  it.each(WAYS_TO_END)('$title: $reason', async ({ reason, end }) => {
    const user = await server.signUp(undefined, { installationId: 'phone' });
    const id = await idOf(user);
    await end(server, user, id, links);
    await settled();
    expect(here(id)).toEqual([{ name: 'revoked', sessionId: id, userId: user.userId, reason }]);
  });

  it('a limit: limit', async () => {
    const authData = { anonymous: { id: 'the one anonymous user' } };
    const { body } = await server.rest('POST', '/users', { body: { authData } });
    const id = await idOf({ token: body.sessionToken });
    await server.rest('POST', '/users', { body: { authData } });
    await settled();
    expect(here(id)).toEqual([{ name: 'revoked', sessionId: id, userId: body.objectId, reason: 'limit' }]);
  });

  it('a new restricted session of the same installation: sameInstallation', async () => {
    const user = await server.signUp();
    const params = { installationId: 'sensor' };
    const { objectId } = await server.run('createRestrictedSession', params, user);
    await server.run('createRestrictedSession', params, user);
    await settled();
    expect(here(objectId)).toMatchObject([{ name: 'revoked', reason: 'sameInstallation' }]);
  });

  it('the purge: expired', async () => {
    const user = await server.signUp();
    const id = await idOf(user);
    await server.rawUpdate('_Session', { objectId: id }, { expiresAt: parseDate('2020-01-01') });
    await server.sessions.store.purgeExpired();
    await settled();
    expect(here(id)).toEqual([{ name: 'expired', sessionId: id, userId: user.userId }]);
  });

  it('a session without a user has none in its event', async () => {
    const { objectId } = await server.rawInsert('_Session', { sessionToken: 'r:nobody' });
    await server.sessions.store.revoke(objectId);
    await settled();
    expect(here(objectId)).toEqual([
      { name: 'revoked', sessionId: objectId, userId: null, reason: 'revoked' },
    ]);
  });

  it('every session of a user that ends with the others', async () => {
    const userId = await makeUser(server);
    const sessions = await Promise.all(Array.from({ length: 5 }, () => makeSession(server, userId)));
    await server.sessions.store.revokeAllForUser(userId);
    await settled();
    for (const { objectId } of sessions) expect(here(objectId)).toHaveLength(1);
  });
});

describe('no end is told', () => {
  it('of a session that goes on', async () => {
    const user = await server.signUp();
    const id = await idOf(user);
    await server.rest('GET', '/users/me', user);
    await server.sessions.store.setExpiry(id, new Date(Date.now() + 60_000));
    await server.sessions.store.purgeExpired({ orphans: true });
    await settled();
    expect(here(id)).toEqual([]);
  });

  it('of a session that somebody was not allowed to end', async () => {
    const [user, stranger] = [await server.signUp(), await server.signUp()];
    const id = await idOf(user);
    await server.rest('DELETE', `/sessions/${id}`, stranger);
    await server.run('revokeSession', { objectId: id }, stranger).catch(() => {});
    await settled();
    expect(here(id)).toEqual([]);
  });

  it('of a session that class-level permissions keep, and its later end is', async () => {
    const user = await server.signUp();
    const id = await idOf(user);
    const open = { '*': true };
    const permissions = { find: open, get: open, count: open, create: open, update: open, addField: {} };
    await server.rest('PUT', '/schemas/_Session', {
      ...MASTER,
      body: { classLevelPermissions: { ...permissions, delete: {} } },
    });
    const { body } = await server.rest('DELETE', `/sessions/${id}`, user);
    await server.rest('PUT', '/schemas/_Session', {
      ...MASTER,
      body: { classLevelPermissions: { ...permissions, delete: open } },
    });
    expect(body.code).toBe(119);
    await settled();
    expect(here(id)).toEqual([]);
    await server.sessions.store.revoke(id);
    await settled();
    expect(here(id)).toHaveLength(1);
  });

  it('of a session whose end fails, and its later end is', async () => {
    const { objectId } = await makeSession(server, await makeUser(server));
    const restore = failNext(server, 'deleteObjectsByQuery', '_Session');
    await expect(server.sessions.store.revoke(objectId)).rejects.toThrow('no connection');
    restore();
    await settled();
    expect(here(objectId)).toEqual([]);
    await server.sessions.store.revoke(objectId);
    await settled();
    expect(here(objectId)).toHaveLength(1);
  });

  it('of an expired session that is extended while the purge runs', async () => {
    const { objectId } = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate('2020-01-01'),
    });
    const extend = jest.fn(() =>
      server.rawUpdate('_Session', { objectId }, { expiresAt: parseDate('2100-01-01') }),
    );
    const restore = beforeNext(server, 'deleteObjectsByQuery', '_Session', extend);
    await server.sessions.store.purgeExpired();
    expect(extend).toHaveBeenCalled();
    restore();
    await settled();
    expect(await server.rawFind('_Session', { objectId })).toHaveLength(1);
    expect(here(objectId)).toEqual([]);
    await server.sessions.store.revoke(objectId);
    await settled();
    expect(here(objectId)).toMatchObject([{ name: 'revoked' }]);
  });

  it('of an invalidated session when it is purged, revoked or invalidated again', async () => {
    for (const again of [
      () => server.sessions.store.purgeExpired(),
      (id: string) => server.sessions.store.revoke(id),
      (id: string) => server.sessions.invalidate(id),
    ]) {
      const { objectId } = await makeSession(server, await makeUser(server));
      await server.sessions.invalidate(objectId);
      await again(objectId);
      await settled();
      expect(here(objectId)).toMatchObject([{ name: 'revoked', reason: 'invalidated' }]);
    }
  });
});

describe('two processes that end the same sessions at the same time', () => {
  const COUNT = 60;

  async function endInBoth(fields: object, end: string): Promise<Told[]> {
    const userId = await makeUser(server);
    const ids: string[] = [];
    for (let i = 0; i < COUNT; i += 1) ids.push((await makeSession(server, userId, fields)).objectId);
    const work = {
      all: (store: any) => store.revokeAllForUser(userId),
      each: (store: any) => Promise.all(ids.map(id => store.revoke(id))),
      purge: (store: any) => store.purgeExpired({ batchSize: 7 }),
      orphans: (store: any) => store.purgeExpired({ batchSize: 7, orphans: true }),
    }[end]!;
    await Promise.all([
      work(server.sessions.store),
      second.run(
        async ({ server }, [source, userId, ids]) => {
          await new Function('userId', 'ids', `return ${source}`)(userId, ids)(server.sessions.store);
        },
        [work.toString(), userId, ids] as const,
      ),
    ]);
    expect(await server.rawFind('_Session', { user: pointerTo(userId) })).toEqual([]);
    let all: Told[] = [];
    await eventually(async () => {
      all = [...told, ...(await there())].filter(one => ids.includes(one.sessionId));
      expect(all.length).toBeGreaterThanOrEqual(COUNT);
    });
    expect(new Set(all.map(one => one.sessionId)).size).toBe(COUNT);
    expect(all).toHaveLength(COUNT);
    return all;
  }

  it.each(['all', 'each'])('tell each revocation once (%s)', async how => {
    for (const one of await endInBoth({}, how)) expect(one.name).toBe('revoked');
  });

  it('tell each expired session once', async () => {
    const all = await endInBoth({ expiresAt: parseDate('2020-01-01') }, 'purge');
    for (const one of all) expect(one.name).toBe('expired');
  });

  it('tell once a session that the one purges and the other revokes', async () => {
    const userId = await makeUser(server);
    const expired = { expiresAt: parseDate('2020-01-01') };
    const ids: string[] = [];
    for (let i = 0; i < COUNT; i += 1) ids.push((await makeSession(server, userId, expired)).objectId);
    await Promise.all([
      server.sessions.store.purgeExpired({ batchSize: 5 }),
      second.run(({ server }, id) => server.sessions.store.revokeAllForUser(id), userId),
    ]);
    await eventually(async () => {
      const all = [...told, ...(await there())].filter(one => ids.includes(one.sessionId));
      expect(all).toHaveLength(COUNT);
      expect(new Set(all.map(one => one.sessionId)).size).toBe(COUNT);
    });
  });
});
