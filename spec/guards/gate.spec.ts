import type { Request, Response } from 'express';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, REFUSED } from '../support/ways-in';

const METHODS = ['find', 'create', 'update', 'destroy', 'validateObject'];

describe('the gate before users and roles', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;
  let role: string;
  let ParseInCloud: any;
  /** What the app's own middleware does to a request's database. */
  let tamper: (request: any) => void;

  beforeEach(async () => {
    tamper = () => undefined;
    server = await startServer(
      {},
      {
        requestContextMiddleware: (request: any, _response: unknown, next: () => void) => {
          tamper(request);
          next();
        },
      },
      { cloud: (Parse: any) => void (ParseInCloud = Parse) },
    );
    user = await server.signUp();
    restricted = (await server.restricted(user.token)).token;
    const ACL = { [user.userId]: { read: true, write: true } };
    role = (await server.rest('POST', '/roles', { master: true, body: { name: 'Staff', ACL } })).body
      .objectId;
  });

  afterEach(() => server.stop());

  const writes = (): Array<[string, string, object?]> => [
    ['PUT', `/users/${user.userId}`, { password: 'mine now' }],
    ['POST', '/users', { username: 'new', password: 'secret' }],
    ['DELETE', `/users/${user.userId}`],
    [
      'PUT',
      `/roles/${role}`,
      {
        users: {
          __op: 'AddRelation',
          objects: [{ __type: 'Pointer', className: '_User', objectId: user.userId }],
        },
      },
    ],
    ['POST', '/roles', { name: 'Crew', ACL: {} }],
    ['DELETE', `/roles/${role}`],
  ];

  async function expectAllRefused() {
    for (const [method, path, body] of writes()) {
      expect(outcomeOf((await server.rest(method, path, { token: restricted, body })).body)).toEqual(REFUSED);
    }
    expect(await server.rawFind('_User')).toHaveLength(1);
    expect(await server.rawFind('_Role')).toHaveLength(1);
    expect(await server.rawFind('_Join:users:_Role')).toHaveLength(0);
  }

  it('holds when the app deletes what a request’s database has of its own', async () => {
    tamper = ({ config }) => {
      for (const method of METHODS) delete config.database[method];
    };
    await expectAllRefused();
  });

  it('knows who asks by the headers where the app gives the request another database', async () => {
    tamper = ({ config }) => {
      const { adapter, options, constructor } = config.database;
      config.database = new constructor(adapter, options);
    };
    await expectAllRefused();
  });

  it('holds when all hooks are removed', async () => {
    ParseInCloud.Cloud._removeAllHooks();
    await expectAllRefused();
  });

  it('holds when a webhook replaces the triggers', async () => {
    const seen: string[] = [];
    server.app.post('/hook', (request: Request, response: Response) => {
      seen.push(request.path);
      response.json({ success: {} });
    });
    const url = new URL('/hook', server.url).href;
    for (const className of ['_User', '_Role']) {
      for (const triggerName of ['beforeSave', 'beforeDelete']) {
        const hook = { className, triggerName, url };
        expect((await server.rest('POST', '/hooks/triggers', { master: true, body: hook })).status).toBe(200);
      }
    }
    await expectAllRefused();
    expect(seen).toEqual([]);
    await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { nickname: 'Bo' } });
    expect(seen).not.toEqual([]);
  });
});
