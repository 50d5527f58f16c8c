import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { notFoundError } from '../errors';
import type { Database } from '../parse-server';
import { sessionIdOf, type SessionRef } from '../record';

/** 256 bits, as RapidContext's `Session#secret`. */
const SECRET_BYTES = 32;

/**
 * The secret of a session, in Base64. It is made at the first call. Of several callers at once one stores its
 * secret, and all get that one: the update matches only a session without a secret.
 * @throws 101 when there is no such session.
 */
export async function secretOf(database: Database, session: SessionRef): Promise<string> {
  const objectId = sessionIdOf(session);
  const read = async () => (await database.find('_Session', { objectId }, { limit: 1 }))[0];
  const row = await read();
  if (!row) throw notFoundError();
  if (typeof row.secret === 'string') return row.secret;
  const secret = randomBytes(SECRET_BYTES).toString('base64');
  await database.update('_Session', { objectId, secret: null }, { secret }, { many: true });
  const stored = (await read())?.secret;
  if (typeof stored !== 'string') throw notFoundError();
  return stored;
}

/**
 * A token for forms and requests of this session's pages, in Base64url, derived from its secret.
 * @throws 101 when there is no such session.
 */
export async function csrfTokenOf(database: Database, session: SessionRef): Promise<string> {
  const secret = await secretOf(database, session);
  return createHmac('sha256', secret)
    .update(`csrf:${sessionIdOf(session)}`)
    .digest('base64url');
}

/**
 * Whether a token is this session's. The comparison takes the same time however much of the token is right.
 * @throws 101 when there is no such session.
 */
export async function verifyCsrfToken(
  database: Database,
  session: SessionRef,
  token: unknown,
): Promise<boolean> {
  if (typeof token !== 'string') return false;
  const expected = Buffer.from(await csrfTokenOf(database, session));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
