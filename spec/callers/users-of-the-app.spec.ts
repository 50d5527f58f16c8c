import type { RequestHandler } from 'express';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate, pointerTo } from '../support/sessions';
import { outcomeOf } from '../support/ways-in';

declare const Parse: any;

/** The app tells Parse Server by itself who sends a request, as apps with tokens of their own do. */
const authenticate: RequestHandler = (request, _response, next) => {
  const id = request.get('X-App-User');
  if (id) (request as any).userFromJWT = Parse.User.createWithoutData(id);
  next();
};

const CLASSES = ['Note', 'Invoice', 'PaymentMethod'];
const MADE_UP = '0123456789abcdef0123456789abcdef';

let stock: SpecServer | undefined;
let server: SpecServer;
let user: SpecUser;
let stranger: SpecUser;

beforeAll(async () => {
  server = await startServer(
    { guard: ['Invoice'], fresh: ['PaymentMethod'], freshWithin: '10m' },
    {},
    { graphql: true, front: authenticate },
  );
  for (const className of CLASSES) {
    const fields = { amount: { type: 'Number' } };
    await server.rest('POST', `/schemas/${className}`, { master: true, body: { fields } });
  }
  [user, stranger] = [await server.signUp(), await server.signUp()];
});

afterAll(() => server.stop());

/** What stands beside him as the token of the request. */
const TOKENS: Record<string, () => Promise<string | undefined>> = {
  'no token': async () => undefined,
  'a made-up token': async () => `r:${MADE_UP}`,
  'a made-up token of a scoped session': async () => `r:scoped-${MADE_UP}`,
  'a made-up token of the time before': async () => MADE_UP,
  'the token of somebody else': async () => stranger.token,
  'the token of somebody else’s restricted session': async () =>
    (await server.restricted(stranger.token)).token,
  'a token of his own': async () => user.token,
  'the token of a restricted session of his own': async () => (await server.restricted(user.token)).token,
  'a token of his own whose log-in is long ago': async () =>
    (await makeSession(server, user.userId, { authenticatedAt: parseDate('2020-01-01') })).token,
};

type Send = (method: string, path: string, body?: object) => Promise<{ code?: number; result?: any }>;

const senders: Record<string, (token: string | undefined) => Send> = {
  REST: token => async (method, path, body) => {
    const headers = { 'X-App-User': user.userId };
    return outcomeOf((await server.rest(method, path, { token, body, headers })).body);
  },
  batch: token => async (method, path, body) => {
    const headers = { 'X-App-User': user.userId };
    const requests = [{ method, path: `/parse${path}`, body }];
    const answer = await server.rest('POST', '/batch', { token, headers, body: { requests } });
    if (!Array.isArray(answer.body)) return outcomeOf(answer.body);
    const [{ success, error }] = answer.body;
    return error ? outcomeOf(error) : { result: success };
  },
};

const make = async (className: string): Promise<string> =>
  (await server.rest('POST', `/classes/${className}`, { master: true, body: {} })).body.objectId;

const CALLS: Record<string, (send: Send) => Promise<{ code?: number }>> = {
  'writes an ordinary class': send => send('POST', '/classes/Note', { amount: 1 }),
  'reads an ordinary class': send => send('GET', '/classes/Note'),
  'creates in a guarded class': send => send('POST', '/classes/Invoice', { amount: 1 }),
  'updates in a guarded class': async send =>
    send('PUT', `/classes/Invoice/${await make('Invoice')}`, { amount: 1 }),
  'deletes in a guarded class': async send => send('DELETE', `/classes/Invoice/${await make('Invoice')}`),
  'writes his own user': send => send('PUT', `/users/${user.userId}`, { nickname: 'me' }),
  'makes a role': send =>
    send('POST', '/roles', { name: `role-${Math.random().toString(36).slice(2)}`, ACL: {} }),
  'makes a session': send => send('POST', '/sessions', {}),
  'writes a class in `fresh`': send => send('POST', '/classes/PaymentMethod', { amount: 1 }),
  'reads sessions': send => send('GET', '/sessions'),
};

const RULED = Object.keys(CALLS).filter(call => !call.includes('ordinary'));
const nothing = Object.fromEntries(Object.keys(CALLS).map(call => [call, undefined]));
const each = (calls: string[], code: number) => Object.fromEntries(calls.map(call => [call, code]));
const NEEDS_SESSION = ['writes a class in `fresh`'];
const GUARDED = RULED.filter(call => ![...NEEDS_SESSION, 'reads sessions'].includes(call));

/** The code that each call is refused with; everything else goes as on stock Parse Server. */
const EXPECTED: Record<string, Record<string, number | undefined>> = {
  // He is a user without a session: the guard is for restricted ones, other rules need one.
  'no token': { ...nothing, ...each(NEEDS_SESSION, 209) },
  // A token that is not his says nothing about him, and nobody knows what else he is.
  'a made-up token': { ...nothing, ...each(RULED, 209) },
  'a made-up token of a scoped session': { ...nothing, ...each(RULED, 209) },
  'a made-up token of the time before': { ...nothing, ...each(RULED, 209) },
  'the token of somebody else': { ...nothing, ...each(RULED, 209) },
  'the token of somebody else’s restricted session': { ...nothing, ...each(RULED, 209) },
  'a token of his own': nothing,
  'the token of a restricted session of his own': {
    ...nothing,
    ...each([...GUARDED, 'writes a class in `fresh`'], 119),
  },
  'a token of his own whose log-in is long ago': { ...nothing, ...each(['writes a class in `fresh`'], 119) },
};

const cases = Object.keys(senders).flatMap(way =>
  Object.entries(EXPECTED).flatMap(([beside, codes]) =>
    Object.entries(codes).map(([call, code]) => [way, beside, call, code] as const),
  ),
);

describe('a user whom the app has authenticated itself', () => {
  it.each(cases)('by %s, with %s beside him, %s: %s', async (way, beside, call, code) => {
    const send = senders[way]!(await TOKENS[beside]!());
    expect((await CALLS[call]!(send)).code).toBe(code);
  });

  it('sees no session of somebody else by that one’s token, and does not mark it as used', async () => {
    const session = await makeSession(server, stranger.userId, { lastAccessedAt: parseDate('2020-01-01') });
    const headers = { 'X-App-User': user.userId };
    await server.rest('GET', '/classes/Note', { token: session.token, headers });
    const query = 'query { sessions { edges { node { objectId } } } }';
    const answer = await server.rest('POST', server.graphqlUrl, {
      token: session.token,
      headers,
      body: { query },
    });
    expect(answer.body.errors?.[0].extensions.code).toBe(209);
    const listed = server.run('listSessions', {}, { token: session.token, headers });
    await expect(listed).rejects.toMatchObject({ code: 209 });
    await server.sessions.shutdown();
    const [row] = await server.rawFind('_Session', { objectId: session.objectId });
    expect(row.lastAccessedAt.iso).toBe('2020-01-01T00:00:00.000Z');
  });
});

describe('on stock Parse Server', () => {
  beforeAll(async () => {
    await server.stop();
    stock = await startServer({}, {}, { mounted: false, front: authenticate });
    server = stock;
    [user, stranger] = [await server.signUp(), await server.signUp()];
    await server.rest('POST', '/schemas/PaymentMethod', { master: true, body: {} });
  });

  const made = [
    'no token',
    'a made-up token',
    'a made-up token of the time before',
    'the token of somebody else',
  ];

  it.each(made.flatMap(beside => Object.keys(CALLS).map(call => [beside, call] as const)))(
    'with %s beside him, %s',
    async (beside, call) => {
      expect((await CALLS[call]!(senders.REST!(await TOKENS[beside]!()))).code).toBeUndefined();
    },
  );

  it('and the sessions are his', async () => {
    const { result } = await senders.REST!(stranger.token)('GET', '/sessions');
    for (const session of result.results) expect(session.user).toMatchObject(pointerTo(user.userId));
  });
});
