import type { RequestHandler } from 'express';
import { FolderFiles } from '../support/folder-files';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { lastAccessOf, makeSession, parseDate, useToken, type SpecSession } from '../support/sessions';
import { eventually, letPass, MINUTE, startClock, stopClock } from '../support/time';
import { postAsText } from '../support/ways-in';

declare const Parse: any;

/** Tokens that no database has; PostgreSQL does not even take the first one. */
const MADE_UP = ['r:\0garbage', 'r:garbage', `r:${'x'.repeat(100_000)}`];

/** The app tells Parse Server by itself who sends a request, and puts beside him what it likes. */
const authenticate: RequestHandler = (request, _response, next) => {
  const id = request.get('X-App-User');
  const number = request.get('X-App-Token');
  if (id) {
    const sessionToken = number === undefined ? undefined : MADE_UP[Number(number)];
    (request as any).userFromJWT = Parse.User.fromJSON({ className: '_User', objectId: id, sessionToken });
  }
  next();
};

const storage = new FolderFiles();
let server: SpecServer;
let user: SpecUser;
let session: SpecSession;

beforeAll(async () => {
  stopClock();
  server = await startServer(
    {},
    { filesAdapter: storage },
    {
      graphql: true,
      front: authenticate,
      cloud: () => {
        Parse.Cloud.define('readWith', ({ params }: any) =>
          new Parse.Query('Note').find({ sessionToken: params.token }).catch(() => null),
        );
      },
    },
  );
  user = await server.signUp();
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
  startClock();
});

beforeEach(async () => {
  session = await makeSession(server, user.userId);
});

const text = { 'Content-Type': 'text/plain' };
const WAYS: Array<[string, (index: number) => Promise<unknown>]> = [
  [
    'an upload',
    index =>
      server.rest('POST', '/files/a.txt', {
        body: 'x',
        headers: { 'X-App-User': user.userId, 'X-App-Token': String(index), ...text },
      }),
  ],
  [
    'a query',
    index =>
      server.rest('GET', '/classes/Note', {
        headers: { 'X-App-User': user.userId, 'X-App-Token': String(index) },
      }),
  ],
  [
    'a token in the body',
    index =>
      postAsText(
        server,
        '/classes/Note',
        { _method: 'GET' },
        { token: MADE_UP[index], headers: { 'X-App-User': user.userId } },
      ),
  ],
  ['the SDK in cloud code', index => server.run('readWith', { token: MADE_UP[index] })],
];

it.each(WAYS)('made-up tokens by %s keep no last access from being written', async (_way, send) => {
  const log = jest.spyOn(server.server.config.loggerController, 'error');
  for (const index of MADE_UP.keys()) await send(index);
  const at = new Date();
  expect(await useToken(server, session)).toBe(200);
  letPass(MINUTE);
  await eventually(async () => expect(await lastAccessOf(server, session)).toEqual(at));
  expect(log.mock.calls.filter(([message]) => String(message).includes('last accesses'))).toEqual([]);
  log.mockRestore();
});

it('an upload marks the session of its own user, and nobody else’s', async () => {
  const stranger = await server.signUp();
  const long = { lastAccessedAt: parseDate('2020-01-01') };
  const [own, foreign] = [
    await makeSession(server, user.userId, long),
    await makeSession(server, stranger.userId, long),
  ];
  for (const { token } of [own, foreign]) {
    MADE_UP.push(token);
    await WAYS[0]![1](MADE_UP.length - 1);
    MADE_UP.pop();
  }
  const at = new Date();
  letPass(MINUTE);
  await eventually(async () => expect(await lastAccessOf(server, own)).toEqual(at));
  expect(await lastAccessOf(server, foreign)).toEqual(new Date('2020-01-01'));
});

it('a mark that the database does not take is dropped, and all others are written', async () => {
  const { databaseController, loggerController } = server.server.config;
  const { adapter } = databaseController;
  const log = jest.spyOn(loggerController, 'error');
  const sessions = await Promise.all(Array.from({ length: 30 }, () => makeSession(server, user.userId)));
  const refused = sessions[17]!;
  const { find } = adapter;
  adapter.find = async function (className: string, schema: unknown, query: any, ...rest: unknown[]) {
    const asked = query.sessionToken?.$in ?? [];
    if (asked.includes(refused.token)) throw new Error(`no such text: ${refused.token}`);
    return find.call(this, className, schema, query, ...rest);
  };
  const at = new Date();
  try {
    for (const one of sessions) expect(await useToken(server, one)).toBe(200);
    letPass(MINUTE);
    for (const one of sessions.filter(other => other !== refused)) {
      await eventually(async () => expect(await lastAccessOf(server, one)).toEqual(at));
    }
    const told = () => log.mock.calls.filter(([message]) => String(message).includes('last accesses'));
    await eventually(() => expect(told()).toHaveLength(1));
    expect(String(told()[0])).toContain('1 last accesses are dropped');
    expect(String(told()[0])).not.toContain(refused.token);
  } finally {
    adapter.find = find;
    log.mockRestore();
  }
  expect(await useToken(server, refused)).toBe(200);
  letPass(MINUTE);
  await eventually(async () => expect(await lastAccessOf(server, refused)).not.toBeNull());
});
