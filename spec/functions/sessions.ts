import { randomBytes } from 'node:crypto';
import type { SpecServer } from '../support/server';

export const NEVER = { __type: 'Date', iso: '2100-01-01T00:00:00.000Z' };
export const OVER = { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' };

export const newToken = () => `r:${randomBytes(16).toString('hex')}`;
export const pointerTo = (userId: string) => ({ __type: 'Pointer', className: '_User', objectId: userId });

/** A session as a log-in leaves it, without the slow hash of a password. A column that is undefined is left out. */
export async function insertSession(
  server: Pick<SpecServer, 'rawInsert'>,
  userId: string,
  more: object = {},
): Promise<{ objectId: string; token: string }> {
  const session = {
    sessionToken: newToken(),
    user: pointerTo(userId),
    createdWith: { action: 'login', authProvider: 'password' },
    restricted: false,
    expiresAt: NEVER,
    ...more,
  };
  // The adapters take no undefined values.
  const row = Object.fromEntries(Object.entries(session).filter(([, value]) => value !== undefined));
  const { objectId } = await server.rawInsert('_Session', row);
  return { objectId, token: session.sessionToken };
}

/** A user with a session, as a sign-up leaves them, without the slow hash of a password. */
export async function insertUser(server: Pick<SpecServer, 'rawInsert'>) {
  const { objectId: userId } = await server.rawInsert('_User', {
    username: `user-${randomBytes(6).toString('hex')}`,
  });
  const { token } = await insertSession(server, userId);
  return { userId, token };
}
