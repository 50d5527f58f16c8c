import { z } from 'zod';
import { duration } from '../duration';
import { isScope } from '../policy/scopes';

/** PostgreSQL keeps no NUL in a text, and answers a query that holds one with an error. */
const hasNoNul = (text: string) => !text.includes('\0');
const NO_NUL = { error: 'expected a text without NUL characters' };

const id = z.string().min(1).max(64).refine(hasNoNul, NO_NUL);
const token = z.string().min(1).max(256).refine(hasNoNul, NO_NUL);
const name = z.string().trim().min(1).max(128).refine(hasNoNul, NO_NUL);
const installationId = z.string().min(1).max(128).refine(hasNoNul, NO_NUL);

const scope = z
  .string()
  .max(128)
  .superRefine((text, context) => {
    if (!isScope(text)) {
      // A scope is no secret: naming the wrong one helps.
      const message = `"${text.slice(0, 80)}" is not a scope such as "Telemetry:create" or "function:report"`;
      context.addIssue({ code: 'custom', message });
    }
  });

/** The parameters of each cloud function, for a caller with a session and for the master key. */
export const PARAMS = {
  none: z.strictObject({}),
  ofUser: z.strictObject({ userId: id }),
  byToken: z.strictObject({ sessionToken: token }),
  byId: z.strictObject({ objectId: id }),
  exceptOfUser: z.strictObject({ userId: id, except: token.optional() }),
  createRestricted: z.strictObject({
    name: name.optional(),
    installationId: installationId.optional(),
    expiresIn: duration.optional(),
    scopes: z.array(scope).min(1).max(64).optional(),
  }),
  confirm: z.strictObject({ password: z.string().min(1).max(1024) }),
  rename: z.strictObject({ objectId: id, name }),
} as const;
