import { normal, playOn, seen, type Play } from '../support/same-as-stock';
import type { SpecServer } from '../support/server';

/** The life of a user and of a role, as their own user, with the master key, and by the SDK in cloud code. */
const live: Play = async server => {
  const answers: unknown[] = [];
  const send = async (...request: Parameters<SpecServer['rest']>) => {
    const answer = await server.rest(...request);
    answers.push(normal(seen(answer)));
    return answer.body;
  };
  const signedUp = { username: 'ada', password: 'secret', settings: { a: 1, b: 2 }, logins: 0 };
  const { objectId: userId, sessionToken: token } = await send('POST', '/users', { body: signedUp });
  const path = `/users/${userId}`;
  const logins = { __op: 'Increment', amount: 1 };
  await send('PUT', path, { token, body: { nickname: 'A', logins } });
  await send('PUT', path, { token, body: { 'settings.a': 2 } });
  await send('PUT', path, {
    master: true,
    body: { nickname: 'B', tags: { __op: 'AddUnique', objects: ['x'] } },
  });
  await send('POST', '/login', { body: { username: 'ada', password: 'secret' } });
  const ACL = { '*': { read: true }, [userId]: { read: true, write: true } };
  const role = await send('POST', '/roles', { token, body: { name: 'crew', ACL, logins: 0 } });
  const users = {
    __op: 'AddRelation',
    objects: [{ __type: 'Pointer', className: '_User', objectId: userId }],
  };
  await send('PUT', `/roles/${role.objectId}`, { token, body: { users, logins } });
  await send('POST', '/functions/rename', { token, body: {} });
  const rows = [...(await server.rawFind('_User')), ...(await server.rawFind('_Role'))];
  await send('DELETE', `/roles/${role.objectId}`, { token });
  await send('DELETE', path, { token });
  await send('GET', '/hooks/triggers', { master: true });
  return { answers, rows: normal(rows) };
};

const rename = (Parse: any) =>
  Parse.Cloud.define('rename', async ({ user }: any) => {
    await user.save({ nickname: 'C' }, { sessionToken: user.getSessionToken() });
    return user.get('nickname');
  });

type Register = (Parse: any, note: (request: any) => void) => void;

interface Call {
  trigger: string;
  object: unknown;
  original: unknown;
  dirty: string[];
  master: boolean;
  hasUser: boolean;
}

/** What a trigger of the app is called with. */
const callOf = ({ triggerName, object, original, master, user }: any): Call =>
  normal({
    trigger: `${triggerName} ${object.className}`,
    object: object.toJSON(),
    original: original?.toJSON(),
    dirty: object.dirtyKeys().sort(),
    master: Boolean(master),
    hasUser: Boolean(user),
  });

/** Plays it with these triggers of the app. Answers what came of it, what they saw, and what the log says of them. */
const playWith = (mounted: boolean, register: Register): Promise<any> => {
  const calls: Call[] = [];
  const lines: string[] = [];
  const loggerAdapter = {
    log: (level: string, message: unknown) => void lines.push(`${level}: ${String(message)}`),
    query: () => [],
  };
  const play: Play = async server => {
    calls.length = 0;
    lines.length = 0;
    const outcome: any = await live(server);
    // Without the objects, whose columns have no order of their own.
    const log = lines.filter(line => /triggered for/.test(line)).map(line => normal(line.split('\n')[0]));
    return { ...outcome, calls: [...calls], log };
  };
  return playOn(mounted, play, {
    parseServer: { silent: false, loggerAdapter },
    harness: {
      cloud: (Parse: any) => {
        rename(Parse);
        register(Parse, request => void calls.push(callOf(request)));
      },
    },
  });
};

const CASES: Array<[string, Register, number]> = [
  ['no trigger', () => undefined, 0],
  ['afterSave on _User only', (Parse, note) => Parse.Cloud.afterSave(Parse.User, note), 5],
  ['afterDelete on _Role only', (Parse, note) => Parse.Cloud.afterDelete('_Role', note), 1],
  ['beforeSave on _User', (Parse, note) => Parse.Cloud.beforeSave('_User', note), 5],
  [
    'beforeSave on _User that changes what is saved',
    (Parse, note) =>
      Parse.Cloud.beforeSave(Parse.User, (request: any) => {
        note(request);
        request.object.set('stamp', 'by the app');
      }),
    5,
  ],
  ['beforeSave on _Role', (Parse, note) => Parse.Cloud.beforeSave(Parse.Role, note), 2],
  [
    'beforeDelete on _User and _Role',
    (Parse, note) => ['_User', '_Role'].forEach(name => Parse.Cloud.beforeDelete(name, note)),
    2,
  ],
  ['beforeLogin', (Parse, note) => Parse.Cloud.beforeLogin(note), 1],
];

const outcomes: Record<'stock' | 'mounted', Record<string, any>> = { stock: {}, mounted: {} };

beforeAll(async () => {
  for (const [what, register] of CASES) outcomes.stock[what] = await playWith(false, register);
  for (const [what, register] of CASES) outcomes.mounted[what] = await playWith(true, register);
}, 180_000);

describe.each(CASES)('in an app with %s', (what, _register, count) => {
  let stock: any;
  let mounted: any;

  beforeAll(() => {
    stock = outcomes.stock[what];
    mounted = outcomes.mounted[what];
  });

  it('users and roles get stock’s answers', () => {
    expect(stock.answers[0].status).toBe(201);
    expect(mounted.answers).toEqual(stock.answers);
  });

  it('their rows are stock’s', () => {
    expect(stock.rows).toHaveLength(2);
    expect(mounted.rows).toEqual(stock.rows);
  });

  it('the app’s triggers see what they see on stock', () => {
    expect(stock.calls).toHaveLength(count);
    expect(mounted.calls).toEqual(stock.calls);
  });

  it('the log tells of the triggers that stock tells of', () => {
    expect(stock.log.length > 0).toBe(count > 0);
    expect(mounted.log).toEqual(stock.log);
  });
});
