import { randomBytes } from 'node:crypto';
import type { SpecServer } from './server';
import { watchForRest } from './settled';
import { eventually, letPass, MINUTE } from './time';

type Server = Pick<SpecServer, 'rawInsert' | 'rawFind' | 'rest'>;

export interface SpecSession {
  objectId: string;
  token: string;
}

export const parseDate = (date: Date | number | string) => ({
  __type: 'Date',
  iso: new Date(date).toISOString(),
});

export const pointerTo = (userId: string) => ({ __type: 'Pointer', className: '_User', objectId: userId });

/** A user without a password: quicker than a sign-up, which hashes one. */
export async function makeUser(server: Server): Promise<string> {
  const { objectId } = await server.rawInsert('_User', {
    username: `user-${randomBytes(8).toString('hex')}`,
  });
  return objectId;
}

/** A session as a login leaves it, straight into the database; `fields` win. */
export async function makeSession(server: Server, userId: string, fields: object = {}): Promise<SpecSession> {
  const token = `r:${randomBytes(16).toString('hex')}`;
  const { objectId } = await server.rawInsert('_Session', {
    sessionToken: token,
    user: pointerTo(userId),
    createdWith: { action: 'login', authProvider: 'password' },
    ...fields,
  });
  return { objectId, token };
}

/** The row of a session, `undefined` when it is gone. */
export async function sessionRow(server: Server, session: { token: string } | string): Promise<any> {
  const token = typeof session === 'string' ? session : session.token;
  const [row] = await server.rawFind('_Session', { sessionToken: token });
  return row;
}

const dateOf = (value: any) => (value === undefined || value === null ? null : new Date(value.iso ?? value));

/** When a session ends, as it is stored; `null` for never. */
export async function endOf(server: Server, session: { token: string } | string): Promise<Date | null> {
  return dateOf((await sessionRow(server, session))?.expiresAt);
}

/** The last access of a session, as it is stored. */
export async function lastAccessOf(
  server: Server,
  session: { token: string } | string,
): Promise<Date | null> {
  return dateOf((await sessionRow(server, session))?.lastAccessedAt);
}

/** Whether the token is accepted: the HTTP status 200 or the error code of `GET /users/me`. */
export async function useToken(server: Server, session: { token: string } | string): Promise<number> {
  const token = typeof session === 'string' ? session : session.token;
  const { status, body } = await server.rest('GET', '/users/me', { token });
  return status === 200 ? 200 : body.code;
}

/**
 * Uses a session now and waits until its last access is written, and what is cached of it forgotten; the stopped clock
 * goes on by one flush interval.
 * @returns when it was used.
 */
export async function useAndFlush(
  server: Server & Pick<SpecServer, 'server'>,
  session: { token: string } | string,
): Promise<Date> {
  const settled = watchForRest(server);
  const at = new Date();
  expect(await useToken(server, session)).toBe(200);
  letPass(MINUTE);
  await eventually(async () => expect(await lastAccessOf(server, session)).toEqual(at));
  await settled();
  return at;
}
