import { History } from '../../../src/history/history';
import { BY_SERVER } from '../../../src/history/ender';

const CROWD = 1000;

/** A history whose database takes records one after the other, as told. */
function historyOf() {
  const created: string[] = [];
  const held: Array<() => void> = [];
  const database = {
    find: async () => [],
    create: async (_className: string, { objectId }: any) => {
      await new Promise<void>(resolve => held.push(resolve));
      created.push(objectId);
    },
  };
  const log = { error: jest.fn(), info: jest.fn() };
  const options = { history: { keep: 1e9 }, privacy: { ip: 'full', userAgent: true } } as const;
  const places = { known: () => null };
  const history = new History(
    database as never,
    log,
    options as never,
    places as never,
    { ensure: async () => undefined },
    () => new Date(),
  );
  /** Lets the database go on until this is done. */
  const release = async (work: Promise<unknown>) => {
    for (let done = false; !done; done = await isDone(work)) for (const goOn of held.splice(0)) goOn();
  };
  return { history, created, release };
}

const rowsOf = (count: number, user: string) =>
  Array.from({ length: count }, (_, index) => ({
    objectId: `${user}-${index}`,
    sessionToken: `r:${user}-${index}`,
    user: { objectId: user },
    createdAt: new Date().toISOString(),
  }));

const isDone = async (work: Promise<unknown>) => {
  let done = false;
  void work.then(() => (done = true));
  await new Promise(resolve => setImmediate(resolve));
  return done;
};

it('whoever ends few sessions waits for no record', async () => {
  const { history, created } = historyOf();
  expect(await isDone(history.add(rowsOf(CROWD - 1, 'one'), 'revoked', BY_SERVER))).toBe(true);
  expect(created).toEqual([]);
});

it('whoever ends very many waits for their records, so that those of others have their turn', async () => {
  const { history, created, release } = historyOf();
  const adding = history.add(rowsOf(3 * CROWD, 'crowd'), 'revoked', BY_SERVER);
  expect(await isDone(adding)).toBe(false);
  void history.add(rowsOf(1, 'other'), 'revoked', BY_SERVER);
  // He is told meanwhile.
  expect((await history.ofToken('r:other-0'))?.reason).toBe('revoked');
  // Whoever has ended nothing waits for nothing.
  expect(await isDone(history.ofUser('third', { limit: 10, skip: 0 }))).toBe(true);
  await release(adding);
  expect(created.indexOf('other-0')).toBeLessThan(2 * CROWD);
  expect(created.filter(id => id.startsWith('crowd'))).toHaveLength(3 * CROWD);
});
