export { parseSessions } from './parse-sessions';
export type { Sessions } from './sessions';
export type { LifetimeOptions, SessionsOptions } from './options';
export { requireFreshSession, requireUnrestrictedSession, type FreshSessionOptions } from './instances';
export type { RevokeReason, SessionEvent, SessionEvents, SessionListener } from './events/events';
export type { FileContents, SessionFileSet } from './files/file-set';
export {
  expiresWithin,
  isActive,
  isAuthenticated,
  isExpired,
  isValid,
  timeRemaining,
} from './expiry/lifetime';
export { rapidContextExpiry } from './expiry/policy';
export type { PurgeOptions, PurgeResult } from './purge/purge';
export type { SessionStore, SessionQuery } from './store/session-store';
export type { SessionLike, SessionRecord, SessionRef, UserRef } from './session';
export type { Device } from './device';
export type { SessionView } from './functions/view';
export { ErrorCode } from './errors';
