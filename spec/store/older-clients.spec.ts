import { startServer, type SpecServer } from '../support/server';
import { makeSession, sessionRow } from '../support/sessions';
import { REFUSED, outcomeOf } from '../support/ways-in';

declare const Parse: any;

describe('sessions that clients made before the package was mounted', () => {
  let server: SpecServer;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(() => server.stop());

  it('are restricted by what docs/installing.md gives', async () => {
    const user = await server.signUp();
    const device = await makeSession(server, user.userId, { createdWith: { action: 'create' } });
    const phone = await makeSession(server, user.userId);

    const made = new Parse.Query('_Session')
      .equalTo('createdWith.action', 'create')
      .notEqualTo('restricted', true);
    for (const { id } of await made.limit(10_000).find({ useMasterKey: true })) {
      const session = new Parse.Object('_Session');
      session.id = id;
      await session.save({ restricted: true }, { useMasterKey: true });
    }

    expect(await sessionRow(server, device)).toMatchObject({ restricted: true });
    expect((await sessionRow(server, phone)).restricted).not.toBe(true);
    const write = { token: device.token, body: { nickname: 'x' } };
    expect(outcomeOf((await server.rest('PUT', `/users/${user.userId}`, write)).body)).toEqual(REFUSED);
  });
});
