// Compiled by `npm run typecheck`, never run: more than the documents show of the client, in TypeScript.
import Parse from 'parse/node';
import {
  handleParseError,
  installSessionHandler,
  isInvalidSessionError,
  pairDevice,
  redirectInvalidSession,
  refusalOf,
  sameSitePath,
  sessionsClient,
  type ConfirmIdentity,
  type ClientEndedSession,
  type ClientSession,
  type EndedReason,
  type EndedSession,
  type InvalidSessionDetails,
  type Refusal,
  type PairDeviceOptions,
  type PairedDevice,
  type PairingCode,
  type PairingError,
  type PairingRequest,
  type RestrictedSession,
  type RotatedSession,
  type SessionsClient,
} from '../../src/client';
import type { EndedReason as ServersReason, EnderKind, EndedSessionView } from '../../src';
import type { RequestHandler, ErrorRequestHandler } from 'express';

declare function showLogIn(notice?: string): void;
declare function showError(error: unknown): string;

function noticeOf(ended: EndedSession | null): string {
  switch (ended?.reason) {
    case 'revoked':
      return ended.by.kind === 'session'
        ? `You signed this device out from another one at ${ended.endedAt.toLocaleTimeString([], { timeStyle: 'short' })}.`
        : 'This device was signed out.';
    case 'passwordChange':
      return 'Your password was changed.';
    case 'expired':
      return 'You were away for 30 days.';
    default:
      return '';
  }
}

installSessionHandler(Parse, {
  onInvalidSession: (_error, { ended }) => showLogIn(noticeOf(ended)),
});
export const uninstall: () => void = installSessionHandler(Parse, {
  onInvalidSession(_error: unknown, { ended, recoveryError }: InvalidSessionDetails) {
    const what: unknown = recoveryError;
    const why: EndedReason | undefined = ended?.reason;
    const when: Date | undefined = ended?.endedAt;
    const who: EnderKind | undefined = ended?.by.kind;
    return [what, why, when, who];
  },
  recover: () => Parse.AnonymousUtils.logIn(),
  confirmIdentity: async (error: unknown) => (refusalOf(error) === 'stale' ? { password: 'x' } : null),
  functionPrefix: 'auth_',
});
export const ask: ConfirmIdentity = () =>
  sessionsClient(Parse).confirmIdentity({ password: 'x', rotate: true });
export const why: Refusal | null = refusalOf(new Error('x'));
export const rotated: Promise<RotatedSession> = sessionsClient(Parse).rotate();

export const notes: Promise<Parse.Object[] | string | void | undefined> = new Parse.Query('Note')
  .find()
  .catch(error =>
    handleParseError(error, {
      onInvalidSession: () => showLogIn(),
      on: { [Parse.Error.OBJECT_NOT_FOUND]: () => [] as Parse.Object[] },
      otherwise: error => showError(error),
    }),
  );
export const isOver: boolean = isInvalidSessionError(new Error('x'));

export async function devices(sessions: SessionsClient): Promise<ClientSession[]> {
  const [first] = await sessions.list();
  if (!first) return sessions.list({ limit: 20, skip: 40 });
  const seen: Date | null = first.lastAccessedAt;
  const loggedIn: Date | null = first.authenticatedAt;
  const scopes: readonly string[] | null = first.scopes;
  const renamed: ClientSession = await sessions.rename(first, `${seen} ${loggedIn} ${scopes}`);
  await sessions.revoke(renamed);
  await sessions.revoke(await Parse.Session.current());
  await sessions.revoke('objectId');
  const made: RestrictedSession = await sessions.createRestricted({ name: 'Boiler', expiresIn: '30d' });
  const current: ClientSession = await sessions.current();
  const ended: number = (await sessions.revokeAll()) + (await sessions.revokeOthers());
  const confirmed: Date = await sessions.confirmIdentity({ password: made.sessionToken });
  return [current, { ...current, name: `${ended} ${confirmed}` }];
}

export async function past(sessions: SessionsClient): Promise<string[]> {
  const ended: ClientEndedSession[] = [...(await sessions.ended()), ...(await sessions.ended({ limit: 20 }))];
  return ended.map(({ reason, endedAt, by, name, device, createdAt, lastAccessedAt }) => {
    const dates: Date[] = [endedAt, createdAt, lastAccessedAt ?? endedAt];
    const why: EndedReason = reason;
    return `${name ?? device.browser} ${why} ${by.kind} ${by.name} ${by.device?.os} ${dates}`;
  });
}

export async function judge(sessions: SessionsClient, userCode: string, ask: (text: string) => boolean) {
  const { name, scopes, device, ip, place, createdAt }: PairingRequest =
    await sessions.pairingRequest(userCode);
  const since: Date = createdAt;
  const wants: readonly string[] | null = scopes;
  if (!ask(`${name} (${device.os}, ${place ?? ip}), since ${since}: ${wants}`))
    return sessions.denyPairing(userCode);
  const nothing: void = await sessions.approvePairing(userCode);
  await sessions.approvePairing(userCode, { name: 'Kitchen', scopes: wants ?? [], expiresIn: '30d' });
  return nothing;
}

const show = ({ userCode, verificationUri, verificationUriComplete, expiresIn }: PairingCode): string =>
  `${verificationUri} ${verificationUriComplete} ${userCode} ${expiresIn / 60}`;
export const pairing: PairDeviceOptions = {
  serverURL: 'https://example.com/parse',
  appId: 'app',
  name: 'Thermometer',
  scopes: ['Telemetry:create'],
  installationId: 'th-1',
  onCode: show,
  functionPrefix: 'auth_',
  headers: { 'X-Parse-REST-API-Key': 'key' },
  signal: new AbortController().signal,
};
export const token: Promise<string | null> = pairDevice(pairing).then(
  ({ sessionToken, expiresAt, scopes, objectId }: PairedDevice) => {
    const end: Date | null = expiresAt;
    return end ? sessionToken : `${objectId} ${scopes}`;
  },
  ({ status, code, message }: PairingError) => (status === 'denied' ? null : `${code} ${message}`),
);

/** The client has no import of the server, but knows the same reasons and columns. */
export const reasonOfClient = (reason: ServersReason): EndedReason => reason;
export const reasonOfServer = (reason: EndedReason): ServersReason => reason;
export const kindOfClient = (kind: EnderKind): EndedSession['by']['kind'] => kind;
export const columnOfClient = (column: keyof EndedSessionView): keyof ClientEndedSession => column;
export const columnOfServer = (column: keyof ClientEndedSession): keyof EndedSessionView => column;

void devices(sessionsClient(Parse));
void devices(sessionsClient(Parse, { functionPrefix: 'auth_', sessionToken: 'r:x' }));

export const logIn: RequestHandler = (request, response) =>
  response.redirect(sameSitePath(request.query.returnTo));
export const afterTheRoutes: ErrorRequestHandler = redirectInvalidSession('/login', { cookie: 'session' });

// @ts-expect-error The SDK is missing.
sessionsClient();
// @ts-expect-error It is no option.
sessionsClient(Parse, { prefix: 'auth_' });
// @ts-expect-error It is no SDK.
sessionsClient({ Cloud: Parse.Cloud });
// @ts-expect-error The code is missing.
void sessionsClient(Parse).pairingRequest();
// @ts-expect-error Which installation it is only the device says.
void sessionsClient(Parse).approvePairing('BCDF-GHJK', { installationId: 'mine' });
// @ts-expect-error Nobody would see the code.
void pairDevice({ serverURL: 'https://example.com/parse', appId: 'app' });
// @ts-expect-error Only who approves says how long.
void pairDevice({ ...pairing, expiresIn: '30d' });
// @ts-expect-error A page is given by numbers.
void sessionsClient(Parse).list({ limit: '10' });
// @ts-expect-error It is no session.
void sessionsClient(Parse).revoke(5);
// @ts-expect-error What ends must be named.
void sessionsClient(Parse).revoke();
// @ts-expect-error Scopes are an array.
void sessionsClient(Parse).createRestricted({ scopes: 'Telemetry:create' });
// @ts-expect-error It must be told what to do.
installSessionHandler(Parse, {});
// @ts-expect-error The prefix is a text.
installSessionHandler(Parse, { onInvalidSession: showError, functionPrefix: 5 });
installSessionHandler(Parse, {
  // @ts-expect-error How it ended may not be known.
  onInvalidSession: (_error, { ended }) => ended.reason,
});
installSessionHandler(Parse, {
  // @ts-expect-error It is no reason.
  onInvalidSession: (_error, { ended }) => ended?.reason === 'logOut',
});
// @ts-expect-error A page is given by numbers.
void sessionsClient(Parse).ended({ skip: '10' });
