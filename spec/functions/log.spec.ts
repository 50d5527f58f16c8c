import { startServer, type SpecServer } from '../support/server';
import { insertSession } from './sessions';

declare const Parse: any;

describe('the log', () => {
  let server: SpecServer;
  const lines: string[] = [];

  beforeAll(async () => {
    // Parse Server hands every level to its adapter, `verbose` and its whole requests included.
    const log = (level: string, ...message: unknown[]) => {
      lines.push(
        `${level} ${JSON.stringify(message)} ${message.map(part => (part as Error)?.stack ?? '').join()}`,
      );
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

  it('never holds a token that is refused, nor one of a request’s headers', async () => {
    const user = await server.signUp();
    await server.makeClass('Note');
    const made = await server.run('createRestrictedSession', { scopes: ['Note:read'] }, user);
    const scoped = { token: made.sessionToken };
    const requests = [
      { method: 'POST', path: '/parse/functions/getSession', body: { sessionToken: user.token } },
    ];
    await server.rest('POST', '/batch', { master: true, body: { requests, transaction: true } });
    await server.rest('GET', '/classes/Note', scoped);
    await server.run('getSession', { sessionToken: user.token }, scoped).catch(() => undefined);
    await server.run('echo', { text: user.token, nested: { list: [`x ${user.token} y`] } }, user);
    const text = lines.join('\n');
    expect(text).not.toContain(user.token);
    expect(text).not.toContain(scoped.token);
    expect(text).toContain('r:********');
    expect(text).toContain('Ran cloud function echo');
  });

  it('shows an error of the app with its stack, and without the token in it', async () => {
    const user = await server.signUp();
    const { loggerController } = server.server.config;
    loggerController.error('it failed', new Error(`no good: ${user.token}`));
    const line = lines.find(one => one.includes('it failed'))!;
    expect(line).toContain('no good: r:********');
    expect(line).toContain('log.spec');
    expect(line).not.toContain(user.token);
  });
});
