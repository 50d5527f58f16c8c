import { insertSessions } from '../support/many-sessions';
import { recordsWritten } from '../support/records';
import { startServer, type RestOptions, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, HOUR, moveClock, setClock, startClock, stopClock } from '../support/time';

/** A leap year's new year lies within the days. */
const NOW = new Date('2033-01-10T12:00:00.000Z');
const MASTER: RestOptions = { master: true };
const daysFromNow = (days: number) => new Date(NOW.getTime() + days * DAY);
const dayOf = (date: Date) => date.toISOString().slice(0, 10);

beforeAll(() => stopClock(NOW));
afterAll(() => startClock());
beforeEach(() => setClock(NOW));

describe('sessionOverview', () => {
  let server: SpecServer;
  let userId: string;

  beforeAll(async () => {
    server = await startServer({ guard: ['Invoice'] });
    userId = await makeUser(server);
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    await recordsWritten({ server });
    for (const className of ['_Session', 'ParseEndedSession']) {
      await server.rawDelete(className, { objectId: { $exists: true } }).catch(() => undefined);
    }
  });

  const overview = (params: object = {}, request = MASTER) => server.run('sessionOverview', params, request);
  const made = (days: number, fields: object = {}) =>
    makeSession(server, userId, { createdAt: daysFromNow(days).toISOString(), ...fields });
  /** The days of a list that are not empty. */
  const filled = (list: Array<{ day: string; count: number }>) =>
    Object.fromEntries(list.filter(({ count }) => count > 0).map(({ day, count }) => [day, count]));

  it('has exactly these fields, and days without sessions, too', async () => {
    await made(0, { expiresAt: parseDate(daysFromNow(1)) });
    const answer = await overview({ days: 2 });
    expect(answer).toEqual({
      readOnly: false,
      stats: await server.run('sessionStats', {}, MASTER),
      logIns: [
        { day: '2033-01-09', count: 0 },
        { day: '2033-01-10', count: 1 },
      ],
      endings: [],
      expiries: [
        { day: '2033-01-10', count: 0 },
        { day: '2033-01-11', count: 1 },
      ],
      blocked: [],
    });
  });

  it('tells of 30 days by default, of 1 to 90 if asked', async () => {
    for (const [params, days] of [
      [{}, 30],
      [{ days: 1 }, 1],
      [{ days: 90 }, 90],
    ] as const) {
      const { logIns, expiries } = await overview(params);
      expect(logIns.map(({ day }: any) => day)).toEqual(
        Array.from({ length: days }, (_, i) => dayOf(daysFromNow(i + 1 - days))),
      );
      expect(expiries.map(({ day }: any) => day)).toEqual(
        Array.from({ length: days }, (_, i) => dayOf(daysFromNow(i))),
      );
    }
  });

  it.each([0, 91, 1.5, -1, '30', null, [30], { $gt: 1 }])('answers 142 for days: %j', async days => {
    await expect(overview({ days })).rejects.toMatchObject({
      code: 142,
      message: 'days: expected a whole number from 1 to 90',
    });
  });

  it('answers 142 for any other parameter', async () => {
    await expect(overview({ userId })).rejects.toMatchObject({
      code: 142,
      message: expect.stringMatching(/^userId: /),
    });
  });

  describe('the log-ins', () => {
    it('are counted by the day in UTC, over the turn of a leap year', async () => {
      for (const at of [
        '2032-12-30T23:59:59.999Z',
        '2032-12-31T00:00:00.000Z',
        '2032-12-31T23:59:59.999Z',
        '2033-01-01T00:00:00.000Z',
        '2033-01-10T00:00:00.000Z',
        '2033-01-10T12:00:00.000Z',
      ]) {
        await makeSession(server, userId, { createdAt: at });
      }
      expect(filled((await overview({ days: 12 })).logIns)).toEqual({
        '2032-12-30': 1,
        '2032-12-31': 2,
        '2033-01-01': 1,
        '2033-01-10': 2,
      });
      expect(filled((await overview({ days: 10 })).logIns)).toEqual({ '2033-01-01': 1, '2033-01-10': 2 });
    });

    it('are neither sessions that devices got, nor those of longer ago', async () => {
      await made(-1, { restricted: true });
      await made(-1, { restricted: false });
      await made(-1);
      await made(-2);
      // The same day of another year.
      await made(-366);
      await made(-367);
      expect(filled((await overview({ days: 2 })).logIns)).toEqual({ [dayOf(daysFromNow(-1))]: 2 });
    });

    it('are those of sessions that are over, too, each once', async () => {
      const [revoked, invalidated, device] = [
        await made(-3),
        await made(-4),
        await made(-3, { restricted: true }),
      ];
      await made(-3);
      await server.sessions.store.revoke(revoked.objectId);
      await server.sessions.store.revoke(device.objectId);
      await server.sessions.store.invalidate(invalidated.objectId);
      await recordsWritten({ server });
      const expected = { [dayOf(daysFromNow(-3))]: 2, [dayOf(daysFromNow(-4))]: 1 };
      // The specs' own sessions that wait for the records are of today.
      const { [dayOf(NOW)]: _, ...before } = filled((await overview({ days: 5 })).logIns);
      expect(before).toEqual(expected);
      moveClock(HOUR);
      await server.sessions.store.purgeExpired();
      const { [dayOf(NOW)]: __, ...purged } = filled((await overview({ days: 5 })).logIns);
      expect(purged).toEqual(expected);
    });
  });

  it('tells why sessions ended in the last days, most first', async () => {
    const end = (reason: string, days: number) =>
      server.rawInsert('ParseEndedSession', { reason, endedAt: parseDate(daysFromNow(days)), userId });
    for (const days of [0, -1, -2.4]) await end('logout', days);
    await end('limit', -1);
    await end('revoked', -1);
    await end('passwordChange', -2.6);
    expect((await overview({ days: 3 })).endings).toEqual([
      { reason: 'logout', count: 3 },
      { reason: 'limit', count: 1 },
      { reason: 'revoked', count: 1 },
    ]);
  });

  it('tells of no records that are older than they are kept, purged or not', async () => {
    for (const days of [-29, -31]) {
      const record = { reason: 'logout', userId, endedAt: parseDate(daysFromNow(days)) };
      await server.rawInsert('ParseEndedSession', { ...record, createdAt: daysFromNow(-32).toISOString() });
    }
    // Its record would be too old as well: its row still counts.
    await made(-33, { invalidatedAt: parseDate(daysFromNow(-31)) });
    const { endings, logIns } = await overview({ days: 90 });
    expect(endings).toEqual([{ reason: 'logout', count: 1 }]);
    expect(filled(logIns)).toEqual({ [dayOf(daysFromNow(-32))]: 1, [dayOf(daysFromNow(-33))]: 1 });
  });

  it('counts the sessions that will expire, those of today from now on, of every kind', async () => {
    const ends = [-0.01, 0, 0.49, 0.51, 1, 2.4, 2.6].map(daysFromNow);
    for (const end of ends) await made(-9, { expiresAt: parseDate(end), restricted: true });
    await made(0);
    expect(filled((await overview({ days: 3 })).expiries)).toEqual({
      '2033-01-10': 2,
      '2033-01-11': 2,
      '2033-01-12': 1,
    });
  });

  it('takes a statement for each list, and a row for each day, however many sessions there are', async () => {
    await insertSessions(server, 500, { userId, expiresAt: daysFromNow(1), spread: 3 });
    for (let i = 0; i < 30; i += 1) await made(-i / 100);
    const answers: number[] = [];
    const { adapter } = server.server.config.databaseController as any;
    const { aggregate } = adapter;
    adapter.aggregate = async (...args: unknown[]) => {
      const rows = await aggregate.apply(adapter, args);
      answers.push(rows.length);
      return rows;
    };
    const statements = watchStatements(server);
    try {
      const answer = await overview({ days: 90 });
      expect(filled(answer.logIns)).toEqual({ '2033-01-10': 530 });
      expect(filled(answer.expiries)).toEqual({ '2033-01-11': 500 });
      const methods = statements.all
        .filter(({ className }) => ['_Session', 'ParseEndedSession'].includes(className))
        .map(({ method }) => method);
      expect(methods.filter(method => method === 'find')).toEqual([]);
      expect(methods.filter(method => method === 'aggregate')).toHaveLength(5);
      expect(methods.filter(method => method === 'count')).toHaveLength(4);
      expect(Math.max(...answers)).toBeLessThanOrEqual(2);
    } finally {
      statements.stop();
      adapter.aggregate = aggregate;
    }
  });

  describe('what was blocked last', () => {
    const blockedNow = async () => (await overview()).blocked;

    it('is told newest first, each once, though nobody listens, and never with a token', async () => {
      const session = await makeSession(server, userId, { restricted: true });
      for (let i = 0; i < 52; i += 1) {
        moveClock(1000);
        const path = i === 51 ? '/classes/Invoice' : `/users/${userId}`;
        const method = i === 51 ? 'POST' : 'PUT';
        const { body } = await server.rest(method, path, { token: session.token, body: {} });
        expect(body.code).toBe(119);
      }
      const blocked = await blockedNow();
      expect(blocked[0]).toEqual({
        at: new Date(NOW.getTime() + 52_000).toISOString(),
        sessionId: session.objectId,
        userId,
        operation: 'create',
        target: 'Invoice',
      });
      expect(blocked[1]).toEqual({
        at: new Date(NOW.getTime() + 51_000).toISOString(),
        sessionId: session.objectId,
        userId,
        operation: 'update',
        target: '_User',
      });
      expect(JSON.stringify(blocked)).not.toContain('r:');
    });

    it('names no function by what a client made of it', async () => {
      const session = await makeSession(server, userId, { restricted: true });
      await server.rest('POST', '/functions/revokeSessions', { token: session.token, body: {} });
      expect((await blockedNow())[0]).toMatchObject({ operation: 'call', target: 'revokeSessions' });
      await server.rest('POST', `/classes/${session.token}`, { token: session.token, body: {} });
      expect(JSON.stringify(await blockedNow())).not.toContain(session.token);
    });
  });
});

describe('who gets an overview and who searches', () => {
  const NAMES = ['sessionOverview', 'searchSessions'] as const;
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer({ functionPrefix: 'my_', history: false });
    await server.makeClass('Note');
  });
  afterAll(() => server.stop());

  const call = async (name: string, request: RestOptions) =>
    (await server.rest('POST', `/functions/my_${name}`, { ...request, body: {} })).body;

  it.each(NAMES)('%s: the master key, under the prefix only', async name => {
    expect(await call(name, MASTER)).toEqual({ result: expect.any(Object) });
    const { body } = await server.rest('POST', `/functions/${name}`, { ...MASTER, body: {} });
    expect(body).toMatchObject({ code: 141 });
  });

  it('also the read-only master key, and the overview says so', async () => {
    expect((await call('sessionOverview', { readOnlyMaster: true })).result).toMatchObject({
      readOnly: true,
      endings: [],
    });
    expect(await call('searchSessions', { readOnlyMaster: true })).toEqual({
      result: { results: expect.any(Array), next: null },
    });
  });

  it.each(NAMES)('%s: no session, with 119, and 209 without one', async name => {
    const user = await server.signUp();
    const restricted = await server.restricted(user.token);
    const scoped = await server.run('my_createRestrictedSession', { scopes: ['Note:read'] }, user);
    for (const token of [user.token, restricted.token]) {
      expect(await call(name, { token })).toEqual({ code: 119, error: `${name} needs the master key.` });
    }
    expect(await call(name, { token: scoped.sessionToken })).toEqual({
      code: 119,
      error: expect.any(String),
    });
    const named = await server.run('my_createRestrictedSession', { scopes: [`function:my_${name}`] }, user);
    expect(await call(name, { token: named.sessionToken })).toEqual({
      code: 119,
      error: `${name} needs the master key.`,
    });
    expect(await call(name, {})).toMatchObject({ code: 209 });
  });
});
