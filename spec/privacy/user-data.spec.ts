import { createHash } from 'node:crypto';
import { FolderFiles } from '../support/folder-files';
import { recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, pointerTo, sessionRow } from '../support/sessions';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const HEADERS = { 'User-Agent': FIREFOX };
let server: SpecServer;
let told: Told[];
/** Those of all pairings. */
const codes: string[] = [];

beforeAll(async () => {
  const pairing = { verificationUri: 'https://example.com/pair' };
  server = await startServer({ pairing }, { filesAdapter: new FolderFiles() });
  told = listenTo(server, ['newDevice']);
  await server.rest('POST', '/classes/Note', { master: true, body: {} });
});

// One address may ask for 10 codes a minute.
beforeEach(() =>
  server.rawDelete('ParseSessionAttempt', { objectId: { $exists: true } }).catch(() => undefined),
);

afterAll(() => server.stop());

/** A user with everything that can be kept of one. */
async function makeWhole() {
  const user = await server.signUp(undefined, { headers: HEADERS });
  const as = { ...user, headers: HEADERS };
  const { objectId } = await sessionRow(server, user);
  const phone = await server.run('createRestrictedSession', { name: 'Phone', scopes: ['Note:read'] }, as);
  const secret = await server.sessions.secret(objectId);
  await server.sessions.files(objectId).add('draft', { name: 'draft.txt', data: 'secret contents' });
  const old = await server.login(user.username, user.password, HEADERS);
  await server.rest('POST', '/logout', { ...old, headers: HEADERS });
  // One device that he has allowed and that has not asked since, and one that he has not.
  const headers = { 'User-Agent': 'Acme/1 (ESP32)' };
  for (const name of ['Boiler', 'Stranger']) {
    const { deviceCode, userCode } = await server.run('startPairing', { name }, { headers });
    codes.push(deviceCode, userCode);
    await server.run('pairingRequest', { userCode }, as);
    if (name === 'Boiler') await server.run('approvePairing', { userCode, scopes: ['Note:read'] }, as);
  }
  await eventually(() => expect(told.map(one => one.userId)).toContain(user.userId));
  return { user, as, objectId, phone, secret, tokens: [user.token, phone.sessionToken, old.token] };
}

/** What is kept of a user, or of everybody. */
const rowsOf = (userId: string) =>
  Promise.all([
    server.rawFind('_Session', { user: pointerTo(userId) }),
    server.rawFind('ParseEndedSession', { userId }),
    server.rawFind('ParseSessionPairing', { userId }),
    server.rawFind('ParseSessionDevice', { owner: createHash('sha256').update(userId).digest('hex') }),
  ]);

describe('exportUser()', () => {
  it('gives everything that is kept about a user, as JSON, without a secret', async () => {
    const { user, objectId, phone, secret, tokens } = await makeWhole();
    const data = await server.sessions.exportUser(user.userId);
    expect(data).toEqual({
      userId: user.userId,
      sessions: expect.arrayContaining([
        expect.objectContaining({
          objectId,
          userId: user.userId,
          ip: expect.stringMatching(/127\.0\.0\.1$/),
          userAgent: FIREFOX,
          createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
          lastAccessedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        }),
        expect.objectContaining({ objectId: phone.objectId, name: 'Phone', scopes: ['Note:read'] }),
      ]),
      endedSessions: [
        expect.objectContaining({ reason: 'logout', device: expect.objectContaining({ os: 'Linux' }) }),
      ],
      devices: [{ firstSeenAt: expect.stringMatching(/^\d{4}-.*Z$/) }],
      pairings: [
        {
          name: 'Boiler',
          scopes: ['Note:read'],
          ip: expect.stringMatching(/127\.0\.0\.1$/),
          userAgent: 'Acme/1 (ESP32)',
          createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
      files: [{ sessionId: objectId, fileId: 'draft' }],
    });
    expect(data.sessions).toHaveLength(2);
    const text = JSON.stringify(data);
    expect(JSON.parse(text)).toEqual(data);
    for (const hidden of [...codes, ...tokens, secret, 'secret contents', user.password])
      expect(text).not.toContain(hidden);
  });

  it('takes a user, a pointer or an id, and leaves other users out', async () => {
    const [one, other] = [await makeWhole(), await makeWhole()];
    const data = await server.sessions.exportUser({ objectId: one.user.userId });
    expect(JSON.stringify(data)).not.toContain(other.user.userId);
    expect(data).toEqual(await server.sessions.exportUser(one.user.userId));
  });

  it('tells accesses that are not written yet', async () => {
    const { user } = await makeWhole();
    await server.rest('GET', '/users/me', { ...user, headers: { 'User-Agent': 'Acme/1' } });
    const { sessions } = await server.sessions.exportUser(user.userId);
    expect(sessions.map(session => session.userAgent)).toContain('Acme/1');
  });

  it('gives every session of one who has very many', async () => {
    const user = await server.signUp();
    await Promise.all(Array.from({ length: 1100 }, () => makeSession(server, user.userId)));
    expect((await server.sessions.exportUser(user.userId)).sessions).toHaveLength(1101);
  });

  it('is empty for one of whom nothing is kept', async () => {
    const nothing = { sessions: [], endedSessions: [], devices: [], pairings: [], files: [] };
    expect(await server.sessions.exportUser('nobody')).toEqual({ userId: 'nobody', ...nothing });
  });
});

describe('eraseUser()', () => {
  it('removes it, records and known devices too; what is left tells nothing of the user', async () => {
    const { user } = await makeWhole();
    await server.sessions.eraseUser(user.userId);
    const [sessions, records, pairings, devices] = await rowsOf(user.userId);
    expect([records, pairings, devices]).toEqual([[], [], []]);
    expect(sessions).toHaveLength(2);
    for (const row of sessions)
      expect([row.ip ?? null, row.userAgent ?? null, row.name ?? null]).toEqual([null, null, null]);
    const data = await server.sessions.exportUser(user.userId);
    expect(data).toMatchObject({ endedSessions: [], devices: [], pairings: [] });
    expect(JSON.stringify(data)).not.toMatch(/Firefox|127\.0\.0\.1|Phone|Boiler/);
  });

  it('leaves the sessions working, with what they may do, their ends, files and secrets', async () => {
    const { user, objectId, phone, secret } = await makeWhole();
    const end = new Date(Date.now() + 86_400_000);
    await server.sessions.store.setExpiry(objectId, end);
    await server.sessions.eraseUser(user.userId);
    expect((await server.rest('GET', '/users/me', user)).status).toBe(200);
    expect(await server.sessions.secret(objectId)).toBe(secret);
    expect(await server.sessions.files(objectId).get('draft')).not.toBeNull();
    expect((await sessionRow(server, user)).expiresAt.iso).toBe(end.toISOString());
    const asPhone = { token: phone.sessionToken };
    expect((await server.rest('GET', '/classes/Note', asPhone)).status).toBe(200);
    expect((await server.rest('POST', '/classes/Note', { ...asPhone, body: {} })).body.code).toBe(119);
    expect(await server.run('getSession', {}, asPhone)).toMatchObject({
      restricted: true,
      scopes: ['Note:read'],
    });
  });

  it('leaves other users’ alone', async () => {
    const [one, other] = [await makeWhole(), await makeWhole()];
    await Promise.all([server.sessions.exportUser(other.user.userId), recordsWritten({ server })]);
    const before = await rowsOf(other.user.userId);
    expect(before.map(rows => rows.length)).toEqual([2, 1, 1, 1]);
    await server.sessions.eraseUser(one.user.userId);
    expect(await rowsOf(other.user.userId)).toEqual(before);
  });

  it('also removes accesses and records that are not written yet', async () => {
    const user = await server.signUp(undefined, { headers: HEADERS });
    const old = await server.login(user.username, user.password, HEADERS);
    await server.rest('GET', '/users/me', { ...user, headers: { 'User-Agent': 'Acme/1' } });
    await server.rest('POST', '/logout', { ...old, headers: HEADERS });
    await server.sessions.eraseUser(user.userId);
    const [sessions, records] = await rowsOf(user.userId);
    expect(records).toEqual([]);
    expect(sessions.map(row => row.userAgent ?? null)).toEqual([null]);
    expect(await server.run('endedSession', { sessionToken: old.token })).toBeNull();
  });

  it('is gone for good: the session that erases keeps its traces again when it is used', async () => {
    const { user } = await makeWhole();
    await server.sessions.eraseUser(user.userId);
    await server.rest('GET', '/users/me', { ...user, headers: { 'User-Agent': 'Acme/2' } });
    const { sessions, endedSessions } = await server.sessions.exportUser(user.userId);
    expect(sessions.map(session => session.userAgent).sort()).toEqual(['Acme/2', null].sort());
    expect(endedSessions).toEqual([]);
  });

  it('is no error for one of whom nothing is kept', async () => {
    await expect(server.sessions.eraseUser('nobody')).resolves.toBeUndefined();
  });
});

const ofOther = (className: string) => ({ __type: 'Pointer', className, objectId: 'x' });

it.each([undefined, null, '', 7, {}, ofOther('_Session'), ofOther('Note')])(
  'refuse %p, which is no user',
  async user => {
    await expect(server.sessions.exportUser(user as never)).rejects.toThrow(TypeError);
    await expect(server.sessions.eraseUser(user as never)).rejects.toThrow(TypeError);
  },
);

it('find and remove what was remembered before the records were turned off', async () => {
  const { user } = await makeWhole();
  await recordsWritten({ server });
  const later = await startServer({ history: false }, { databaseURI: server.databaseURI });
  try {
    expect((await later.sessions.exportUser(user.userId)).endedSessions).toHaveLength(1);
    await later.sessions.eraseUser(user.userId);
    expect(await later.rawFind('ParseEndedSession', { userId: user.userId })).toEqual([]);
  } finally {
    await later.stop({ keepData: true });
  }
});
