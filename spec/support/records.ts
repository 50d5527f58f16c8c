import type { SpecServer } from './server';
import { eventually } from './time';

/**
 * Waits until a server has written the records of all sessions that it has ended: once the record of another one is
 * there, a write has begun that takes them all, and the next one follows when that is over. It is sent to other
 * processes as text.
 */
export async function recordsWritten({ server }: { server: SpecServer }): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const sessionToken = `r:${Date.now()}${Math.random()}`;
    const { objectId } = await server.rawInsert('_Session', { sessionToken });
    await server.sessions.store.revoke(objectId);
    while ((await server.rawFind('ParseEndedSession', { objectId })).length === 0) {
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}

/** The one record of a session, once it is written. */
export const recordOf = (server: SpecServer, objectId: string): Promise<any> =>
  eventually(async () => {
    const records = await server.rawFind('ParseEndedSession', { objectId });
    expect(records).toHaveLength(1);
    return records[0];
  });
