// Compiled by `npm run typecheck`, never run: more than the documents show, in TypeScript.
import type { Request } from 'express';
import Parse from 'parse/node';
import {
  parseSessions,
  rapidContextExpiry,
  requireFreshSession,
  requireUnrestrictedSession,
  type CallerSession,
  type EndedBy,
  type EndedReason,
  type EndedSessionView,
  type EnderKind,
  type RestrictedSession,
  type RevokeWhereResult,
  type SessionFilter,
} from '../../src';

type Validator = (request: Parse.Cloud.FunctionRequest) => Promise<void>;
declare function mailSignIn(userId: string | null, browser: string | null, ip: string | null): Promise<void>;

const sessions = parseSessions({
  guard: ['Invoice'],
  expiry: rapidContextExpiry,
  purge: { schedule: '*/15 * * * *' },
  fresh: ['PaymentMethod'],
});

const CLASSES = ['Invoice', 'Telemetry'] as const;
parseSessions({ guard: CLASSES, fresh: CLASSES });
parseSessions({ guard: { except: CLASSES } });
parseSessions({ guard: '*' });
// @ts-expect-error It takes an array.
parseSessions({ guard: { except: 'Telemetry' } });

export const options = sessions.configure({ appId: 'my-app', cloud: './cloud/main.js' }).cloud;

Parse.Cloud.beforeSave('Report', sessions.guard);
Parse.Cloud.beforeSave(Parse.User, sessions.guard);
Parse.Cloud.beforeDelete('Report', sessions.guard);
Parse.Cloud.define('transfer', () => 'done', sessions.requireUnrestrictedSession);
Parse.Cloud.define('transfer', () => 'done', requireUnrestrictedSession);
Parse.Cloud.define('changePlan', () => 'done', sessions.requireFreshSession({ within: '15m' }));
Parse.Cloud.define('changePlan', () => 'done', requireFreshSession());
Parse.Cloud.define('changePlan', () => 'done', requireFreshSession);
Parse.Cloud.define('changePlan', () => 'done', sessions.requireFreshSession);
Parse.Cloud.define('transfer', () => 'done', sessions.requireUnrestrictedSession());
Parse.Cloud.beforeSave('Report', sessions.guard());
export const validators: Validator[] = [sessions.requireUnrestrictedSession, requireUnrestrictedSession];

Parse.Cloud.define('logOutElsewhere', async ({ user }) => {
  if (!user) return 0;
  const session = await sessions.store.find(user.getSessionToken() ?? '');
  if (session) await sessions.files(session).add('report', { name: 'report.pdf', data: 'x' });
  return sessions.store.revokeAllForUser(user, { except: user.getSessionToken() });
});

Parse.Cloud.define('device', async request => (await sessions.of(request))?.name);
Parse.Cloud.beforeSave('Note', async request => {
  const session: CallerSession | null = await sessions.of(request);
  if (!session) return;
  request.object.set('madeBy', session.objectId);
  if (sessions.store.expiresWithin(session, 60)) await sessions.store.setExpiry(session, null);
  await sessions.files(session).removeAll();
  // @ts-expect-error It has no token.
  request.object.set('token', session.sessionToken);
});
Parse.Cloud.job('nightly', async request => sessions.of(request));
export const inExpress = (request: Request) => sessions.of(request);
// @ts-expect-error It is no request.
void sessions.of('r:token');

export async function makeForBoiler(user: Parse.User): Promise<Date | null> {
  const options = { name: 'Boiler', expiresIn: '30d', scopes: ['Telemetry:create'] };
  const made: RestrictedSession = await sessions.store.createRestricted(user, options);
  await sessions.store.createRestricted(user.id!);
  // @ts-expect-error Scopes are an array.
  await sessions.store.createRestricted(user, { scopes: 'Telemetry:create' });
  return made.expiresAt;
}

export async function endTuesday(user: Parse.User): Promise<EndedSessionView[]> {
  const filter: SessionFilter = { createdBefore: new Date(), kind: 'anonymous', authProvider: 'facebook' };
  const counted: RevokeWhereResult = await sessions.store.revokeWhere(filter, { dryRun: true });
  if (counted.revoked > 0) await sessions.store.revokeWhere({ all: true }, {}, text => console.log(text));
  // @ts-expect-error It is no condition.
  await sessions.store.revokeWhere({ user: user.id });
  // @ts-expect-error `all` takes no false.
  await sessions.store.revokeWhere({ all: false });
  const ended: EndedSessionView[] = await sessions.store.ended(user, { limit: 10, skip: 20 });
  return ended.filter(({ reason, by, endedAt }) => {
    const why: EndedReason = reason;
    const who: EndedBy = by;
    const kind: EnderKind = who.kind;
    const when: string = endedAt;
    return why === 'passwordChange' && kind === 'session' && when > '2031';
  });
}

sessions.on('newDevice', ({ userId, device, ip }) => mailSignIn(userId, device.browser, ip));
sessions.on('revoked', ({ reason }) => reason === 'logout');

// @ts-expect-error It is no event.
sessions.on('logout', () => undefined);
// @ts-expect-error It is no option.
parseSessions({ guards: ['Invoice'] });
// @ts-expect-error It is no kind of session.
parseSessions({ expiry: { device: { idle: '1h' } } });
