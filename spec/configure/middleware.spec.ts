import { startServer, type RestAnswer, type SpecServer } from '../support/server';

declare const Parse: any;

type AppMiddleware = (request: any, response: any, next: (error?: unknown) => void) => unknown;

const sent = ({ status, body }: RestAnswer) => ({ status, body });

describe('the app’s own requestContextMiddleware', () => {
  let server: SpecServer;
  let middleware: AppMiddleware;
  let seen: any[] = [];

  beforeAll(async () => {
    const requestContextMiddleware: AppMiddleware = (request, response, next) => {
      seen.push(request);
      return middleware(request, response, next);
    };
    server = await startServer({ guard: ['Invoice'] }, { requestContextMiddleware }, { graphql: true });
  });

  beforeEach(() => {
    middleware = (_request, _response, next) => next();
    seen = [];
  });

  afterAll(() => server.stop());

  it('runs once for each request, also for GraphQL and for a whole batch', async () => {
    await server.rest('GET', '/classes/Note');
    expect(seen).toHaveLength(1);
    await server.graphql('{ health }');
    expect(seen).toHaveLength(2);
    const requests = ['a', 'b'].map(text => ({
      method: 'POST',
      path: '/parse/classes/Note',
      body: { text },
    }));
    await server.rest('POST', '/batch', { body: { requests } });
    expect(seen).toHaveLength(3);
  });

  it('runs after ours: the request’s database has its rules already', async () => {
    const user = await server.signUp();
    const { token } = await server.restricted(user.token);
    let refusal: any;
    middleware = ({ config }, _response, next) => {
      const write = config.database.update(
        '_User',
        { objectId: user.userId },
        {},
        { acl: ['*', user.userId] },
      );
      write.catch((error: unknown) => (refusal = error)).finally(next);
    };
    await server.rest('GET', '/classes/Note', { token });
    expect(refusal).toMatchObject({ code: 119 });
  });

  it('sees who calls', async () => {
    const user = await server.signUp();
    await server.rest('GET', '/classes/Note', { token: user.token });
    const request = seen.at(-1);
    expect(request.auth.user.id).toBe(user.userId);
    expect(request.info.sessionToken).toBe(user.token);
  });

  it('can hand something on to cloud code', async () => {
    middleware = (request, _response, next) => {
      request.config.fromTheApp = 'hello';
      next();
    };
    Parse.Cloud.define('fromTheApp', ({ config }: any) => config.fromTheApp);
    expect(await server.run('fromTheApp')).toBe('hello');
  });

  it('can answer by itself', async () => {
    middleware = (_request, response) => response.status(503).json({ error: 'back soon' });
    expect(sent(await server.rest('GET', '/classes/Note'))).toEqual({
      status: 503,
      body: { error: 'back soon' },
    });
  });

  it('can set headers of the answer', async () => {
    middleware = (_request, response, next) => {
      response.set('X-App', 'yes');
      next();
    };
    expect((await server.rest('GET', '/classes/Note')).headers.get('x-app')).toBe('yes');
  });

  it('does not open what the rules close', async () => {
    const { token } = await server.restricted((await server.signUp()).token);
    const { body } = await server.rest('POST', '/classes/Invoice', { token, body: { total: 1 } });
    expect(seen.length).toBeGreaterThan(0);
    expect(body.code).toBe(119);
  });
});

describe('an error of the app’s own requestContextMiddleware', () => {
  const FAILURES: Array<[string, AppMiddleware]> = [
    ['a Parse.Error handed on', (_q, _r, next) => next(new Parse.Error(119, 'not today'))],
    [
      'a Parse.Error thrown',
      () => {
        throw new Parse.Error(119, 'not today');
      },
    ],
    ['a Parse.Error of a promise', async () => Promise.reject(new Parse.Error(119, 'not today'))],
    ['another error handed on', (_q, _r, next) => next(new Error('broken'))],
    [
      'another error thrown',
      () => {
        throw new Error('broken');
      },
    ],
    ['another error of a promise', async () => Promise.reject(new Error('broken'))],
  ];

  /** The answers to a request with each failure. */
  async function answers(mounted: boolean) {
    let middleware: AppMiddleware = (_request, _response, next) => next();
    const requestContextMiddleware: AppMiddleware = (...request) => middleware(...request);
    const server = await startServer({}, { requestContextMiddleware }, { mounted });
    try {
      const found: Record<string, object> = {};
      for (const [what, failure] of FAILURES) {
        middleware = failure;
        found[what] = sent(await server.rest('GET', '/classes/Note'));
      }
      return found;
    } finally {
      await server.stop();
    }
  }

  it('is answered as without this package', async () => {
    const stock = await answers(false);
    expect(stock['a Parse.Error handed on']).toEqual({
      status: 400,
      body: { code: 119, error: 'not today' },
    });
    expect(stock['another error handed on']).toMatchObject({ status: 500 });
    expect(await answers(true)).toEqual(stock);
  });
});
