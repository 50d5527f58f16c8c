import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, parseDate } from '../support/sessions';
import { HOUR } from '../support/time';
import { defineSdkWrite, waysIn, type Write } from '../support/ways-in';

declare const Parse: any;

const RESTRICTED = 'write operation not allowed: restricted session';
const OUT_OF_SCOPE = 'not allowed: outside the scopes of this session';
const STALE = 'not allowed: the last login is too long ago, confirm your identity first';
const TOKEN_LIKE = 'T0f1e2d3c4b5a69788796a5b4c3d2e1f0';

let server: SpecServer;
let user: SpecUser;
let restricted: { token: string };

const cloud = (parse: any) => {
  defineSdkWrite(parse);
  Parse.Cloud.define('report', () => 'done');
  Parse.Cloud.define(
    'changePlan',
    () => 'done',
    (request: any) => server.sessions.requireFreshSession(request),
  );
};

beforeAll(async () => {
  server = await startServer(
    { guard: { except: ['Telemetry', 'Note', TOKEN_LIKE] }, fresh: ['Note'], freshWithin: '10m' },
    {},
    { graphql: true, cloud },
  );
  for (const className of ['Telemetry', 'Note', 'Invoice', TOKEN_LIKE]) {
    const fields = { amount: { type: 'Number' } };
    await server.rest('POST', `/schemas/${className}`, { master: true, body: { fields } });
  }
  user = await server.signUp();
  restricted = await server.restricted(user.token);
});

afterAll(() => server.stop());

async function scoped(...scopes: string[]): Promise<{ token: string }> {
  const all = [...scopes, 'function:sdkWrite'];
  return { token: (await server.run('createRestrictedSession', { scopes: all }, user)).sessionToken };
}
const create = (className: string): Write => ({ operation: 'create', className, fields: { amount: 1 } });

describe.each(waysIn)('a guard on all classes but some, by way of %s', (_name, way) => {
  it('leaves those open to a restricted session', async () => {
    expect(await way(server, create('Telemetry'), restricted)).not.toHaveProperty('code');
  });

  it('refuses every other class in the same words as ever', async () => {
    expect(await way(server, create('Invoice'), restricted)).toEqual({ code: 119, message: RESTRICTED });
    expect(await server.rawFind('Invoice')).toEqual([]);
  });

  it('tells a scoped session that the guard covers what its scope names', async () => {
    const sensor = await scoped('Invoice:create');
    expect(await way(server, create('Invoice'), sensor)).toEqual({
      code: 119,
      message: `${RESTRICTED} (Invoice: the option guard covers it)`,
    });
  });

  it('tells a scoped session which scope it would take', async () => {
    const sensor = await scoped('Note:create');
    expect(await way(server, create('Telemetry'), sensor)).toEqual({
      code: 119,
      message: `${OUT_OF_SCOPE} (Telemetry:create)`,
    });
  });

  it('tells a session which class needs a recent log-in', async () => {
    const old = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
    expect(await way(server, create('Note'), old)).toEqual({ code: 119, message: `${STALE} (Note)` });
  });

  it('shows no name that looks like a token', async () => {
    const sensor = await scoped('Note:create');
    const outcome = await way(server, create(TOKEN_LIKE), sensor);
    expect(outcome).toEqual({ code: 119, message: OUT_OF_SCOPE });
  });
});

describe('a refusal', () => {
  it('of a user says that users are always guarded, whatever the scopes', async () => {
    const sensor = await scoped('_User:update', '_User:read');
    const { body } = await server.rest('PUT', `/users/${user.userId}`, { ...sensor, body: { amount: 1 } });
    expect(body).toEqual({ code: 119, error: `${RESTRICTED} (_User: always guarded)` });
    const other = await scoped('Note:create');
    const refused = await server.rest('PUT', `/users/${user.userId}`, { ...other, body: { amount: 1 } });
    expect(refused.body).toEqual({ code: 119, error: RESTRICTED });
  });

  it('of a function names its scope, whatever the way in', async () => {
    const sensor = await scoped('Note:create');
    const error = `${OUT_OF_SCOPE} (function:report)`;
    expect((await server.rest('POST', '/functions/report', { ...sensor, body: {} })).body).toEqual({
      code: 119,
      error,
    });
    const mutation = 'mutation { callCloudCode(input: { functionName: report }) { result } }';
    const { body } = await server.graphql(mutation, {}, sensor.token);
    expect(body.errors[0].message).toBe(error);
  });

  it('of a function that needs a recent log-in names it', async () => {
    const old = await makeSession(server, user.userId, { authenticatedAt: parseDate(Date.now() - HOUR) });
    await expect(server.run('changePlan', {}, old)).rejects.toThrow(`${STALE} (changePlan)`);
  });

  it.each([
    ['/functions/not-plain.at-all', OUT_OF_SCOPE],
    [`/functions/${TOKEN_LIKE}`, OUT_OF_SCOPE],
    [`/functions/${'x'.repeat(500)}`, OUT_OF_SCOPE],
    ['/functions/%3Cscript%3E', OUT_OF_SCOPE],
    ['/serverInfo', OUT_OF_SCOPE],
  ])('of %s shows nothing that a client chose', async (path, error) => {
    const sensor = await scoped('Note:create');
    expect((await server.rest('POST', path, { ...sensor, body: {} })).body).toEqual({ code: 119, error });
  });

  it.each(['%3Cscript%3E', 'r:abcdef', `${'x'.repeat(500)}`, 'function'])(
    'of the class %s shows nothing that a client chose',
    async name => {
      const sensor = await scoped('Note:create');
      const { body } = await server.rest('GET', `/classes/${name}`, sensor);
      expect(body).toEqual({ code: 119, error: OUT_OF_SCOPE });
    },
  );
});
