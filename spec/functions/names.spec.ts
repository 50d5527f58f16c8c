import { docs } from '../../src/docs';
import { failingStart } from '../support/failing-start';
import { startServer, type SpecServer } from '../support/server';

declare const Parse: any;

const NAMES = [
  'listSessions',
  'getSession',
  'countSessions',
  'revokeSession',
  'revokeOtherSessions',
  'revokeSessions',
  'createRestrictedSession',
  'renameSession',
  'confirmIdentity',
  'rotateSession',
  'sessionStats',
  'sessionOverview',
  'searchSessions',
  'sessionDoctor',
  'sessionPreview',
  'sessionExport',
  'sessionErase',
  'endedSession',
  'listEndedSessions',
  'reportSession',
];

/** They are there with the option `pairing` only. */
const PAIRING_NAMES = ['startPairing', 'pairingRequest', 'approvePairing', 'denyPairing', 'completePairing'];
const ALL_NAMES = [...NAMES, ...PAIRING_NAMES];
const pairing = { verificationUri: 'https://example.com/pair' };

/** 141 is what Parse Server answers for a function that is not there. */
const UNKNOWN = { code: 141, error: expect.stringMatching(/^Invalid function/) };

describe('the names of the cloud functions', () => {
  let server: SpecServer | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  const call = async (name: string) =>
    (await server!.rest('POST', `/functions/${name}`, { master: true, body: {} })).body;

  it('are those of the documentation', async () => {
    server = await startServer({ pairing });
    for (const name of ALL_NAMES) expect(await call(name)).not.toEqual(UNKNOWN);
    expect(await call('listSession')).toEqual(UNKNOWN);
  });

  it('without the option pairing are none that pair devices: they are the app’s, or answer as on stock', async () => {
    server = await startServer({}, {}, { mounted: false });
    const onStock = await Promise.all(PAIRING_NAMES.map(call));
    await server.stop();
    server = await startServer();
    expect(await Promise.all(PAIRING_NAMES.map(call))).toEqual(onStock);
    expect(onStock).toEqual(PAIRING_NAMES.map(() => UNKNOWN));
    for (const name of PAIRING_NAMES) Parse.Cloud.define(name, () => `the app’s ${name}`);
    for (const name of PAIRING_NAMES) expect(await call(name)).toEqual({ result: `the app’s ${name}` });
  });

  it('all begin with functionPrefix, and leave the plain names to the app', async () => {
    server = await startServer(
      { functionPrefix: 'auth_', pairing },
      {},
      { cloud: () => ALL_NAMES.forEach(name => Parse.Cloud.define(name, () => `the app’s ${name}`)) },
    );
    for (const name of ALL_NAMES) {
      expect(await call(`auth_${name}`)).not.toEqual(UNKNOWN);
      expect(await call(name)).toEqual({ result: `the app’s ${name}` });
    }
    const user = await server.signUp();
    expect(await server.run('auth_countSessions', {}, user)).toEqual({ active: 1 });
  });

  it('without a function of the app are unknown when there is a prefix', async () => {
    server = await startServer({ functionPrefix: 'auth_', pairing });
    for (const name of ALL_NAMES) expect(await call(name)).toEqual(UNKNOWN);
  });

  it('stop an app that defines its own from starting, and tell it why', async () => {
    const cloud = () => Parse.Cloud.define('listSessions', () => 'mine');
    expect(await failingStart({}, {}, { cloud })).toBe(
      `The cloud function "listSessions" is parse-server-sessions' own. Rename the app's function, or set the option ` +
        `functionPrefix. See ${docs('errors', 'name-taken')}`,
    );
  });

  it('clash with a prefix, too', async () => {
    const cloud = () => Parse.Cloud.define('my_listSessions', () => 'mine');
    expect(await failingStart({ functionPrefix: 'my_' }, {}, { cloud })).toContain('"my_listSessions"');
    server = await startServer({ functionPrefix: 'your_' }, {}, { cloud });
    expect(await call('my_listSessions')).toEqual({ result: 'mine' });
  });

  it('are taken, each of them, also after the start', async () => {
    server = await startServer({ pairing });
    for (const name of ALL_NAMES) {
      expect(() => Parse.Cloud.define(name, () => 'mine')).toThrow(`"${name}"`);
    }
    Parse.Cloud.define('late', () => 'mine');
    expect(await call('late')).toEqual({ result: 'mine' });
    const user = await server.signUp();
    expect(await server.run('listSessions', {}, user)).toHaveLength(1);
  });

  it('leave the app’s validators as they are', async () => {
    server = await startServer(
      {},
      {},
      {
        cloud: () => Parse.Cloud.define('forUsers', () => 'yes', { requireUser: true }),
      },
    );
    const user = await server.signUp();
    expect(await server.run('forUsers', {}, user)).toBe('yes');
    await expect(server.run('forUsers')).rejects.toMatchObject({ code: 142 });
  });
});
