import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { outcomeOf, REFUSED } from '../support/ways-in';

/** What the app's own triggers were called with. */
const calls: string[] = [];
const record = (request: any) => {
  calls.push(`${request.triggerName} ${request.object.className}`);
};
/** A trigger that changes what is saved, and forbids one value. */
const stampAndCheck = (request: any) => {
  record(request);
  if (request.object.get('title') === 'forbidden') throw 'not this title';
  request.object.set('stamp', 'by the app');
};

describe('the app’s own triggers on a guarded class', () => {
  let server: SpecServer;
  let user: SpecUser;
  let restricted: string;
  let ParseInCloud: any;
  let bypass = false;

  beforeAll(async () => {
    server = await startServer(
      { guard: ['Order', 'Receipt', 'Bill', 'Offer', 'Late', 'Checked', 'Picky'] },
      {
        // Runs after the package's own: with the methods gone, a request has the database of a stock Parse Server.
        requestContextMiddleware: (request: any, _response: unknown, next: () => void) => {
          if (bypass) {
            for (const method of ['find', 'create', 'update', 'destroy', 'validateObject']) {
              delete request.config.database[method];
            }
          }
          next();
        },
      },
      {
        cloud: async (Parse: any) => {
          ParseInCloud = Parse;
          class Receipt extends Parse.Object {
            constructor() {
              super('Receipt');
            }
          }
          Parse.Object.registerSubclass('Receipt', Receipt);
          class Bill extends Parse.Object {}
          for (const trigger of ['beforeSave', 'beforeDelete']) {
            const handler = trigger === 'beforeSave' ? stampAndCheck : record;
            Parse.Cloud[trigger]('Order', handler);
            Parse.Cloud[trigger](Parse.Object.extend('Offer'), handler);
            Parse.Cloud[trigger](Receipt, handler);
            Parse.Cloud[trigger](Bill, handler);
            Parse.Cloud[trigger](trigger === 'beforeSave' ? Parse.User : '_User', handler);
            Parse.Cloud[trigger](trigger === 'beforeSave' ? Parse.Role : '_Role', handler);
            Parse.Cloud[trigger]('Open', handler);
          }
          Parse.Cloud.beforeSave('Checked', stampAndCheck, {
            fields: { title: { required: true, type: String } },
          });
          Parse.Cloud.beforeSave('Picky', stampAndCheck, (request: any) => {
            if (request.object.get('title') === 'ugly') throw 'too ugly';
          });
          await new Promise(resolve => setTimeout(resolve, 5));
          Parse.Cloud.beforeSave('Late', record);
          Parse.Cloud.beforeDelete('Late', record);
        },
      },
    );
    // Long after the start, and for the second time: Parse Server keeps the last handler.
    ParseInCloud.Cloud.beforeSave('Late', stampAndCheck);
    user = await server.signUp();
    restricted = (await server.restricted(user.token)).token;
  });

  afterAll(() => server.stop());

  beforeEach(() => {
    calls.length = 0;
  });

  afterEach(() => {
    bypass = false;
  });

  const CLASSES: Array<[string, string]> = [
    ['Order', 'by its name'],
    ['Offer', 'by Parse.Object.extend'],
    ['Receipt', 'by a registered subclass'],
    ['Bill', 'by a class of that name'],
    ['Late', 'after the start'],
    ['_User', 'by Parse.User and by its name'],
    ['_Role', 'by Parse.Role and by its name'],
  ];
  let counter = 0;

  async function objectOf(className: string): Promise<{ path: string; owner: SpecUser }> {
    if (className === '_User') {
      const owner = await server.signUp();
      calls.length = 0;
      return { path: `/users/${owner.userId}`, owner };
    }
    const { body } = await server.rest('POST', `/classes/${className}`, {
      master: true,
      body: { name: `role-${++counter}`, ACL: { [user.userId]: { read: true, write: true } } },
    });
    calls.length = 0;
    return { path: `/classes/${className}/${body.objectId}`, owner: user };
  }

  describe.each([
    ['with both locks', false],
    ['when the request database does not guard', true],
  ])('%s', (_which, isBypassed) => {
    it.each(CLASSES)('%s, registered %s: it does not run for a restricted session', async className => {
      const { path, owner } = await objectOf(className);
      const { token } = await server.restricted(owner.token);
      bypass = isBypassed;
      const body = { title: 'x' };
      expect(outcomeOf((await server.rest('PUT', path, { token, body })).body)).toEqual(REFUSED);
      expect(outcomeOf((await server.rest('DELETE', path, { token })).body)).toEqual(REFUSED);
      const create =
        className === '_User'
          ? { username: `user-${++counter}`, password: 'secret' }
          : { name: `role-${++counter}`, ACL: {} };
      const created = await server.rest('POST', `/classes/${className}`, { token, body: create });
      expect(outcomeOf(created.body)).toEqual(REFUSED);
      expect(calls).toEqual([]);
    });
  });

  it.each(CLASSES)('%s, registered %s: it runs for others, and what it changes is saved', async className => {
    const { path, owner } = await objectOf(className);
    const { token } = owner;
    expect((await server.rest('PUT', path, { token, body: { title: 'x' } })).status).toBe(200);
    expect((await server.rest('GET', path, { token })).body).toMatchObject({
      title: 'x',
      stamp: 'by the app',
    });
    const forbidden = await server.rest('PUT', path, { token, body: { title: 'forbidden' } });
    expect(forbidden.body).toMatchObject({ code: 141, error: 'not this title' });
    expect((await server.rest('DELETE', path, { token })).status).toBe(200);
    expect(calls).toEqual([
      `beforeSave ${className}`,
      `beforeSave ${className}`,
      `beforeDelete ${className}`,
    ]);
  });

  it('runs for the master key', async () => {
    const { path } = await objectOf('Order');
    await server.rest('PUT', path, { master: true, body: { title: 'x' } });
    expect(calls).toEqual(['beforeSave Order']);
  });

  it.each([
    ['Checked', { title: 1 }, { code: 142 }],
    ['Checked', {}, { code: 142 }],
    ['Picky', { title: 'ugly' }, { code: 142, error: 'too ugly' }],
  ])('keeps the validator of %s', async (className, body, expected) => {
    const path = `/classes/${className}`;
    expect((await server.rest('POST', path, { token: user.token, body })).body).toMatchObject(expected);
    expect(outcomeOf((await server.rest('POST', path, { token: restricted, body })).body)).toEqual(REFUSED);
    expect(calls).toEqual([]);
    const created = await server.rest('POST', path, { token: user.token, body: { title: 'fine' } });
    expect(created.body.stamp).toBe('by the app');
  });

  it('runs for a restricted session where the class is not guarded', async () => {
    const answer = await server.rest('POST', '/classes/Open', { token: restricted, body: { title: 'x' } });
    expect(answer.body.stamp).toBe('by the app');
    expect(calls).toEqual(['beforeSave Open']);
  });
});
