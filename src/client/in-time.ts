// Every platform has them, but the language itself does not, and this module is typed for no platform.
declare function setTimeout(work: (nothing?: undefined) => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** How long the app waits for the server, in milliseconds. */
const PATIENCE = 3000;

/**
 * Waits for an answer of the server that the app can do without. Never rejects.
 * @returns `undefined` when the work fails, or is not done within 3 seconds
 */
export async function inTime<T>(work: () => Promise<T>): Promise<T | undefined> {
  let timer;
  try {
    return await Promise.race([
      work(),
      new Promise<undefined>(resolve => (timer = setTimeout(resolve, PATIENCE))),
    ]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
