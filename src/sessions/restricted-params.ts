import * as z from 'zod';
import { duration } from '../duration';
import { textOf } from '../in-messages';
import { text } from '../params';
import { isScope } from '../policy/scopes';

/** What the list of sessions shows. */
export const sessionName = text(128, z.string().trim());

const SCOPE = { error: 'expected a scope of up to 128 characters, such as "Telemetry:create"' };
export const scope = z
  .string(SCOPE)
  .max(128, SCOPE)
  .superRefine((text, context) => {
    if (!isScope(text)) {
      // A scope is no secret: naming the wrong one helps.
      const message = `"${textOf(text)}" is not a scope such as "Telemetry:create" or "function:report"`;
      context.addIssue({ code: 'custom', message });
    }
  });
const SCOPES = { error: 'expected an array of 1 to 64 scopes, such as "Telemetry:create"' };

/** What `createRestricted` takes. */
export interface RestrictedSessionOptions {
  /** What the list of sessions shows, 1 to 128 characters. */
  name?: string;
  /** The device's own id, 1 to 128 characters. It ends the user's older restricted sessions with the same one. */
  installationId?: string;
  /** A number of seconds, or a text such as `'90d'`. It can only shorten what the rules of `expiry` give. */
  expiresIn?: number | string;
  /** All that the session may do, such as `['Telemetry:create', 'function:report']`. @default all but guarded writes */
  scopes?: string[];
}

/** A session that was just made: the one answer that holds its token. */
export interface RestrictedSession {
  objectId: string;
  sessionToken: string;
  restricted: true;
  /** `null`: it is not scoped. */
  scopes: string[] | null;
  /** `null`: it does not expire. */
  expiresAt: Date | null;
}

/** What a new restricted session may be given, by the cloud function as by the store. */
export const restrictedParams = z.strictObject({
  name: sessionName.optional(),
  installationId: text(128).optional(),
  expiresIn: duration.optional(),
  scopes: z.array(scope, SCOPES).min(1, SCOPES).max(64, SCOPES).optional(),
});
