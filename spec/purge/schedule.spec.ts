import { countSessions, insertSessions } from '../support/many-sessions';
import { startServer, type SpecServer } from '../support/server';
import { makeSession, makeUser, parseDate, useToken } from '../support/sessions';
import { watchStatements } from '../support/statements';
import { eventually, HOUR } from '../support/time';

const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

describe('a purge by schedule', () => {
  let server: SpecServer;

  afterEach(() => server.stop());

  it('deletes expired sessions by itself, with the options given, and ends with shutdown', async () => {
    // Every second: the shortest that a pattern says.
    server = await startServer({ purge: { schedule: '* * * * * *', batchSize: 10, olderThan: '1h' } });
    const userId = await makeUser(server);
    const statements = watchStatements(server);
    await insertSessions(server, 25, { userId, expiresAt: ago(2 * HOUR), spread: 1 });
    const [young, valid] = [
      await makeSession(server, userId, { expiresAt: parseDate(ago(HOUR / 2)) }),
      await makeSession(server, userId, { expiresAt: parseDate(ago(-HOUR)) }),
    ];
    await eventually(async () => expect(await countSessions(server)).toBe(2));
    const deletes = statements.writes('_Session').filter(({ method }) => method === 'deleteObjectsByQuery');
    expect(deletes).toHaveLength(3);
    expect(await useToken(server, valid)).toBe(200);
    expect(await server.rawFind('_Session', { sessionToken: young.token })).toHaveLength(1);

    await server.sessions.shutdown();
    statements.clear();
    await insertSessions(server, 1, { userId, expiresAt: ago(2 * HOUR) });
    await new Promise(resolve => setTimeout(resolve, 1100 - (Date.now() % 1000)));
    expect(statements.all).toEqual([]);
  });

  it('is none where no schedule is given', async () => {
    server = await startServer();
    const userId = await makeUser(server);
    await insertSessions(server, 1, { userId, expiresAt: ago(2 * HOUR) });
    const statements = watchStatements(server);
    await new Promise(resolve => setTimeout(resolve, 1100 - (Date.now() % 1000)));
    expect(statements.all).toEqual([]);
  });
});
