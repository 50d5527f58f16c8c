import { beforeDatabaseCloses } from '../../src/shutdown';

/** Notes what is done, in order. */
function notes() {
  const done: string[] = [];
  const work = (name: string) => async () => {
    await Promise.resolve();
    done.push(name);
  };
  return { done, work };
}

describe('before the database closes', () => {
  it('what is left is done once, for each app that shares the adapter', async () => {
    const { done, work } = notes();
    const adapter = { handleShutdown: work('closed') };
    beforeDatabaseCloses(adapter, work('one app'));
    beforeDatabaseCloses(adapter, work('another app'));
    await adapter.handleShutdown();
    expect(done).toEqual(['one app', 'another app', 'closed']);
    await adapter.handleShutdown();
    expect(done.slice(3)).toEqual(['closed']);
  });

  it('a second call waits for what the first has begun', async () => {
    const { done, work } = notes();
    const adapter = { handleShutdown: work('closed') };
    beforeDatabaseCloses(adapter, work('an app'));
    await Promise.all([adapter.handleShutdown(), adapter.handleShutdown()]);
    expect(done).toEqual(['an app', 'closed', 'closed']);
  });

  it('an app that starts later on the same adapter is shut down, too', async () => {
    const { done, work } = notes();
    const adapter = { handleShutdown: work('closed') };
    beforeDatabaseCloses(adapter, work('one app'));
    await adapter.handleShutdown();
    beforeDatabaseCloses(adapter, work('another app'));
    await adapter.handleShutdown();
    expect(done).toEqual(['one app', 'closed', 'another app', 'closed']);
  });

  it('the adapter closes it as its own method', async () => {
    const adapter = {
      isOpen: true,
      handleShutdown() {
        this.isOpen = false;
      },
    };
    beforeDatabaseCloses(adapter, async () => undefined);
    await adapter.handleShutdown();
    expect(adapter.isOpen).toBe(false);
  });

  it('an adapter that cannot is left alone', () => {
    const adapter = {};
    beforeDatabaseCloses(adapter, async () => undefined);
    expect(adapter).toEqual({});
  });
});
