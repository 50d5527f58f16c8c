import { recordsWritten } from '../support/records';
import { startServer, type SpecServer } from '../support/server';
import { sessionRow } from '../support/sessions';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const CHROME = FIREFOX.replace('Firefox/140.0', 'Chrome/140.0');
const from = (ip: string, agent = FIREFOX) => ({ 'X-Forwarded-For': ip, 'User-Agent': agent });
const PAIRING = { verificationUri: 'https://example.com/pair' };
const BEHIND_PROXY = { masterKeyIps: ['0.0.0.0/0', '::/0'] };

describe.each([
  {
    title: 'nothing said',
    privacy: undefined,
    kept: ['192.0.2.77', '198.51.100.9', '203.0.113.5'],
    agents: [FIREFOX, CHROME],
  },
  {
    title: "ip: 'truncated'",
    privacy: { ip: 'truncated' as const },
    kept: ['192.0.2.0', '198.51.100.0', '203.0.113.0'],
    agents: [FIREFOX, CHROME],
  },
  {
    title: "ip: 'none'",
    privacy: { ip: 'none' as const },
    kept: [null, null, null],
    agents: [FIREFOX, CHROME],
  },
  {
    title: 'userAgent: false',
    privacy: { userAgent: false },
    kept: ['192.0.2.77', '198.51.100.9', '203.0.113.5'],
    agents: [null, null],
  },
])('privacy: $title', ({ privacy, kept: [first, second, third], agents: [agent, otherAgent] }) => {
  let server: SpecServer;
  let told: Told[];
  const hasAgents = agent !== null;

  beforeAll(async () => {
    server = await startServer({ privacy, pairing: PAIRING }, BEHIND_PROXY);
    server.app.set('trust proxy', true);
    told = listenTo(server, ['created', 'newDevice', 'addressChanged']);
  });

  afterAll(() => server.stop());

  /** Everything that the database holds. */
  async function everythingKept(): Promise<string> {
    await recordsWritten({ server });
    const classes = ['_Session', '_User', 'ParseEndedSession', 'ParseSessionDevice', 'ParseSessionPairing'];
    const rows = await Promise.all(classes.map(name => server.rawFind(name, {})));
    return JSON.stringify(rows);
  }

  it('holds for devices that ask to be paired, and for what their owner sees of them', async () => {
    const { userCode } = await server.run('startPairing', {}, { headers: from('192.0.2.77') });
    const user = await server.signUp();
    const shown = await server.run('pairingRequest', { userCode }, user);
    expect([shown.ip, shown.device.browser]).toEqual([first, hasAgents ? 'Firefox' : null]);
    const [row] = await server.rawFind('ParseSessionPairing', {});
    expect([row.ip ?? null, row.userAgent ?? null]).toEqual([first, agent]);
    await server.rawDelete('ParseSessionPairing', { objectId: row.objectId });
  });

  it('holds in sessions, records, lists and events, from log-in to log-out', async () => {
    const user = await server.signUp(undefined, { headers: from('192.0.2.77') });
    const made = await sessionRow(server, user);
    expect(made.ip ?? null).toBe(first);
    expect(made.userAgent ?? null).toBe(agent);
    await eventually(() =>
      expect(told).toContainEqual(
        expect.objectContaining({
          name: 'newDevice',
          sessionId: made.objectId,
          ip: first,
          device: expect.objectContaining({ browser: hasAgents ? 'Firefox' : null }),
        }),
      ),
    );

    await server.rest('GET', '/users/me', { ...user, headers: from('203.0.113.5', CHROME) });
    await server.rest('GET', '/users/me', { ...user, headers: from('198.51.100.9', CHROME) });
    // It writes the accesses that wait.
    await server.sessions.exportUser(user.userId);
    const used = await sessionRow(server, user);
    expect([used.ip ?? null, used.userAgent ?? null]).toEqual([second, otherAgent]);
    const changes = () =>
      told.filter(one => one.name === 'addressChanged' && one.sessionId === made.objectId);
    const expected = [
      { previousIp: first, ip: third },
      { previousIp: first, ip: second },
    ].filter(({ ip }) => ip !== null);
    await eventually(() => expect(changes()).toMatchObject(expected));

    const [view] = await server.run('listSessions', {}, { ...user, headers: from('198.51.100.9', CHROME) });
    expect([view.ip, view.userAgent]).toEqual([second, otherAgent]);
    expect(view.device.browser).toBe(hasAgents ? 'Chrome' : null);

    const other = await server.login(user.username, user.password, from('192.0.2.80'));
    await server.run('revokeOtherSessions', {}, { ...other, headers: from('192.0.2.80') });
    const [ended] = await server.sessions.store.ended(user.userId);
    expect(ended).toMatchObject({
      ip: second,
      device: { browser: hasAgents ? 'Chrome' : null },
      by: { kind: 'session', device: hasAgents ? { browser: 'Firefox' } : null },
    });

    const all = (await everythingKept()) + JSON.stringify(told);
    const isFull = first === '192.0.2.77';
    for (const ip of ['192.0.2.77', '198.51.100.9', '192.0.2.80']) expect(all.includes(ip)).toBe(isFull);
    for (const word of ['Firefox', 'Chrome']) expect(all.includes(word)).toBe(hasAgents);
  });

  it('is what revokeWhere({ ip }) goes by', async () => {
    const sessions = await Promise.all(
      ['192.0.2.77', '192.0.2.78', '198.51.100.9'].map(ip => server.signUp(undefined, { headers: from(ip) })),
    );
    const left = async () => {
      const rows = await Promise.all(sessions.map(one => sessionRow(server, one)));
      return rows.map(row => row !== undefined);
    };
    const revoked = server.sessions.store.revokeWhere({ ip: '192.0.2.77' });
    if (first === null) {
      await expect(revoked).rejects.toMatchObject({ code: 142, message: expect.stringMatching(/^ip: /) });
      expect(await left()).toEqual([true, true, true]);
    } else {
      await revoked;
      expect(await left()).toEqual([false, first === '192.0.2.77', true]);
    }
  });

  it('goes for a device that is used from the same network again: it is not new', async () => {
    const user = await server.signUp(undefined, { headers: from('192.0.2.1') });
    const again = await server.login(user.username, user.password, from('192.0.2.200'));
    const ids = [(await sessionRow(server, user)).objectId, (await sessionRow(server, again)).objectId];
    const devices = () => told.filter(one => one.name === 'newDevice' && one.userId === user.userId);
    await eventually(() => expect(devices().map(one => one.sessionId)).toContain(ids[0]));
    const elsewhere = await server.login(user.username, user.password, from('203.0.113.1', CHROME));
    const { objectId: last } = await sessionRow(server, elsewhere);
    const isTold = first !== null || hasAgents;
    if (isTold) await eventually(() => expect(devices().map(one => one.sessionId)).toEqual([ids[0], last]));
  });
});

it('what was kept before follows a new privacy behind the start, and the sessions go on', async () => {
  const before = await startServer({ pairing: PAIRING }, BEHIND_PROXY);
  before.app.set('trust proxy', true);
  const user = await before.signUp(undefined, { headers: from('192.0.2.77') });
  const six = await before.login(user.username, user.password, from('2001:db8:1:2::3'));
  const site = await before.login(user.username, user.password, from('2001:db8:1:2::'));
  const gone = await before.login(user.username, user.password, from('198.51.100.9'));
  await before.rest('POST', '/logout', { ...gone, headers: from('198.51.100.9') });
  await before.run('startPairing', {}, { headers: from('192.0.2.78') });
  await before.stop({ keepData: true });

  const truncated = await startServer(
    { privacy: { ip: 'truncated' } },
    { ...BEHIND_PROXY, databaseURI: before.databaseURI },
  );
  await eventually(async () => expect((await sessionRow(truncated, user)).ip).toBe('192.0.2.0'));
  await eventually(async () => expect((await sessionRow(truncated, six)).ip).toBe('2001:db8:1::'));
  await eventually(async () => expect((await sessionRow(truncated, site)).ip).toBe('2001:db8:1::'));
  await eventually(async () =>
    expect(await truncated.rawFind('ParseEndedSession', {})).toMatchObject([{ ip: '198.51.100.0' }]),
  );
  await eventually(async () =>
    expect(await truncated.rawFind('ParseSessionPairing', {})).toMatchObject([{ ip: '192.0.2.0' }]),
  );
  expect((await sessionRow(truncated, user)).userAgent).toBe(FIREFOX);
  await truncated.stop({ keepData: true });

  const nothing = await startServer(
    { privacy: { ip: 'none', userAgent: false } },
    { ...BEHIND_PROXY, databaseURI: before.databaseURI },
  );
  try {
    await eventually(async () => {
      const rows = [
        ...(await nothing.rawFind('_Session', {})),
        ...(await nothing.rawFind('ParseEndedSession', {})),
        ...(await nothing.rawFind('ParseSessionPairing', {})),
      ];
      expect(rows).toHaveLength(5);
      for (const { ip, userAgent, device } of rows) {
        expect([ip ?? null, userAgent ?? null, device ?? null]).toEqual([null, null, null]);
      }
    });
    expect((await nothing.rest('GET', '/users/me', user)).status).toBe(200);
  } finally {
    await nothing.stop();
  }
});
