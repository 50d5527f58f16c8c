import * as z from 'zod';
import { expiryOption } from '../expiry/expiry-option';
import { hasControls } from '../in-messages';
import { hasNoNul, NO_NUL, text, wholeNumber } from '../params';
import { noteParam } from '../sessions/note';
import { restrictedParams, sessionName } from '../sessions/restricted-params';

/**
 * What SDKs send beside the parameters (`RESTController.js#request` and `ParseFile.js` of parse 8.6.0; `_noBody` is
 * Unity's). Parse Server reads most of it only where no header names the app, and leaves the rest among the parameters
 * of a function and of a job (`middlewares.js#handleParseHeaders` of 9.10.0).
 */
const SENT_BY_SDKS = new Set([
  '_ApplicationId',
  '_ClientVersion',
  '_ContentType',
  '_InstallationId',
  '_JavaScriptKey',
  '_MaintenanceKey',
  '_MasterKey',
  '_RevocableSession',
  '_SessionToken',
  '_context',
  '_method',
  '_noBody',
]);

/** The parameters of a function or a job, without what SDKs send beside them. */
export const givenParams = (params: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([key]) => !SENT_BY_SDKS.has(key)));

/** As long as `allowCustomObjectId` is likely to have them; Parse Server itself has no limit. */
const id = text(256);
/** The master key may have saved a session with a token of any length. */
const token = z
  .string({ error: 'expected a token' })
  .min(1, { error: 'expected a token' })
  .refine(hasNoNul, NO_NUL);

/** Its reader decides by it, so it must not be able to draw over what stands beside it. */
const shownName = sessionName.refine(name => !hasControls(name), {
  error: 'expected a text without control characters',
});

/** However the user has typed it. */
const userCode = text(64);

const AUTH_DATA = { error: 'expected an object of up to 8 providers, each with an object' };
/** What one log-in may name. */
const authData = z
  .record(z.string(), z.looseObject({}, AUTH_DATA), AUTH_DATA)
  .refine(providers => Object.keys(providers).length > 0 && Object.keys(providers).length <= 8, AUTH_DATA);

/** The proof: a password, what providers of the user give, or both. */
const confirm = z
  .strictObject({
    password: text(1024).optional(),
    authData: authData.optional(),
    rotate: z.boolean({ error: 'expected true or false' }).default(false),
  })
  .superRefine(({ password, authData }, context) => {
    if (password !== undefined || authData !== undefined) return;
    context.addIssue({ code: 'custom', path: ['password'], message: 'expected it, authData, or both' });
  });

/** The parameters of each cloud function, for a caller with a session and for the master key. */
export const PARAMS = {
  none: z.strictObject({}),
  note: z.strictObject({ note: noteParam.optional() }),
  ofUser: z.strictObject({ userId: id }),
  byToken: z.strictObject({ sessionToken: token }),
  byId: z.strictObject({ objectId: id }),
  exceptOfUser: z.strictObject({ userId: id, except: token.optional() }),
  confirm,
  preview: z.strictObject({ expiry: expiryOption }),
  overview: z.strictObject({ days: wholeNumber(1, 90).default(30) }),
  rename: z.strictObject({ objectId: id, name: sessionName }),
  startPairing: restrictedParams.omit({ expiresIn: true }).extend({ name: shownName.optional() }),
  byUserCode: z.strictObject({ userCode }),
  approvePairing: restrictedParams.omit({ installationId: true }).extend({ userCode }),
  report: z.strictObject({
    token: text(512),
    resetPassword: z.boolean({ error: 'expected true or false' }).default(false),
  }),
  byDeviceCode: z.strictObject({ deviceCode: text(128) }),
} as const;
