import { createHmac, timingSafeEqual } from 'node:crypto';
import { notFoundError } from '../errors';
import { deviceIdOf } from '../events/known-devices';
import { isExpired } from '../expiry/lifetime';
import type { Database, Row, ServerConfig } from '../parse-server';
import { sessionIdOf, toSessionRecord, type SessionRef } from '../record';
import { secretOf } from '../secret/secret';

/** How long a link is good for, in milliseconds, unless its session ends before. */
const GOOD_FOR_MS = 7 * 24 * 60 * 60_000;

/** Where the app's page for reports is, below the origin of Parse Server's public address. */
const DEFAULT_PATH = '/sessions/report';

/** The proof that this server has made a link: only the session's secret gives it. */
const proofOf = (secret: string, ...told: readonly string[]): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify(['report', ...told]))
    .digest();

/**
 * An address by which whoever gets a mail about a session says that it is not his. The token stands in the fragment, which
 * no server sees.
 * @param reportUri of the app's page; by default at Parse Server's own origin.
 * @throws 101 when there is no such session.
 */
export async function reportLinkOf(
  session: SessionRef,
  reportUri: string | undefined,
  { database, config, now }: { database: Database; config: ServerConfig; now(): Date },
): Promise<string> {
  const objectId = sessionIdOf(session);
  const secret = await secretOf(database, objectId);
  const [row] = await database.find('_Session', { objectId }, { limit: 1 });
  if (!row) throw notFoundError();
  const madeAt = now().getTime().toString(36);
  // The device that the mail is about: whoever has the session may have moved on by the time it is read.
  const deviceId = deviceIdOf(toSessionRecord(row));
  const proof = proofOf(secret, madeAt, deviceId, objectId).toString('base64url');
  const token = [madeAt, proof, deviceId, objectId].join('.');
  return `${reportUri ?? (await defaultUri(config))}#token=${encodeURIComponent(token)}`;
}

/** The app may have Parse Server ask for its public address anew for each request. */
async function defaultUri({ publicServerURL, serverURL }: ServerConfig): Promise<string> {
  const address: unknown = typeof publicServerURL === 'function' ? await publicServerURL() : publicServerURL;
  return new URL(DEFAULT_PATH, String(address ?? serverURL)).href;
}

/** What a link tells once it is proven. */
export interface Report {
  /** The session, as it is stored. */
  row: Row;
  userId: string | null;
  /** That of the mail, and the one that the session is used from now. */
  deviceIds: string[];
}

/**
 * What a link is about.
 * @returns `undefined` for a token that this server has not made, that is too old, or whose session is over.
 */
export async function reportOf(token: string, database: Database, now: Date): Promise<Report | undefined> {
  const [madeAt = '', proof = '', deviceId = '', ...rest] = token.split('.');
  const objectId = rest.join('.');
  const age = now.getTime() - parseInt(madeAt, 36);
  if (!(age <= GOOD_FOR_MS) || objectId === '') return undefined;
  const [row] = await database.find('_Session', { objectId }, { limit: 1 });
  if (typeof row?.secret !== 'string') return undefined;
  const given = Buffer.from(proof, 'base64url');
  const expected = proofOf(row.secret, madeAt, deviceId, objectId);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const session = toSessionRecord(row);
  if (session.invalidatedAt || isExpired(session, now)) return undefined;
  return { row, userId: session.userId, deviceIds: [deviceId, deviceIdOf(session)] };
}
