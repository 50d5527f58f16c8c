import type { Request, Response } from 'express';
import { failingStart } from '../support/failing-start';
import { freshDatabase, startServer, type SpecServer } from '../support/server';
import { REFUSED } from '../support/ways-in';

/** What of the app was called. */
let calls: string[] = [];
let server: SpecServer;

beforeEach(() => (calls = []));
afterEach(() => server.stop());

const call =
  (name: string) =>
  ({ object }: any) =>
    void calls.push(`${name} ${object.className}`);

describe('cloud code that is registered before the start', () => {
  const beforeStart = (Parse: any) => {
    for (const trigger of ['beforeSave', 'beforeDelete']) {
      Parse.Cloud[trigger](Parse.User, call(trigger));
      Parse.Cloud[trigger]('_Role', call(trigger));
      Parse.Cloud[trigger]('Invoice', call(trigger));
      Parse.Cloud[trigger]('Note', call(trigger));
    }
    Parse.Cloud.define('early', () => 'early');
    Parse.Cloud.define('both', () => 'early');
    Parse.Cloud.beforeSubscribe('Note', () => {});
  };

  async function start(cloud?: (Parse: any) => void) {
    const liveQuery = { liveQuery: { classNames: ['Note'] } };
    server = await startServer({ guard: ['Invoice'] }, liveQuery, { beforeStart, cloud, graphql: true });
  }

  it('is called, by a stock Parse Server and by this package alike', async () => {
    for (const mounted of [false, true]) {
      calls = [];
      server = await startServer(
        { guard: ['Invoice'] },
        {},
        { beforeStart, mounted, cloud: () => undefined },
      );
      const user = await server.signUp();
      const ACL = { [user.userId]: { read: true, write: true } };
      const role = { name: 'staff', ACL };
      const { objectId } = (await server.rest('POST', '/roles', { ...user, body: role })).body;
      for (const className of ['Invoice', 'Note'])
        await server.rest('POST', `/classes/${className}`, { ...user, body: {} });
      await server.rest('DELETE', `/roles/${objectId}`, user);
      await server.rest('DELETE', `/users/${user.userId}`, user);
      expect(await server.run('early')).toBe('early');
      expect(calls).toEqual([
        'beforeSave _User',
        'beforeSave _Role',
        'beforeSave Invoice',
        'beforeSave Note',
        'beforeDelete _Role',
        'beforeDelete _User',
      ]);
      if (!mounted) await server.stop();
    }
  });

  it('has the guard in front of it, and keeps scoped sessions out', async () => {
    await start();
    const user = await server.signUp();
    calls = [];
    const { token } = await server.restricted(user.token);
    expect((await server.rest('POST', '/classes/Invoice', { token, body: {} })).body).toEqual({
      code: REFUSED.code,
      error: REFUSED.message,
    });
    expect(calls).toEqual([]);
    const scoped = await server.run('createRestrictedSession', { scopes: ['function:other'] }, user);
    const mutation = 'mutation { callCloudCode(input: { functionName: early }) { result } }';
    const asked = async (token: string) => (await server.graphql(mutation, {}, token)).body;
    expect((await asked(scoped.sessionToken)).errors[0].extensions.code).toBe(119);
    expect((await asked(token)).data.callCloudCode.result).toBe('early');
  });

  it('gives way to the cloud code of the option', async () => {
    await start((Parse: any) => Parse.Cloud.define('both', () => 'late'));
    expect(await server.run('both')).toBe('late');
  });

  it('stops the start where it takes a name of this package', async () => {
    const early = (Parse: any) => Parse.Cloud.define('listSessions', () => 'mine');
    expect(await failingStart({}, {}, { beforeStart: early })).toContain('"listSessions"');
    await start();
  });
});

describe('webhooks that are there before the start', () => {
  /** As Parse Server keeps them; the app that answers them is the server's own. */
  async function startWithWebhooks(hooks: object[], path = '/hooks') {
    const databaseURI = await freshDatabase();
    server = await startServer({}, { databaseURI }, { mounted: false, cloud: () => undefined });
    for (const hook of hooks) {
      const body = { ...hook, url: new URL('/hook', server.url).href };
      expect((await server.rest('POST', path, { master: true, body })).status).toBe(200);
    }
    await server.stop({ keepData: true });
    return databaseURI;
  }

  it('are called after the start as before it, and the lock on their class holds', async () => {
    const triggers = ['_User', '_Role'].flatMap(className =>
      ['beforeSave', 'beforeDelete'].map(triggerName => ({ className, triggerName })),
    );
    const databaseURI = await startWithWebhooks(triggers, '/hooks/triggers');
    server = await startServer({}, { databaseURI });
    server.app.post('/hook', (_request: Request, response: Response) => {
      calls.push('webhook');
      response.json({ success: {} });
    });
    // Their address is that of the first server's port.
    const url = new URL('/hook', server.url).href;
    for (const { className, triggerName } of triggers) {
      const path = `/hooks/triggers/${className}/${triggerName}`;
      await server.rest('PUT', path, { master: true, body: { url } });
    }
    await server.stop({ keepData: true });
    calls = [];
    const port = Number(new URL(url).port);
    server = await startServer({}, { databaseURI });
    const { createServer } = await import('node:http');
    const hooks = createServer((request, response) => {
      request.resume();
      calls.push('webhook');
      response.setHeader('Content-Type', 'application/json').end('{"success":{}}');
    });
    await new Promise<void>((resolve, reject) => {
      hooks.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    try {
      const user = await server.signUp();
      expect(calls).toEqual(['webhook']);
      const { token } = await server.restricted(user.token);
      const rename = (token: string) =>
        server.rest('PUT', `/users/${user.userId}`, { token, body: { nickname: 'Bo' } });
      expect((await rename(token)).body.code).toBe(119);
      expect(calls).toHaveLength(1);
      expect((await rename(user.token)).status).toBe(200);
      expect(calls).toHaveLength(2);
    } finally {
      hooks.closeAllConnections();
      await new Promise(resolve => hooks.close(resolve));
    }
  });

  it('stop the start on @File with guardFiles, whose place they take', async () => {
    const hook = { className: '@File', triggerName: 'beforeSave' };
    const databaseURI = await startWithWebhooks([hook], '/hooks/triggers');
    expect(await failingStart({ guardFiles: true }, { databaseURI })).toContain('a webhook on @File');
    server = await startServer({}, { databaseURI });
  });

  it('stop the start where they take a name of this package', async () => {
    const databaseURI = await startWithWebhooks([{ functionName: 'listSessions' }], '/hooks/functions');
    expect(await failingStart({}, { databaseURI })).toContain('"listSessions"');
    server = await startServer({ functionPrefix: 'auth_' }, { databaseURI });
  });
});
