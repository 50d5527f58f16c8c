import type { SessionRecord } from '../record';

/** A session that ends sessions, its own or others. */
type EndingSession = Pick<SessionRecord, 'objectId' | 'userId' | 'name' | 'userAgent'>;

/** Who ends a session. */
export type Ender =
  | { kind: 'session'; session: EndingSession }
  /** The holder of the master key. */
  | { kind: 'master' }
  /** The app's own code, a rule of this package, or Parse Server for a client without a session. */
  | { kind: 'server' };

/** @param userAgent of its request: it may be on another device than the one that it was used from last. */
export const bySession = (session: EndingSession, userAgent: string | undefined): Ender => ({
  kind: 'session',
  session: { ...session, userAgent: userAgent ?? session.userAgent },
});

export const BY_MASTER: Ender = { kind: 'master' };
export const BY_SERVER: Ender = { kind: 'server' };

/** The one of these who ends it, as its user and an auditor see him. `self`: the session itself. */
export type EnderKind = 'self' | 'session' | 'master' | 'server';
