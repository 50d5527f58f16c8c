import { ErrorCode } from '../errors';
import type { ServerConfig } from '../parse-server';
import type { SessionRecord } from '../record';
import type { Runtime } from '../runtime';
import { enter, Visit } from './visit';

/** The first version that ignores what a client sends for `createdWith`, by which sessions of clients are known. */
const FIRST_MINOR = 8;

/** @throws Error for a version of Parse Server that this package does not know how to guard. */
export function requireKnownVersion({ version }: Pick<ServerConfig, 'version'>): void {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (Number(major) === 9 && Number(minor) >= FIRST_MINOR) return;
  throw new Error(
    `parse-server-sessions guards parse-server >= 9.${FIRST_MINOR}.0 < 10, and this is ${version ?? 'of no known version'}: ` +
      'its clients could get round the rules. Install one of those (npm install parse-server@9), or a version of ' +
      'parse-server-sessions that knows this one.',
  );
}

/** A session that may write nothing, of a user that nobody is. */
const PROBE: SessionRecord = {
  objectId: 'probe',
  sessionToken: 'r:probe',
  userId: 'probe',
  restricted: true,
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
 * Has a restricted session write a user at the gate, by a controller as each request has one.
 * @throws Error when it is not refused: then nothing would be guarded.
 */
export async function checkGate(config: Pick<ServerConfig, 'database'>, runtime: Runtime): Promise<void> {
  const caller = { kind: 'session', token: PROBE.sessionToken, userId: PROBE.userId! } as const;
  // Nothing follows from this refusal, no event either.
  const silent = { ...runtime, events: { blocked: () => undefined } as never };
  const visit = enter(new Visit(silent, config.database, caller));
  visit.assume(PROBE);
  const refusal: unknown = await config.database
    .update('_User', { objectId: 'probe' }, { probe: true }, { acl: ['*', 'probe'] })
    .catch(error => error);
  if ((refusal as { code?: number } | undefined)?.code === ErrorCode.OPERATION_FORBIDDEN) return;
  throw new Error(
    'parse-server-sessions cannot guard this Parse Server: a restricted session could write. Use a version of ' +
      'parse-server that the README names.',
  );
}
