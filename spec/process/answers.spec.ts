import { once } from 'node:events';
import http from 'node:http';
import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { APP_ID, restAt } from '../support/server';
import { eventually } from '../support/time';

declare const SPEC_DATABASE: string;

const USER = { username: 'somebody', password: 'correct horse' };

let other: SecondProcess | undefined;
let rest: ReturnType<typeof restAt>;
let token: string;

// One server for all, but where one of them ends it.
beforeEach(async () => {
  if (other?.isAlive) return;
  other = await startSecondProcess({
    sessions: { guard: ['Invoice'] },
    // An app that can answer for itself while its server still works on the answer.
    front: (_request, response, next) => {
      (globalThis as any).answerForItself = () => response.status(503).json({ error: 'It takes too long.' });
      next();
    },
  });
  rest = restAt(other.url);
  token = (await rest('POST', '/users', { body: USER })).body.sessionToken;
  await rest('POST', '/classes/Note', { token, body: { name: 'the first' } });
});

afterEach(() => other!.expectAlive());
afterAll(() => other?.stop());

const count = (className: string) =>
  other!.run(async ({ server }, name) => (await server.rawFind(name)).length, className);

const batch = (paths: string[], transaction: boolean) => ({
  requests: paths.map(path => ({ method: 'POST', path: `/parse${path}`, body: {} })),
  transaction,
});

// The MongoDB of the specs has no transactions.
const transactions = SPEC_DATABASE === 'postgresql' ? [false, true] : [false];
if (SPEC_DATABASE === 'mongodb') it.skip.each(['a batch in a transaction'])('%s', () => {});

const REQUESTS: Array<[title: string, className: string, path: string, body: object]> = [
  ['a write', 'Note', '/classes/Note', {}],
  ['a session that a client makes', '_Session', '/sessions', {}],
  ...transactions.flatMap<[string, string, string, object]>(transaction => {
    const what = transaction ? 'a batch in a transaction' : 'a batch';
    return [
      [what, 'Note', '/batch', batch(['/classes/Note', '/classes/Note'], transaction)],
      [`${what} that makes sessions`, '_Session', '/batch', batch(['/sessions'], transaction)],
    ];
  }),
];

/** A request on a connection of its own. */
async function open(path: string): Promise<http.ClientRequest> {
  await other!.run(({ server, state }) => {
    state.isGone = false;
    server.httpServer.once('connection', (socket: any) => {
      socket.once('close', () => (state.isGone = true));
    });
  });
  const request = http.request(other!.url + path, {
    method: 'POST',
    agent: false,
    headers: {
      'X-Parse-Application-Id': APP_ID,
      'X-Parse-Session-Token': token,
      'Content-Type': 'application/json',
    },
  });
  // That the client has hung up.
  request.on('error', () => {});
  return request;
}

/** Ends its connection, and waits until the server has noticed. */
async function hangUp(request: http.ClientRequest): Promise<void> {
  request.destroy();
  await eventually(async () => expect(await other!.run(({ state }) => state.isGone)).toBe(true));
}

/** Sends a request, and lets something happen while the server writes to a class for it. */
async function whileWriting(
  of: string,
  path: string,
  body: object,
  happens: (request: http.ClientRequest) => unknown,
) {
  await other!.run(({ server, state }, of) => {
    const { adapter } = server.server.config.databaseController;
    const { createObject } = adapter;
    const held = new Promise(resolve => (state.release = resolve));
    state.isWriting = false;
    adapter.createObject = async function (...args: unknown[]) {
      if (args[0] !== of) return createObject.apply(this, args);
      state.isWriting = true;
      await held;
      adapter.createObject = createObject;
      return createObject.apply(this, args);
    };
  }, of);
  const request = await open(path);
  request.end(JSON.stringify(body));
  await eventually(async () => expect(await other!.run(({ state }) => state.isWriting)).toBe(true));
  await happens(request);
  await other!.run(({ state }) => state.release());
}

/** What was asked for is done all the same, as on stock Parse Server, and so is what others ask for. */
async function expectDone(className: string, before: number): Promise<void> {
  await eventually(async () => {
    if (other!.isAlive) expect(await count(className)).toBeGreaterThan(before);
  });
  await other!.expectAlive();
  expect((await rest('GET', '/users/me', { token })).status).toBe(200);
}

describe('a server goes on when the app has answered before it:', () => {
  it.each(REQUESTS)('%s', async (_title, className, path, body) => {
    const before = await count(className);
    let status: number | undefined;
    await whileWriting(className, path, body, async request => {
      const answer = once(request, 'response');
      await other!.run(() => void (globalThis as any).answerForItself());
      [{ statusCode: status }] = await answer;
    });
    expect(status).toBe(503);
    await expectDone(className, before);
  });
});

describe('a server goes on when the client hangs up:', () => {
  it.each(REQUESTS)('%s', async (_title, className, path, body) => {
    const before = await count(className);
    await whileWriting(className, path, body, hangUp);
    await expectDone(className, before);
  });

  it('in the middle of what it sends', async () => {
    const request = await open('/classes/Note');
    request.setHeader('Content-Length', 1000);
    await new Promise(resolve => request.write('{"name":', resolve));
    await hangUp(request);
    await other!.expectAlive();
    expect((await rest('GET', '/users/me', { token })).status).toBe(200);
  });
});
