import { sameAsStock, seen, type Scenario } from '../support/same-as-stock';
import type { SpecServer, SpecUser } from '../support/server';
import { SENDERS } from '../support/writers';

type Json = Record<string, any>;

const COLUMNS = {
  settings: { theme: { color: 'red', size: 2 }, lang: 'fr' },
  stats: { wins: 1, losses: 2 },
};

/** What is sent, and a part of the row that it leaves behind. */
const UPDATES: Array<[Json, Json]> = [
  [{ 'settings.theme.color': 'blue' }, { settings: { theme: { color: 'blue' }, lang: 'fr' } }],
  [{ 'settings.lang': null }, { settings: { theme: { color: 'red', size: 2 } } }],
  [
    { 'settings.lang': 'de', 'stats.losses': 3 },
    { settings: { lang: 'de' }, stats: { losses: 3 } },
  ],
  [{ 'stats.wins': { __op: 'Increment', amount: 1 } }, { stats: { wins: 2, losses: 2 } }],
  [{ 'settings.lang': { __op: 'Delete' } }, { settings: { theme: { color: 'red', size: 2 } } }],
  [{ nickname: 'Ada' }, { ...COLUMNS, nickname: 'Ada' }],
];

async function userOf(_server: SpecServer, { userId }: SpecUser): Promise<string> {
  return userId;
}

async function roleOf(server: SpecServer, { userId }: SpecUser): Promise<string> {
  const ACL = { '*': { read: true }, [userId]: { read: true, write: true } };
  const body = { name: `crew-${userId.toLowerCase()}`, ACL };
  return (await server.rest('POST', '/roles', { master: true, body })).body.objectId;
}

const TARGETS = [
  ['users', '_User', userOf],
  ['roles', '_Role', roleOf],
] as const;

const KEYS = Array.from({ length: 20 }, (_, index) => `key${index}`);

describe.each(TARGETS)('a nested update of /%s', (collection, className, objectOf) => {
  async function prepare(server: SpecServer) {
    const user = await server.signUp();
    const objectId = await objectOf(server, user);
    const path = `/${collection}/${objectId}`;
    await server.rest('PUT', path, { master: true, body: COLUMNS });
    const row = async () => {
      const [{ username: _name, name: _roleName, ...rest }] = await server.rawFind(className, { objectId });
      return rest;
    };
    return { user, path, row };
  }

  const scenarios = SENDERS.flatMap(([who, send]): Scenario[] => [
    ...UPDATES.map(([body, left]): Scenario => [
      `by ${who} leaves what it does not name: ${JSON.stringify(body)}`,
      async server => {
        const { user, path, row } = await prepare(server);
        const answer = seen(await send(server, user, 'PUT', path, body));
        return { answer, row: await row() };
      },
      { answer: { status: 200 }, row: left },
    ]),
    [
      `by ${who} loses nothing of the twenty others at the same time`,
      async server => {
        const { user, path, row } = await prepare(server);
        const answers = await Promise.all(
          KEYS.map(async (key, index) =>
            seen(await send(server, user, 'PUT', path, { [`settings.${key}`]: index })),
          ),
        );
        return { answers, row: await row() };
      },
      { row: { settings: { lang: 'fr', ...Object.fromEntries(KEYS.map((key, index) => [key, index])) } } },
    ],
  ]);

  sameAsStock(scenarios);
});
