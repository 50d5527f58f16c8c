import { randomBytes } from 'node:crypto';
import { SCOPED_TOKEN_PREFIX } from '../policy/scopes';

/** A new session token, of 128 random bits, as Parse Server makes them (`cryptoUtils.js#newToken` of 9.10.0). */
export const newToken = (isScoped = false): string =>
  `${isScoped ? SCOPED_TOKEN_PREFIX : 'r:'}${randomBytes(16).toString('hex')}`;
