import { types } from 'node:util';
import { sessionsClient } from '../../src/client';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { startClient, type ClientProcess } from './support/client-process';

// A date that came from another process is none of Jest's own `Date`.
const aDate = { asymmetricMatch: types.isDate, toString: () => 'a date' };

describe.each([
  ['without a prefix', ''],
  ['with a prefix', 'auth_'],
])('sessionsClient %s', (_title, functionPrefix) => {
  let server: SpecServer;
  let app: ClientProcess;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer({ functionPrefix });
    await server.makeClass('Telemetry');
    app = await startClient(server);
  });

  afterAll(async () => {
    await app?.stop();
    await server?.stop();
  });

  beforeEach(async () => {
    user = await server.signUp();
    await app.run(
      async ({ Parse, client, state, logIn }, { account, prefix }) => {
        await logIn(account);
        state.sessions = client.sessionsClient(Parse, prefix ? { functionPrefix: prefix } : undefined);
      },
      { account: user, prefix: functionPrefix },
    );
  });

  it('lists the sessions, their dates as dates and no token in them', async () => {
    const list = await app.run(({ state }) => state.sessions.list());
    expect(list).toHaveLength(2);
    expect(list.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    for (const session of list) {
      expect(session).toEqual({
        objectId: expect.any(String),
        current: expect.any(Boolean),
        restricted: false,
        scopes: null,
        active: true,
        createdAt: aDate,
        lastAccessedAt: aDate,
        expiresAt: aDate,
        authenticatedAt: aDate,
        createdWith: { action: expect.any(String), authProvider: 'password' },
        installationId: session.installationId,
        ip: expect.any(String),
        place: null,
        userAgent: session.userAgent,
        device: { browser: session.device.browser, os: session.device.os, type: session.device.type },
        name: null,
      });
      expect(Math.abs(session.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    }
    expect(JSON.stringify(list)).not.toMatch(/r:[0-9a-f]{32}/);
  });

  it('lists a page', async () => {
    const [all, first, second, none] = await app.run(({ state: { sessions } }) =>
      Promise.all([
        sessions.list(),
        sessions.list({ limit: 1 }),
        sessions.list({ limit: 1, skip: 1 }),
        sessions.list({ skip: 2 }),
      ]),
    );
    const ids = (list: any[]) => list.map(({ objectId }) => objectId);
    expect([...ids(first), ...ids(second)]).toEqual(ids(all));
    expect(none).toEqual([]);
  });

  it('answers the current session and the number of sessions', async () => {
    const { current, count } = await app.run(async ({ state }) => ({
      current: await state.sessions.current(),
      count: await state.sessions.count(),
    }));
    expect(current).toMatchObject({ current: true, createdAt: aDate });
    expect(count).toBe(2);
  });

  it('lists the sessions that are over, newest end first, their dates as dates and no token in them', async () => {
    const phone = await server.login(user.username, user.password);
    const tablet = await server.login(user.username, user.password);
    const run = (method: string, ...params: unknown[]) =>
      app.run(({ state }, [name, given]) => state.sessions[name as string](...(given as unknown[])), [
        method,
        params,
      ] as const);
    expect(await run('ended')).toEqual([]);
    const { objectId } = await server.run(`${functionPrefix}getSession`, {}, phone);
    await run('rename', objectId, 'Phone');
    await run('revoke', objectId);
    await server.rest('POST', '/logout', { token: tablet.token, body: {} });
    const ended = await run('ended');
    expect(ended).toHaveLength(2);
    expect(ended[0]).toMatchObject({ reason: 'logout', by: { kind: 'self', name: null, device: null } });
    expect(ended[1]).toEqual({
      objectId,
      reason: 'revoked',
      endedAt: aDate,
      by: { kind: 'session', name: null, device: expect.any(Object) },
      createdAt: aDate,
      lastAccessedAt: aDate,
      restricted: false,
      ip: expect.any(String),
      place: null,
      device: { browser: ended[1].device.browser, os: ended[1].device.os, type: ended[1].device.type },
      name: 'Phone',
    });
    expect(Math.abs(ended[1].endedAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(JSON.stringify(ended)).not.toMatch(/r:[0-9a-f]{32}/);
    expect(await run('ended', { limit: 1 })).toEqual([ended[0]]);
    expect(await run('ended', { skip: 1 })).toEqual([ended[1]]);
    expect(await run('list')).toHaveLength(2);
  });

  it('names, revokes one, and revokes the others', async () => {
    await server.login(user.username, user.password);
    const result = await app.run(async ({ state, outcome }) => {
      const { sessions } = state;
      const [other] = (await sessions.list()).filter((session: { current: boolean }) => !session.current);
      const renamed = await sessions.rename(other.objectId, 'Kitchen tablet');
      const revoked = await sessions.revoke(other.objectId);
      return {
        renamed,
        revoked,
        again: await outcome(() => sessions.revoke(other.objectId)),
        others: await sessions.revokeOthers(),
        left: await sessions.count(),
      };
    });
    expect(result).toMatchObject({
      renamed: { name: 'Kitchen tablet', current: false, createdAt: aDate },
      again: { ok: false, code: 101 },
      others: 1,
      left: 1,
    });
    expect(result.revoked).toBeUndefined();
  });

  it('makes a restricted session for a device, which may not make one itself', async () => {
    const result = await app.run(async ({ Parse, client, state, outcome }, prefix) => {
      const made = await state.sessions.createRestricted({ name: 'Boiler', expiresIn: '30d' });
      const forDevice = client.sessionsClient(Parse, {
        functionPrefix: prefix,
        sessionToken: made.sessionToken,
      });
      return {
        made,
        seen: await forDevice.current(),
        scoped: await client
          .sessionsClient(Parse, {
            functionPrefix: prefix,
            sessionToken: (await state.sessions.createRestricted({ scopes: ['Telemetry:create'] }))
              .sessionToken,
          })
          .current(),
        refused: await outcome(() => forDevice.createRestricted()),
        hidden: await outcome(() => forDevice.ended()),
      };
    }, functionPrefix);
    expect(result).toMatchObject({
      made: { objectId: expect.any(String), restricted: true, expiresAt: aDate },
      seen: { restricted: true, current: true, name: 'Boiler', scopes: null, authenticatedAt: null },
      scoped: { restricted: true, current: true, scopes: ['Telemetry:create'] },
      refused: { code: 119 },
      hidden: { code: 119 },
    });
    const inThirtyDays = Date.now() + 30 * 86_400_000;
    expect(Math.abs(result.made.expiresAt.getTime() - inThirtyDays)).toBeLessThan(60_000);
    expect(result.made.sessionToken).toMatch(/^r:/);
  });

  it('makes a session with scopes, and its own fresh again', async () => {
    const result = await app.run(async ({ Parse, state, outcome }, password) => {
      const { sessionToken } = await state.sessions.createRestricted({ scopes: ['Telemetry:create'] });
      return {
        inScope: await outcome(() => new Parse.Object('Telemetry').save(null, { sessionToken })),
        outOfScope: await outcome(() => new Parse.Object('Note').save(null, { sessionToken })),
        confirmed: await state.sessions.confirmIdentity({ password }),
        refused: await outcome(() => state.sessions.confirmIdentity({ password: 'wrong' })),
      };
    }, user.password);
    expect(result).toMatchObject({
      inScope: { ok: true },
      outOfScope: { code: 119 },
      confirmed: aDate,
      refused: { code: 101 },
    });
  });

  it('with wrong options is refused', () => {
    const sdk = (globalThis as any).Parse;
    const make = (options: any) => () => sessionsClient(sdk, options);
    expect(make({ prefix: 'x' })).toThrow(TypeError);
    expect(make({ prefix: 'x' })).toThrow('sessionsClient: option prefix is string, not known.');
    expect(make({ sessionToken: 5 })).toThrow('sessionsClient: option sessionToken is number, not string.');
  });

  it.each([undefined, null, 'Parse', {}, { Cloud: {} }])('without the SDK is refused: %j', sdk => {
    const make = () => sessionsClient(sdk as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow('sessionsClient: the first argument must be the Parse SDK.');
  });

  it('revokes all, this one too, and answers how many', async () => {
    const result = await app.run(async ({ state, outcome }) => ({
      revoked: await state.sessions.revokeAll(),
      next: await outcome(() => state.sessions.list()),
    }));
    expect(result).toMatchObject({ revoked: 2, next: { code: 209, invalidSession: true } });
  });

  it('passes the server’s errors on', async () => {
    const outcome = await app.run(({ state, outcome }) => outcome(() => state.sessions.rename('x', '')));
    expect(outcome).toMatchObject({ code: 142 });
  });

  it.each([
    'list',
    'ended',
    'current',
    'count',
    'revokeOthers',
    'revokeAll',
    'createRestricted',
    'pairingRequest',
    'approvePairing',
    'denyPairing',
  ])('tells of a prefix that the server does not have: %s', async method => {
    const outcome = await app.run(
      ({ Parse, client, outcome }, name) =>
        outcome(() => (client.sessionsClient(Parse, { functionPrefix: 'other_' }) as any)[name]()),
      method,
    );
    expect(outcome).toMatchObject({
      code: 141,
      message: expect.stringMatching(
        /^The server does not know the function "other_\w+": another functionPrefix, or an older version\.$/,
      ),
    });
    expect(await app.run(({ Parse }) => Parse.User.current()?.id)).toBe(user.userId);
  });
});
