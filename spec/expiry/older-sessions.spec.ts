import type { SessionsOptions } from '../../src';
import { startServer, type SpecServer } from '../support/server';
import {
  endOf,
  makeSession,
  makeUser,
  parseDate,
  useAndFlush,
  useToken,
  type SpecSession,
} from '../support/sessions';
import { DAY, eventually, HOUR, moveClock, startClock, stopClock } from '../support/time';

const EXPIRY = {
  authenticated: { idle: '30d', maxAge: '90d' },
  anonymous: { idle: '2h', maxAge: '1d' },
} as const satisfies SessionsOptions['expiry'];

const inFuture = (milliseconds: number) => new Date(Date.now() + milliseconds);

describe('sessions that are older than the package', () => {
  let server: SpecServer;
  let older: Record<string, SpecSession>;
  let start: number;

  /** Stops the server and starts it on the same data, with other options. */
  async function restart(options: SessionsOptions) {
    await server.stop({ keepData: true });
    server = await startServer(options, { databaseURI: server.databaseURI });
  }

  beforeEach(async () => {
    stopClock();
    const before = await startServer({}, {}, { mounted: false });
    server = before;
    const userId = await makeUser(before);
    const created = (days: number) => {
      const date = inFuture(-days * DAY).toISOString();
      return { createdAt: date, updatedAt: date };
    };
    const make = (fields: object) => makeSession(before, userId, fields);
    const endless = { expiresAt: parseDate(inFuture(3650 * DAY)) };
    older = {
      login: await make({ ...created(5), ...endless }),
      'very old login': await make({ ...created(500), ...endless }),
      'without an end': await make(created(40)),
      'after a change of password': await make({ ...created(5), ...endless, createdWith: undefined }),
      anonymous: await make({
        ...created(40),
        ...endless,
        createdWith: { action: 'login', authProvider: 'anonymous' },
      }),
      'that ends soon': await make({ ...created(300), expiresAt: parseDate(inFuture(HOUR)) }),
      expired: await make({ ...created(400), expiresAt: parseDate(inFuture(-DAY)) }),
    };
    start = Date.now();
    await restart({ expiry: EXPIRY });
  });

  afterEach(async () => {
    await server.stop();
    startClock();
  });

  const ends = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(older).map(async ([title, session]) => [title, +(await endOf(server, session))!]),
      ),
    );

  const afterOneIdlePeriod = () => ({
    login: start + 30 * DAY,
    'very old login': start + 30 * DAY,
    'without an end': start + 30 * DAY,
    'after a change of password': start + 30 * DAY,
    anonymous: start + 2 * HOUR,
    'that ends soon': start + HOUR,
    expired: start - DAY,
  });

  /** They are brought under the policy behind the start. */
  const adopted = () => eventually(async () => expect(await ends()).toEqual(afterOneIdlePeriod()));

  it('are not cut off at the first start: each has one idle period of its kind, if it had that long', async () => {
    await adopted();
    for (const [title, session] of Object.entries(older)) {
      expect([title, await useToken(server, session)]).toEqual([title, title === 'expired' ? 209 : 200]);
    }
  });

  /** Starts again, and waits until sessions that have just been made older are brought under the policy. */
  async function restartAndAdopt() {
    const userId = await makeUser(server);
    const end = parseDate(inFuture(3650 * DAY));
    const latest = [
      await makeSession(server, userId, { expiresAt: end }),
      await makeSession(server, userId, {
        expiresAt: end,
        createdWith: { action: 'login', authProvider: 'anonymous' },
      }),
    ];
    await restart({ expiry: EXPIRY });
    for (const session of latest) {
      await eventually(async () =>
        expect(+(await endOf(server, session))!).toBeLessThan(+inFuture(31 * DAY)),
      );
    }
  }

  it('get no further idle period at a later start', async () => {
    await adopted();
    moveClock(10 * DAY);
    await restartAndAdopt();
    expect(await ends()).toEqual(afterOneIdlePeriod());
    moveClock(20 * DAY + 1);
    await restartAndAdopt();
    expect(await useToken(server, older.login!)).toBe(209);
    expect(await ends()).toEqual(afterOneIdlePeriod());
  });

  it('live on by their use, as any other session', async () => {
    await adopted();
    moveClock(10 * DAY);
    const at = await useAndFlush(server, older.login!);
    expect(await endOf(server, older.login!)).toEqual(new Date(at.getTime() + 40 * DAY - 10 * DAY));
  });

  it('beyond their greatest age keep the one idle period, and no use prolongs it', async () => {
    await adopted();
    moveClock(20 * DAY);
    await useAndFlush(server, older['very old login']!);
    expect(await endOf(server, older['very old login']!)).toEqual(new Date(start + 30 * DAY));
  });

  it('that are fixed, or of a kind without a policy, are left as they are', async () => {
    const fixedEnd = inFuture(400 * DAY);
    await server.sessions.store.setExpiry(older.login!.objectId, fixedEnd);
    const end = inFuture(200 * DAY);
    const restricted = await makeSession(server, await makeUser(server), {
      restricted: true,
      expiresAt: parseDate(end),
    });
    await restartAndAdopt();
    expect(await endOf(server, older.login!)).toEqual(fixedEnd);
    expect(await endOf(server, restricted)).toEqual(end);
  });

  it('are left as they are without an expiry policy', async () => {
    const end = inFuture(3000 * DAY);
    const session = await makeSession(server, await makeUser(server), { expiresAt: parseDate(end) });
    await restart({});
    expect(await endOf(server, session)).toEqual(end);
  });
});
