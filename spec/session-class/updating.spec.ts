import { COLUMNS } from '../../src/policy/columns';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import {
  defineSdkWrite,
  REFUSED,
  transactionalBatch,
  waysIn,
  type Outcome,
  type WayIn,
} from '../support/ways-in';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

type Json = Record<string, any>;

const date = { __type: 'Date', iso: '2040-01-01T00:00:00.000Z' };
const VALUES = { Boolean: false, String: 'forged', Date: date, Array: ['forged'] };

describe('changes to a session', () => {
  let server: SpecServer;
  let user: SpecUser;
  let target: { objectId: string; token: string };
  let own: { objectId: string; token: string };

  beforeAll(async () => {
    server = await startServer({}, {}, { graphql: true, cloud: defineSdkWrite });
    const fields = { mood: { type: 'String' } };
    await server.rest('PUT', '/schemas/_Session', { master: true, body: { fields } });
    user = await server.signUp();
    target = await server.restricted(user.token);
    const [{ objectId }] = await server.rawFind('_Session', { sessionToken: user.token });
    own = { objectId, token: user.token };
  });

  afterAll(() => server.stop());

  const row = async ({ objectId } = target) => (await server.rawFind('_Session', { objectId }))[0];
  const update = (fields: Json, who: object = { token: user.token }, { objectId } = target) =>
    server.rest('PUT', `/sessions/${objectId}`, { ...who, body: fields });

  const READ_ONLY: Json = {
    user: { __type: 'Pointer', className: '_User', objectId: 'stranger' },
    createdWith: { action: 'login', authProvider: 'password' },
    expiresAt: date,
    sessionToken: 'r:chosen',
    installationId: 'another',
    ACL: { '*': { read: true } },
    ...Object.fromEntries(Object.entries(COLUMNS).map(([name, type]) => [name, VALUES[type]])),
  };

  it.each(Object.keys(READ_ONLY))('%s is read-only', async key => {
    for (const session of [target, own]) {
      const before = await row(session);
      for (const value of [READ_ONLY[key], null, { __op: 'Delete' }]) {
        expect((await update({ [key]: value }, undefined, session)).body.code).toBe(105);
        // Nor beside a key that may be written.
        expect((await update({ mood: 'fine', [key]: value }, undefined, session)).body.code).toBe(105);
      }
      expect(await row(session)).toEqual(before);
    }
  });

  it.each([
    'objectId',
    'sessionToken',
    'user',
    'createdWith',
    'expiresAt',
    'restricted',
    'createdAt',
    'updatedAt',
    'ACL',
    'ip',
  ])('a dotted key of %s is no way round', async root => {
    const before = await row();
    for (const key of [`${root}.x`, `${root}.action`, `${root}.iso`, `${root}.0`]) {
      expect((await update({ [key]: 'login' })).body.code).toBe(105);
    }
    expect(await row()).toEqual(before);
  });

  it.each<[string, Json]>([
    ['objectId', { objectId: 'renamed' }],
    ['objectId of itself', { objectId: null }],
    ['Increment', { restricted: { __op: 'Increment', amount: 1 } }],
    ['Add', { createdWith: { __op: 'Add', objects: ['x'] } }],
    ['SetOnInsert', { expiresAt: { __op: 'SetOnInsert', amount: date } }],
    ['Batch', { user: { __op: 'Batch', ops: [] } }],
    ['the name in the database', { _session_token: 'r:chosen' }],
    ['the permissions in the database', { _wperm: ['*'] }],
  ])('neither is an operation: %s', async (_what, fields) => {
    const before = await row();
    expect((await update(fields)).body.code).toBe(105);
    expect(await row()).toEqual(before);
  });

  it.each<[string, unknown]>([
    ['ACL', 0],
    ['ACL', ''],
    ['ACL', false],
    ['user', 0],
    ['user', ''],
    ['user', false],
  ])('neither is an empty %s: %j', async (key, value) => {
    const before = await row();
    expect([105, 111]).toContain((await update({ [key]: value })).body.code);
    expect(await row()).toEqual(before);
  });

  it('an end of null makes no immortal session', async () => {
    expect((await update({ expiresAt: null })).body.code).toBe(105);
    expect((await row()).expiresAt).toBeDefined();
  });

  it('a field of the app’s own may be written, and what Parse Server keeps stays', async () => {
    const before = await row();
    expect((await update({ mood: 'fine', createdAt: date, updatedAt: date })).status).toBe(200);
    const { updatedAt, mood, ...after } = await row();
    expect(mood).toBe('fine');
    expect(new Date(updatedAt).getFullYear()).toBeLessThan(2040);
    expect(after).toEqual({ ...before, updatedAt: undefined });
  });

  const write = (way: WayIn, fields: Json, token = user.token): Promise<Outcome> =>
    way(server, { operation: 'update', className: '_Session', objectId: target.objectId, fields }, { token });

  describe.each(waysIn)('by way of %s', (_name, way) => {
    it.each<[string, Json]>([
      ['restricted', { restricted: false }],
      ['createdWith', { createdWith: { action: 'login' } }],
      ['sessionToken', { sessionToken: 'r:chosen' }],
      ['name', { name: 'forged' }],
    ])('%s is read-only', async (_key, fields) => {
      const before = await row();
      expect(await write(way, fields)).toMatchObject({ code: 105 });
      expect(await row()).toEqual(before);
    });

    it('a field of the app’s own may be written, but not by a restricted session', async () => {
      expect(await write(way, { mood: 'calm' })).not.toHaveProperty('code');
      expect((await row()).mood).toBe('calm');
      expect(await write(way, { mood: 'mine' }, target.token)).toEqual(REFUSED);
      expect((await row()).mood).toBe('calm');
    });

    it('a session is deleted by its user, but not by a restricted session', async () => {
      const doomed = await server.restricted(user.token);
      const write = { operation: 'delete', className: '_Session', objectId: doomed.objectId } as const;
      for (const { token } of [target, doomed]) {
        expect(await way(server, write, { token })).toEqual(REFUSED);
      }
      expect(await row(doomed)).toBeDefined();
      expect(await way(server, write, { token: user.token })).not.toHaveProperty('code');
      expect(await row(doomed)).toBeUndefined();
      const answer = await server.rest('GET', '/classes/Note', { token: doomed.token });
      expect(answer.body.code).toBe(209);
    });
  });

  if (SPEC_DATABASE === 'postgresql') {
    it('a batch that is one transaction keeps to that', async () => {
      const before = await row();
      expect(await write(transactionalBatch, { restricted: false })).toHaveProperty('code');
      expect(await write(transactionalBatch, { mood: 'mine' }, target.token)).toHaveProperty('code');
      expect(await row()).toEqual(before);
    });
  }

  it('another user’s session is out of reach', async () => {
    const stranger = await server.signUp();
    const before = await row();
    expect((await update({ mood: 'mine' }, { token: stranger.token })).body.code).toBe(101);
    const answer = await server.rest('DELETE', `/sessions/${target.objectId}`, { token: stranger.token });
    expect(answer.body.code).toBe(101);
    expect(await row()).toEqual(before);
    expect((await server.rest('GET', '/users/me', { token: target.token })).status).toBe(200);
  });

  it.each(['PUT', 'DELETE', 'POST'])('%s /sessions/me changes nothing', async method => {
    const before = await row(own);
    for (const body of [{ restricted: true }, { mood: 'x' }]) {
      const answer = await server.rest(method, '/sessions/me', { token: user.token, body });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(await row(own)).toEqual(before);
  });

  it.each(['PUT', 'DELETE', 'POST'])('%s /sessions/me asks who is calling', async method => {
    const change = (token: string) => server.rest(method, '/sessions/me', { token, body: { mood: 'x' } });
    expect((await change('r:0123456789abcdef0123456789abcdef')).body.code).toBe(209);
    expect((await change(target.token)).status).toBeGreaterThanOrEqual(400);
    expect(await row()).toEqual(await row());
  });

  it('without a session nothing is changed', async () => {
    const before = await row();
    expect((await update({ mood: 'x' }, {})).body.code).toBe(209);
    expect((await server.rest('DELETE', `/sessions/${target.objectId}`)).body.code).toBe(209);
    expect(await row()).toEqual(before);
  });

  it('the master key changes what it likes, the read-only one nothing', async () => {
    const session = await server.restricted(user.token);
    const fields = { restricted: false, name: 'desk', expiresAt: date };
    expect((await update(fields, { readOnlyMaster: true }, session)).body.code).toBe(119);
    expect((await row(session)).restricted).toBe(true);
    expect((await update(fields, { master: true }, session)).status).toBe(200);
    expect(await row(session)).toMatchObject({ restricted: false, name: 'desk', expiresAt: date });
    const remove = (who: object) => server.rest('DELETE', `/sessions/${session.objectId}`, who);
    expect((await remove({ readOnlyMaster: true })).body.code).toBe(119);
    expect((await remove({ master: true })).status).toBe(200);
  });
});
