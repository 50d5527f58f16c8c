import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, makeUser, sessionRow } from '../support/sessions';
import { eventually } from '../support/time';
import { listenTo, type Told } from '../support/told';

describe('the address of a new session, for a client that claims another one', () => {
  it.each([
    ['is the one that it sent from', false, /^127\.0\.0\.1$/],
    ['is the one that it claims, behind a proxy that the app trusts', true, /^192\.0\.2\.7$/],
  ])('%s', async (_what, trust, expected) => {
    const server = await startServer();
    server.app.set('trust proxy', trust);
    try {
      const user = await server.signUp(undefined, { headers: { 'X-Forwarded-For': '192.0.2.7' } });
      const [row] = await server.rawFind('_Session', { sessionToken: user.token });
      expect(row.ip).toMatch(expected);
    } finally {
      await server.stop();
    }
  });
});

describe('behind a proxy that the app trusts', () => {
  let told: Told[];
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({ activity: { flushInterval: 0.1 } }, { masterKeyIps: ['0.0.0.0/0', '::/0'] });
    server.app.set('trust proxy', true);
    told = listenTo(server, ['created', 'newDevice', 'addressChanged']);
  });

  afterAll(() => server.stop());

  beforeEach(() => (told.length = 0));

  const of = (name: string, sessionId: string) =>
    told.filter(one => one.name === name && one.sessionId === sessionId);
  const from = (ip: string) => ({ 'X-Forwarded-For': ip, 'User-Agent': 'Acme/45' });
  /** Uses a session from there until its access is written, and what is to be told of it has been told. */
  async function use({ token }: { token: string }, ip: string) {
    for (let rounds = 0; rounds < 2; rounds += 1) {
      const before = (await sessionRow(server, token)).lastAccessedAt?.iso ?? '';
      await eventually(async () => {
        await server.rest('GET', '/users/me', { token, headers: from(ip) });
        expect((await sessionRow(server, token)).lastAccessedAt.iso > before).toBe(true);
      });
    }
  }

  const SPELLINGS: Array<[string, string[]]> = [
    [
      '203.0.113.7',
      [
        '203.0.113.7:50001',
        '203.0.113.7:50002',
        '::ffff:203.0.113.7',
        '::FFFF:CB00:7107',
        '[::ffff:203.0.113.7]:443',
      ],
    ],
    [
      '2001:db8::1',
      [
        '[2001:db8::1]:443',
        '[2001:db8::1]:444',
        '2001:DB8:0:0:0:0:0:1',
        '2001:0db8::0001',
        '2001:db8::1%eth0',
      ],
    ],
  ];

  describe.each(SPELLINGS)('%s', (address, spellings) => {
    it.each(spellings)('is stored as that when the proxy writes %s', async spelling => {
      user = await server.signUp(undefined, { headers: from(spelling) });
      expect((await sessionRow(server, user)).ip).toBe(address);
      // The request that lists is an access, too.
      const [view] = await server.run('listSessions', {}, { ...user, headers: from(spelling) });
      expect(view.ip).toBe(address);
    });

    it('is one address and one device, however the proxy writes it', async () => {
      user = await server.signUp(undefined, { headers: from(address) });
      const { objectId } = await sessionRow(server, user);
      await eventually(() => expect(of('newDevice', objectId)).toMatchObject([{ ip: address }]));
      for (const spelling of spellings) await use(user, spelling);
      expect((await sessionRow(server, user)).ip).toBe(address);
      for (const spelling of spellings) await server.login(user.username, user.password, from(spelling));
      // The device of a new session is looked up behind the log-in. A really new one comes last, and is told last.
      const elsewhere = await server.login(user.username, user.password, from('198.51.100.1'));
      const { objectId: last } = await sessionRow(server, elsewhere);
      await eventually(() => expect(of('newDevice', last)).toHaveLength(1));
      expect(told.filter(one => one.name === 'newDevice' && one.userId === user.userId)).toHaveLength(2);
      expect(told.filter(one => one.name === 'addressChanged' && one.userId === user.userId)).toEqual([]);
    });

    it('is no other than the one of a session that was stored with a port', async () => {
      const session = await makeSession(server, await makeUser(server), {
        ip: address.includes(':') ? `[${address}]:49152` : `${address}:49152`,
      });
      await use(session, address);
      expect(of('addressChanged', session.objectId)).toEqual([]);
      await use(session, '198.51.100.9:1234');
      await eventually(() =>
        expect(of('addressChanged', session.objectId)).toEqual([
          expect.objectContaining({ previousIp: address, ip: '198.51.100.9' }),
        ]),
      );
    });
  });

  it.each([
    ['a word', 'unknown'],
    ['markup', '<script>alert(1)</script>'],
    ['a long text', 'x'.repeat(8_000)],
  ])('%s that a client claims for its address is not stored, and is no change', async (_what, claimed) => {
    user = await server.signUp(undefined, { headers: from(claimed) });
    const made = await sessionRow(server, user);
    expect(made.ip ?? null).toBeNull();
    await eventually(() => expect(of('newDevice', made.objectId)).toMatchObject([{ ip: null }]));

    const other = await server.signUp(undefined, { headers: from('192.0.2.1') });
    await use(other, claimed);
    const row = await sessionRow(server, other);
    expect(row.ip).toBe('192.0.2.1');
    expect(of('addressChanged', row.objectId)).toEqual([]);
  });
});
