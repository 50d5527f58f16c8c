import { startSecondProcess, type ProcessScope, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: string;

/**
 * The path of an app that answers for itself as soon as Parse Server saves a note. Notes when Parse Server answers all
 * the same, and what would end the process.
 */
function mountImpatient({ server, state, Parse }: ProcessScope): void {
  for (const event of ['unhandledRejection', 'uncaughtException']) {
    process.on(event as 'uncaughtException', error =>
      state.ends.push(`${event}: ${(error as any).code ?? error}`),
    );
  }
  const impatient = (_request: any, response: any, next: () => void) => {
    const json = response.json.bind(response);
    state.answer = () =>
      response.headersSent || response.status(503).set('Connection', 'close').send('too late');
    response.json = (body: unknown) => {
      state.attempts += 1;
      return json(body);
    };
    next();
  };
  server.app.use('/impatient', impatient, server.server.app);
  Parse.Cloud.beforeSave('Note', async () => {
    state.answer?.();
    await state.wait;
  });
}

const requests = ['a', 'b'].map(title => ({
  method: 'POST',
  path: '/impatient/classes/Note',
  body: { title },
}));

const CALLS: Array<[what: string, path: string, body: object]> = [
  ['a batch in a transaction', '/batch', { transaction: true, requests }],
  ['a batch', '/batch', { requests }],
  ['a save', '/classes/Note', { title: 'a' }],
];

describe.each([
  ['stock Parse Server', false],
  ['Parse Server with this package', true],
])('when the app has answered already, the process of %s goes on after', (_what, mounted) => {
  let main: SpecServer;
  let child: SecondProcess;
  let token: string;

  beforeAll(async () => {
    main = await startServer({}, {}, { mounted: false });
    ({ token } = await main.signUp());
    await main.rest('POST', '/classes/Note', { token, body: {} });
    child = await startSecondProcess({ mounted, parseServer: { databaseURI: main.databaseURI } });
    await child.run(mountImpatient);
  });

  afterAll(async () => {
    await child?.stop();
    await main?.stop();
  });

  it.each(CALLS)('%s', async (_name, path, body) => {
    await child.run(({ state }) => {
      Object.assign(state, { attempts: 0, ends: [], answer: undefined });
    });
    const answer = await main.rest('POST', new URL(`/impatient${path}`, child.url).href, { token, body });
    const seen = await eventually(async () => {
      const { attempts, ends } = await child.run(({ state }) => ({ ...state, answer: undefined }) as any);
      expect(attempts).toBeGreaterThan(0);
      return { attempts, ends };
    });
    // A transaction that the database does not know is refused before anything is saved.
    expect(answer.status).toBe(path === '/batch' && answer.body?.code !== undefined ? 400 : 503);
    expect(seen.ends).toEqual([]);
  });

  // This package aborts a transaction that is open when its request is answered; stock Parse Server commits it.
  // The MongoDB of the specs has no transactions.
  const itAborts = mounted && SPEC_DATABASE === 'postgresql' ? it : it.skip;
  itAborts('a batch in a transaction that takes long', async () => {
    await child.run(({ state }) => {
      const wait = new Promise(resolve => (state.release = resolve));
      Object.assign(state, { attempts: 0, ends: [], answer: undefined, wait });
    });
    const [, path, body] = CALLS[0]!;
    await main.rest('POST', new URL(`/impatient${path}`, child.url).href, { token, body });
    const open =
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'";
    await eventually(async () =>
      expect(await (main.server.config.databaseController.adapter as any)._client.any(open)).toEqual([]),
    );
    const before = await main.rawFind('Note', {});
    await child.run(({ state }) => state.release());
    const ends = await eventually(async () => {
      const seen = await child.run(({ state }) => ({ attempts: state.attempts, ends: state.ends }));
      expect(seen.attempts).toBeGreaterThan(0);
      return seen.ends;
    });
    expect(ends).toEqual([]);
    expect(await main.rawFind('Note', {})).toEqual(before);
  });
});
