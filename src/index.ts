export { parseSessions } from './parse-sessions';
export type { Sessions } from './api';
export type { SessionsOptions } from './options';
export type { ExpiryOptions, LifetimeOptions } from './expiry/expiry-option';
export type { ExpiryPreview, PreviewOfAge, PreviewOfKind } from './preview/preview';
export {
  requireFreshSession,
  requireUnrestrictedSession,
  type FreshSessionOptions,
  type FreshSessionValidator,
  type HandedOrCalled,
} from './validators';
export type { RevokeReason, SessionEvent, SessionEvents, SessionListener } from './events/events';
export type { AddFileOptions, FileContents, SessionFileSet } from './files/file-set';
export {
  expiresWithin,
  isActive,
  isAuthenticated,
  isExpired,
  isValid,
  timeRemaining,
} from './expiry/lifetime';
export { nistAal1, nistAal2, nistAal3, rapidContextExpiry } from './expiry/presets';
export type { EndedBy, EndedReason, EndedSessionView, NotedEndedSessionView } from './history/record';
export type { EnderKind } from './history/ender';
export type { PurgeOptions, PurgeResult, RevokeWhereResult, SessionFilter } from './sessions/connection';
export type { RestrictedSession, RestrictedSessionOptions } from './sessions/restricted-params';
export type { SessionStore, SessionQuery } from './sessions/store';
export type { CallerSession, SessionLike, SessionRecord, SessionRef, UserRef } from './record';
export type { RequestWithSession } from './gate/session-of';
export type { Device } from './device';
export type { SessionView } from './functions/view';
export type { FoundSessionView } from './functions/operator-functions';
export type { DoctorReport } from './doctor/doctor';
export type { Finding, Level } from './doctor/finding';
export type { SessionMetrics } from './metrics/metrics';
export type { SessionOverview } from './overview/overview';
export type { SessionStats } from './overview/stats';
export type { Locate } from './places/places';
export type { UserData } from './user-data/user-data';
export { ErrorCode } from './errors';
