// Compiled by `npm run typecheck`, never run: what the README shows of the client, in TypeScript.
import Parse from 'parse/node';
import {
  handleParseError,
  installSessionHandler,
  isInvalidSessionError,
  redirectInvalidSession,
  sameSitePath,
  sessionsClient,
  type ClientSession,
  type RestrictedSession,
  type SessionsClient,
} from '../../src/client';
import type { RequestHandler, ErrorRequestHandler } from 'express';

declare function showLogIn(): void;
declare function showError(error: unknown): string;

export const uninstall: () => void = installSessionHandler(Parse, {
  onInvalidSession: () => showLogIn(),
  recover: () => Parse.AnonymousUtils.logIn(),
});

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
  const confirmed: Date = await sessions.confirmPassword(made.sessionToken);
  return [current, { ...current, name: `${ended} ${confirmed}` }];
}

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
