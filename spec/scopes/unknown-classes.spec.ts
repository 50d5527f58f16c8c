import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { useToken } from '../support/sessions';

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer();
  await server.rest('POST', '/schemas/Telemetry', { master: true, body: {} });
  user = await server.signUp();
});

afterAll(() => server.stop());

const make = (scopes: string[], more: object = {}, who: object = user) =>
  server.run('createRestrictedSession', { scopes, ...more }, who);

describe('a scope of a class that does not exist', () => {
  it.each([
    ['a session', () => ({}), () => user],
    ['the master key', () => ({ userId: user.userId }), () => ({ master: true })],
  ])('is error 142, which names the scope, for %s', async (_who, more, who) => {
    const before = (await server.rawFind('_Session')).length;
    const call = make(['Telemetry:create', 'function:report', 'Nope:create', 'Nope:read'], more(), who());
    await expect(call).rejects.toMatchObject({ code: 142 });
    await expect(call).rejects.toThrow(/^scopes\.2: there is no class "Nope"/);
    expect((await server.rawFind('_Session')).length).toBe(before);
  });

  it('ends no former session of the installation', async () => {
    const installationId = 'kitchen';
    const former = await make(['Telemetry:create'], { installationId });
    await expect(make(['Nope:create'], { installationId })).rejects.toMatchObject({ code: 142 });
    expect((await server.rawFind('_Session', { objectId: former.objectId })).length).toBe(1);
    // The scopes of this session do not allow it to read its user.
    expect(await useToken(server, former.sessionToken)).toBe(119);
  });

  it('shows no name that looks like a token', async () => {
    const name = `T${'0123456789abcdef'.repeat(3)}`;
    const call = make([`${name}:create`]);
    await expect(call).rejects.toMatchObject({ code: 142 });
    await expect(call).rejects.not.toThrow(name);
  });
});

describe('a class is found', () => {
  it.each(['_Installation', '_User', '_Product'])('that is Parse Server’s own: %s', async name => {
    expect(await make([`${name}:create`])).toMatchObject({ restricted: true });
  });

  it('that has just been made', async () => {
    await expect(make(['Fresh:create'])).rejects.toMatchObject({ code: 142 });
    await server.rest('POST', '/classes/Fresh', { ...user, body: {} });
    expect(await make(['Fresh:create'])).toMatchObject({ restricted: true });
  });

  it('that another process has just made', async () => {
    await expect(make(['Elsewhere:create'])).rejects.toMatchObject({ code: 142 });
    // Past this process’s memory of the schema.
    const { adapter } = server.server.config.databaseController as any;
    const fields = { objectId: { type: 'String' }, createdAt: { type: 'Date' }, updatedAt: { type: 'Date' } };
    await adapter.createClass('Elsewhere', { className: 'Elsewhere', fields });
    expect(await make(['Elsewhere:create'])).toMatchObject({ restricted: true });
  });
});
