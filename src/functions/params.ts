import { z } from 'zod';
import { hasNoNul, NO_NUL, text } from '../params';
import { sessionName } from '../sessions/restricted-params';

/** As long as `allowCustomObjectId` is likely to have them; Parse Server itself has no limit. */
const id = text(256);
/** The master key may have saved a session with a token of any length. */
const token = z
  .string({ error: 'expected a token' })
  .min(1, { error: 'expected a token' })
  .refine(hasNoNul, NO_NUL);

/** The parameters of each cloud function, for a caller with a session and for the master key. */
export const PARAMS = {
  none: z.strictObject({}),
  ofUser: z.strictObject({ userId: id }),
  byToken: z.strictObject({ sessionToken: token }),
  byId: z.strictObject({ objectId: id }),
  exceptOfUser: z.strictObject({ userId: id, except: token.optional() }),
  confirm: z.strictObject({ password: text(1024) }),
  rename: z.strictObject({ objectId: id, name: sessionName }),
} as const;
