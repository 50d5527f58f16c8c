import { startServer, type SpecServer } from '../support/server';
import { insertSession } from './sessions';

declare const Parse: any;

describe('the log, above the level verbose,', () => {
  let server: SpecServer;
  const lines: string[] = [];

  beforeAll(async () => {
    // Parse Server hands every level to its adapter. At the level verbose it logs whole requests, tokens and all.
    const log = (level: string, ...message: unknown[]) => {
      if (['info', 'warn', 'error'].includes(level)) lines.push(JSON.stringify(message));
    };
    server = await startServer(
      {},
      { silent: false, loggerAdapter: { log } },
      { cloud: () => Parse.Cloud.define('echo', ({ params }: any) => params.text) },
    );
  });

  afterAll(() => server.stop());

  beforeEach(() => (lines.length = 0));

  it('shows the calls of the app’s functions, and of those of this package that hold no token', async () => {
    const user = await server.signUp();
    await server.run('echo', { text: 'a text of the app' }, user);
    await server.run('countSessions', {}, user);
    expect(lines.join('\n')).toContain('a text of the app');
    expect(lines.join('\n')).toContain('Ran cloud function countSessions');
  });

  it('never holds the token that createRestrictedSession makes', async () => {
    const user = await server.signUp();
    const { sessionToken } = await server.run('createRestrictedSession', { name: 'sensor' }, user);
    expect(lines.join('\n')).not.toContain(sessionToken);
  });

  it('never holds the token that the master key asks about', async () => {
    const user = await server.signUp();
    const { token } = await insertSession(server, user.userId);
    await server.run('getSession', { sessionToken: token }, { master: true });
    await server.run('revokeOtherSessions', { userId: user.userId, except: token }, { master: true });
    const wrong = server.run('getSession', { sessionToken: token, nonsense: 1 }, { master: true });
    await expect(wrong).rejects.toMatchObject({ code: 142 });
    expect(lines.join('\n')).not.toContain(token);
  });
});
