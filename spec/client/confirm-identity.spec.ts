import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { HOUR } from '../support/time';
import {
  filesInMemory,
  startClient,
  watchRequests,
  type ClientProcess,
  type ClientScope,
} from './support/client-process';

const OBJECT_NOT_FOUND = 101;
const STALE = 'not allowed: the last login is too long ago, confirm your identity first (PaymentMethod)';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer(
    {
      fresh: { PaymentMethod: true, _User: ['email'], 'function:revokeOtherSessions': true },
      guard: ['Invoice'],
    },
    { filesAdapter: filesInMemory() },
    {
      cloud(Parse) {
        const requireFresh = (request: any) => server.sessions.requireFreshSession()(request);
        Parse.Cloud.beforeSave(Parse.File, requireFresh);
        Parse.Cloud.define('pay', () => 'paid', requireFresh);
      },
    },
  );
  requests = watchRequests(server);
  app = await startClient(server);
});

afterAll(async () => {
  await app?.stop();
  await server?.stop();
});

const staleSession = async (userId: string) =>
  (await makeSession(server, userId, { authenticatedAt: parseDate(Date.now() - HOUR) })).token;

beforeEach(async () => {
  user = await server.signUp();
  await app.run(
    async ({ Parse, state }, { token, password }) => {
      await Parse.User.become(token);
      Object.assign(state, { asked: [], password });
    },
    { token: await staleSession(user.userId), password: user.password },
  );
  requests.paths.length = 0;
});

/** How the app asks: what its `confirmIdentity` does, by name. It is told of each prompt. */
const install = (kind: string) =>
  app.run(({ install: installs, client, Parse, state }, how) => {
    const sessions = client.sessionsClient(Parse);
    const ways: Record<string, () => unknown> = {
      'the proof': () => ({ password: state.password }),
      'its own call': async () => void (await sessions.confirmIdentity({ password: state.password })),
      'a new token': () => sessions.confirmIdentity({ password: state.password, rotate: true }),
      'a new log-in': () => Parse.User.logIn(Parse.User.current()!.getUsername()!, state.password),
      null: () => null,
      false: () => false,
      'an error': () => Promise.reject(new Error('closed')),
      'a wrong proof': () => ({ password: 'wrong' }),
      nothing: () => undefined,
      'a log-out': () => Parse.User.logOut(),
      'another user': () => Parse.User.logIn(state.another.username, state.another.password),
      'in a while': () => new Promise(resolve => (state.close = resolve)),
    };
    installs({
      confirmIdentity: (error: unknown) => {
        const { code, message } = error as { code: number; message: string };
        state.asked.push([code, message, error instanceof Parse.Error]);
        return ways[how]!();
      },
    });
  }, kind);

const asked = () => app.run(({ state }) => state.asked as unknown[]);
const savePayments = (count: number) =>
  app.run(
    async ({ Parse, outcome }, length) =>
      Promise.all(
        Array.from({ length }, (_, index) =>
          outcome(() => new Parse.Object('PaymentMethod').save({ index })),
        ),
      ),
    count,
  );
const savedBy = (className: string) =>
  server.rawFind(className, {}).then(rows => rows.map(({ index }) => index).sort((a, b) => a - b));

describe('confirmIdentity', () => {
  beforeEach(async () => {
    await server.rawDelete('PaymentMethod', { objectId: { $exists: true } }).catch(() => undefined);
  });

  it.each(['the proof', 'its own call', 'a new token', 'a new log-in'])(
    'is asked once for fifty refusals, which are sent once more after %s',
    async kind => {
      await install(kind);
      expect(await savePayments(50)).toEqual(Array(50).fill({ ok: true }));
      expect(await asked()).toEqual([[119, STALE, true]]);
      expect(requests.count('/classes/PaymentMethod')).toBe(100);
      expect(await savedBy('PaymentMethod')).toEqual(Array.from({ length: 50 }, (_, index) => index));
      expect(await savePayments(1)).toEqual([{ ok: true }]);
      expect(await asked()).toHaveLength(1);
    },
  );

  it.each(['null', 'false', 'an error', 'a wrong proof', 'a log-out'])(
    'that comes to %s leaves each request its own error, sent once',
    async kind => {
      await install(kind);
      expect(await savePayments(20)).toEqual(
        Array(20).fill({ ok: false, code: 119, message: STALE, invalidSession: false }),
      );
      expect(await asked()).toHaveLength(1);
      expect(requests.count('/classes/PaymentMethod')).toBe(20);
    },
  );

  it('that has confirmed nothing has each request refused a second time, and asks no more', async () => {
    await install('nothing');
    const outcomes = await savePayments(3);
    expect(outcomes.map(({ message }) => message)).toEqual([STALE, STALE, STALE]);
    expect(await asked()).toHaveLength(1);
    expect(requests.count('/classes/PaymentMethod')).toBe(6);
  });

  it('is asked again at the next refusal, after the user has cancelled', async () => {
    await install('null');
    await savePayments(2);
    await install('the proof');
    expect(await savePayments(2)).toEqual([{ ok: true }, { ok: true }]);
    expect(await asked()).toHaveLength(2);
  });

  it('does not send the requests of one user as another', async () => {
    const another = await server.signUp();
    await app.run(({ state }, account) => void (state.another = account), another);
    await install('another user');
    expect(await savePayments(2)).toMatchObject([{ code: 119 }, { code: 119 }]);
    expect(requests.count('/classes/PaymentMethod')).toBe(2);
  });

  it('answers those that are refused while the user types, and those whose refusal comes late', async () => {
    await install('in a while');
    const late = await app.run(async ({ Parse, outcome, holdAnswers, settle, state }) => {
      const save = () => outcome(() => new Parse.Object('PaymentMethod').save());
      const held = await holdAnswers(() => new Parse.Object('PaymentMethod').save());
      const first = save();
      await settle();
      const meanwhile = save();
      await settle();
      state.close({ password: state.password });
      const outcomes = await Promise.all([first, meanwhile]);
      held.release();
      return [...outcomes, await held.outcome];
    });
    expect(late).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(await asked()).toHaveLength(1);
  });

  it('does not ask again for a refusal that comes after the user has cancelled', async () => {
    await install('null');
    const outcomes = await app.run(async ({ Parse, outcome, holdAnswers }) => {
      const held = await holdAnswers(() => new Parse.Object('PaymentMethod').save());
      const first = await outcome(() => new Parse.Object('PaymentMethod').save());
      held.release();
      return [first, await held.outcome];
    });
    expect(outcomes).toMatchObject([{ code: 119 }, { code: 119 }]);
    expect(await asked()).toHaveLength(1);
  });

  it('sends of a saveAll only the objects that were refused once more', async () => {
    await install('the proof');
    await server.rawDelete('Note', { objectId: { $exists: true } }).catch(() => undefined);
    const saved = await app.run(async ({ Parse }) => {
      const classes = ['Note', 'PaymentMethod', 'Note', 'PaymentMethod', 'Note'];
      const objects = classes.map((className, index) => new Parse.Object(className, { index }));
      await Parse.Object.saveAll(objects);
      return objects.map(object => [object.isNew(), object.get('index')]);
    });
    expect(saved).toEqual([0, 1, 2, 3, 4].map(index => [false, index]));
    expect(await savedBy('Note')).toEqual([0, 2, 4]);
    expect(await savedBy('PaymentMethod')).toEqual([1, 3]);
    expect(await asked()).toHaveLength(1);
    expect(requests.count('/batch')).toBe(2);
  });

  it('leaves a saveAll its own errors when the user cancels', async () => {
    await install('null');
    const error = await app.run(({ Parse, outcome }) =>
      outcome(() => Parse.Object.saveAll([new Parse.Object('Note'), new Parse.Object('PaymentMethod')])),
    );
    expect(error).toMatchObject({ code: 119, message: STALE });
    expect(requests.count('/batch')).toBe(1);
  });

  it.each<[string, (scope: ClientScope) => Promise<unknown>]>([
    ['a delete', ({ Parse }) => Object.assign(new Parse.Object('PaymentMethod'), { id: 'x' }).destroy()],
    [
      'a change of the user',
      ({ Parse }) => Parse.User.current()!.save({ email: `${Date.now()}@example.com` }),
    ],
    ['a cloud function', ({ Parse }) => Parse.Cloud.run('pay')],
    ['one that `fresh` names', ({ Parse, client }) => client.sessionsClient(Parse).revokeOthers()],
    ['a file in Base64', ({ Parse }) => new Parse.File('a.txt', { base64: 'aGk=' }).save()!],
    ['a file of bytes', ({ Parse }) => new Parse.File('a.txt', Buffer.from('hi') as never).save()!],
  ])('serves %s', async (_name, work) => {
    await install('the proof');
    const outcome = await app.run(
      async (scope, source: string) => scope.outcome(() => (0, eval)(`(${source})`)(scope)),
      work.toString(),
    );
    expect([undefined, OBJECT_NOT_FOUND]).toContain(outcome.code);
    expect(await asked()).toHaveLength(1);
  });

  it.each<[string, (scope: ClientScope) => Promise<unknown>]>([
    ['a refusal of a restricted session', ({ Parse }) => new Parse.Object('Invoice').save()],
    ['another error', ({ Parse }) => new Parse.Query('Note').get('unknown')],
  ])('is not asked after %s', async (_name, work) => {
    await install('the proof');
    await app.run(async ({ Parse, client }) => {
      const { sessionToken } = await client.sessionsClient(Parse).createRestricted();
      await Parse.User.become(sessionToken);
    });
    const outcome = await app.run(
      async (scope, source: string) => scope.outcome(() => (0, eval)(`(${source})`)(scope)),
      work.toString(),
    );
    expect(outcome.ok).toBe(false);
    expect(await asked()).toEqual([]);
  });

  it('is not asked for a session that is not the current user’s, nor once it is uninstalled', async () => {
    await install('the proof');
    const codes = await app.run(
      async ({ Parse, outcome, uninstall }, sessionToken) => {
        const other = await outcome(() => new Parse.Object('PaymentMethod').save(null, { sessionToken }));
        uninstall();
        return [other.code, (await outcome(() => new Parse.Object('PaymentMethod').save())).code];
      },
      await staleSession((await server.signUp()).userId),
    );
    expect(codes).toEqual([119, 119]);
    expect(await asked()).toEqual([]);
  });
});

describe('without confirmIdentity', () => {
  it('a refusal reaches the app at once', async () => {
    await app.run(({ install: installs }) => installs());
    expect(await savePayments(2)).toMatchObject([{ code: 119 }, { code: 119 }]);
    expect(requests.count('/classes/PaymentMethod')).toBe(2);
  });

  it.each(['text', 1, {}])('%p is no such function', async given => {
    const message = await app.run(
      ({ install: installs, outcome }, confirmIdentity) =>
        outcome(async () => installs({ confirmIdentity } as never)).then(result => result.message),
      given,
    );
    expect(message).toBe(`installSessionHandler: option confirmIdentity is ${typeof given}, not function.`);
  });
});
