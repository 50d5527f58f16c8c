import { startSecondProcess, type ProcessScope, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';

/**
 * The paths of an app that answers for itself while Parse Server is at work: `/at-once` before it begins, `/meanwhile`
 * as soon as it saves something.
 */
function mountImpatient({ server, state, Parse }: ProcessScope): void {
  const answer = (response: any) => response.status(503).json({ error: 'too late' });
  server.app.use(
    '/at-once',
    (_request: any, response: any, next: () => void) => {
      answer(response);
      next();
    },
    server.server.app,
  );
  server.app.use(
    '/meanwhile',
    (_request: any, response: any, next: () => void) => {
      state.waiting = response;
      next();
    },
    server.server.app,
  );
  Parse.Cloud.beforeSave('Note', () => {
    if (state.waiting) answer(state.waiting);
    state.waiting = undefined;
  });
}

const CALLS: Array<[string, (mount: string) => { path: string; body: object }]> = [
  [
    'a batch in a transaction',
    mount => ({ path: '/batch', body: { transaction: true, requests: notes(mount) } }),
  ],
  ['a batch', mount => ({ path: '/batch', body: { requests: notes(mount) } })],
  ['a save', () => ({ path: '/classes/Note', body: { title: 'a' } })],
  ['a new session', () => ({ path: '/sessions', body: {} })],
];

const notes = (mount: string) =>
  ['a', 'b'].map(title => ({ method: 'POST', path: `${mount}/classes/Note`, body: { title } }));

describe.each([
  ['stock Parse Server', false],
  ['with this package', true],
])('when the app has answered already, %s goes on after', (_what, mounted) => {
  let main: SpecServer;
  let child: SecondProcess;
  let token: string;

  beforeAll(async () => {
    main = await startServer({}, {}, { mounted: false });
    ({ token } = await main.signUp());
    await main.rest('POST', '/classes/Note', { token, body: {} });
    child = await startSecondProcess({
      mounted,
      parseServer: { databaseURI: main.databaseURI },
    });
    await child.run(mountImpatient);
  });

  afterAll(async () => {
    await child.stop();
    await main.stop();
  });

  const origin = () => new URL(child.url).origin;

  it.each(
    CALLS.flatMap(([what, call]) => ['/at-once', '/meanwhile'].map(mount => [what, mount, call] as const)),
  )('%s (%s)', async (_name, mount, call) => {
    const { path, body } = call(mount);
    const answer = await main.rest('POST', `${origin()}${mount}${path}`, { token, body });
    // A save is needed to answer meanwhile.
    expect(answer.status).toBe(mount === '/meanwhile' && path === '/sessions' ? 201 : 503);
    // It would have ended once Parse Server is done with what it was asked for, which a request after it shows.
    const after = await main.rest('GET', `${child.url}/classes/Note`, { token });
    expect(after.status).toBe(200);
  });
});
