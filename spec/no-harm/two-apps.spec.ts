import { failingStart } from '../support/failing-start';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { sessionRow } from '../support/sessions';
import { outcomeOf, REFUSED } from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

const GUARDED = { shop: 'Invoice', warehouse: 'Pallet' };
type AppId = keyof typeof GUARDED;

/** Cloud code of one app: each function is called as that of the other. */
const cloudOf = (appId: AppId) => (Parse: any) => {
  Parse.Cloud.define('whoAmI', ({ user }: any) => `${appId}: ${user?.get('username')}`);
  Parse.Cloud.define(`only-${appId}`, () => appId);
  Parse.Cloud.beforeSave('Label', ({ object }: any) => object.set('printedBy', appId));
};

const start = (appId: AppId, mounted: boolean) =>
  startServer({ guard: [GUARDED[appId]] }, { appId }, { mounted, cloud: cloudOf(appId), graphql: true });

/** Stock comes first: this package may leave something in the process. */
const APPS: Array<[title: string, order: Array<[AppId, boolean]>]> = [
  [
    'both without it',
    [
      ['shop', false],
      ['warehouse', false],
    ],
  ],
  [
    'both with this package',
    [
      ['shop', true],
      ['warehouse', true],
    ],
  ],
  [
    'both with it, started the other way round',
    [
      ['warehouse', true],
      ['shop', true],
    ],
  ],
  [
    'the first with it, the second without',
    [
      ['shop', true],
      ['warehouse', false],
    ],
  ],
  [
    'the first without it, the second with it',
    [
      ['warehouse', false],
      ['shop', true],
    ],
  ],
];

const onMongo = () =>
  describe.each(APPS)('two apps in one process, %s', (_title, order) => {
    const apps = {} as Record<AppId, SpecServer>;
    const users = {} as Record<AppId, SpecUser>;
    const isMounted = Object.fromEntries(order) as Record<AppId, boolean>;
    const ids = order.map(([appId]) => appId);
    const others = { shop: 'warehouse', warehouse: 'shop' } as const;

    beforeAll(async () => {
      for (const [appId, mounted] of order) apps[appId] = await start(appId, mounted);
      for (const appId of ids) users[appId] = await apps[appId].signUp(`user of ${appId}`);
    });

    // Each takes the cloud code of both along.
    afterAll(async () => {
      for (const appId of ids) await apps[appId]?.stop();
    });

    it('each runs its own functions', async () => {
      for (const appId of ids) {
        const app = apps[appId];
        expect(await app.run('whoAmI', {}, users[appId])).toBe(`${appId}: user of ${appId}`);
        expect(await app.run(`only-${appId}`)).toBe(appId);
        await expect(app.run(`only-${others[appId]}`)).rejects.toMatchObject({ code: 141 });
      }
    });

    it('each has the functions of this package when it mounts it, and none when it does not', async () => {
      for (const appId of ids) {
        const list = apps[appId].run('listSessions', {}, users[appId]);
        if (isMounted[appId]) expect(await list).toMatchObject([{ current: true }]);
        else await expect(list).rejects.toMatchObject({ code: 141 });
      }
    });

    it('each runs its own triggers', async () => {
      for (const appId of ids) {
        const { body } = await apps[appId].rest('POST', '/classes/Label', { ...users[appId], body: {} });
        const [label] = await apps[appId].rawFind('Label', { objectId: body.objectId });
        expect(label.printedBy).toBe(appId);
      }
    });

    it('each refuses a restricted session what it guards itself, and nothing else', async () => {
      for (const appId of ids) {
        const app = apps[appId];
        const { token } = await app.restricted(users[appId].token);
        for (const className of Object.values(GUARDED)) {
          const outcome = outcomeOf(
            (await app.rest('POST', `/classes/${className}`, { token, body: {} })).body,
          );
          const isGuarded = isMounted[appId] && className === GUARDED[appId];
          expect(outcome).toEqual(isGuarded ? REFUSED : { result: expect.anything() });
        }
        const nickname = await app.rest('PUT', `/users/${users[appId].userId}`, {
          token,
          body: { nickname: 'x' },
        });
        expect(nickname.status).toBe(isMounted[appId] ? 400 : 200);
      }
    });

    it('each refuses it by the GraphQL of the other, too, which serves all apps of the process', async () => {
      const query = `mutation ($id: ID!) {
        updateUser(input: { id: $id, fields: { email: "x@example.com" } }) { user { objectId } }
      }`;
      for (const appId of ids) {
        const app = apps[appId];
        const user = await app.signUp();
        const { token } = await app.restricted(user.token);
        const body = { query, variables: { id: user.userId } };
        for (const endpoint of [appId, others[appId]]) {
          const answer = await app.rest('POST', apps[endpoint].graphqlUrl, { token, body });
          const code = answer.body.errors?.[0].extensions.code;
          expect(`${appId} by ${endpoint}: ${code}`).toBe(
            `${appId} by ${endpoint}: ${isMounted[appId] ? 119 : undefined}`,
          );
        }
      }
    });

    it('each knows its own sessions only', async () => {
      for (const appId of ids) {
        const other = apps[others[appId]];
        const { token } = users[appId];
        expect((await apps[appId].rest('GET', '/users/me', { token })).status).toBe(200);
        expect((await other.rest('GET', '/users/me', { token })).body.code).toBe(209);
        expect(await sessionRow(other, token)).toBeUndefined();
        const { restricted } = await sessionRow(apps[appId], token);
        expect(restricted).toBe(isMounted[appId] ? false : undefined);
      }
    });

    it('a session that ends in one leaves those of the other alone', async () => {
      for (const appId of ids) {
        const app = apps[appId];
        const other = apps[others[appId]];
        const { username, password } = users[appId];
        const phone = await app.login(username, password);
        const counted = (await other.rawFind('_Session')).length;
        if (isMounted[appId])
          await app.sessions.store.revokeAllForUser(phone.userId, { except: users[appId].token });
        else await app.rest('POST', '/logout', { token: phone.token, body: {} });
        expect((await app.rest('GET', '/users/me', phone)).body.code).toBe(209);
        expect(await other.rawFind('_Session')).toHaveLength(counted);
        expect((await other.rest('GET', '/users/me', users[others[appId]])).status).toBe(200);
      }
    });
  });

/** How the SDK in cloud code is served: Parse Server has one for all apps, and the last that was made has it. */
const sdkOnMongo = () =>
  describe.each(APPS)('the SDK in the server of two apps, %s', (_title, order) => {
    let last: SpecServer;
    let first: SpecServer;

    beforeAll(async () => {
      const cloud = (Parse: any) => {
        Parse.Cloud.define('write', async ({ user, params }: any) => {
          const options = user ? { sessionToken: user.getSessionToken() } : { useMasterKey: true };
          return (await new Parse.Object(params.className).save({}, options)).id;
        });
      };
      const [one, two] = order.map(
        ([appId, mounted]) =>
          () =>
            startServer({ guard: [GUARDED[appId]] }, { appId }, { mounted, cloud }),
      );
      first = await one!();
      last = await two!();
    });

    afterAll(async () => {
      await first?.stop();
      await last?.stop();
    });

    it('writes to the app that was made last, under the rules of that app', async () => {
      const [[,], [lastId, lastMounted]] = order as [[AppId, boolean], [AppId, boolean]];
      const user = await last.signUp();
      for (const className of Object.values(GUARDED)) {
        const id = await last.run('write', { className }, user);
        expect(await last.rawFind(className, { objectId: id })).toHaveLength(1);
        expect(await first.rawFind(className, { objectId: id })).toHaveLength(0);
      }
      const { token } = await last.restricted(user.token);
      for (const className of Object.values(GUARDED)) {
        const write = last.run('write', { className }, { token });
        const isGuarded = lastMounted && className === GUARDED[lastId];
        if (isGuarded) await expect(write).rejects.toMatchObject({ code: 119 });
        else expect(await write).toEqual(expect.any(String));
      }
    });

    it('writes as master for a function of either app', async () => {
      expect(await first.run('write', { className: 'Pallet' }, { master: true })).toEqual(expect.any(String));
      expect(await last.run('write', { className: 'Pallet' }, { master: true })).toEqual(expect.any(String));
    });
  });

const onPostgres = () =>
  it('two apps in one process cannot be compared: the second stock app does not start on PostgreSQL', async () => {
    const shop = await start('shop', false);
    try {
      const second = failingStart({}, { appId: 'warehouse' }, { mounted: false });
      expect(await second).toContain('relation "_User" does not exist');
    } finally {
      await shop.stop();
    }
  });

if (SPEC_DATABASE === 'mongodb') {
  sdkOnMongo();
  onMongo();
} else onPostgres();
