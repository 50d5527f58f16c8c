/**
 * How long a part waits for the database when it shuts down, in milliseconds: two of them do, one after the other, and
 * Docker kills a process 10 s after it has asked it to end.
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
