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

/** How many sessions a list has at most, the caller's own aside. A user could have any number of them. */
export const MAX_LISTED = 1000;

const wholeNumber = (from: number, to: number, range: string) => {
  const expected = { error: `expected a whole number ${range}` };
  return z.number(expected).int(expected).min(from, expected).max(to, expected).optional();
};
const page = {
  limit: wholeNumber(1, MAX_LISTED, `from 1 to ${MAX_LISTED}`),
  skip: wholeNumber(0, 2 ** 31 - 1, 'from 0 on'),
};

/** The parameters of each cloud function, for a caller with a session and for the master key. */
export const PARAMS = {
  none: z.strictObject({}),
  ofUser: z.strictObject({ userId: id }),
  page: z.strictObject(page),
  byToken: z.strictObject({ sessionToken: token }),
  byId: z.strictObject({ objectId: id }),
  exceptOfUser: z.strictObject({ userId: id, except: token.optional() }),
  confirm: z.strictObject({ password: text(1024) }),
  rename: z.strictObject({ objectId: id, name: sessionName }),
} as const;
