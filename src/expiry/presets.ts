/**
 * The lifetimes of RapidContext's sessions: anonymous users 30 minutes and signed-in users 30 days after the last
 * access, 90 days at most. Pass it as `parseSessions({ expiry: rapidContextExpiry })`.
 */
export const rapidContextExpiry = {
  anonymous: { idle: '30m', maxAge: '90d' },
  authenticated: { idle: '30d', maxAge: '90d' },
  restricted: { idle: '30d', maxAge: '90d' },
} as const;

/**
 * Lifetimes for the first authenticator assurance level of NIST SP 800-63B-4 (2.1.3): 30 days, whatever the use. Like
 * the other levels it says nothing of restricted sessions: a device cannot log in anew, so how long its token lives is
 * for the app to say (`{ ...nistAal1, restricted: { maxAge: '1y' } }`).
 */
export const nistAal1 = {
  anonymous: { maxAge: '30d' },
  authenticated: { maxAge: '30d' },
} as const;

/** Lifetimes for the second level (2.2.3): an hour after the last access, 24 hours whatever the use. */
export const nistAal2 = {
  anonymous: { idle: '1h', maxAge: '24h' },
  authenticated: { idle: '1h', maxAge: '24h' },
} as const;

/** Lifetimes for the third level (2.3.3): 15 minutes after the last access, 12 hours whatever the use. */
export const nistAal3 = {
  anonymous: { idle: '15m', maxAge: '12h' },
  authenticated: { idle: '15m', maxAge: '12h' },
} as const;
