// What the rules and the known faults speak of at once.

export const WRITES = ['create', 'update', 'delete'] as const;
export const EVERYTHING = [...WRITES, 'get', 'find'] as const;

export const RESTRICTED = ['a restricted session', 'a scoped session'] as const;
export const UNRESTRICTED = ['a session', 'a session of an old login', 'an anonymous user'] as const;
export const KEYS = ['the master key', 'the maintenance key'] as const;
export const NO_SESSION = ['a user without a session', 'nobody'] as const;

export const OTHER_SESSIONS = [
  'another session of the user',
  'a restricted session of the user',
  'a session of another user',
  'a column that is the package’s',
] as const;
export const SESSIONS = [...OTHER_SESSIONS, 'the own session'] as const;
export const USERS = [
  'the own user',
  'another user',
  'a hidden column of the user',
  'the users in a role',
] as const;
export const ROLES = ['a role', 'the members of a role'] as const;
export const OWN_CLASSES = [
  'ParseSessionDevice',
  'ParseSessionFile',
  'ParseEndedSession',
  'ParseSessionAttempt',
  'ParseSessionPairing',
] as const;

export const BY_HTTP = [
  'REST',
  'REST, /classes/',
  'batch',
  'batch, one transaction',
  'method override',
  'token in the body',
  'GraphQL',
] as const;
