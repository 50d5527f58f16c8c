import type { Database } from './parse-server';

/**
 * How long a part waits for the database when it shuts down, in milliseconds: parts do so in two rounds, one after the
 * other, and Docker kills a process 10 s after it has asked it to end.
 */
const SHUTDOWN_MS = 4000;

/** Waits for the last work of a part, but not for ever. @returns whether it is done. */
export async function inTimeForShutdown(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, SHUTDOWN_MS, false);
  });
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer));
}

type Adapter = Pick<Database['adapter'], 'handleShutdown'>;

/** What is left to do before an adapter closes its database. */
const lastWork = new WeakMap<Adapter, Array<() => Promise<void>>>();

/**
 * Has Parse Server wait for this once when it shuts down (`ParseServer.js#handleShutdown` of 9.10.0), before it closes the
 * database. MongoDB's adapter would connect anew for whatever came later, and the process would not end. Apps may share
 * an adapter: the first of them that shuts down closes it for all.
 */
export function beforeDatabaseCloses(adapter: Adapter, work: () => Promise<void>): void {
  const { handleShutdown: close } = adapter;
  if (!close) return;
  const known = lastWork.get(adapter);
  if (known) {
    known.push(work);
    return;
  }
  const left = [work];
  lastWork.set(adapter, left);
  let done: Promise<unknown> | undefined;
  adapter.handleShutdown = async () => {
    done = Promise.all([done, ...left.splice(0).map(last => last())]);
    await done;
    return close.call(adapter);
  };
}
