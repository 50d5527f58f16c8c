import { pairingPage } from './settings';
import { parseSessions } from './src';

/** One instance for the server (index.ts) and its cloud code (cloud/main.ts). */
export const sessions = parseSessions({
  guard: ['Invoice'],
  // The most that a device gets which is paired by a code, whoever allows it.
  pairing: { verificationUri: pairingPage(process.env), scopes: ['Telemetry:create', 'Telemetry:read'] },
});
