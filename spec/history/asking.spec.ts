import { recordsWritten } from '../support/records';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow } from '../support/sessions';

const agoHours = (hours: number) => parseDate(Date.now() - hours * 3_600_000);
let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

beforeEach(async () => {
  user = await server.signUp();
});

const ask = (sessionToken: unknown, as: object = {}) => server.run('endedSession', { sessionToken }, as);

describe('endedSession', () => {
  it('tells whoever holds the token of a session that is over why, when and by what kind of whom', async () => {
    const before = Date.now();
    const { token, objectId } = await makeSession(server, user.userId);
    await server.run('revokeSession', { objectId }, user);
    const ended = await ask(token);
    expect(ended).toEqual({ reason: 'revoked', endedAt: expect.any(String), by: { kind: 'session' } });
    expect(Date.parse(ended.endedAt)).toBeGreaterThanOrEqual(before);
    expect(await ask(token, { master: true })).toEqual(ended);
    expect(await ask(token, user)).toEqual(ended);
  });

  it.each<[string, (user: SpecUser) => Promise<unknown>, string, string]>([
    ['a log-out', async ({ token }) => server.rest('POST', '/logout', { token, body: {} }), 'logout', 'self'],
    [
      'the master key',
      async ({ userId }) => server.run('revokeSessions', { userId }, { master: true }),
      'revoked',
      'master',
    ],
    [
      'code on the server',
      async one => server.sessions.invalidate((await sessionRow(server, one)).objectId),
      'invalidated',
      'server',
    ],
  ])('tells of %s', async (_what, end, reason, kind) => {
    await end(user);
    expect(await ask(user.token)).toMatchObject({ reason, by: { kind } });
  });

  it('tells of a session that has expired, until it is purged', async () => {
    const end = agoHours(3);
    const { token } = await makeSession(server, user.userId, { expiresAt: end });
    expect(await ask(token)).toEqual({ reason: 'expired', endedAt: end.iso, by: { kind: 'server' } });
    await server.sessions.store.purgeExpired();
    expect(await ask(token)).toBeNull();
  });

  it('answers null for a session that is not over, and for a token that never was one', async () => {
    expect(await ask(user.token)).toBeNull();
    expect(await ask('r:0123456789abcdef0123456789abcdef')).toBeNull();
    expect(await ask('x'.repeat(10_000))).toBeNull();
    // The hash of a token is no token.
    const { objectId } = await makeSession(server, user.userId);
    await server.sessions.store.revoke(objectId);
    await recordsWritten({ server });
    const [{ tokenHash }] = await server.rawFind('ParseEndedSession', { objectId });
    expect(await ask(tokenHash)).toBeNull();
  });

  it('asks the database the same, whatever the token', async () => {
    const { adapter } = server.server.config.databaseController;
    const { token, objectId } = await makeSession(server, user.userId);
    await server.sessions.store.revoke(objectId);
    await recordsWritten({ server });
    const find = jest.spyOn(adapter, 'find');
    const asked: string[][] = [];
    for (const sessionToken of [token, user.token, 'r:unknown']) {
      find.mockClear();
      await ask(sessionToken);
      asked.push(find.mock.calls.map(([className]) => className as string).sort());
    }
    find.mockRestore();
    expect(asked[0]).toEqual(['ParseEndedSession', '_Session']);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[2]).toEqual(asked[0]);
  });

  it.each([
    ['no token', {}],
    ['an empty one', { sessionToken: '' }],
    ['a number', { sessionToken: 7 }],
    ['an operator', { sessionToken: { $ne: null } }],
    ['a token with NUL', { sessionToken: 'r:\0' }],
    ['a further parameter', { sessionToken: 'r:a', userId: 'b' }],
  ])('refuses %s with 142', async (_what, params) => {
    await expect(server.run('endedSession', params)).rejects.toMatchObject({ code: 142 });
  });
});

describe('listEndedSessions', () => {
  const list = (params: object = {}, as: object = user) => server.run('listEndedSessions', params, as);

  it('lists the sessions of the caller that are over, newest end first, without a token', async () => {
    const insert = (fields: object) => makeSession(server, user.userId, fields);
    const phone = await insert({ name: 'Phone', ip: '192.0.2.7', lastAccessedAt: agoHours(2) });
    const expired = await insert({ expiresAt: agoHours(5), restricted: true });
    const tablet = await insert({});
    const stranger = await server.signUp();
    await server.run('revokeSession', { objectId: phone.objectId }, user);
    await server.rest('DELETE', `/sessions/${tablet.objectId}`, { master: true });
    await server.run('revokeSessions', {}, stranger);
    const ended = await list();
    expect(ended.map(({ objectId }: any) => objectId)).toEqual(
      [tablet, phone, expired].map(({ objectId }) => objectId),
    );
    expect(ended[1]).toEqual({
      objectId: phone.objectId,
      reason: 'revoked',
      endedAt: expect.stringMatching(/^20.*Z$/),
      by: { kind: 'session', name: null, device: expect.any(Object) },
      createdAt: expect.stringMatching(/^20.*Z$/),
      lastAccessedAt: expect.stringMatching(/^20.*Z$/),
      restricted: false,
      ip: '192.0.2.7',
      place: null,
      device: { browser: null, os: null, type: null },
      name: 'Phone',
    });
    expect(ended[0].by).toEqual({ kind: 'master', name: null, device: null });
    expect(ended[2]).toMatchObject({ reason: 'expired', restricted: true, by: { kind: 'server' } });
    for (const { token } of [phone, expired, tablet]) expect(JSON.stringify(ended)).not.toContain(token);
    const noted = ended.map((view: object) => ({ ...view, note: null }));
    expect(await list({ userId: user.userId }, { master: true })).toEqual(noted);
    expect(await list({ userId: user.userId }, { readOnlyMaster: true })).toEqual(noted);
    expect(await server.sessions.store.ended(user.userId)).toEqual(ended);
  });

  it('turns pages, each session once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 9; i += 1) {
      const fields = i % 3 === 0 ? { expiresAt: agoHours(i + 1) } : {};
      const { objectId } = await makeSession(server, user.userId, fields);
      ids.push(objectId);
      if (i % 3 !== 0) await server.sessions.store.revoke(objectId);
    }
    const whole = (await list()).map(({ objectId }: any) => objectId);
    expect([...whole].sort()).toEqual([...ids].sort());
    for (const limit of [1, 2, 4, 8, 9]) {
      const pages: string[] = [];
      for (let skip = 0; skip < 10; skip += limit) {
        const page = await list({ limit, skip });
        expect(page.length).toBeLessThanOrEqual(limit);
        pages.push(...page.map(({ objectId }: any) => objectId));
      }
      expect(pages).toEqual(whole);
    }
    expect(await list({ skip: 2 ** 31 - 1, limit: 1000 })).toEqual([]);
    expect(await server.sessions.store.ended(user.userId, { limit: 1, skip: 1 })).toHaveLength(1);
  });

  it('is refused to a restricted session, to nobody, and for another user', async () => {
    const restricted = await server.restricted(user.token);
    await expect(list({}, restricted)).rejects.toMatchObject({ code: 119 });
    await expect(list({}, {})).rejects.toMatchObject({ code: 209 });
    await expect(list({ userId: (await server.signUp()).userId })).rejects.toMatchObject({ code: 142 });
    await expect(list({}, { master: true })).rejects.toMatchObject({ code: 142 });
    for (const page of [{ limit: 0 }, { limit: 1001 }, { skip: -1 }, { limit: '1' }]) {
      await expect(list(page)).rejects.toMatchObject({ code: 142 });
      await expect(server.sessions.store.ended(user.userId, page as never)).rejects.toMatchObject({
        code: 142,
      });
    }
    await expect(server.sessions.store.ended(undefined as never)).rejects.toThrow(TypeError);
  });
});
