import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, useToken } from '../support/sessions';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: string;
declare const Parse: any;

let server: SpecServer;
/** What a save of a user waits for, once the client is known and before anything is written. */
let gate: Promise<unknown> | undefined;
let atGate: () => void = () => undefined;

beforeAll(async () => {
  server = await startServer(
    { activity: { flushInterval: 0.1 } },
    {},
    {
      cloud: () => {
        Parse.Cloud.beforeSave('_User', async () => {
          atGate();
          await gate;
        });
      },
    },
  );
});

afterAll(() => server.stop());

const transaction = (user: { token: string }, requests: object[]) =>
  server.rest('POST', '/batch', { ...user, body: { transaction: true, requests } });
const sessionsOf = ({ userId }: SpecUser) => server.rawFind('_Session', { user: pointerTo(userId) });

// The MongoDB of the specs has no transactions.
(SPEC_DATABASE === 'postgresql' ? describe : describe.skip)('a transaction', () => {
  // Parse Server answers before it has looked at all parts, and never ends the transaction.
  const LEFT_OPEN = [
    { method: 'POST', path: '/parse/logout', body: {} },
    { method: 'GET', path: '/parse/nowhere' },
  ];

  it.each<[string, (victim: SpecUser, objectId: string) => Promise<unknown>]>([
    ['revokeOtherSessions', victim => server.run('revokeOtherSessions', {}, victim)],
    ['revokeSession', (victim, objectId) => server.run('revokeSession', { objectId }, victim)],
    [
      'the lock of the user',
      ({ userId }) => server.rest('PUT', `/users/${userId}`, { master: true, body: { ACL: {} } }),
    ],
    ['revokeWhere', () => server.sessions.store.revokeWhere({ kind: 'restricted' })],
  ])('that is left open keeps no session from ending: %s', async (_what, end) => {
    const victim = await server.signUp();
    const stolen = await server.restricted(victim.token);
    expect((await transaction(stolen, LEFT_OPEN)).body).toMatchObject({ code: 107 });
    await end(victim, stolen.objectId);
    expect(await useToken(server, stolen)).toBe(209);
    expect((await sessionsOf(victim)).map(({ objectId }) => objectId)).not.toContain(stolen.objectId);
  });

  it('that is left open keeps no last access of others from being written', async () => {
    const [mallory, ada] = [await server.signUp(), await server.signUp()];
    expect((await transaction(mallory, LEFT_OPEN)).status).toBe(400);
    const at = new Date();
    expect(await useToken(server, ada)).toBe(200);
    await eventually(async () => {
      const [{ lastAccessedAt }] = await sessionsOf(ada);
      expect(new Date(lastAccessedAt?.iso ?? 0).getTime()).toBeGreaterThanOrEqual(at.getTime());
    });
    expect((await server.rest('POST', '/logout', { ...ada, body: {} })).status).toBe(200);
    // His log-out was undone.
    expect(await useToken(server, mallory)).toBe(200);
  });

  it('that changes the password, of a session that is revoked meanwhile, makes no new one', async () => {
    const victim = await server.signUp();
    const thief = await server.login(victim.username, victim.password);
    let release: () => void = () => undefined;
    gate = new Promise<void>(resolve => (release = resolve));
    const reached = new Promise<void>(resolve => (atGate = resolve));
    const path = `/parse/users/${victim.userId}`;
    const answered = transaction(thief, [{ method: 'PUT', path, body: { password: 'stolen' } }]);
    await reached;
    expect(await server.run('revokeOtherSessions', {}, victim)).toEqual({ revoked: 1 });
    release();
    gate = undefined;
    expect((await answered).body).not.toMatchObject([{ success: expect.anything() }]);
    expect(await useToken(server, victim)).toBe(200);
    expect(await sessionsOf(victim)).toHaveLength(1);
    expect((await server.login(victim.username, victim.password)).token).toBeDefined();
  });

  it('that changes the password makes one for whoever changes it', async () => {
    const user = await server.signUp();
    const other = await server.login(user.username, user.password);
    const path = `/parse/users/${user.userId}`;
    const { body } = await transaction(user, [{ method: 'PUT', path, body: { password: 'a new one' } }]);
    expect(await useToken(server, { token: body[0].success.sessionToken })).toBe(200);
    for (const session of [user, other]) expect(await useToken(server, session)).toBe(209);
  });
});
