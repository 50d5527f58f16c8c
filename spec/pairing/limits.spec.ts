import { createHash } from 'node:crypto';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';

const CLASS = 'ParseSessionAttempt';
const WRONG = 'BCDF-GHJK';

let server: SpecServer;

beforeAll(async () => {
  server = await startServer(
    { pairing: { verificationUri: 'https://example.com/pair' } },
    // As behind a proxy: the header tells the address.
    { trustProxy: true },
  );
  server.app.set('trust proxy', true);
});

beforeEach(() => server.rawDelete(CLASS, { objectId: { $exists: true } }).catch(() => undefined));

afterAll(() => server.stop());

const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
const start = (address: string) => server.run('startPairing', {}, from(address));
const guess = (user: SpecUser, address: string, userCode = WRONG, name = 'pairingRequest') =>
  server.run(name, { userCode }, { token: user.token, ...from(address) });
const codesOf = async (calls: Array<Promise<unknown>>) => {
  const codes = await Promise.all(
    calls.map(call =>
      call.then(
        () => 0,
        error => error.code,
      ),
    ),
  );
  return codes.sort((a, b) => a - b);
};
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

describe('codes', () => {
  it('10 a minute for one address, and others are not kept waiting', async () => {
    const codes = await codesOf(times(14, () => start('203.0.113.7')));
    expect(codes).toEqual([...times(10, () => 0), ...times(4, () => 155)]);
    expect(await codesOf([start('203.0.113.8'), start('203.0.113.7:50001')])).toEqual([0, 155]);
  });

  it('10 a minute for one network of IPv6', async () => {
    const codes = await codesOf(times(14, i => start(`2001:db8:1:2::${i}`)));
    expect(codes).toEqual([...times(10, () => 0), ...times(4, () => 155)]);
    expect(await codesOf([start('2001:db8:1:3::1')])).toEqual([0]);
  });
});

describe('guesses', () => {
  it('10 by one user in whatever session, and then not even the right one', async () => {
    const user = await server.signUp();
    const { userCode } = await start('198.51.100.1');
    const names = ['pairingRequest', 'approvePairing', 'denyPairing'];
    const codes = await codesOf(times(14, i => guess(user, `198.51.100.${i}`, WRONG, names[i % 3])));
    expect(codes).toEqual([...times(10, () => 101), ...times(4, () => 155)]);
    const again = await server.login(user.username, user.password);
    expect(await codesOf(names.map(name => guess(again, '198.51.100.9', userCode, name)))).toEqual([
      155, 155, 155,
    ]);
    const other = await server.signUp();
    expect(await codesOf([guess(other, '198.51.100.9', userCode)])).toEqual([0]);
  });

  it('30 from one address, by whichever users', async () => {
    const users = await Promise.all(times(4, () => server.signUp()));
    const codes = await codesOf(users.flatMap(user => times(10, () => guess(user, '192.0.2.1'))));
    expect(codes).toEqual([...times(30, () => 101), ...times(10, () => 155)]);
  });

  it('are not forgotten by a right one in between', async () => {
    const user = await server.signUp();
    const { userCode } = await start('198.51.100.1');
    for (let i = 0; i < 9; i += 1) expect(await codesOf([guess(user, '198.51.100.1')])).toEqual([101]);
    for (let i = 0; i < 5; i += 1)
      expect(await codesOf([guess(user, '198.51.100.1', userCode)])).toEqual([0]);
    expect(await codesOf([guess(user, '198.51.100.1')])).toEqual([101]);
    expect(await codesOf([guess(user, '198.51.100.1')])).toEqual([155]);
  });

  it('that another limit has stopped do not count', async () => {
    const user = await server.signUp();
    const { userCode } = await start('198.51.100.1');
    // All others have used up what all have together.
    await guess(user, '198.51.100.1').catch(() => undefined);
    const ofAll = { objectId: createHash('sha256').update('pairing codes').digest('hex') };
    await server.rawUpdate(CLASS, ofAll, { count: 1000 });
    expect(await codesOf(times(12, () => guess(user, '198.51.100.1', userCode)))).toEqual(
      times(12, () => 155),
    );
    await server.rawDelete(CLASS, ofAll);
    expect(await codesOf([guess(user, '198.51.100.1', userCode)])).toEqual([0]);
  });

  it('of anybody who may not judge do not count', async () => {
    const user = await server.signUp();
    const restricted = { ...user, ...(await server.restricted(user.token)) };
    expect(await codesOf(times(12, () => guess(restricted, '198.51.100.1')))).toEqual(times(12, () => 119));
    expect(await codesOf([guess(user, '198.51.100.1')])).toEqual([101]);
  });
});

it('counts whose time is over go with the next attempt of somebody else', async () => {
  await start('203.0.113.9');
  await start('203.0.113.10');
  expect(await server.rawFind(CLASS, {})).toHaveLength(3);
  await server.rawUpdate(CLASS, { count: 1 }, { resetAt: parseDate(Date.now() - 1) }, true);
  await start('203.0.113.11');
  expect(await server.rawFind(CLASS, {})).toHaveLength(2);
  expect(await codesOf(times(11, () => start('203.0.113.9')))).toEqual([...times(10, () => 0), 155]);
});
