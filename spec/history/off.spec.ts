import { startServer } from '../support/server';
import { makeSession } from '../support/sessions';

it('without the option no session leaves a record, and there is no class for any', async () => {
  const server = await startServer({ history: false });
  try {
    const user = await server.signUp();
    const { objectId, token } = await makeSession(server, user.userId);
    await server.run('revokeSession', { objectId }, user);
    expect(await server.run('endedSession', { sessionToken: token })).toBeNull();
    expect(await server.run('listEndedSessions', {}, user)).toEqual([]);
    await server.sessions.shutdown();
    const { body } = await server.rest('GET', '/schemas', { master: true });
    const names = body.results.map((one: { className: string }) => one.className);
    expect(names).toContain('_Session');
    expect(names).not.toContain('ParseEndedSession');
  } finally {
    await server.stop();
  }
});
