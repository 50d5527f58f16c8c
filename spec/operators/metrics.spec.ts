import { parseSessions, type SessionMetrics } from '../../src';
import { insertSessions } from '../support/many-sessions';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { eventually } from '../support/time';

let server: SpecServer;
let before: SessionMetrics;

beforeAll(async () => {
  server = await startServer({
    guard: ['Invoice'],
    fresh: ['PaymentMethod'],
    maxSessionsPerUser: { authenticated: 2 },
    onLimit: 'refuse',
    activity: { flushInterval: '1h' },
  });
  for (const name of ['Invoice', 'PaymentMethod']) await server.makeClass(name);
});
afterAll(() => server.stop());
beforeEach(() => (before = server.sessions.metrics()));

/** How much a counter has grown since the spec began. */
const grown = (read: (metrics: SessionMetrics) => number | undefined) =>
  (read(server.sessions.metrics()) ?? 0) - (read(before) ?? 0);

const write = (className: string, token: string) =>
  server.rest('POST', `/classes/${className}`, { token, body: {} });

describe('metrics', () => {
  it('are zero before the server has started', () => {
    expect(parseSessions().metrics()).toEqual({
      created: { authenticated: 0, anonymous: 0, restricted: 0 },
      ended: {},
      purged: 0,
      blocked: { restricted: 0, scope: 0, stale: 0, limit: 0 },
      lastAccess: null,
      records: { waiting: 0 },
      cache: { hits: 0, misses: 0 },
    });
  });

  it('count sessions that are made, by kind', async () => {
    const user = await server.signUp();
    await server.restricted(user.token);
    await server.rest('POST', '/users', { body: { authData: { anonymous: { id: `${Math.random()}` } } } });
    expect(grown(({ created }) => created.authenticated)).toBe(1);
    expect(grown(({ created }) => created.restricted)).toBe(1);
    expect(grown(({ created }) => created.anonymous)).toBe(1);
  });

  it('count sessions that end, by reason, whoever listens or not', async () => {
    for (const listens of [false, true]) {
      before = server.sessions.metrics();
      const stop = listens ? server.sessions.on('revoked', () => undefined) : () => undefined;
      const user = await server.signUp();
      const first = await server.restricted(user.token);
      await server.restricted(user.token);
      await server.run('revokeSession', { objectId: first.objectId }, user);
      await server.run('revokeOtherSessions', {}, user);
      await server.rest('POST', '/logout', { token: user.token, body: {} });
      // It has ended already.
      await server.rest('POST', '/logout', { token: user.token, body: {} });
      stop();
      expect(grown(({ ended }) => ended.revoked)).toBe(2);
      expect(grown(({ ended }) => ended.logout)).toBe(1);
    }
  });

  it('count what a purge deletes, by ranges and one by one', async () => {
    const userId = await makeUser(server);
    for (const listens of [false, true]) {
      before = server.sessions.metrics();
      const stop = listens ? server.sessions.on('expired', () => undefined) : () => undefined;
      await insertSessions(server, 30, { userId, expiresAt: new Date('2020-01-01'), spread: 1 });
      await server.sessions.store.purgeExpired({ dryRun: true });
      expect(grown(({ purged }) => purged)).toBe(0);
      await server.sessions.store.purgeExpired({ batchSize: 10 });
      stop();
      expect(grown(({ purged }) => purged)).toBe(30);
      expect(grown(({ ended }) => ended.expired)).toBe(30);
    }
  });

  it('count what was refused, by why', async () => {
    const user = await server.signUp();
    const restricted = await server.restricted(user.token);
    const scoped = await server.run('createRestrictedSession', { scopes: ['Invoice:read'] }, user);
    expect((await write('Invoice', restricted.token)).body.code).toBe(119);
    expect((await write('Note', scoped.sessionToken)).body.code).toBe(119);
    const old = await makeSession(server, user.userId, {
      authenticatedAt: parseDate(new Date('2020-01-01')),
    });
    expect((await write('PaymentMethod', old.token)).body.code).toBe(119);
    const { username, password } = user;
    expect((await server.rest('POST', '/login', { body: { username, password } })).body.code).toBe(119);
    expect(grown(({ blocked }) => blocked.restricted)).toBe(1);
    expect(grown(({ blocked }) => blocked.scope)).toBe(1);
    expect(grown(({ blocked }) => blocked.stale)).toBe(1);
    expect(grown(({ blocked }) => blocked.limit)).toBe(1);
  });

  it('tell what waits to be written, and for how long', async () => {
    const user = await server.signUp();
    expect(await useToken(server, user)).toBe(200);
    const { lastAccess } = server.sessions.metrics();
    expect(lastAccess).toMatchObject({ waiting: expect.any(Number), failing: false });
    expect(lastAccess!.waiting).toBeGreaterThan(0);
    await eventually(() => expect(server.sessions.metrics().lastAccess!.lagSeconds).toBeGreaterThan(0));
    await eventually(() => expect(server.sessions.metrics().records.waiting).toBe(0));
  });

  it('count look-ups that took no query', async () => {
    const user = await server.signUp();
    for (let i = 0; i < 3; i += 1) await write('Invoice', user.token);
    expect(grown(({ cache }) => cache.hits)).toBeGreaterThan(0);
    expect(grown(({ cache }) => cache.misses)).toBeGreaterThan(0);
  });

  it('hold numbers only, and nobody can change them', async () => {
    const metrics = server.sessions.metrics();
    const leaves = (value: unknown): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
    for (const leaf of leaves(metrics)) expect(['number', 'boolean']).toContain(typeof leaf);
    metrics.created.authenticated = -1;
    metrics.ended.logout = -1;
    expect(server.sessions.metrics().created.authenticated).toBeGreaterThanOrEqual(0);
    expect(server.sessions.metrics().ended.logout).not.toBe(-1);
  });
});
