import { startServer, type RestOptions, type SpecServer } from '../support/server';
import { insertSession, insertUser, OVER, pointerTo } from './sessions';

type Caller =
  | 'a session'
  | 'a restricted session'
  | 'a session of another user'
  | 'the master key'
  | 'the read-only master key'
  | 'nobody'
  | 'an unknown token'
  | 'an expired session'
  | 'a revoked session'
  | 'a session that its user logged out'
  | 'a session whose user is deleted';

interface World {
  user: { userId: string; token: string };
  /** Another session of the user, which the functions are about. */
  target: { objectId: string; token: string };
}

interface Function {
  name: string;
  changes: boolean;
  params(world: World): object;
  masterParams(world: World): object;
  /** The code that a session of another user gets, where it asks about this user's session. */
  stranger?: number;
}

const FUNCTIONS: Function[] = [
  { name: 'listSessions', changes: false, params: () => ({}), masterParams: ofUser },
  { name: 'getSession', changes: false, params: () => ({}), masterParams: byToken },
  { name: 'countSessions', changes: false, params: () => ({}), masterParams: ofUser },
  { name: 'revokeSession', changes: true, params: byId, masterParams: byId, stranger: 101 },
  { name: 'revokeOtherSessions', changes: true, params: () => ({}), masterParams: ofUser },
  { name: 'revokeSessions', changes: true, params: () => ({}), masterParams: ofUser },
  { name: 'createRestrictedSession', changes: true, params: () => ({}), masterParams: ofUser },
  { name: 'renameSession', changes: true, params: rename, masterParams: rename, stranger: 101 },
];
const READING = FUNCTIONS.filter(({ changes }) => !changes);
const CHANGING = FUNCTIONS.filter(({ changes }) => changes);
/** They are for the master key only. */
const OF_OPERATORS: Array<[name: string, paramsOf: (world: World) => object]> = [
  ['sessionStats', () => ({})],
  ['sessionOverview', () => ({})],
  ['searchSessions', () => ({})],
  ['sessionDoctor', () => ({})],
  ['sessionPreview', () => ({ expiry: { authenticated: { maxAge: '30d' } } })],
  ['sessionExport', ofUser],
];
const NAMES = [...FUNCTIONS.map(({ name }) => name), ...OF_OPERATORS.map(([name]) => name)];

const INVALID: Caller[] = [
  'nobody',
  'an unknown token',
  'an expired session',
  'a revoked session',
  'a session that its user logged out',
  'a session whose user is deleted',
];

function ofUser({ user }: World) {
  return { userId: user.userId };
}
function byToken({ target }: World) {
  return { sessionToken: target.token };
}
function byId({ target }: World) {
  return { objectId: target.objectId };
}
function rename({ target }: World) {
  return { objectId: target.objectId, name: 'kitchen' };
}

describe('who may call the cloud functions', () => {
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer();
    // Makes the classes.
    await server.signUp();
  });

  afterAll(() => server.stop());

  async function makeWorld(): Promise<World> {
    const user = await insertUser(server);
    return { user, target: await insertSession(server, user.userId) };
  }

  async function credentials(caller: Caller, { user }: World): Promise<RestOptions> {
    switch (caller) {
      case 'a session':
        return { token: user.token };
      case 'a restricted session':
        return { token: (await server.restricted(user.token)).token };
      case 'a session of another user':
        return { token: (await insertUser(server)).token };
      case 'the master key':
        return { master: true };
      case 'the read-only master key':
        return { readOnlyMaster: true };
      case 'nobody':
        return {};
      case 'an unknown token':
        return { token: 'r:0123456789abcdef0123456789abcdef' };
      case 'an expired session':
        return insertSession(server, user.userId, { expiresAt: OVER });
      case 'a revoked session': {
        const { token } = await insertSession(server, user.userId);
        const { objectId } = await server.run('getSession', {}, { token });
        await server.run('revokeSession', { objectId }, { token: user.token });
        return { token };
      }
      case 'a session that its user logged out': {
        const { token } = await insertSession(server, user.userId);
        await server.run('getSession', {}, { token });
        await server.rest('POST', '/logout', { token, body: {} });
        return { token };
      }
      case 'a session whose user is deleted': {
        const gone = await insertUser(server);
        await server.rest('DELETE', `/users/${gone.userId}`, { master: true });
        return { token: gone.token };
      }
    }
  }

  /** What a call could change about the user's sessions. */
  async function sessionsOf({ user }: World) {
    const rows = await server.rawFind('_Session', { user: pointerTo(user.userId) });
    return rows
      .map(({ objectId, restricted, name }) => ({ objectId, restricted, name: name ?? null }))
      .sort((a, b) => a.objectId.localeCompare(b.objectId));
  }

  async function call(name: string, params: object, request: RestOptions) {
    const { status, body } = await server.rest('POST', `/functions/${name}`, { ...request, body: params });
    return { status, code: body.code, error: body.error, result: body.result };
  }

  describe.each(FUNCTIONS)('$name', fn => {
    it('answers a session', async () => {
      const world = await makeWorld();
      const request = await credentials('a session', world);
      const answer = await call(fn.name, fn.params(world), request);
      expect(answer).toMatchObject({ status: 200, code: undefined });
      expect(answer.result).toBeDefined();
    });

    it('answers the master key', async () => {
      const world = await makeWorld();
      const answer = await call(fn.name, fn.masterParams(world), { master: true });
      expect(answer).toMatchObject({ status: 200, code: undefined });
      expect(answer.result).toBeTruthy();
    });

    it.each(INVALID)('refuses %s with 209 and changes nothing', async caller => {
      const world = await makeWorld();
      const request = await credentials(caller, world);
      const before = await sessionsOf(world);
      expect(await call(fn.name, fn.params(world), request)).toMatchObject({ code: 209 });
      expect(await sessionsOf(world)).toEqual(before);
    });
  });

  it.each(READING)('$name answers a restricted session', async fn => {
    const world = await makeWorld();
    const request = await credentials('a restricted session', world);
    expect(await call(fn.name, fn.params(world), request)).toMatchObject({ status: 200, code: undefined });
  });

  it.each(READING)('$name answers the read-only master key', async fn => {
    const world = await makeWorld();
    const answer = await call(fn.name, fn.masterParams(world), { readOnlyMaster: true });
    expect(answer).toMatchObject({ status: 200, code: undefined });
    expect(answer.result).toBeTruthy();
  });

  it.each(CHANGING)('$name refuses a restricted session with 119 and changes nothing', async fn => {
    const world = await makeWorld();
    const request = await credentials('a restricted session', world);
    const before = await sessionsOf(world);
    expect(await call(fn.name, fn.params(world), request)).toEqual({
      status: 400,
      code: 119,
      error: 'write operation not allowed: restricted session',
      result: undefined,
    });
    expect(await sessionsOf(world)).toEqual(before);
  });

  it.each(CHANGING)('$name refuses the read-only master key with 119 and changes nothing', async fn => {
    const world = await makeWorld();
    const before = await sessionsOf(world);
    expect(await call(fn.name, fn.masterParams(world), { readOnlyMaster: true })).toMatchObject({
      code: 119,
    });
    expect(await sessionsOf(world)).toEqual(before);
  });

  it.each(FUNCTIONS)('$name lets a session of another user touch nothing', async fn => {
    const world = await makeWorld();
    const request = await credentials('a session of another user', world);
    const before = await sessionsOf(world);
    const answer = await call(fn.name, fn.params(world), request);
    expect(answer.code).toBe(fn.stranger);
    expect(JSON.stringify(answer)).not.toContain(world.target.objectId);
    expect(await sessionsOf(world)).toEqual(before);
  });

  it.each(FUNCTIONS.filter(({ stranger }) => stranger !== undefined))(
    '$name answers alike for another user’s session and for one that is not there',
    async fn => {
      const world = await makeWorld();
      const stranger = await credentials('a session of another user', world);
      const foreign = await call(fn.name, fn.params(world), stranger);
      const missing = { ...world, target: { ...world.target, objectId: 'nosuchid00' } };
      expect(await call(fn.name, fn.params(missing), stranger)).toEqual(foreign);
    },
  );

  it('sessionErase is for the master key that writes', async () => {
    const world = await makeWorld();
    for (const caller of ['a session', 'a restricted session', 'the read-only master key'] as const) {
      expect(await call('sessionErase', ofUser(world), await credentials(caller, world))).toMatchObject({
        code: 119,
      });
    }
    expect(await call('sessionErase', ofUser(world), await credentials('nobody', world))).toMatchObject({
      code: 209,
    });
    const answer = await call('sessionErase', ofUser(world), await credentials('the master key', world));
    expect(answer.result).toEqual({ erased: true });
  });

  describe.each(OF_OPERATORS)('%s', (name, paramsOf) => {
    it.each<Caller>(['the master key', 'the read-only master key'])('answers %s', async caller => {
      const world = await makeWorld();
      const answer = await call(name, paramsOf(world), await credentials(caller, world));
      expect(answer.result).toBeTruthy();
    });

    it.each<Caller>(['a session', 'a restricted session'])('refuses %s with 119', async caller => {
      const request = await credentials(caller, await makeWorld());
      expect(await call(name, {}, request)).toMatchObject({ code: 119, result: undefined });
    });

    it.each(INVALID)('refuses %s with 209', async caller => {
      const request = await credentials(caller, await makeWorld());
      expect(await call(name, {}, request)).toMatchObject({ code: 209, result: undefined });
    });
  });

  describe.each<Caller>(['a session', 'a restricted session', 'the master key', 'the read-only master key'])(
    'no answer to %s holds a token that is not the caller’s',
    caller => {
      it.each(NAMES)('%s', async name => {
        const world = await makeWorld();
        const request = await credentials(caller, world);
        const fn = FUNCTIONS.find(one => one.name === name);
        const isMaster = request.master || request.readOnlyMaster;
        const ofOperator = OF_OPERATORS.find(([one]) => one === name)?.[1];
        const params = fn ? (isMaster ? fn.masterParams(world) : fn.params(world)) : ofOperator!(world);
        const { body } = await server.rest('POST', `/functions/${name}`, { ...request, body: params });
        const made = name === 'createRestrictedSession' ? body.result?.sessionToken : undefined;
        // No function tells the caller's own token either: it has it.
        const tokens = JSON.stringify(body).match(/r:[0-9a-f]{32}/g) ?? [];
        expect(tokens).toEqual(made ? [made] : []);
        expect([world.user.token, world.target.token]).not.toContain(made);
      });
    },
  );
});
