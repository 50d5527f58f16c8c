import { parseSessions } from './src';

/** One instance for the server (index.ts) and its cloud code (cloud/main.ts). */
export const sessions = parseSessions({ guard: ['Invoice'] });
