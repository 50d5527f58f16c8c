import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, pointerTo, sessionRow, useToken } from '../support/sessions';
import { defineSdkWrite, waysIn } from '../support/ways-in';

declare const Parse: any;

const REFUSED = { code: 119, message: 'A session cannot be bound to another user.' };

let server: SpecServer;
let user: SpecUser;
let other: SpecUser;

beforeAll(async () => {
  server = await startServer(
    {},
    {},
    {
      graphql: true,
      cloud: () => {
        defineSdkWrite(Parse);
        Parse.Cloud.define('fetchAndSave', async ({ params }: any) => {
          const master = { useMasterKey: true };
          const session = await new Parse.Query('_Session').get(params.objectId, master);
          // Without the subclass, which knows that the user is read-only.
          const copy = new Parse.Object('_Session');
          copy.id = session.id;
          await copy.save({ user: session.get('user'), mood: 'fine' }, master);
        });
      },
    },
  );
  user = await server.signUp();
  other = await server.signUp();
});

afterAll(() => server.stop());

const userOf = async (token: string) => (await sessionRow(server, token)).user?.objectId;

/** What the master key makes without naming a user. */
async function unbound(): Promise<{ objectId: string; token: string }> {
  const body = { sessionToken: `r:unbound-${Math.random()}` };
  const { body: created } = await server.rest('POST', '/sessions', { master: true, body });
  const token = created.sessionToken ?? body.sessionToken;
  return { objectId: (await sessionRow(server, token)).objectId, token };
}

// GraphQL takes a user as `{ link }`, and no null.
const byOwnForm = (name: string, fields: any) =>
  name === 'GraphQL' && fields.user?.objectId ? { user: { link: fields.user.objectId } } : fields;

describe.each(waysIn)('the user of a session, by way of %s', (name, way) => {
  const update = (objectId: string, fields: object, who: { token: string } | { master: true }) =>
    way(
      server,
      { operation: 'update', className: '_Session', objectId, fields: byOwnForm(name, fields) },
      who,
    );

  it('is never another one, not by the master key either', async () => {
    const session = await makeSession(server, user.userId);
    const fields = { user: pointerTo(other.userId) };
    expect(await update(session.objectId, fields, { master: true })).toEqual(REFUSED);
    expect(await userOf(session.token)).toBe(user.userId);
    expect(await update(session.objectId, fields, { token: session.token })).toHaveProperty('code');
    expect(await userOf(session.token)).toBe(user.userId);
  });

  if (name !== 'GraphQL') {
    it.each([
      ['removed', { user: { __op: 'Delete' } }],
      ['null', { user: null }],
    ])('is never none: %s', async (_how, fields) => {
      const session = await makeSession(server, user.userId);
      expect(await update(session.objectId, fields, { master: true })).toHaveProperty('code');
      expect(await userOf(session.token)).toBe(user.userId);
    });
  }

  it('may be written as it is, beside other columns, by the master key', async () => {
    const session = await makeSession(server, user.userId);
    const fields = { user: pointerTo(user.userId) };
    expect(await update(session.objectId, fields, { master: true })).not.toHaveProperty('code');
    expect(await userOf(session.token)).toBe(user.userId);
  });

  it('of a session that the master key made without one is set once', async () => {
    const session = await unbound();
    expect(await userOf(session.token)).toBeUndefined();
    const fields = { user: pointerTo(user.userId) };
    expect(await update(session.objectId, fields, { master: true })).not.toHaveProperty('code');
    expect(await useToken(server, session)).toBe(200);
    const again = await update(session.objectId, { user: pointerTo(other.userId) }, { master: true });
    expect(again).toEqual(REFUSED);
    expect(await userOf(session.token)).toBe(user.userId);
  });
});

describe('the user of a session', () => {
  it.each(['user.objectId', 'user.className', 'user.x'])('is not changed by a part: %s', async key => {
    const session = await makeSession(server, user.userId);
    const body = { [key]: other.userId };
    const { body: answer } = await server.rest('PUT', `/sessions/${session.objectId}`, {
      master: true,
      body,
    });
    // PostgreSQL's adapter knows no such part of a pointer.
    expect([111, 119]).toContain(answer.code);
    expect(await userOf(session.token)).toBe(user.userId);
  });

  it('is bound by one of many that try at once', async () => {
    const session = await unbound();
    const users = await Promise.all(Array.from({ length: 8 }, () => server.rawInsert('_User', {})));
    const answers = await Promise.all(
      users.map(({ objectId }) =>
        server.rest('PUT', `/sessions/${session.objectId}`, {
          master: true,
          body: { user: pointerTo(objectId) },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await userOf(session.token)).toBe(users[winner].objectId);
  });

  it('lets an unbound session be nobody until then', async () => {
    const session = await unbound();
    expect(await useToken(server, session)).toBe(209);
    await expect(server.run('listSessions', {}, session)).rejects.toMatchObject({ code: 209 });
  });

  it('does not stand in the way of a change to another column', async () => {
    const session = await makeSession(server, user.userId);
    await server.run('fetchAndSave', { objectId: session.objectId });
    expect((await sessionRow(server, session)).mood).toBe('fine');
  });
});
