import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { MINUTE } from '../support/time';
import { defineSdkWrite, waysInAndTransaction } from '../support/ways-in';

const STALE = {
  code: 119,
  message: 'not allowed: the last login is too long ago, confirm your identity first (_User)',
};

const CREATE_DIARY = 'mutation { createDiary(input: { fields: { text: "x" } }) { diary { title } } }';

let server: SpecServer;
let user: SpecUser;

beforeAll(async () => {
  server = await startServer(
    {
      fresh: {
        _User: ['email', 'password', 'authData', 'username', 'address', 'friends'],
        PaymentMethod: true,
        Diary: ['title'],
        _Installation: ['vip'],
      },
      freshWithin: '10m',
    },
    {
      auth: {
        shop: { module: { validateAuthData: async () => undefined, validateAppId: async () => undefined } },
      },
    },
    {
      graphql: true,
      cloud(Parse) {
        defineSdkWrite(Parse);
        Parse.Cloud.beforeSave('Diary', ({ object, user }: any) => {
          if (user) object.setACL(new Parse.ACL(object.get('isShared') ? { '*': { read: true } } : user));
        });
      },
    },
  );
  const fields = {
    nickname: { type: 'String' },
    points: { type: 'Number' },
    settings: { type: 'Object' },
    address: { type: 'Object' },
    friends: { type: 'Relation', targetClass: '_User' },
    guests: { type: 'Relation', targetClass: '_User' },
  };
  await server.rest('PUT', '/schemas/_User', { master: true, body: { fields } });
});

beforeEach(async () => {
  user = await server.signUp();
  const body = { nickname: 'ada', points: 1, settings: { email: 'a' }, address: { city: 'Lagos' } };
  await server.rest('PUT', `/users/${user.userId}`, { master: true, body });
});

afterAll(() => server.stop());

const loggedIn = (ago: number) =>
  makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - ago) });
const stored = async () => (await server.rawFind('_User', { objectId: user.userId }))[0];
const added = {
  __op: 'AddRelation',
  objects: [{ __type: 'Pointer', className: '_User', objectId: 'somebody' }],
};

const OPEN: Array<[what: string, fields: object]> = [
  ['a column', { nickname: 'grace' }],
  ['a counter', { points: { __op: 'Increment', amount: 1 } }],
  ['a part of a column', { 'settings.email': 'b' }],
  ['a column that is taken away', { nickname: { __op: 'Delete' } }],
  ['a relation', { guests: added }],
];
const COVERED: Array<[what: string, fields: object]> = [
  ['a column', { email: 'thief@example.com' }],
  ['a column, among others', { nickname: 'grace', username: 'thief' }],
  ['the password', { password: 'a thief’s' }],
  ['a provider', { authData: { shop: { id: 'thief' } } }],
  ['a part of a column', { 'address.city': 'Abuja' }],
  ['a column that is taken away', { address: { __op: 'Delete' } }],
  ['a relation', { friends: added }],
  ['the ACL, which lets somebody else write it', { ACL: { somebody: { read: true, write: true } } }],
];
let count = 0;
/** The same fields, with a name that nobody has yet. */
const unused = (fields: object): object =>
  JSON.parse(JSON.stringify(fields).replaceAll('thief', `thief${(count += 1)}`));
/** GraphQL knows neither dotted keys nor operations, and has words of its own for relations and ACLs. */
const speaks = (way: string, fields: object) =>
  way !== 'GraphQL' ||
  !Object.entries(fields).some(([key, value]) => key.includes('.') || key === 'ACL' || value.__op);

describe.each(waysInAndTransaction)('with columns in `fresh`, by way of %s', (name, way) => {
  // Parse Server on PostgreSQL does not tell why a transaction is refused.
  const refused = name === 'a transaction' ? { code: 1, message: 'Internal server error.' } : STALE;
  const update = (fields: object, who: { token?: string; master?: boolean }) =>
    way(server, { operation: 'update', className: '_User', objectId: user.userId, fields }, who);

  it.each(OPEN.filter(([, fields]) => speaks(name, fields)))(
    'an old login may write what is none of them: %s',
    async (_what, fields) => {
      const before = await stored();
      expect(await update(fields, await loggedIn(11 * MINUTE))).not.toHaveProperty('code');
      if (!('guests' in fields))
        expect(await stored()).not.toEqual({ ...before, updatedAt: expect.anything() });
    },
  );

  it.each(COVERED.filter(([, fields]) => speaks(name, fields)))(
    'it takes a recent login to write %s',
    async (_what, fields) => {
      const [old, recent] = [await loggedIn(11 * MINUTE), await loggedIn(9 * MINUTE)];
      const before = await stored();
      expect(await update(unused(fields), old)).toEqual(refused);
      expect(await stored()).toEqual(before);
      expect(await update(unused(fields), recent)).not.toHaveProperty('code');
    },
  );

  it('the master key writes them', async () => {
    expect(await update({ email: `${user.username}@example.com` }, { master: true })).not.toHaveProperty(
      'code',
    );
  });

  it('it takes a recent login to delete the object', async () => {
    const call = { operation: 'delete', className: '_User', objectId: user.userId } as const;
    const recent = await loggedIn(9 * MINUTE);
    expect(await way(server, call, await loggedIn(11 * MINUTE))).toEqual(refused);
    expect(await stored()).toBeDefined();
    expect(await way(server, call, recent)).not.toHaveProperty('code');
  });
});

describe('with columns in `fresh`', () => {
  it('an old login links no provider by a log-in that names one of the user’s', async () => {
    const shop = { id: user.userId };
    await server.rest('PUT', `/users/${user.userId}`, { master: true, body: { authData: { shop } } });
    const authData = { shop: { ...shop, code: 'thief' } };
    const { token } = await loggedIn(11 * MINUTE);
    expect((await server.rest('POST', '/users', { token, body: { authData } })).body.code).toBe(119);
    expect((await stored())?.authData).toEqual({ shop });
    // Without the session it is a log-in, and a recent one.
    expect((await server.rest('POST', '/users', { body: { authData } })).body.sessionToken).toBeDefined();
  });

  it.each(['nobody', 'an old login'])('%s may sign up', async who => {
    const token = who === 'nobody' ? undefined : (await loggedIn(11 * MINUTE)).token;
    const body = { username: `new of ${who}`, password: 'secret', email: `${who.length}@example.com` };
    expect((await server.rest('POST', '/users', { token, body })).status).toBe(201);
  });

  describe('what changes nothing is no write:', () => {
    const create = (body: object, token?: string) => server.rest('POST', '/classes/Diary', { token, body });
    beforeAll(() =>
      server.makeClass('Diary', {
        title: { type: 'String', defaultValue: 'untitled' },
        isShared: { type: 'Boolean' },
      }),
    );

    it.each(['nobody', 'an old login'])('a default that Parse Server fills in, by %s', async who => {
      const token = who === 'nobody' ? undefined : (await loggedIn(11 * MINUTE)).token;
      expect((await create({ text: 'x' }, token)).body).toMatchObject({ title: 'untitled' });
      const refusal = { code: token ? 119 : 209 };
      expect((await create({ text: 'x', title: 'mine' }, token)).body).toMatchObject(refusal);
      expect((await server.graphql(CREATE_DIARY, {}, token)).body.errors).toBeUndefined();
    });

    it('an ACL that a trigger sets each time, unless it is another one', async () => {
      const { token } = await loggedIn(11 * MINUTE);
      const { objectId } = (await create({ text: 'x' }, token)).body;
      const update = (body: object) => server.rest('PUT', `/classes/Diary/${objectId}`, { token, body });
      expect((await update({ text: 'y' })).status).toBe(200);
      expect((await update({ isShared: true })).body.code).toBe(119);
      expect((await update({ title: 'mine' })).body.code).toBe(119);
      expect((await server.rawFind('Diary', { objectId }))[0]).toMatchObject({
        text: 'y',
        title: 'untitled',
      });
    });
  });

  it('Parse Server still deletes the installations that another one takes the place of', async () => {
    const { token } = await loggedIn(11 * MINUTE);
    const make = (installationId: string, fields: object) =>
      server.rest('POST', '/installations', {
        master: true,
        body: { installationId, deviceType: 'ios', ...fields },
      });
    await make('old', { deviceToken: 'token-1' });
    const { objectId } = (await make('new', {})).body;
    const body = { installationId: 'new', deviceToken: 'token-1', deviceType: 'ios' };
    expect((await server.rest('PUT', `/installations/${objectId}`, { token, body })).status).toBe(200);
    const rows = await server.rawFind('_Installation', { deviceToken: 'token-1' });
    expect(rows.map(({ installationId }) => installationId)).toEqual(['new']);
  });

  it('an anonymous user signs up with an old login, and writes nobody else', async () => {
    const anonymous = { id: '6f0d3bd4-8b5c-4c5f-8b2b-2d7a4f4a9f11' };
    const { objectId } = (await server.rest('POST', '/users', { body: { authData: { anonymous } } })).body;
    const fields = { anonymous: true, authenticatedAt: parseDate(Date.now() - 11 * MINUTE) };
    const { token } = await makeSession(server, objectId, fields);
    const ACL = { '*': { read: true, write: true } };
    await server.rest('PUT', `/users/${user.userId}`, { master: true, body: { ACL } });
    const body = { username: `was-anonymous-${objectId}`, password: 'secret', authData: { anonymous: null } };
    expect((await server.rest('PUT', `/users/${user.userId}`, { token, body })).body.code).toBe(119);
    expect((await server.rest('PUT', `/users/${objectId}`, { token, body })).status).toBe(200);
  });

  it('an old login still logs in, logs out and asks for a new password', async () => {
    const { username, password } = user;
    const { token } = await loggedIn(11 * MINUTE);
    const body = { username, password };
    expect((await server.rest('POST', '/login', { token, body })).body.sessionToken).toBeDefined();
    expect((await server.rest('POST', '/logout', { token, body: {} })).status).toBe(200);
  });

  it('whole classes stay whole', async () => {
    const { token } = await loggedIn(11 * MINUTE);
    const answer = await server.rest('POST', '/classes/PaymentMethod', { token, body: { note: 'x' } });
    expect(answer.body).toEqual({ code: 119, error: STALE.message.replace('_User', 'PaymentMethod') });
  });
});
