import { nistAal1, nistAal2, nistAal3, type ExpiryPreview } from '../../src';
import { startServer, type RestOptions, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { DAY, eventually, HOUR, setClock, startClock, stopClock } from '../support/time';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const NOW = new Date('2033-01-10T12:00:00.000Z');
const MASTER: RestOptions = { master: true };
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY);

let server: SpecServer;
let userId: string;

beforeAll(async () => {
  stopClock(NOW);
  server = await startServer();
  userId = await makeUser(server);
});
afterAll(async () => {
  startClock();
  await server.stop();
});
beforeEach(async () => {
  setClock(NOW);
  await server.rawDelete('_Session', { objectId: { $exists: true } }).catch(() => undefined);
});

/** A session that was made and used so many days ago; unused since it was made where that is left out. */
const made = (created: number, used: number | null = null, fields: object = {}) =>
  makeSession(server, userId, {
    createdAt: daysAgo(created).toISOString(),
    updatedAt: daysAgo(created).toISOString(),
    ...(used !== null && { lastAccessedAt: parseDate(daysAgo(used)) }),
    ...fields,
  });

const preview = (expiry: object): Promise<ExpiryPreview> => server.sessions.preview(expiry);

describe('preview', () => {
  it('goes by the creation of a session that has neither been used nor changed, as the policy does', async () => {
    await made(40);
    const adapter = server.server.config.databaseController.adapter as any;
    if (SPEC_DATABASE === 'postgresql')
      await adapter._client.none('UPDATE "_Session" SET "updatedAt" = NULL');
    else {
      const { _mongoCollection } = await adapter._adaptiveCollection('_Session');
      await _mongoCollection.updateMany({}, { $unset: { _updated_at: 1 } });
    }
    expect(await preview({ authenticated: { idle: '30d' } })).toMatchObject({ sessions: 1, ends: 1 });
  });

  it('counts whom a policy would end, by kind, by why and by age', async () => {
    await made(0.5, 0.1);
    await made(40, 1);
    await made(40, 35);
    await made(100, 1);
    await made(400, 200);
    await made(50, null, { restricted: true });
    await made(5, null, { anonymous: true });
    const found = await preview({
      authenticated: { idle: '30d', maxAge: '90d' },
      restricted: { idle: '30d' },
    });
    expect(found).toMatchObject({ sessions: 7, ends: 4 });
    expect(found.byKind.authenticated).toEqual({
      sessions: 5,
      ends: 3,
      tooOld: 2,
      unused: 1,
      byAge: [
        { fromDays: 0, sessions: 1, ends: 0 },
        { fromDays: 1, sessions: 0, ends: 0 },
        { fromDays: 7, sessions: 0, ends: 0 },
        { fromDays: 30, sessions: 2, ends: 1 },
        { fromDays: 90, sessions: 1, ends: 1 },
        { fromDays: 365, sessions: 1, ends: 1 },
      ],
    });
    expect(found.byKind.restricted).toMatchObject({ sessions: 1, ends: 1, tooOld: 0, unused: 1 });
    // The policy says nothing of them.
    expect(found.byKind.anonymous).toMatchObject({ sessions: 1, ends: 0 });
  });

  it('leaves out what has expired, and ends that were chosen', async () => {
    await made(100, 50, { expiresAt: parseDate(daysAgo(1)) });
    await made(100, 50, { fixedExpiry: parseDate(daysAgo(-1)), expiresAt: parseDate(daysAgo(-1)) });
    await made(100, 50);
    expect(await preview({ authenticated: { maxAge: '30d' } })).toMatchObject({ sessions: 2, ends: 1 });
  });

  it('knows accesses that are not written yet', async () => {
    const session = await made(40, 35);
    expect(await preview({ authenticated: { idle: '30d' } })).toMatchObject({ ends: 1 });
    expect(await useToken(server, session)).toBe(200);
    expect(await preview({ authenticated: { idle: '30d' } })).toMatchObject({ ends: 0 });
  });

  it('takes the presets', async () => {
    await made(0, 0.001);
    await made(0, 0.02);
    await made(0.6, 0.001);
    await made(20, 0.001);
    await made(31, 0.001);
    expect(await preview(nistAal1)).toMatchObject({ ends: 1 });
    expect(await preview(nistAal2)).toMatchObject({ ends: 2 });
    expect(await preview(nistAal3)).toMatchObject({ ends: 4 });
  });

  it('takes a number of statements that does not grow with the sessions', async () => {
    for (let i = 0; i < 20; i += 1) await made(i * 20, 1);
    const statements = watchStatements(server);
    await preview(nistAal1);
    const asked = statements.all
      .filter(({ className }) => className === '_Session')
      .map(({ method }) => method);
    statements.stop();
    expect(new Set(asked)).toEqual(new Set(['count']));
    expect(asked.length).toBeLessThanOrEqual(39);
  });

  it('refuses what is no policy, and names the part', async () => {
    await expect(preview({ authenticated: { idle: 'soon' } })).rejects.toThrow(
      'preview: option "authenticated.idle" got \'soon\', takes a duration',
    );
    for (const wrong of [undefined, null, 'nistAal1', 5, { nobody: {} }, { authenticated: {} }]) {
      await expect(preview(wrong as never)).rejects.toThrow(TypeError);
    }
  });

  it('is there for the holder of a master key as a cloud function', async () => {
    await made(40, 35);
    const expiry = { authenticated: { idle: '30d' } };
    for (const request of [MASTER, { readOnlyMaster: true }]) {
      expect(await server.run('sessionPreview', { expiry }, request)).toEqual(await preview(expiry));
    }
    const user = await server.signUp();
    await expect(server.run('sessionPreview', { expiry }, user)).rejects.toMatchObject({ code: 119 });
    await expect(server.run('sessionPreview', {}, MASTER)).rejects.toMatchObject({ code: 142 });
    const wrong = { expiry: { authenticated: { idle: 'soon' } } };
    await expect(server.run('sessionPreview', wrong, MASTER)).rejects.toMatchObject({ code: 142 });
  });

  // Last: the second server takes the first one's cloud code with it.
  it('says what the policy does once it is there', async () => {
    const sessions = await Promise.all([made(0, 0), made(10, 2), made(10, 9), made(40, 1), made(40, 30)]);
    const expiry = { authenticated: { idle: '7d', maxAge: '30d' } };
    const { ends } = await preview(expiry);
    const { databaseURI } = server;
    const own = await startServer({ expiry }, { databaseURI });
    try {
      // Nobody is logged out at the start; those that would end live for one idle period, once that has been written.
      const later = { expiresAt: { $gt: parseDate(new Date(NOW.getTime() + 8 * DAY)) } };
      await eventually(async () => {
        expect(await own.rawFind('_Session', { $or: [later, { expiresAt: null }] })).toEqual([]);
      });
      setClock(new Date(NOW.getTime() + 7 * DAY + HOUR));
      const ended = await Promise.all(sessions.map(session => useToken(own, session)));
      expect(ends).toBe(3);
      expect(ended.filter(status => status === 209).length).toBeGreaterThanOrEqual(ends);
    } finally {
      await own.stop({ keepData: true });
      setClock(NOW);
    }
  });
});
