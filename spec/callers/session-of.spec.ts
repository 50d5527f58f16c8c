import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, sessionRow, useToken } from '../support/sessions';
import { postAsText } from '../support/ways-in';

declare const Parse: any;

const OVER = parseDate('2020-01-01');
const UNBOUND = `r:${randomBytes(16).toString('hex')}`;
/** Stands for a user of the app's own who has no id. */
const NO_ID = 'none';
const PLAIN = '/plain';

const storage = new FolderFiles();
let server: SpecServer;
let user: SpecUser;
let stranger: SpecUser;

/** What `of` answered last where a spec cannot see it in an answer. */
let seen: any;
/** What the app's own middleware behind Parse Server's gets to see. */
let middlewareSees: any[] = [];

/** The app tells by itself who sends a request, as apps with tokens of their own do. */
const authenticate: RequestHandler = (request, _response, next) => {
  const id = request.get('X-App-User');
  if (id === NO_ID) (request as any).userFromJWT = new Parse.User();
  else if (id) (request as any).userFromJWT = Parse.User.createWithoutData(id);
  next();
};

const cloud = () => {
  const of = (request: any) => server.sessions.of(request);
  Parse.Cloud.define('who', of);
  Parse.Cloud.define('whoByTheServer', () => Parse.Cloud.run('who', {}, { useMasterKey: true }));
  Parse.Cloud.define('whoByTheSdk', ({ user }: any) =>
    Parse.Cloud.run('who', {}, { sessionToken: user.getSessionToken() }),
  );
  Parse.Cloud.define(
    'validated',
    () => 'done',
    async (request: any) => void (seen = await of(request)),
  );
  Parse.Cloud.beforeSave('Note', async (request: any) => void (seen = await of(request)));
  Parse.Cloud.beforeFind('Note', async (request: any) => void (seen = await of(request)));
  Parse.Cloud.beforeSave(Parse.File, async (request: any) => void (seen = await of(request)));
  Parse.Cloud.job('night', async (request: any) => void (seen = await of(request)));
  Parse.Cloud.define('endsItself', async (request: any) => {
    const session = await of(request);
    await server.sessions.store.revoke(session!);
    return of(request);
  });
};

beforeAll(async () => {
  server = await startServer(
    {},
    {
      filesAdapter: storage,
      fileUpload: { enableForAuthenticatedUser: true, fileExtensions: ['*'] },
      requestContextMiddleware: (request: any, _response: unknown, next: (error?: unknown) => void) => {
        server.sessions.of(request).then(session => {
          middlewareSees.push(session);
          next();
        }, next);
      },
    },
    { graphql: true, cloud, front: authenticate },
  );
  server.app.get(PLAIN, async (request: Request, response) => {
    response.json({ session: await server.sessions.of(request) });
  });
  [user, stranger] = [await server.signUp(), await server.signUp()];
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

beforeEach(() => {
  seen = undefined;
  middlewareSees = [];
});

const idOf = async (token: string): Promise<string> => (await sessionRow(server, token)).objectId;

const plain = async (headers: Record<string, string>) => {
  const answer = await server.rest('GET', new URL(PLAIN, server.url).href, { headers });
  expect(answer.status).toBe(200);
  return answer.body.session;
};
const header = (token: string) => ({ 'X-Parse-Session-Token': token });

describe('of() knows the session behind a cloud function', () => {
  it.each<[string, () => Promise<any>]>([
    ['REST', () => server.run('who', {}, user)],
    [
      'batch',
      async () => {
        const requests = [{ method: 'POST', path: '/parse/functions/who', body: {} }];
        return (await server.rest('POST', '/batch', { ...user, body: { requests } })).body[0].success.result;
      },
    ],
    [
      'GraphQL',
      async () => {
        const mutation = 'mutation { callCloudCode(input: { functionName: who }) { result } }';
        return (await server.graphql(mutation, {}, user.token)).body.data.callCloudCode.result;
      },
    ],
    ['the SDK in cloud code', () => server.run('whoByTheSdk', {}, user)],
  ])('called by way of %s', async (_way, call) => {
    expect(await call()).toMatchObject({
      objectId: await idOf(user.token),
      userId: user.userId,
      restricted: false,
      scopes: null,
    });
  });

  it('of a restricted and of a scoped session', async () => {
    const restricted = await server.restricted(user.token);
    expect(await server.run('who', {}, restricted)).toMatchObject({
      objectId: restricted.objectId,
      restricted: true,
    });
    const scopes = ['function:who'];
    const made = await server.run('createRestrictedSession', { scopes }, user);
    const session = await server.run('who', {}, { token: made.sessionToken });
    expect(session).toMatchObject({ objectId: made.objectId, restricted: true, scopes });
  });

  it('without its token and its secret', async () => {
    const secret = await server.sessions.secret(await idOf(user.token));
    const text = JSON.stringify(await server.run('who', {}, user));
    expect(text).not.toContain(user.token);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('sessionToken');
  });

  it('and none where the master key or nobody calls, also within a call by a session', async () => {
    expect(await server.run('who', {}, { master: true })).toBeNull();
    expect(await server.run('who', {}, { master: true, token: user.token })).toBeNull();
    expect(await server.run('who')).toBeNull();
    expect(await server.run('whoByTheServer', {}, user)).toBeNull();
  });

  it('until it is revoked', async () => {
    expect(await server.run('endsItself', {}, await makeSession(server, user.userId))).toBeNull();
  });
});

describe('of() knows the session behind', () => {
  const mine = async () =>
    expect(seen).toMatchObject({ objectId: await idOf(user.token), userId: user.userId });

  it('a validator', async () => {
    await server.run('validated', {}, user);
    await mine();
  });

  it('a save and a find', async () => {
    await server.rest('POST', '/classes/Note', { ...user, body: {} });
    await mine();
    seen = undefined;
    await server.rest('GET', '/classes/Note', user);
    await mine();
    await server.rest('POST', '/classes/Note', { master: true, body: {} });
    expect(seen).toBeNull();
  });

  it('an upload', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    expect((await server.rest('POST', '/files/a.txt', { ...user, body: 'x', headers })).status).toBe(201);
    await mine();
  });

  it('no job', async () => {
    const { headers } = await server.rest('POST', '/jobs/night', {
      master: true,
      token: user.token,
      body: {},
    });
    const jobId = headers.get('X-Parse-Job-Status-Id');
    for (;;) {
      const [{ status }] = await server.rawFind('_JobStatus', { objectId: jobId });
      if (status === 'succeeded') break;
      expect(status).toBe('running');
    }
    expect(seen).toBeNull();
  });
});

describe('what of() answers', () => {
  it('is taken by all that takes a session', async () => {
    const { token } = await makeSession(server, user.userId, { installationId: 'phone-1' });
    const { store, files, secret, csrfToken, verifyCsrfToken, of } = server.sessions;
    const session = (await of({ user: Object.assign(new Parse.User(), withToken(user.userId, token)) }))!;
    expect(session).toMatchObject({ installationId: 'phone-1', createdAt: expect.any(Date) });
    expect(store.isValid(session)).toBe(true);
    expect(store.isAuthenticated(session)).toBe(true);
    await store.setExpiry(session, new Date('2100-01-01'));
    await files(session).add('note', { name: 'note.txt', data: 'x' });
    expect(await secret(session)).toHaveLength(44);
    expect(await verifyCsrfToken(session, await csrfToken(session))).toBe(true);
    expect(await store.installation(session)).toBeNull();
    expect(await store.revoke(session)).toBe(true);
    expect(await useToken(server, token)).toBe(209);
  });

  it('is the caller’s own copy', async () => {
    const request = { user: Object.assign(new Parse.User(), withToken(user.userId, user.token)) };
    const { of } = server.sessions;
    const first = (await of(request))!;
    first.restricted = true;
    first.createdAt.setFullYear(1999);
    expect(await of(request)).toMatchObject({ restricted: false });
    expect((await of(request))!.createdAt.getFullYear()).not.toBe(1999);
  });

  it.each([undefined, null, 'r:text', 5])('is a TypeError for what is no request: %j', async request => {
    await expect(server.sessions.of(request as never)).rejects.toThrow(TypeError);
  });
});

const withToken = (id: string, token: string) => ({ id, getSessionToken: () => token });

describe('of() in a route of the app’s own, which Parse Server has not seen', () => {
  it('goes by the header X-Parse-Session-Token', async () => {
    expect(await plain(header(user.token))).toMatchObject({
      objectId: await idOf(user.token),
      userId: user.userId,
    });
    const restricted = await server.restricted(user.token);
    expect(await plain(header(restricted.token))).toMatchObject({ restricted: true });
  });

  it.each<[string, () => Promise<Record<string, string>> | Record<string, string>]>([
    ['no header', () => ({})],
    ['an empty one', () => header('')],
    ['a made-up token', () => header(`r:${'0'.repeat(32)}`)],
    ['a text that is no token', () => header('hello')],
    ['an endless one', () => header(`r:${'x'.repeat(4000)}`)],
    [
      'an expired session',
      async () => header((await makeSession(server, user.userId, { expiresAt: OVER })).token),
    ],
    [
      'a session that is bound to nobody',
      async () => header((await server.rawInsert('_Session', { sessionToken: UNBOUND })).sessionToken),
    ],
    [
      'a session whose user is gone',
      async () => {
        const gone = await server.signUp();
        expect(await plain(header(gone.token))).toMatchObject({ userId: gone.userId });
        await server.rest('DELETE', `/users/${gone.userId}`, { master: true });
        return header(gone.token);
      },
    ],
    [
      'a session that was revoked just now',
      async () => {
        const { token, objectId } = await makeSession(server, user.userId);
        expect(await plain(header(token))).toMatchObject({ objectId });
        await server.sessions.store.revoke(objectId);
        return header(token);
      },
    ],
    [
      'a session that another process has revoked just now',
      async () => {
        const { token, objectId } = await makeSession(server, user.userId);
        expect(await plain(header(token))).toMatchObject({ objectId });
        // Nothing here learns of it.
        await server.rawDelete('_Session', { objectId });
        return header(token);
      },
    ],
    [
      'a session that was invalidated just now',
      async () => {
        const { token, objectId } = await makeSession(server, user.userId);
        expect(await plain(header(token))).toMatchObject({ objectId });
        await server.sessions.invalidate(objectId);
        return header(token);
      },
    ],
    [
      'a token of somebody else beside the app’s own user',
      () => ({ ...header(stranger.token), 'X-App-User': user.userId }),
    ],
    [
      'a token beside a user of the app’s own who has no id',
      () => ({ ...header(user.token), 'X-App-User': NO_ID }),
    ],
    ['the app’s own user without a token', () => ({ 'X-App-User': user.userId })],
  ])('answers null for %s', async (_what, headers) => {
    expect(await plain(await headers())).toBeNull();
  });

  it('knows the app’s own user by a token of his', async () => {
    const headers = { ...header(user.token), 'X-App-User': user.userId };
    expect(await plain(headers)).toMatchObject({ userId: user.userId });
  });

  it('marks no access', async () => {
    const { token } = await makeSession(server, user.userId);
    await plain(header(token));
    await server.sessions.shutdown();
    expect((await sessionRow(server, token)).lastAccessedAt).toBeUndefined();
  });
});

describe('of() in the app’s middleware behind Parse Server’s', () => {
  const mine = async () =>
    expect(middlewareSees.at(-1)).toMatchObject({ objectId: await idOf(user.token), userId: user.userId });

  it('goes by the token that Parse Server has read, in the header or in the body', async () => {
    await server.rest('GET', '/classes/Note', user);
    await mine();
    middlewareSees = [];
    const body = { _method: 'GET', _SessionToken: user.token };
    await postAsText(server, '/classes/Note', body, {});
    await mine();
    middlewareSees = [];
    await server.rest('GET', '/sessions/me', user);
    await mine();
  });

  it('answers null for nobody, the master key and a log-in', async () => {
    await server.rest('GET', '/classes/Note');
    await server.rest('GET', '/classes/Note', { master: true, token: user.token });
    const { username, password } = user;
    await server.rest('POST', '/login', { token: stranger.token, body: { username, password } });
    expect(middlewareSees).toEqual([null, null, null]);
  });

  it('answers null for a token of somebody else beside the app’s own user', async () => {
    const headers = { 'X-App-User': user.userId };
    await server.rest('GET', '/classes/Note', { headers, token: stranger.token });
    await server.rest('GET', '/classes/Note', { headers });
    await server.rest('GET', '/classes/Note', { headers: { 'X-App-User': NO_ID }, token: user.token });
    expect(middlewareSees).toEqual([null, null, null]);
    await server.rest('GET', '/classes/Note', { headers, token: user.token });
    await mine();
  });

  it('answers null for a session that is over, at a route where Parse Server has not looked', async () => {
    const { token } = await makeSession(server, user.userId, { expiresAt: OVER });
    await server.rest('GET', '/sessions/me', { token });
    expect(middlewareSees.filter(Boolean)).toEqual([]);
  });
});
