import { docs } from '../docs';
import { ErrorCode } from '../errors';
import type { ServerConfig } from '../parse-server';
import type { SessionRecord } from '../record';
import type { Runtime } from '../runtime';
import { enter, Visit } from './visit';

/**
 * 9.8 is the first 9.x that ignores what a client sends for `createdWith` (`RestWrite.js#handleSession` of
 * 9.10.0). By that column the rules know the sessions that clients make.
 */
const FIRST_MINOR = 8;

/** @throws Error for a version of Parse Server that this package does not know how to guard. */
export function requireKnownVersion({ version }: Pick<ServerConfig, 'version'>): void {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (Number(major) === 9 && Number(minor) >= FIRST_MINOR) return;
  throw new Error(
    `parse-server-sessions guards parse-server >= 9.${FIRST_MINOR}.0 < 10, and this is ${version ?? 'of no known version'}: ` +
      'its clients could get round the rules. Install one of those (npm install parse-server@9), or a version of ' +
      `parse-server-sessions that knows this one. See ${docs('errors', 'version')}`,
  );
}

/** A restricted session of a user that does not exist. */
const PROBE: SessionRecord = {
  objectId: 'probe',
  sessionToken: 'r:probe',
  userId: 'probe',
  restricted: true,
  anonymous: null,
  createdWith: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  expiresAt: null,
  fixedExpiry: null,
  expiresBy: null,
  lastAccessedAt: null,
  installationId: null,
  ip: null,
  userAgent: null,
  name: null,
  authenticatedAt: null,
  scopes: null,
  invalidatedAt: null,
};

/**
 * Tries to write a user as a restricted session, with a controller like that of any request.
 * @throws Error when the gate does not refuse it: then nothing would be guarded.
 */
export async function checkGate(config: Pick<ServerConfig, 'database'>, runtime: Runtime): Promise<void> {
  const caller = { kind: 'session', token: PROBE.sessionToken, userId: PROBE.userId! } as const;
  // This refusal is no event.
  const silent = { ...runtime, events: { blocked: () => undefined } as never };
  const visit = enter(new Visit(silent, config.database, caller));
  visit.assume(PROBE);
  const refusal: unknown = await config.database
    .update('_User', { objectId: 'probe' }, { probe: true }, { acl: ['*', 'probe'] })
    .catch(error => error);
  if ((refusal as { code?: number } | undefined)?.code === ErrorCode.OPERATION_FORBIDDEN) return;
  throw new Error(
    'parse-server-sessions cannot guard this Parse Server: a restricted session could write. Use a version of ' +
      `parse-server that the README names. See ${docs('errors', 'cannot-guard')}`,
  );
}
