import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, sessionRow, useToken } from '../support/sessions';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: string;

const MASTER = { master: true } as const;
let server: SpecServer;

beforeAll(async () => {
  server = await startServer({ revokeOthersOn: ['email'] });
});

afterAll(() => server.stop());

const put = ({ userId }: SpecUser, body: object, as: object) =>
  server.rest('PUT', `/users/${userId}`, { ...as, body });

type End = (user: SpecUser) => Promise<{ status: number }>;
const ENDS: Array<[what: string, end: End, isKept: boolean]> = [
  ['the lock of the user', user => put(user, { ACL: {} }, MASTER), false],
  ['the end of the user', user => server.rest('DELETE', `/users/${user.userId}`, MASTER), false],
  ['another e-mail address', user => put(user, { email: `${user.username}@example.com` }, user), true],
  ['another password', user => put(user, { password: 'a new one' }, MASTER), false],
  ['revokeOtherSessions', user => server.rest('POST', '/functions/revokeOtherSessions', user), true],
  [
    'revokeWhere',
    async user => {
      const all = { status: 200 };
      return server.sessions.store.revokeWhere({ createdBefore: new Date() }).then(
        () => all,
        () => user as never,
      );
    },
    false,
  ],
];

/** Whoever may delete sessions of his own locks their rows in a batch with `transaction: true`, in any order. */
async function lockRows() {
  const { adapter } = server.server.config.databaseController;
  const connection = await adapter._client.connect();
  // One of the two has to give way: that which looks for a deadlock first.
  await connection.none(`BEGIN; SET LOCAL deadlock_timeout = '1h'`);
  return {
    lock: (objectId: string) =>
      connection.none('DELETE FROM "_Session" WHERE "objectId" = $1', [objectId]) as Promise<void>,
    async isInTheWay() {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND query LIKE '%"_Session"%'`;
      await eventually(async () => expect(await adapter._client.any(waiting)).not.toEqual([]));
    },
    async end() {
      await connection.none('ROLLBACK');
      connection.done();
    },
  };
}

// No row is locked for longer than its statement on MongoDB without transactions.
(SPEC_DATABASE === 'postgresql' ? describe : describe.skip)(
  'whoever locks his sessions in an order that meets others in a deadlock keeps none of them from ending',
  () => {
    describe.each([false, true])('with a listener: %s', listens => {
      let stop: () => void = () => undefined;
      beforeAll(() => {
        if (listens) stop = server.sessions.on('revoked', () => undefined);
      });
      afterAll(() => stop());

      it.each(ENDS)('by %s', async (_what, end, isKept) => {
        const thief = await server.signUp();
        const further = await Promise.all([server.restricted(thief.token), server.restricted(thief.token)]);
        const user = await server.login(thief.username, thief.password);
        const ids = await Promise.all(
          [thief, further[1]].map(async one => (await sessionRow(server, one)).objectId as string),
        );
        const locks = await lockRows();
        await locks.lock(ids[1]!);
        const ending = end(user);
        await locks.isInTheWay();
        await locks.lock(ids[0]!);
        await locks.end();
        expect((await ending).status).toBe(200);
        for (const session of [thief, ...further]) expect(await useToken(server, session)).toBe(209);
        const left = await server.rawFind('_Session', { user: pointerTo(user.userId) });
        expect(left).toHaveLength(isKept ? 1 : 0);
      });
    });
  },
);
