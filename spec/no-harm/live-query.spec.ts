import { randomBytes } from 'node:crypto';
import Parse from 'parse/node';
import { openLiveQuery } from '../support/live-query';
import { onStockAndMounted, sameAsStock, type Play, type Scenario } from '../support/same-as-stock';
import type { SpecServer } from '../support/server';

/**
 * Subscribes, writes, and answers what comes of it. The events of all writes are there once that of the last has come,
 * which a second subscription, to all that changes, waits for.
 */
function subscribe(className: string, query: object, who: 'guest' | 'user' | 'master'): Play {
  return async server => {
    const user = await server.signUp();
    const token = who === 'user' ? user.token : undefined;
    const client = await openLiveQuery(server, { token, master: who === 'master' });
    const witness = await openLiveQuery(server, { master: true });
    try {
      const answer = await client.subscribe(className, undefined, {}, query);
      await witness.subscribe('End');
      const objectId = await write(server, className);
      const end = await server.rest('POST', '/classes/End', { master: true, body: {} });
      await witness.event(end.body.objectId);
      const events = client.received.filter(({ object }) => object?.objectId === objectId);
      return { answer, events };
    } finally {
      client.close();
      witness.close();
    }
  };
}

/** Makes an object, changes two of its columns one after the other, and deletes it. */
async function write(server: SpecServer, className: string): Promise<string> {
  const master = true;
  const ACL = { '*': { read: true } };
  const account = className === '_User' ? { username: randomBytes(6).toString('hex'), password: 'x' } : {};
  const { body } = await server.rest('POST', `/classes/${className}`, {
    master,
    body: { a: 1, b: 1, ACL, ...account },
  });
  const path = `/classes/${className}/${body.objectId}`;
  await server.rest('PUT', path, { master, body: { a: 2 } });
  await server.rest('PUT', path, { master, body: { b: 2 } });
  await server.rest('DELETE', path, { master });
  return body.objectId;
}

const QUERIES: Array<[string, object, number]> = [
  ['everything', {}, 4],
  ['some keys', { keys: ['a'] }, 4],
  ['watched columns', { watch: ['a'] }, 3],
  ['both', { keys: ['b'], watch: ['a'] }, 3],
];

const scenarios = (['Note', '_User'] as const).flatMap(className =>
  (['guest', 'user', 'master'] as const).flatMap(who =>
    QUERIES.map(([what, query, count]): Scenario => [
      `of a ${who} to ${what} of ${className}`,
      subscribe(className, query, who),
      { answer: { op: 'subscribed' }, events: { length: count } },
    ]),
  ),
);

describe('a LiveQuery subscription', () => {
  sameAsStock(scenarios, {
    harness: { liveQuery: true },
    parseServer: { liveQuery: { classNames: ['Note', '_User', 'End'] } },
  });
});

describe('liveQuery.classNames', () => {
  const Note = Parse.Object.extend('Note');

  it.each<[string, unknown[]]>([
    ['a class', [Note]],
    ['a built-in class', [Parse.User, Note]],
    ['a name and a class', ['_User', Note]],
    ['a pattern', ['No.*']],
    ['a pattern and a class', ['Oth.*', Note]],
  ])('takes %s, and events are delivered', async (_what, classNames) => {
    const play = subscribe('Note', { keys: ['a'] }, 'guest');
    const { stock, mounted } = await onStockAndMounted(
      async server => {
        const outcome: any = await play(server);
        return { op: outcome.answer.op, events: outcome.events.map((event: any) => event.op) };
      },
      {
        harness: { liveQuery: true },
        parseServer: { liveQuery: { classNames: [...classNames, 'End'] } },
      },
    );
    expect(stock).toEqual({ op: 'subscribed', events: ['create', 'update', 'update', 'delete'] });
    expect(mounted).toEqual(stock);
  });

  it('takes a class on which the app has a trigger of its own', async () => {
    const asked: string[] = [];
    const { stock, mounted } = await onStockAndMounted(subscribe('Note', {}, 'user'), {
      harness: {
        liveQuery: true,
        cloud: (sdk: any) =>
          sdk.Cloud.beforeSubscribe('Note', ({ query }: any) => void asked.push(query.className)),
      },
      parseServer: { liveQuery: { classNames: [Note, 'End'] } },
    });
    expect(stock.answer.op).toBe('subscribed');
    expect(mounted.events).toHaveLength(stock.events.length);
    expect(asked).toEqual(['Note', 'Note']);
  });
});
