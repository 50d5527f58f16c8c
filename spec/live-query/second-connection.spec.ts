import { openLiveQuery } from '../support/live-query';
import { startServer, type SpecServer, type SpecUser } from '../support/server';

declare const Parse: any;

const REFUSED = { op: 'error', code: 119 };

// Parse Server takes a second `connect` on one socket. Until it has, or where the app refuses it, the first client goes on.
describe('a second connection on one LiveQuery socket', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;
  let scoped: string;

  beforeAll(async () => {
    server = await startServer(
      {},
      { liveQuery: { classNames: ['_User', 'Note', 'Telemetry'] } },
      {
        liveQuery: true,
        cloud: () => {
          Parse.Cloud.beforeConnect(() => undefined);
        },
      },
    );
    await server.makeClass('Telemetry');
    user = await server.signUp();
    ({ token: restricted } = await server.restricted(user.token));
    const made = await server.run('createRestrictedSession', { scopes: ['Telemetry:read'] }, user);
    scoped = made.sessionToken;
  });

  afterAll(() => server.stop());

  const KINDS: Array<[string, () => string, string]> = [
    ['a restricted session', () => restricted, '_User'],
    ['a scoped session', () => scoped, 'Note'],
  ];

  it.each(KINDS)('takes no socket over from %s, which stays what it is', async (_kind, token, className) => {
    for (const other of [undefined, user.token]) {
      const socket = await openLiveQuery(server, { token: token() });
      expect(await socket.connectAnew(other)).toMatchObject(REFUSED);
      expect(await socket.subscribe(className)).toMatchObject(REFUSED);
      socket.close();
    }
  });

  it.each(KINDS)('of %s takes no socket over', async (_kind, token) => {
    for (const other of [undefined, user.token]) {
      const socket = await openLiveQuery(server, { token: other });
      expect(await socket.connectAnew(token())).toMatchObject(REFUSED);
      expect(await socket.subscribe('_User')).toMatchObject({ op: 'subscribed' });
      socket.close();
    }
  });

  it('goes as without this package between unrestricted sessions, and of the same session', async () => {
    const other = await server.signUp();
    for (const [first, second] of [
      [undefined, user.token],
      [user.token, other.token],
      [user.token, undefined],
      [restricted, restricted],
    ] as const) {
      const socket = await openLiveQuery(server, { token: first });
      expect(await socket.connectAnew(second)).toMatchObject({ op: 'connected' });
      expect(await socket.subscribe('Note')).toMatchObject({ op: 'subscribed' });
      socket.close();
    }
  });
});
