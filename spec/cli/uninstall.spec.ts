import { atServer, runCli } from '../support/cli';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { sessionRow, useToken } from '../support/sessions';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

let server: SpecServer;
afterEach(() => server.stop());

const cli = (args: string[]) => runCli(args, { env: atServer(server.url) });
const uninstall = async (...args: string[]) => (await cli(['uninstall', '--json', ...args])).json();

/** A user with an unrestricted session, a restricted one, and a scoped one. */
async function withDevices() {
  await server.makeClass('Telemetry');
  const user = await server.signUp();
  const restricted = await server.restricted(user.token);
  const scoped = await server.run('createRestrictedSession', { scopes: ['Telemetry:create'] }, user);
  return { user, restricted: restricted.token, scoped: scoped.sessionToken as string };
}

const changePassword = (user: SpecUser, token: string) =>
  server.rest('PUT', `/users/${user.userId}`, { token, body: { password: 'a new one' } });

/** The same database, without this package. */
async function startStock() {
  const { databaseURI } = server;
  await server.stop({ keepData: true });
  server = await startServer({}, { databaseURI }, { mounted: false });
}

describe('uninstall', () => {
  it('changes nothing without --yes, and tells what is there', async () => {
    server = await startServer();
    const { user, restricted } = await withDevices();
    const told = await uninstall();
    expect(told).toMatchObject({ mounted: true, restricted: 2, revoked: 0, left: 2 });
    expect(told.drop.columns).toEqual(expect.arrayContaining(['restricted', 'scopes', 'secret']));
    expect(told.drop.classes).toContain('ParseEndedSession');
    for (const token of [user.token, restricted]) expect(await useToken(server, token)).toBe(200);
    const { stdout } = await cli(['uninstall']);
    expect(stdout).toContain('2 restricted sessions would be full ones');
    expect(stdout).toContain('Nothing was changed.');
  });

  it('revokes what stock Parse Server would take for full sessions: nothing is promoted', async () => {
    server = await startServer();
    const { user, restricted, scoped } = await withDevices();
    expect(await uninstall('--yes')).toMatchObject({ restricted: 2, revoked: 2, left: 0 });
    await startStock();
    expect(await useToken(server, user)).toBe(200);
    for (const token of [restricted, scoped]) {
      expect(await useToken(server, token)).toBe(209);
      expect((await changePassword(user, token)).body.code).toBe(209);
    }
    expect(await uninstall('--yes')).toMatchObject({ mounted: false, restricted: 0, left: 0 });
  });

  it('does it on a server that has lost the package already, too', async () => {
    server = await startServer();
    const { user, restricted, scoped } = await withDevices();
    for (let i = 0; i < 45; i += 1) await server.restricted(user.token);
    await startStock();
    // Stock Parse Server has it in its cache by now.
    expect(await useToken(server, restricted)).toBe(200);
    expect(await uninstall('--yes')).toMatchObject({ mounted: false, restricted: 47, revoked: 47, left: 0 });
    for (const token of [restricted, scoped]) expect(await useToken(server, token)).toBe(209);
    expect(await useToken(server, user)).toBe(200);
  });

  it('means scoped sessions whose restriction the master key has lifted, too', async () => {
    server = await startServer();
    const { user, scoped } = await withDevices();
    const { objectId } = await sessionRow(server, scoped);
    const lifted = await server.rest('PUT', `/sessions/${objectId}`, {
      master: true,
      body: { restricted: false },
    });
    expect(lifted.status).toBe(200);
    expect(await uninstall('--yes')).toMatchObject({ mounted: true, restricted: 2, revoked: 2, left: 0 });
    await startStock();
    expect(await useToken(server, scoped)).toBe(209);
    expect(await useToken(server, user)).toBe(200);
  });

  it('finds nothing where the package never was', async () => {
    server = await startServer({}, {}, { mounted: false });
    await server.signUp();
    expect(await uninstall()).toMatchObject({
      mounted: false,
      restricted: 0,
      left: 0,
      drop: { columns: [], classes: [] },
    });
    const doctor = await cli(['doctor']);
    expect(doctor).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('Nothing is guarded.'),
    });
  });

  it('tells statements that drop all of it, after which sessions work as before', async () => {
    server = await startServer();
    const { user } = await withDevices();
    const { drop } = await uninstall('--yes');
    await startStock();
    const { adapter } = server.server.config.databaseController as any;
    if (SPEC_DATABASE === 'postgresql')
      for (const statement of drop.postgresql) await adapter._client.none(statement);
    else {
      const { _mongoCollection: sessions } = await adapter._adaptiveCollection('_Session');
      const db = { getCollection: (name: string) => sessions.db.collection(name) };
      for (const statement of drop.mongodb) {
        // An index that the schema API knows no more is gone with its class.
        await new Function('db', `return ${statement.replace(/;$/, '')}`)(db);
      }
    }
    const { databaseURI } = server;
    await server.stop({ keepData: true });
    server = await startServer({}, { databaseURI }, { mounted: false });
    expect(await useToken(server, user)).toBe(200);
    const { body } = await server.rest('GET', '/schemas', { master: true });
    const schemas: Array<{ className: string; fields: object }> = body.results;
    expect(
      schemas.map(({ className }) => className).filter(name => /^Parse(Ended|Session)/.test(name)),
    ).toEqual([]);
    const fields = schemas.find(({ className }) => className === '_Session')!.fields;
    for (const column of drop.columns) expect(fields).not.toHaveProperty(column);
    expect((await server.login(user.username, user.password)).token).toMatch(/^r:/);
    // And back again.
    await server.stop({ keepData: true });
    server = await startServer({}, { databaseURI });
    expect(await useToken(server, user)).toBe(200);
  });
});
