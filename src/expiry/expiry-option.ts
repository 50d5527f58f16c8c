import * as z from 'zod';
import { duration, DURATION } from '../duration';
import type { Kind } from './kind';

/** How long sessions of one kind live. Durations are strings such as `'30m'` or `'90d'`, or numbers of seconds. */
export interface LifetimeOptions {
  /** After the last access (idle timeout). @default maxAge */
  idle?: string | number;
  /** After the creation, whatever the use (max age). @default no limit */
  maxAge?: string | number;
}

/** Lifetimes by kind of session. A kind that is left out keeps Parse Server's own rule (`sessionLength`). */
export type ExpiryOptions = Readonly<Partial<Record<Kind, LifetimeOptions>>>;

const lifetime = z
  .strictObject({
    idle: duration.optional().describe(DURATION),
    maxAge: duration.optional().describe(DURATION),
  })
  .refine(({ idle, maxAge }) => idle !== undefined || maxAge !== undefined)
  .transform(({ idle, maxAge = Infinity }) => ({ idle: idle ?? maxAge, maxAge }))
  .optional()
  .describe('{ idle, maxAge }, at least one of them');

/** The option `expiry`, which becomes an `ExpiryPolicy`. */
export const expiryOption = z
  .strictObject({ authenticated: lifetime, anonymous: lifetime, restricted: lifetime })
  .describe('{ authenticated, anonymous, restricted }, each { idle, maxAge }');
