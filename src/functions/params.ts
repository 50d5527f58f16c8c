import { z } from 'zod';
import { duration } from '../duration';
import { isScope } from '../policy/scopes';

/** PostgreSQL keeps no NUL in a text, and answers a query that holds one with an error. */
const hasNoNul = (text: string) => !text.includes('\0');
const NO_NUL = { error: 'expected a text without NUL characters' };

const text = (length: number, type = z.string()) => {
  const expected = { error: `expected a text of 1 to ${length} characters` };
  return z.string(expected).pipe(type.min(1, expected).max(length, expected)).refine(hasNoNul, NO_NUL);
};

const id = text(64);
/** The master key may have saved a session with a token of any length. */
const token = z
  .string({ error: 'expected a token' })
  .min(1, { error: 'expected a token' })
  .refine(hasNoNul, NO_NUL);
const name = text(128, z.string().trim());
const installationId = text(128);

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
  confirm: z.strictObject({ password: text(1024) }),
  rename: z.strictObject({ objectId: id, name }),
} as const;
