import type { Row } from '../../parse-server';
import { isCreatedByClient, isTooLong } from '../../policy/session-class';
import { boundedCreatedWith, toDate, toParseDate } from '../../record';
import type { Visit } from '../visit';
import { anonymityOfNew } from './anonymity';

/**
 * Completes the row of a new session for the insert that creates it. What a client sent for these columns is
 * replaced. What the master key saves as a session of its own stays.
 */
export async function stamp(object: Row, visit: Visit): Promise<Row> {
  const anonymous = await anonymityOfNew(object, visit);
  const { now, expiryOfNew } = visit.runtime;
  const { ip, userAgent } = visit.entry.origin ?? {};
  const createdAt = now();
  const lastAccessedAt = toParseDate(createdAt);
  const byClient = isCreatedByClient(object.createdWith);
  const savedByMaster = visit.isServer && (!object.createdWith || byClient);
  const session: Row = savedByMaster
    ? { restricted: false, lastAccessedAt, ...object }
    : { ...object, restricted: byClient, lastAccessedAt, ip, userAgent };
  // At a log-in, Parse Server takes these texts from the client's headers and from the keys of its `authData`. The
  // log-in works as ever, and keeps nothing of them that is too long. What a client creates itself has been judged
  // (`mayCreateWith`).
  if (visit.caller.kind !== 'master' || !savedByMaster) {
    if (isTooLong(object.installationId)) delete session.installationId;
    if (object.createdWith) session.createdWith = boundedCreatedWith(object.createdWith);
  }
  // Nobody chooses it, not even the master key.
  if (anonymous === undefined) delete session.anonymous;
  else session.anonymous = anonymous;
  // The adapters take no undefined values.
  for (const column of ['ip', 'userAgent']) if (session[column] === undefined) delete session[column];
  // A login or a sign-up proves who the user is. The session after a change of password proves only that there was
  // an older one.
  const { action, authProvider } = (object.createdWith ?? {}) as { action?: string; authProvider?: string };
  const isLogin = (action === 'login' && authProvider !== 'masterkey') || action === 'signup';
  if (isLogin) session.authenticatedAt = lastAccessedAt;
  const expiresAt = expiryOfNew(session as never, createdAt);
  if (!expiresAt) return session;
  // The master key may say that its session is of a log-in.
  const mayChooseEnd = savedByMaster || visit.caller.kind === 'master';
  if (mayChooseEnd && isChosen(object.expiresAt, visit)) {
    return { ...session, fixedExpiry: object.expiresAt };
  }
  return { ...session, expiresAt: toParseDate(expiresAt) };
}

/** Whether an end is none that Parse Server has given to a session in this request. */
function isChosen(expiresAt: unknown, { givenEnds }: Visit): boolean {
  const end = toDate(expiresAt);
  return end !== null && !givenEnds.has(end.getTime());
}
