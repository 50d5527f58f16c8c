import { sameSitePath, redirectInvalidSession } from '../../src/client';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { revoke, startClient, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let origin: string;

/** A web app that keeps the session token in a cookie, as the Parse guide's Express apps do. */
const startWebApp = () =>
  app.run(async ({ Parse, client, express, state }) => {
    const web = express();
    const notes = async (request: any, response: any) => {
      const sessionToken = /session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
      response.json(await new Parse.Query('Note').find({ sessionToken }));
    };
    web.all(['/notes', '/login', '/api/notes', '//evil.example/notes'], notes);
    web.get('/missing', () => new Parse.Query('Note').get('missing'));
    web.use(
      client.redirectInvalidSession('/login', {
        cookie: ['session', 'device'],
        cookieOptions: { path: '/' },
      }),
    );
    web.use((error: any, _request: any, response: any, _next: any) => {
      response.status(500).json({ passedOn: error.code });
    });
    state.web = web.listen(0, '127.0.0.1');
    await new Promise(resolve => state.web.once('listening', resolve));
    return `http://127.0.0.1:${state.web.address().port}`;
  });

beforeAll(async () => {
  server = await startServer();
  app = await startClient(server);
  origin = await startWebApp();
  user = await server.signUp();
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

const PAGE = 'text/html,application/xhtml+xml,*/*;q=0.8';

async function ask(path: string, token: string, { accept = PAGE, method = 'GET' } = {}) {
  const response = await fetch(origin + path, {
    method,
    headers: { accept, cookie: `session=${token}` },
    redirect: 'manual',
  });
  return {
    status: response.status,
    location: response.headers.get('location'),
    cleared: response.headers.getSetCookie().filter(cookie => cookie.includes('Expires=Thu, 01 Jan 1970')),
    body: await response.json().catch(() => undefined),
  };
}

describe('redirectInvalidSession', () => {
  let dead: string;

  beforeAll(async () => {
    dead = (await server.login(user.username, user.password)).token;
    await revoke(server, dead);
  });

  it('sends a page request to the log-in route and back, the session cookies cleared', async () => {
    expect(await ask('/notes?page=2&sort=a%20b', dead)).toMatchObject({
      status: 302,
      location: '/login?returnTo=%2Fnotes%3Fpage%3D2%26sort%3Da%2520b',
      cleared: [expect.stringMatching(/^session=;.*Path=\//), expect.stringMatching(/^device=;/)],
    });
  });

  it('answers a script with 401 and Parse’s own JSON, the cookies cleared as well', async () => {
    for (const accept of ['*/*', 'application/json']) {
      expect(await ask('/api/notes', dead, { accept })).toMatchObject({
        status: 401,
        location: null,
        cleared: [expect.any(String), expect.any(String)],
        body: { code: 209, error: 'Invalid session token' },
      });
    }
  });

  it('sends a form that was posted to the log-in route, with no way back to its address', async () => {
    expect(await ask('/notes', dead, { method: 'POST' })).toMatchObject({ status: 303, location: '/login' });
  });

  it('never makes a way back to another site', async () => {
    expect(await ask('//evil.example/notes', dead)).toMatchObject({ status: 302, location: '/login' });
  });

  it('does not send the log-in page to itself', async () => {
    expect(await ask('/login?returnTo=%2Fnotes', dead)).toMatchObject({
      status: 500,
      body: { passedOn: 209 },
      cleared: [expect.any(String), expect.any(String)],
    });
  });

  it('lets a live session through', async () => {
    const { token } = await server.login(user.username, user.password);
    expect(await ask('/notes', token)).toMatchObject({ status: 200, body: [], cleared: [] });
  });

  it('passes every other error on, the cookies kept', async () => {
    expect(await ask('/missing', dead)).toMatchObject({ status: 500, body: { passedOn: 101 }, cleared: [] });
  });

  it('leaves an answer that has begun to the next handler', () => {
    const error = { code: 209 };
    const next = jest.fn();
    const response = { headersSent: true } as never;
    redirectInvalidSession('/login')(error, {} as never, response, next);
    expect(next.mock.calls).toEqual([[error]]);
  });

  it.each(['', 'login', '//evil.example', 'https://evil.example', '/\\evil.example'])(
    'refuses %j as the log-in route',
    path => {
      expect(() => redirectInvalidSession(path)).toThrow(TypeError);
    },
  );
});

it.each([{ cooky: 'session' }, { cookie: 5 }, { cookieOptions: '/' }])(
  'refuses wrong options: %j',
  options => {
    expect(() => redirectInvalidSession('/login', options as never)).toThrow(TypeError);
  },
);

describe('sameSitePath', () => {
  it.each(['/', '/notes', '/notes?page=2#top', '/%2F%2Fevil.example', '/a//b', '/ü'])('keeps %j', path => {
    expect(sameSitePath(path, '/home')).toBe(path);
    expect(new URL(path, 'https://app.example').host).toBe('app.example');
  });

  it.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/a\r\nSet-Cookie: a=b',
    'https://evil.example',
    'javascript:alert(1)',
    ' //evil.example',
    'notes',
    '',
    undefined,
    ['/notes'],
  ])('answers the fallback for %j', path => {
    expect(sameSitePath(path, '/home')).toBe('/home');
    expect(sameSitePath(path)).toBe('/');
  });
});
