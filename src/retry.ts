/** Pauses between two tries of what has failed, in milliseconds; the last one repeats. */
const PAUSES_MS = [1000, 2000, 5000, 10_000, 30_000];

/** @param failures how many tries in a row have failed, from 1 on. */
export const pauseAfter = (failures: number): number => PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1]!;
