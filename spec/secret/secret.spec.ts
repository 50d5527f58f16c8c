import { createHmac } from 'node:crypto';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, sessionRow } from '../support/sessions';

let server: SpecServer;
let second: SecondProcess;
let userId: string;

beforeAll(async () => {
  server = await startServer();
  second = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
  userId = await makeUser(server);
});

afterAll(async () => {
  await second?.stop();
  await server.stop();
});

describe('secret', () => {
  it('is 256 bits in Base64', async () => {
    const { objectId } = await makeSession(server, userId);
    const secret = await server.sessions.secret(objectId);
    expect(secret).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
  });

  it('is random: no two sessions have the same', async () => {
    const secrets = await Promise.all(
      Array.from({ length: 20 }, async () =>
        server.sessions.secret((await makeSession(server, userId)).objectId),
      ),
    );
    expect(new Set(secrets).size).toBe(20);
  });

  it('is made at the first request, and not before', async () => {
    const user = await server.signUp();
    const row = await sessionRow(server, user);
    expect(row.secret).toBeUndefined();
    const secret = await server.sessions.secret(row.objectId);
    expect((await sessionRow(server, user)).secret).toBe(secret);
  });

  it('stays the same', async () => {
    const user = await server.signUp();
    const session = await server.sessions.store.find(user.token);
    const secret = await server.sessions.secret(session!);
    expect(await server.sessions.secret(session!)).toBe(secret);
    expect(await server.sessions.secret(session!.id!)).toBe(secret);
    expect(await server.sessions.secret({ objectId: session!.id })).toBe(secret);
  });

  it('is one for 50 first calls at the same time in two processes', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { objectId } = await makeSession(server, userId);
      const [here, there] = await Promise.all([
        Promise.all(Array.from({ length: 25 }, () => server.sessions.secret(objectId))),
        second.run(
          ({ server }, id) => Promise.all(Array.from({ length: 25 }, () => server.sessions.secret(id))),
          objectId,
        ),
      ]);
      expect(new Set([...here, ...there]).size).toBe(1);
    }
  });

  it.each([['nosuchid00'], [{ objectId: 'nosuchid00' }]])('answers 101 for no session: %j', async session => {
    await expect(server.sessions.secret(session)).rejects.toMatchObject({ code: 101 });
  });

  it.each([[''], [{}], [undefined], [null]])(
    'throws a TypeError for what is no session: %j',
    async session => {
      await expect((async () => server.sessions.secret(session as never))()).rejects.toThrow(TypeError);
    },
  );

  it('answers 101 once the session has ended', async () => {
    const session = await makeSession(server, userId);
    await server.sessions.secret(session.objectId);
    await server.sessions.store.revoke(session.objectId);
    await expect(server.sessions.secret(session.objectId)).rejects.toMatchObject({ code: 101 });
  });
});

describe('csrfToken', () => {
  it('is an HMAC of the secret, and does not show it', async () => {
    const { objectId } = await makeSession(server, userId);
    const token = await server.sessions.csrfToken(objectId);
    const secret = await server.sessions.secret(objectId);
    expect(token).toBe(createHmac('sha256', secret).update(`csrf:${objectId}`).digest('base64url'));
    expect(token).not.toContain(secret.slice(0, 8));
  });

  it('is accepted for its session, in every process', async () => {
    const { objectId } = await makeSession(server, userId);
    const token = await server.sessions.csrfToken(objectId);
    expect(await server.sessions.verifyCsrfToken(objectId, token)).toBe(true);
    const there = await second.run(
      ({ server }, [id, csrf]: [string, string]) => server.sessions.verifyCsrfToken(id, csrf),
      [objectId, token] as [string, string],
    );
    expect(there).toBe(true);
  });

  it('is refused for another session of the same user', async () => {
    const { objectId } = await makeSession(server, userId);
    const other = await makeSession(server, userId);
    const token = await server.sessions.csrfToken(objectId);
    expect(await server.sessions.verifyCsrfToken(other.objectId, token)).toBe(false);
  });

  it.each([
    ['cut', (token: string) => token.slice(0, -1)],
    ['longer', (token: string) => `${token}A`],
    ['with another letter', (token: string) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)],
    ['empty', () => ''],
    ['absent', () => undefined],
    ['null', () => null],
    ['an array that holds it', (token: string) => [token]],
    ['an object', (token: string) => ({ toString: () => token })],
    ['of as many characters and more bytes', (token: string) => 'é'.repeat(token.length)],
  ])('is refused when it is %s', async (_what, change) => {
    const { objectId } = await makeSession(server, userId);
    const token = change(await server.sessions.csrfToken(objectId));
    expect(await server.sessions.verifyCsrfToken(objectId, token)).toBe(false);
  });

  it('answers 101 for no session', async () => {
    await expect(server.sessions.csrfToken('nosuchid00')).rejects.toMatchObject({ code: 101 });
    await expect(server.sessions.verifyCsrfToken('nosuchid00', 'x')).rejects.toMatchObject({ code: 101 });
  });
});
