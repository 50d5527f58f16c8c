import { performance } from 'node:perf_hooks';

/** Everything that can be faked but the date and the intervals: the drivers and HTTP wait in real time. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'requestIdleCallback',
  'cancelIdleCallback',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Stops the clock of this process, and everything that runs at intervals. Call it before the server starts. */
export function stopClock(now: Date | string = '2031-03-01T12:00:00.000Z'): void {
  jest.useFakeTimers({ now: new Date(now), doNotFake: [...REAL] });
}

export function startClock(): void {
  jest.useRealTimers();
}

/** Sets the clock to a time. What runs at intervals does not notice. */
export function setClock(now: Date): void {
  jest.setSystemTime(now);
}

/** Moves the clock by so many milliseconds. What runs at intervals does not notice. */
export function moveClock(milliseconds: number): void {
  jest.setSystemTime(Date.now() + milliseconds);
}

/** Lets so many milliseconds pass, with all that happens at intervals meanwhile. */
export function letPass(milliseconds: number): void {
  jest.advanceTimersByTime(milliseconds);
}

/** Waits, in real time, until an expectation about something that nobody can await is met. */
export async function eventually<T>(expectation: () => T | Promise<T>, within = 10 * SECOND): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}
