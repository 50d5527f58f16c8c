import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate, sessionRow, useToken } from '../support/sessions';

const REFUSED = { code: 119, error: 'An invalidated session stays invalid.' };
const LATER = parseDate('2100-01-01');

let server: SpecServer;
let user: SpecUser;
let phone: { objectId: string; token: string };

beforeAll(async () => {
  server = await startServer({ expiry: { authenticated: { idle: '30d' } } }, {}, { graphql: true });
});

afterAll(() => server.stop());

/** By its id: the token is gone. */
const rowOf = async ({ objectId }: { objectId: string }) =>
  (await server.rawFind('_Session', { objectId }))[0];
const endOf = async (session: { objectId: string }) => new Date((await rowOf(session)).expiresAt.iso);

beforeEach(async () => {
  user = await server.signUp();
  const { token } = await server.login(user.username, user.password);
  phone = { token, objectId: (await sessionRow(server, token)).objectId };
});

describe('invalidate', () => {
  it('has the token refused at once, although it has just been used', async () => {
    expect(await useToken(server, phone)).toBe(200);
    expect((await server.rest('POST', '/classes/Note', { ...phone, body: {} })).status).toBe(201);
    await server.sessions.invalidate(phone.objectId);
    expect((await server.rest('POST', '/classes/Note', { ...phone, body: {} })).body.code).toBe(209);
    expect((await server.rest('GET', '/users/me', phone)).body.code).toBe(209);
    expect((await server.rest('GET', '/sessions/me', phone)).body.code).toBe(209);
    const { body } = await server.graphql('{ viewer { user { objectId } } }', {}, phone.token);
    expect(body.errors ?? body).toBeTruthy();
    await expect(server.run('listSessions', {}, phone)).rejects.toMatchObject({ code: 209 });
  });

  it('ends no other session of the user', async () => {
    await server.sessions.invalidate(phone.objectId);
    expect(await useToken(server, user)).toBe(200);
  });

  it('keeps the row, as an expired one, until the purge', async () => {
    await server.sessions.invalidate(phone.objectId);
    expect((await endOf(phone)).getTime()).toBeLessThan(Date.now());
    expect(server.sessions.store.isExpired(await rowOf(phone))).toBe(true);
    await server.sessions.store.purgeExpired({});
    expect(await rowOf(phone)).toBeUndefined();
  });

  it.each<[string, (session: any) => unknown]>([
    ['an id', ({ objectId }) => objectId],
    ['a record', session => session],
    ['a Parse.Session', ({ token }) => server.sessions.store.find(token)],
  ])('takes %s', async (_what, refer) => {
    await server.sessions.invalidate((await refer(phone)) as never);
    expect(await useToken(server, phone)).toBe(209);
  });

  it('answers 101 for no session', async () => {
    await expect(server.sessions.invalidate('nosuchid00')).rejects.toMatchObject({ code: 101 });
  });

  it('may be called again', async () => {
    await server.sessions.invalidate(phone.objectId);
    const end = await endOf(phone);
    await server.sessions.invalidate(phone.objectId);
    expect(await endOf(phone)).toEqual(end);
  });
});

describe('an invalidated session stays invalid', () => {
  beforeEach(() => server.sessions.invalidate(phone.objectId));
  afterEach(async () => {
    expect(await useToken(server, phone)).toBe(209);
    expect((await endOf(phone)).getTime()).toBeLessThan(Date.now());
  });

  it.each<[string, object]>([
    ['another end', { expiresAt: LATER }],
    ['no end', { expiresAt: null }],
    ['its end removed', { expiresAt: { __op: 'Delete' } }],
    ['its mark removed', { invalidatedAt: { __op: 'Delete' } }],
    ['its mark set to null', { invalidatedAt: null }],
  ])('when the master key writes %s', async (_what, body) => {
    for (const path of ['sessions', 'classes/_Session']) {
      const answer = await server.rest('PUT', `/${path}/${phone.objectId}`, { master: true, body });
      expect(answer.body).toEqual(REFUSED);
    }
  });

  it('when the store gives it another end, or back to the policy', async () => {
    const { store } = server.sessions;
    await expect(store.setExpiry(phone.objectId, new Date('2100-01-01'))).rejects.toMatchObject({
      code: 119,
    });
    await expect(store.setExpiry(phone.objectId, null)).rejects.toMatchObject({ code: 119 });
  });

  it('when it is used, and the last accesses are written', async () => {
    await useToken(server, phone);
    await server.rest('GET', '/sessions/me', phone);
    await server.sessions.store.purgeExpired({ dryRun: true });
  });

  it('even if its end is moved on past every rule: its token is known to nobody', async () => {
    await server.rawUpdate('_Session', { objectId: phone.objectId }, { expiresAt: LATER });
    expect(await useToken(server, phone)).toBe(209);
    expect((await server.rest('POST', '/classes/Note', { ...phone, body: {} })).body.code).toBe(209);
    expect((await rowOf(phone)).sessionToken).not.toBe(phone.token);
    await server.rawUpdate('_Session', { objectId: phone.objectId }, { expiresAt: parseDate('2020-01-01') });
  });

  it('unlike one that has an end only: that may be moved on', async () => {
    const { store } = server.sessions;
    const session = (await sessionRow(server, user)).objectId;
    await store.setExpiry(session, new Date(Date.now() - 1000));
    expect(await useToken(server, user)).toBe(209);
    await store.setExpiry(session, new Date('2100-01-01'));
    expect(await useToken(server, user)).toBe(200);
  });
});
