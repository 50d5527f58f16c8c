import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { endOf, sessionRow, useToken } from '../support/sessions';

const DAY = 86_400_000;

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer({
    expiry: { restricted: { maxAge: '7d' } },
    maxSessionsPerUser: { restricted: 3 },
    onLimit: 'refuse',
  });
  await server.makeClass('Telemetry');
});

afterAll(() => server.stop());

beforeEach(async () => {
  user = await server.signUp();
});

const make = (options?: any, who: any = user.userId) => server.sessions.store.createRestricted(who, options);

describe('store.createRestricted', () => {
  it('makes a restricted session of the user, as the cloud function does', async () => {
    const made = await make({ name: ' Boiler ', installationId: 'boiler-1', scopes: ['Telemetry:create'] });
    expect(made).toEqual({
      objectId: expect.any(String),
      sessionToken: expect.stringMatching(/^r:scoped-/),
      restricted: true,
      scopes: ['Telemetry:create'],
      expiresAt: expect.any(Date),
    });
    const token = made.sessionToken;
    expect(await sessionRow(server, token)).toMatchObject({
      objectId: made.objectId,
      name: 'Boiler',
      installationId: 'boiler-1',
      restricted: true,
      createdWith: { action: 'create' },
      user: { objectId: user.userId },
    });
    expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
    expect((await server.rest('POST', '/classes/Note', { token, body: {} })).body.code).toBe(119);
  });

  it('needs no options', async () => {
    const made = await make();
    expect(made).toMatchObject({ restricted: true, scopes: null });
    expect(await useToken(server, made.sessionToken)).toBe(200);
    expect(made.expiresAt).toEqual(await endOf(server, made.sessionToken));
  });

  it.each([
    ['a pointer', () => ({ __type: 'Pointer', className: '_User', objectId: user.userId })],
    ['a Parse.User', () => Object.assign(new (globalThis as any).Parse.User(), { id: user.userId })],
  ])('takes %s', async (_what, userRef) => {
    const made = await make({}, userRef());
    expect(await server.run('getSession', {}, { token: made.sessionToken })).toMatchObject({
      objectId: made.objectId,
    });
  });

  it('ends earlier where that is chosen, and never later than the rules have it', async () => {
    const inDays = async (expiresIn: unknown) =>
      Math.round(((await make({ expiresIn })).expiresAt!.getTime() - Date.now()) / (DAY / 24)) / 24;
    expect(await inDays('2d')).toBe(2);
    expect(await inDays(3 * 86_400)).toBe(3);
    expect(await inDays('30d')).toBe(7);
  });

  it('ends the older restricted sessions of the same installation only', async () => {
    const first = await make({ installationId: 'boiler-1' });
    const other = await make({ installationId: 'boiler-2' });
    await make({ installationId: 'boiler-1' });
    expect(await useToken(server, first.sessionToken)).toBe(209);
    expect(await useToken(server, other.sessionToken)).toBe(200);
    expect(await useToken(server, user.token)).toBe(200);
  });

  it('tells that a session was created', async () => {
    const told: unknown[] = [];
    const stop = server.sessions.on('created', ({ sessionId }) => void told.push(sessionId));
    const made = await make();
    await new Promise(resolve => setImmediate(resolve));
    expect(told).toEqual([made.objectId]);
    stop();
  });

  it('answers 119 above the limit', async () => {
    for (let i = 0; i < 3; i += 1) await make();
    await expect(make()).rejects.toMatchObject({ code: 119 });
  });

  it('answers 101 for a user that does not exist, and makes nothing', async () => {
    const before = (await server.rawFind('_Session')).length;
    await expect(make({}, 'nobody')).rejects.toMatchObject({ code: 101 });
    expect(await server.rawFind('_Session')).toHaveLength(before);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 5 }, 'name'],
    [{ installationId: 'x'.repeat(129) }, 'installationId'],
    [{ expiresIn: 'soon' }, 'expiresIn'],
    [{ expiresIn: -1 }, 'expiresIn'],
    [{ scopes: 'Telemetry:create' }, 'scopes'],
    [{ scopes: ['Telemetry'] }, 'scopes.0'],
    [{ scope: ['Telemetry:create'] }, 'scope'],
    [{ userId: 'ada' }, 'userId'],
    [{ restricted: false }, 'restricted'],
    [{ sessionToken: 'r:mine' }, 'sessionToken'],
  ])('answers 142 for a wrong option, in the words of the cloud function: %j', async (options, name) => {
    const before = (await server.rawFind('_Session')).length;
    const error = await make(options).catch(thrown => thrown);
    expect(error).toMatchObject({ code: 142 });
    expect(error.message).toMatch(new RegExp(`^${name.replace('.', '\\.')}: `));
    expect(error).toBeInstanceOf((globalThis as any).Parse.Error);
    if (!('userId' in options)) {
      const { body } = await server.rest('POST', '/functions/createRestrictedSession', {
        ...user,
        body: options,
      });
      expect(body).toEqual({ code: 142, error: error.message });
    }
    expect(await server.rawFind('_Session')).toHaveLength(before);
  });

  it.each([undefined, null, '', 5, {}])('throws a TypeError for what is no user: %j', async who => {
    await expect(server.sessions.store.createRestricted(who as never)).rejects.toThrow(TypeError);
  });
});
