import { startServer } from '../support/server';
import { makeSession } from '../support/sessions';
import { eventually } from '../support/time';

const RECORDS = 'ParseEndedSession';

it('records are written again after the master key has deleted their class, and stay closed', async () => {
  const server = await startServer();
  try {
    const user = await server.signUp();
    expect((await server.rest('DELETE', `/schemas/${RECORDS}`, { master: true })).status).toBe(200);
    const { objectId } = await makeSession(server, user.userId);
    await server.sessions.store.revoke(objectId);
    await eventually(async () =>
      expect(await server.rawFind(RECORDS, { objectId })).toMatchObject([{ reason: 'revoked' }]),
    );
    const { body } = await server.rest('GET', `/classes/${RECORDS}`, user);
    expect(body.code).toBe(119);
  } finally {
    await server.stop();
  }
});
