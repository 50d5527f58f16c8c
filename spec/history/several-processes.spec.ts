import { startSecondProcess, type ProcessScope, type SecondProcess } from '../support/second-process';
import { recordOf, recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, pointerTo, sessionRow, useToken } from '../support/sessions';

const RECORDS = 'ParseEndedSession';
/** How often both processes end a session, with nothing that makes one of them wait for the other. */
const ROUNDS = 3;

interface Target {
  objectId: string;
  token: string;
  userId: string;
  username: string;
  password: string;
}
/** Ends a session, in whichever process: it is sent there as text. */
type Way = (scope: Pick<ProcessScope, 'server'>, target: Target) => Promise<unknown>;

const logOut: Way = ({ server }, { token }) => server.rest('POST', '/logout', { token, body: {} });
const revoke: Way = ({ server }, { objectId }) => server.sessions.store.revoke(objectId);
const revokeAll: Way = ({ server }, { userId }) => server.sessions.store.revokeAllForUser(userId);
const invalidate: Way = ({ server }, { objectId }) =>
  server.sessions.invalidate(objectId).catch(error => {
    // The other process has deleted it.
    if (error.code !== 101) throw error;
  });
const purgeOrphans: Way = ({ server }) => server.sessions.store.purgeExpired({ orphans: true });
const logInFromPhone: Way = ({ server }, { username, password }) =>
  server.login(username, password, { 'X-Parse-Installation-Id': 'phone' });
const changePassword: Way = ({ server }, { userId }) =>
  server.rest('PUT', `/users/${userId}`, { master: true, body: { password: 'a new one' } });

const PAIRS: Array<[string, Way, Way, string[]]> = [
  ['log-outs', logOut, logOut, ['logout']],
  ['revocations', revoke, revoke, ['revoked']],
  ['a log-out and a revocation', logOut, revoke, ['logout', 'revoked']],
  ['revocations of all sessions', revokeAll, revokeAll, ['revoked']],
  ['a log-out and a purge of orphans', logOut, purgeOrphans, ['logout', 'orphan']],
  ['purges of orphans', purgeOrphans, purgeOrphans, ['orphan']],
  ['an invalidation and a revocation', invalidate, revoke, ['invalidated', 'revoked']],
  ['invalidations', invalidate, invalidate, ['invalidated']],
  ['log-ins from the same installation', logInFromPhone, logInFromPhone, ['sameInstallation']],
  [
    'a log-in from the same installation and a log-out',
    logInFromPhone,
    logOut,
    ['sameInstallation', 'logout'],
  ],
  ['a change of the password and a log-out', changePassword, logOut, ['passwordChange', 'logout']],
];

let server: SpecServer;
let second: SecondProcess;

beforeAll(async () => {
  server = await startServer();
  second = await startSecondProcess({ parseServer: { databaseURI: server.databaseURI } });
  await second.run(({ server, state }) => {
    const { adapter } = server.server.config.databaseController;
    /** Has writes to sessions wait for `state.release`. @returns waits for the first of them. */
    state.hold = () => {
      const held = new Promise<void>(resolve => (state.release = resolve));
      return new Promise<void>(reached => {
        for (const method of ['deleteObjectsByQuery', 'updateObjectsByQuery', 'findOneAndUpdate']) {
          const call = adapter[method].bind(adapter);
          adapter[method] = async (className: string, ...args: unknown[]) => {
            if (className === '_Session') {
              reached();
              await held;
            }
            return call(className, ...args);
          };
          state.stops = [...(state.stops ?? []), () => (adapter[method] = call)];
        }
      });
    };
  });
});

afterAll(async () => {
  await second?.stop();
  await server.stop();
});

async function makeTarget(isOrphan: boolean): Promise<Target> {
  const user = await server.signUp(undefined, { installationId: 'phone' });
  const { objectId } = await sessionRow(server, user);
  if (isOrphan) await server.rawDelete('_User', { objectId: user.userId });
  return { ...user, objectId };
}

/** Has both processes write the records that wait. */
const written = () => Promise.all([recordsWritten({ server }), second.run(recordsWritten)]);

async function expectOneRecord(target: Target, reasons: string[]): Promise<void> {
  const record = await recordOf(server, target.objectId);
  expect(reasons).toContain(record.reason);
  expect(await useToken(server, target)).toBe(209);
  const { userId } = target;
  const [ended, living, all] = await Promise.all([
    server.sessions.store.ended(userId),
    server.rawFind('_Session', { user: pointerTo(userId), invalidatedAt: null }),
    server.rawFind(RECORDS, { userId }),
  ]);
  expect(ended.filter(({ objectId }) => objectId === target.objectId)).toHaveLength(1);
  // No session that lives has one.
  const ids = living.map(({ objectId }) => objectId);
  expect(all.filter(({ objectId }) => ids.includes(objectId))).toEqual([]);
}

describe.each([false, true])(
  'a session that two processes end has one record, with a listener: %s',
  listens => {
    let stop: () => void = () => undefined;

    beforeAll(async () => {
      if (!listens) return;
      stop = server.sessions.on('revoked', () => undefined);
      await second.run(
        ({ server, state }) => void (state.stop = server.sessions.on('revoked', () => undefined)),
      );
    });

    afterAll(async () => {
      stop();
      await second.run(({ state }) => state.stop?.());
    });

    it.each(PAIRS)('%s, at once', async (_title, here, there, reasons) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const target = await makeTarget(reasons.includes('orphan'));
        await Promise.all([here({ server }, target), second.run(there, target)]);
        await expectOneRecord(target, reasons);
      }
    });

    it.each(PAIRS)(
      '%s, when one has read it before the other ends it',
      async (_title, here, there, reasons) => {
        const target = await makeTarget(reasons.includes('orphan'));
        await second.run(({ state }) => void (state.reached = state.hold()));
        const ended = second.run(there, target);
        await second.run(({ state }) => state.reached);
        await here({ server }, target);
        await recordsWritten({ server });
        await second.run(({ state }) => {
          for (const mend of state.stops.splice(0)) mend();
          state.release();
        });
        await ended;
        await expectOneRecord(target, reasons);
      },
    );

    it('a revocation, and the purge of what has expired: one record, or none', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const target = await makeTarget(false);
        const expiresAt = { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' };
        await server.rawUpdate('_Session', { objectId: target.objectId }, { expiresAt });
        await Promise.all([server.sessions.store.purgeExpired(), second.run(revoke, target)]);
        await written();
        const records = await server.rawFind(RECORDS, { objectId: target.objectId });
        for (const { reason } of records) expect(reason).toBe('expired');
        expect(records.length).toBeLessThanOrEqual(1);
        expect(await sessionRow(server, target)).toBeUndefined();
      }
    });

    it('many sessions of one user', async () => {
      const target = await makeTarget(false);
      const { userId } = target;
      const sessions = await Promise.all(Array.from({ length: 60 }, () => makeSession(server, userId)));
      await Promise.all([revokeAll({ server }, target), second.run(revokeAll, target)]);
      await written();
      const records = await server.rawFind(RECORDS, { userId });
      const ids = [target, ...sessions].map(({ objectId }) => objectId);
      expect(records.map(({ objectId }) => objectId).sort()).toEqual(ids.sort());
      for (const { reason } of records) expect(reason).toBe('revoked');
    });
  },
);
