import { recordOf, recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, sessionRow } from '../support/sessions';
import { HOUR } from '../support/time';
import { forWaysToEnd, WAYS_TO_END, type Links } from '../support/ways-to-end';

const RECORDS = 'ParseEndedSession';
const links: Links = [];
let server: SpecServer;

beforeAll(async () => {
  server = await startServer({}, ...forWaysToEnd(links));
});

afterAll(() => server.stop());

const recordsOf = async (objectId: string) => {
  await recordsWritten({ server });
  return server.rawFind(RECORDS, { objectId });
};
const onPhone = async () => {
  const user = await server.signUp(undefined, { installationId: 'phone' });
  return { user, id: (await sessionRow(server, user)).objectId as string };
};

/** A session that is over can end itself in no way but a log-out. */
const BY_OTHERS = WAYS_TO_END.filter(({ by }) => by !== 'self');

describe.each([false, true])('the row of a session that was over already, with a listener: %s', listens => {
  let stop: () => void = () => undefined;
  beforeAll(() => {
    if (listens) stop = server.sessions.on('revoked', () => undefined);
  });
  afterAll(() => stop());

  const expired = parseDate(Date.now() - 3 * HOUR);

  // The purge deletes it as one that has expired.
  it.each(BY_OTHERS.filter(({ reason }) => reason !== 'orphan'))(
    'leaves the record that it has expired: $title by $by',
    async ({ end }) => {
      const { user, id } = await onPhone();
      await server.rawUpdate('_Session', { objectId: id }, { expiresAt: expired });
      await end(server, user, id, links);
      const ended = { reason: 'expired', by: 'server', endedAt: expired };
      expect(await recordOf(server, id)).toMatchObject(ended);
      expect(await server.run('endedSession', { sessionToken: user.token })).toEqual({
        reason: 'expired',
        by: { kind: 'server' },
        endedAt: expired.iso,
      });
      const all = await server.sessions.store.ended(user.userId);
      expect(all.filter(({ objectId }) => objectId === id)).toHaveLength(1);
    },
  );

  it('leaves none when the purge deletes it, or its log-out is refused', async () => {
    const { user, id } = await onPhone();
    await server.rawUpdate('_Session', { objectId: id }, { expiresAt: expired });
    const { body } = await server.rest('POST', '/logout', { token: user.token, body: {} });
    expect(body.error).toBeDefined();
    expect(await recordsOf(id)).toEqual([]);
    await server.sessions.store.purgeExpired();
    expect(await sessionRow(server, user)).toBeUndefined();
    expect(await recordsOf(id)).toEqual([]);
  });

  it.each(BY_OTHERS.filter(({ reason }) => reason !== 'invalidated'))(
    'keeps the record that it was invalidated, or leaves it: $title by $by',
    async ({ reason, end }) => {
      const { user, id } = await onPhone();
      await server.sessions.invalidate(id);
      const before = await recordOf(server, id);
      expect(before).toMatchObject({ reason: 'invalidated', by: 'server' });
      const [row] = await server.rawFind('_Session', { objectId: id });
      if (reason !== 'orphan') {
        // As if the process had been killed that has invalidated it.
        await server.rawDelete(RECORDS, { objectId: id });
      }
      await end(server, user, id, links);
      expect(await server.rawFind('_Session', { objectId: id })).toEqual([]);
      if (reason === 'orphan') expect(await recordsOf(id)).toEqual([before]);
      else {
        const invalidated = { reason: 'invalidated', by: 'server', endedAt: row.invalidatedAt };
        expect(await recordOf(server, id)).toMatchObject(invalidated);
      }
    },
  );

  it('keeps the record that it was invalidated when the purge deletes it', async () => {
    const { objectId } = await makeSession(server, await makeUser(server));
    await server.sessions.invalidate(objectId);
    const before = await recordsOf(objectId);
    await server.sessions.store.purgeExpired();
    expect(await server.rawFind('_Session', { objectId })).toEqual([]);
    expect(before).toHaveLength(1);
    expect(await recordsOf(objectId)).toEqual(before);
  });
});

describe('the row of a session that is not over', () => {
  it.each([
    ['in a while', parseDate(Date.now() + HOUR)],
    ['never', null],
  ])('tells why it ended, whose time would be over %s', async (_when, expiresAt) => {
    const fields = expiresAt ? { expiresAt } : {};
    const { objectId } = await makeSession(server, await makeUser(server), fields);
    await server.sessions.store.revoke(objectId);
    expect(await recordOf(server, objectId)).toMatchObject({ reason: 'revoked' });
  });

  it('tells why it ended, also when it had expired and was extended', async () => {
    const { objectId } = await makeSession(server, await makeUser(server), {
      expiresAt: parseDate(Date.now() - HOUR),
    });
    await server.sessions.store.setExpiry(objectId, new Date(Date.now() + HOUR));
    await server.sessions.store.revoke(objectId);
    expect(await recordOf(server, objectId)).toMatchObject({ reason: 'revoked' });
  });
});
