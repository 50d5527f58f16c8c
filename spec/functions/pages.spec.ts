import { startServer, type SpecServer } from '../support/server';
import { insertSession, insertUser } from './sessions';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const date = (iso: string) => ({ __type: 'Date', iso });

let server: SpecServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

/** A user whose own session is the oldest, and others: with the same last access, and without any. */
async function userWithMany() {
  const user = await insertUser(server);
  await server.rawUpdate('_Session', { sessionToken: user.token }, { lastAccessedAt: date(at(0)) });
  const insert = async (more: object) => (await insertSession(server, user.userId, more)).objectId;
  const same: string[] = [];
  for (let i = 0; i < 7; i += 1) same.push(await insert({ lastAccessedAt: date(at(30)) }));
  // In between by their last update, as sessions are that have not been used since the package was installed.
  const never = [
    await insert({ lastAccessedAt: undefined, updatedAt: at(50) }),
    await insert({ lastAccessedAt: undefined, updatedAt: at(20) }),
    await insert({ lastAccessedAt: undefined, updatedAt: at(20) }),
    await insert({ lastAccessedAt: undefined, updatedAt: at(5) }),
  ];
  const accessed = [
    await insert({ lastAccessedAt: date(at(40)) }),
    await insert({ lastAccessedAt: date(at(10)) }),
  ];
  const [own] = await server.rawFind('_Session', { sessionToken: user.token });
  return { user, own: own.objectId as string, same, never, accessed };
}

const idsOf = (views: Array<{ objectId: string }>) => views.map(({ objectId }) => objectId);

describe.each(['a session', 'the master key'] as const)('listSessions in pages, for %s', caller => {
  let many: Awaited<ReturnType<typeof userWithMany>>;
  let whole: string[];

  const list = async (page: object) => {
    const { userId, token } = many.user;
    return caller === 'a session'
      ? server.run('listSessions', page, { token })
      : server.run('listSessions', { userId, ...page }, { master: true });
  };

  beforeAll(async () => {
    many = await userWithMany();
    // A request of its own session's has that accessed now; nothing of the others moves.
    whole = idsOf(await list({}));
  });

  it('has the session that was accessed last first, those of the same time in a lasting order', () => {
    const { same, never, accessed, own } = many;
    const place = (id: string) => whole.indexOf(id);
    expect(whole).toHaveLength(14);
    const groups = [
      [never[0]!],
      [accessed[0]!],
      same,
      [never[1]!, never[2]!],
      [accessed[1]!],
      [never[3]!],
      [own],
    ];
    const expected = groups.flatMap((ids, index) => ids.map(() => index));
    const found = whole.map(id => groups.findIndex(ids => ids.includes(id)));
    expect(found).toEqual(expected);
    expect(place(own)).toBe(13);
  });

  it.each([1, 2, 3, 4, 5, 13, 14, 1000])('pages of %i make up the whole, each session once', async limit => {
    const pages: string[][] = [];
    for (let skip = 0; skip < whole.length; skip += limit) pages.push(idsOf(await list({ limit, skip })));
    expect(pages.flat()).toEqual(whole);
    expect(pages.slice(0, -1).every(page => page.length === limit)).toBe(true);
  });

  it('the first page holds what belongs there, the caller’s own session or not', async () => {
    expect(idsOf(await list({ limit: 3 }))).toEqual(whole.slice(0, 3));
    expect(whole.slice(0, 3)).not.toContain(many.own);
  });

  it('skip alone leaves out the first', async () => {
    expect(idsOf(await list({ skip: 5 }))).toEqual(whole.slice(5));
    expect(idsOf(await list({ skip: 0 }))).toEqual(whole);
  });

  it('a page behind the last one is empty', async () => {
    expect(await list({ skip: 14 })).toEqual([]);
    expect(await list({ skip: 2 ** 31 - 1, limit: 1000 })).toEqual([]);
  });
});

it('a restricted session pages through the restricted ones only', async () => {
  const { user } = await userWithMany();
  const insert = (second: number) =>
    insertSession(server, user.userId, { restricted: true, lastAccessedAt: date(at(second)) });
  const [second, first, third] = [await insert(41), await insert(42), await insert(3)];
  const pages = [];
  for (let skip = 0; skip < 4; skip += 1) {
    pages.push(...idsOf(await server.run('listSessions', { limit: 1, skip }, third)));
  }
  expect(pages).toEqual([first, second, third].map(({ objectId }) => objectId));
});
