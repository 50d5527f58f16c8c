/**
 * The client half of this package, for browsers, React Native and Node: what an app does when its session is over
 * (error 209), how it ended, the list of the user's sessions, and the pairing of devices. It holds no server code, and
 * needs `parse` only; `pairDevice` not even that.
 *
 * @module parse-server-sessions/client
 */
import { parseErrorHandler } from './handle-parse-error';

export { isInvalidSessionError } from './invalid-session';
export { refusalOf, type Refusal } from './refusal';
export { installSessionHandler } from './session-handler';
export { sessionsClient } from './sessions-client';
export { pairDevice } from './pair-device';
export { redirectInvalidSession, sameSitePath } from './redirect-invalid-session';
export type { HandleParseError, ParseErrorHandlers } from './handle-parse-error';
export type { ConfirmIdentity, IdentityProof } from './confirmation';
export type { EndedReason, EndedSession } from './ended-session';
export type { InvalidSessionDetails, SessionHandlerOptions } from './dead-sessions';
export type {
  ClientEndedSession,
  ClientSession,
  ConfirmedSession,
  Page,
  PairingApproval,
  PairingRequest,
  RestrictedSession,
  RestrictedSessionOptions,
  RotatedSession,
  SessionOrId,
} from './sessions';
export type { SessionsClient, SessionsClientOptions } from './sessions-client';
export type {
  PairDeviceOptions,
  PairedDevice,
  PairingCode,
  PairingError,
  PairingSignal,
} from './pair-device';
export type { RedirectInvalidSessionOptions } from './redirect-invalid-session';
export type { ParseSdk, SignedInUser } from './sdk';

/**
 * The function that the Parse guide's chapter on sessions tells every app to call for each failed request.
 *
 * For error 209 (also inside an array, a batch or an aggregate): `Parse.User.logOut()`, whose own error is swallowed and
 * which clears the local user in any case, then `onInvalidSession`. For other errors: the handler in `on` for the
 * error's code, else `otherwise`, else the error is thrown again. Unlike `installSessionHandler` it knows the error
 * only, not which session it is about.
 *
 * @param error - what a promise of the SDK rejected with
 * @param handlers - what to do with it
 * @returns what the handler answered
 * @throws the error itself when nothing handles it; TypeError when there is no SDK to log out of
 * @example
 * const query = new Parse.Query('Note');
 * const notes = await query.find().catch(error => handleParseError(error, { onInvalidSession: showLogIn }));
 */
export const handleParseError = /*#__PURE__*/ parseErrorHandler();
