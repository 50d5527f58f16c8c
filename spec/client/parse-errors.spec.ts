import { handleParseError } from '../../src/client';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { revoke, startClient, watchRequests, type ClientProcess } from './support/client-process';

let server: SpecServer;
let app: ClientProcess;
let user: SpecUser;
let token: string;
let requests: ReturnType<typeof watchRequests>;

beforeAll(async () => {
  server = await startServer(
    {},
    {},
    {
      cloud(Parse) {
        Parse.Cloud.define('outdated', () => {
          throw new Parse.Error(4242, 'update the app');
        });
        Parse.Cloud.beforeDelete('Relic', () => {
          throw new Parse.Error(209, 'Invalid session token');
        });
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

beforeEach(async () => {
  user = await server.signUp();
  token = await app.run((scope, account) => scope.logIn(account), user);
  requests.paths.length = 0;
});

describe('isInvalidSessionError', () => {
  it('knows what the SDK rejects with when the server refuses the token', async () => {
    await revoke(server, token);
    const outcomes = await app.run(async ({ Parse, outcome }) => [
      await outcome(() => new Parse.Query('Note').find()),
      await outcome(() => new Parse.Object('Note').save()),
      await outcome(() => Parse.Cloud.run('listSessions')),
      await outcome(() => Parse.Object.saveAll([new Parse.Object('Note'), new Parse.Object('Note')])),
    ]);
    expect(outcomes.map(({ code, invalidSession }) => [code, invalidSession])).toEqual([
      [209, true],
      [209, true],
      [209, true],
      // The SDK makes each error of a refused batch anew.
      [111, true],
    ]);
  });

  it('finds it in the aggregate of destroyAll, in an AggregateError and in the answer of a batch', async () => {
    const found = await app.run(async ({ Parse, client }, sessionToken) => {
      const relics = await Parse.Object.saveAll([new Parse.Object('Relic'), new Parse.Object('Relic')]);
      const aggregate = await Parse.Object.destroyAll(relics).catch(error => error);
      const answers = await fetch(`${Parse.serverURL}/batch`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Parse-Application-Id': Parse.applicationId!,
          'X-Parse-Session-Token': sessionToken,
        },
        body: JSON.stringify({
          requests: [{ method: 'DELETE', path: `/parse/classes/Relic/${relics[0]!.id}` }],
        }),
      }).then(response => response.json() as Promise<{ error: { code: number } }[]>);
      return [
        [aggregate.code, client.isInvalidSessionError(aggregate)],
        [answers[0]!.error.code, client.isInvalidSessionError(answers)],
        [client.isInvalidSessionError(await Promise.any([Promise.reject(aggregate)]).catch(error => error))],
      ];
    }, token);
    expect(found).toEqual([[600, true], [209, true], [true]]);
  });

  it('is false for every other error, and for what is none', async () => {
    const outcomes = await app.run(async ({ Parse, outcome }) => {
      await new Parse.Object('Note').save({ count: 1 });
      return [
        await outcome(() => new Parse.Query('Note').get('missing')),
        await outcome(() => Parse.Cloud.run('nowhere')),
        await outcome(() => new Parse.Object('Note').save({ count: 'one' })),
        await outcome(() => Parse.Object.saveAll([new Parse.Object('Note', { count: 'one' })])),
      ];
    });
    expect(outcomes.map(({ code, invalidSession }) => [code, invalidSession])).toEqual([
      [101, false],
      [141, false],
      [111, false],
      [111, false],
    ]);
    const none = await app.run(({ client }) => {
      const cyclic: Record<string, unknown> = { code: 1 };
      cyclic.errors = [cyclic];
      return [
        undefined,
        null,
        209,
        '209',
        'Invalid session token',
        [],
        [undefined],
        {},
        new Error('209'),
        cyclic,
      ].map(client.isInvalidSessionError);
    });
    expect(none).toEqual(Array(10).fill(false));
  });
});

describe('handleParseError', () => {
  it('at 209 logs out, its own 209 swallowed, then calls back with the error', async () => {
    await revoke(server, token);
    const result = await app.run(async ({ Parse, client }) => {
      const error = await new Parse.Query('Note').find().catch(thrown => thrown);
      const seen: unknown[] = [];
      const answer = await client.handleParseError(error, {
        onInvalidSession(given) {
          seen.push(given === error, Parse.User.current());
          return 'log-in form';
        },
        otherwise: () => 'otherwise',
      });
      return { answer, seen };
    });
    expect(result).toEqual({ answer: 'log-in form', seen: [true, null] });
    expect(requests.count('/logout')).toBe(1);
  });

  it('at the array of saveAll does the same', async () => {
    await revoke(server, token);
    const result = await app.run(async ({ Parse, client }) => {
      const error = await Parse.Object.saveAll([new Parse.Object('Note')]).catch(thrown => thrown);
      const answer = await client.handleParseError(error, { onInvalidSession: () => 'log-in form' });
      return { answer, user: Parse.User.current() };
    });
    expect(result).toEqual({ answer: 'log-in form', user: null });
  });

  it('passes every other error to the handler of its code, else to otherwise, the user signed in', async () => {
    const result = await app.run(async ({ Parse, client }) => {
      const handlers = {
        onInvalidSession: () => 'log-in form',
        on: { 4242: (error: Error) => `please ${error.message}` },
        otherwise: (error: unknown) => `otherwise ${(error as { code: number }).code}`,
      };
      const fails = [() => Parse.Cloud.run('outdated'), () => new Parse.Query('Note').get('missing')];
      const answers = await Promise.all(
        fails.map(fail => fail().catch(error => client.handleParseError(error, handlers))),
      );
      return { answers, user: Parse.User.current()?.id };
    });
    expect(result).toEqual({ answers: ['please update the app', 'otherwise 101'], user: user.userId });
    expect(requests.count('/logout')).toBe(0);
  });

  it('throws the very error when nothing handles it', async () => {
    const same = await app.run(async ({ Parse, client }) => {
      const error = await new Parse.Query('Note').get('missing').catch(thrown => thrown);
      const names = [error, Object.assign(new Error('odd'), { code: 'constructor' }), undefined];
      return Promise.all(
        names.map(one =>
          client.handleParseError(one, { on: {} }).then(
            () => false,
            thrown => thrown === one,
          ),
        ),
      );
    });
    expect(same).toEqual([true, true, true]);
  });

  it('takes on[209] where there is no onInvalidSession, and a logOut and an SDK of the app’s own', async () => {
    await revoke(server, token);
    const result = await app.run(async ({ Parse, client }) => {
      const error = await new Parse.Query('Note').find().catch(thrown => thrown);
      const order: string[] = [];
      await client.handleParseError(error, {
        logOut: () => order.push('own log-out'),
        on: { 209: () => order.push('on[209]') },
      });
      const before = Parse.User.current() !== null;
      await client.handleParseError(error, { Parse, onInvalidSession: () => order.push('called back') });
      return { order, before, after: Parse.User.current() };
    });
    expect(result).toEqual({ order: ['own log-out', 'on[209]', 'called back'], before: true, after: null });
  });

  it('without an SDK to log out of says so, and keeps the error as the cause', async () => {
    const { Parse } = globalThis as { Parse?: unknown };
    const error = { code: 209 };
    delete (globalThis as { Parse?: unknown }).Parse;
    try {
      await expect(handleParseError(error)).rejects.toMatchObject({
        message: expect.stringContaining('pass the SDK as the option `Parse`'),
        cause: error,
      });
    } finally {
      (globalThis as { Parse?: unknown }).Parse = Parse;
    }
  });
});
