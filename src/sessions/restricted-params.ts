import { z } from 'zod';
import { duration } from '../duration';
import { textOf } from '../in-messages';
import { text } from '../params';
import { isScope } from '../policy/scopes';

/** What the list of sessions shows. */
export const sessionName = text(128, z.string().trim());

const SCOPE = { error: 'expected a scope of up to 128 characters, such as "Telemetry:create"' };
const scope = z
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

/** What a new restricted session may be given, by the cloud function as by the store. */
export const restrictedParams = z.strictObject({
  name: sessionName.optional(),
  installationId: text(128).optional(),
  expiresIn: duration.optional(),
  scopes: z.array(scope, SCOPES).min(1, SCOPES).max(64, SCOPES).optional(),
});
