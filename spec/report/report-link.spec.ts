import { startSecondProcess } from '../support/second-process';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate, sessionRow, useToken } from '../support/sessions';
import { DAY, eventually, HOUR, moveClock, startClock, stopClock } from '../support/time';

const mails: Array<{ user: string | undefined; link: string }> = [];
const emailAdapter = {
  sendPasswordResetEmail: async ({ user, link }: any) => void mails.push({ user: user.id, link }),
  sendVerificationEmail: async () => undefined,
  sendMail: async () => undefined,
};
const PUBLIC = 'https://api.example.com/parse';
const newDevices: string[] = [];
const reasons: string[] = [];

let server: SpecServer;
let user: SpecUser;
let thief: SpecUser;

const AGENT = {
  'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
};

beforeAll(async () => {
  server = await startServer({}, { emailAdapter, appName: 'specs', publicServerURL: PUBLIC });
  server.sessions.on('newDevice', ({ sessionId }) => newDevices.push(sessionId));
  server.sessions.on('revoked', ({ reason }) => reasons.push(reason));
});

beforeEach(async () => {
  user = await server.signUp();
  const body = { email: `${user.username}@example.com` };
  await server.rest('PUT', `/users/${user.userId}`, { master: true, body });
  thief = await server.login(user.username, user.password, AGENT);
  for (const list of [mails, newDevices, reasons]) list.length = 0;
});

afterAll(() => server.stop());

const rowOf = (session: { token: string }) => sessionRow(server, session);
async function linkFor(session: { token: string }) {
  const { objectId } = await rowOf(session);
  return server.sessions.reportLink(objectId);
}
const tokenOf = (link: string) => decodeURIComponent(new URL(link).hash.replace('#token=', ''));
const report = (token: unknown, more: object = {}) => server.run('reportSession', { token, ...more });

describe('reportLink', () => {
  it('leads to the page at the public address, with the token where no server sees it', async () => {
    const { objectId, sessionToken } = await rowOf(thief);
    const link = await server.sessions.reportLink({ objectId });
    expect(link).toMatch(/^https:\/\/api\.example\.com\/sessions\/report#token=/);
    const secret = await server.sessions.secret(objectId);
    for (const part of [sessionToken, secret, encodeURIComponent(secret)]) expect(link).not.toContain(part);
  });

  it('is for sessions that there are', async () => {
    await expect(server.sessions.reportLink('nobody')).rejects.toMatchObject({ code: 101 });
    await expect(server.sessions.reportLink(5 as never)).rejects.toThrow(TypeError);
  });
});

describe('reportSession', () => {
  it('ends that session for the reason `reported`, once, and no other', async () => {
    const token = tokenOf(await linkFor(thief));
    expect(await report(token)).toEqual({ revoked: 1 });
    expect(await useToken(server, thief)).toBe(209);
    expect(await useToken(server, user)).toBe(200);
    expect(await report(token)).toEqual({ revoked: 0 });
    expect(reasons).toEqual(['reported']);
    const [ended] = await server.sessions.store.ended(user.userId);
    expect(ended).toMatchObject({ reason: 'reported', by: { kind: 'server' } });
    expect(await server.run('endedSession', { sessionToken: thief.token })).toMatchObject({
      reason: 'reported',
    });
    expect(mails).toEqual([]);
  });

  it('of two at the same time one ends it', async () => {
    const token = tokenOf(await linkFor(thief));
    const answers = await Promise.all([report(token), report(token), report(token)]);
    expect(answers.map(({ revoked }) => revoked).sort()).toEqual([0, 0, 1]);
    expect(reasons).toEqual(['reported']);
  });

  it('goes on when the session gets a new token', async () => {
    const token = tokenOf(await linkFor(thief));
    const { sessionToken } = await server.run('rotateSession', {}, thief);
    expect(await report(token)).toEqual({ revoked: 1 });
    expect(await useToken(server, sessionToken)).toBe(209);
  });

  it('forgets the device, wherever the session is used from by now', async () => {
    const token = tokenOf(await linkFor(thief));
    await server.rawUpdate('_Session', { sessionToken: thief.token }, { ip: '203.0.113.9' });
    await server.login(user.username, user.password, AGENT);
    await eventually(async () => expect(await server.rawFind('ParseSessionDevice', {})).not.toEqual([]));
    await report(token);
    // The other session of that device is older than the next one, but the device is not known any more.
    await server.rawDelete('_Session', { sessionToken: { $ne: user.token } });
    const again = await server.login(user.username, user.password, AGENT);
    const { objectId } = await rowOf(again);
    await eventually(async () => expect(newDevices).toContain(objectId));
  });

  it('has Parse Server send its mail to reset the password, if asked', async () => {
    const token = tokenOf(await linkFor(thief));
    expect(await report(token, { resetPassword: true })).toEqual({ revoked: 1, passwordReset: true });
    await eventually(async () => expect(mails).toEqual([{ user: user.userId, link: expect.any(String) }]));
    expect(await report(token, { resetPassword: true })).toEqual({ revoked: 0, passwordReset: false });
    expect(mails).toHaveLength(1);
  });

  it('ends the session of a user without an address, and says that there is no mail', async () => {
    await server.rawUpdate('_User', { objectId: user.userId }, { email: { __op: 'Delete' } });
    const token = tokenOf(await linkFor(thief));
    expect(await report(token, { resetPassword: true })).toEqual({ revoked: 1, passwordReset: false });
    expect(mails).toEqual([]);
  });

  it.each<[string, (token: string) => Promise<string> | string]>([
    ['a made-up one', () => 'guessed'],
    [
      'one of another session',
      async token => {
        const other = await rowOf(user);
        await server.sessions.secret(other.objectId);
        return [...token.split('.').slice(0, -1), other.objectId].join('.');
      },
    ],
    [
      'one with another date',
      token => [(Date.now() + DAY).toString(36), ...token.split('.').slice(1)].join('.'),
    ],
    [
      'one with another device',
      token => {
        const [madeAt, proof, , ...id] = token.split('.');
        return [madeAt, proof, 'x', ...id].join('.');
      },
    ],
    [
      'one without a proof',
      token => {
        const [madeAt, , ...rest] = token.split('.');
        return [madeAt, '', ...rest].join('.');
      },
    ],
    [
      'a token against cross-site request forgery',
      async () => {
        const { objectId } = await rowOf(thief);
        return `${Date.now().toString(36)}.${await server.sessions.csrfToken(objectId)}.x.${objectId}`;
      },
    ],
    ['the session’s own token', () => thief.token],
  ])('ends nothing by %s', async (_what, made) => {
    const token = await made(tokenOf(await linkFor(thief)));
    expect(await report(token, { resetPassword: true })).toEqual({ revoked: 0, passwordReset: false });
    expect([await useToken(server, thief), await useToken(server, user), mails]).toEqual([200, 200, []]);
  });

  it('for 7 days', async () => {
    const { objectId } = await rowOf(thief);
    await server.rawUpdate('_Session', { objectId }, { expiresAt: parseDate(Date.now() + 30 * DAY) });
    stopClock(new Date());
    try {
      const token = tokenOf(await server.sessions.reportLink(objectId));
      moveClock(7 * DAY + HOUR);
      expect(await report(token)).toEqual({ revoked: 0 });
      moveClock(-2 * HOUR);
      expect(await report(token)).toEqual({ revoked: 1 });
    } finally {
      startClock();
    }
  });

  it('of an expired session, or one that was invalidated, ends nothing', async () => {
    const token = tokenOf(await linkFor(thief));
    await server.rawUpdate(
      '_Session',
      { sessionToken: thief.token },
      { expiresAt: parseDate(Date.now() - HOUR) },
    );
    expect(await report(token)).toEqual({ revoked: 0 });
    const other = tokenOf(await linkFor(user));
    await server.sessions.invalidate((await rowOf(user)).objectId);
    expect(await report(other)).toEqual({ revoked: 0 });
  });

  it('never by GET: scanners of mails follow links', async () => {
    const token = tokenOf(await linkFor(thief));
    const query = `?token=${encodeURIComponent(token)}`;
    const { status } = await server.rest('GET', `/functions/reportSession${query}`);
    expect(status).toBe(404);
    expect(await useToken(server, thief)).toBe(200);
  });

  it.each([
    [{}],
    [{ token: 5 }],
    [{ token: '' }],
    [{ token: 'x', resetPassword: 'yes' }],
    [{ token: 'x', userId: 'y' }],
  ])('answers 142 for %j', async params => {
    await expect(server.run('reportSession', params)).rejects.toMatchObject({ code: 142 });
  });

  it('works in another process', async () => {
    const second = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
    try {
      const token = tokenOf(await linkFor(thief));
      const answer = await second.run(({ server }, token) => server.run('reportSession', { token }), token);
      expect(answer).toEqual({ revoked: 1 });
      await eventually(async () => expect(await rowOf(thief)).toBeUndefined());
    } finally {
      await second.stop();
    }
  });
});
