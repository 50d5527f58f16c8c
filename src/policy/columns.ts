/** The columns that this package adds to `_Session`. No client may write them. */
export const COLUMNS = {
  restricted: 'Boolean',
  anonymous: 'Boolean',
  ip: 'String',
  userAgent: 'String',
  lastAccessedAt: 'Date',
  name: 'String',
  fixedExpiry: 'Date',
  expiresBy: 'Date',
  authenticatedAt: 'Date',
  scopes: 'Array',
  invalidatedAt: 'Date',
  secret: 'String',
  hasFiles: 'Boolean',
  endedBy: 'String',
} as const satisfies Record<string, 'Boolean' | 'String' | 'Date' | 'Array'>;

export const OWNED_COLUMNS = Object.keys(COLUMNS) as Array<keyof typeof COLUMNS>;
/** Columns that no client may read, filter by or sort by. */
export const SECRET_COLUMNS: readonly string[] = ['secret'];

/** The column of a session's token. A user of the time before revocable sessions has one as well. */
export const TOKEN_COLUMN = 'sessionToken';
/** The name under which MongoDB stores it. */
export const STORED_TOKEN = '_session_token';
/** The name under which Parse Server stores a password, once it has hashed it. */
export const STORED_PASSWORD = '_hashed_password';
/** What the names begin with under which MongoDB stores the parts of a user's `authData`. */
export const STORED_AUTH_DATA = '_auth_data_';
