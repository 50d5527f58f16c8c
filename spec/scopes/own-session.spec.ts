import express from 'express';
import { startServer, type SpecServer, type SpecUser } from '../support/server';

declare const Parse: any;

const OUT_OF_SCOPE = 119;

/** Functions of the app: one that calls another with the caller's token, and one that is not for sensors. */
const cloud = (...names: string[]) => {
  Parse.Cloud.define('calls', ({ params, user }: any) =>
    Parse.Cloud.run(params.name, params.params, { sessionToken: user.getSessionToken() }),
  );
  Parse.Cloud.define('batches', ({ params, user }: any) =>
    Parse._request(
      'POST',
      'batch',
      { requests: [{ method: 'POST', path: `/parse/functions/${params.name}`, body: params.params }] },
      { sessionToken: user.getSessionToken() },
    ),
  );
  for (const name of names) Parse.Cloud.define(name, () => 'not for sensors');
};

describe.each(['', 'auth_'])('a scoped session, with functionPrefix %j', prefix => {
  const name = `${prefix}getSession`;
  let server: SpecServer;
  let user: SpecUser;
  let sensor: { token: string; objectId: string };

  beforeAll(async () => {
    server = await startServer(
      { functionPrefix: prefix },
      {},
      { graphql: true, cloud: () => cloud('getSessions', ...(prefix ? ['getSession'] : [])) },
    );
    user = await server.signUp();
    await server.makeClass('Telemetry');
    const scopes = ['Telemetry:create', 'function:calls', 'function:batches'];
    const params = { name: 'Boiler', scopes };
    const made = await server.run(`${prefix}createRestrictedSession`, params, user);
    sensor = { token: made.sessionToken, objectId: made.objectId };
  });

  afterAll(() => server.stop());

  /** What a function answers by each way in: its result, or an error code. */
  const WAYS: Record<string, (name: string, params?: object) => Promise<any>> = {
    async REST(name, params = {}) {
      const { body } = await server.rest('POST', `/functions/${name}`, { ...sensor, body: params });
      return body.result ?? body.code;
    },
    async batch(name, params = {}) {
      const requests = [{ method: 'POST', path: `/parse/functions/${name}`, body: params }];
      const { body } = await server.rest('POST', '/batch', { ...sensor, body: { requests } });
      return body.code ?? body[0].success?.result ?? body[0].error.code;
    },
    async GraphQL(name, params = {}) {
      const mutation = `mutation ($params: Object) { callCloudCode(input: { functionName: ${name}, params: $params }) { result } }`;
      const { body } = await server.graphql(mutation, { params }, sensor.token);
      return body.data?.callCloudCode?.result ?? body.errors[0].extensions.code;
    },
    async 'the SDK in cloud code'(name, params = {}) {
      const { body } = await server.rest('POST', '/functions/calls', { ...sensor, body: { name, params } });
      return body.result ?? body.code;
    },
    async 'a batch of the SDK in cloud code'(name, params = {}) {
      const { body } = await server.rest('POST', '/functions/batches', { ...sensor, body: { name, params } });
      return body.code ?? body.result[0].success?.result ?? body.result[0].error.code;
    },
  };

  describe.each(Object.entries(WAYS))('by way of %s', (_way, call) => {
    it('asks for itself, without a scope for it', async () => {
      const view = await call(name);
      expect(view).toMatchObject({
        objectId: sensor.objectId,
        current: true,
        restricted: true,
        name: 'Boiler',
      });
      expect(view.scopes).toContain('Telemetry:create');
      expect(JSON.stringify(view)).not.toContain(sensor.token);
    });

    it('asks for no other', async () => {
      expect(await call(name, { sessionToken: user.token })).toBe(142);
      expect(await call(name, { objectId: 'x' })).toBe(142);
    });

    it('calls nothing else, also no function of the app with that name', async () => {
      const others = ['listSessions', 'countSessions', 'renameSession'].map(one => prefix + one);
      for (const one of [...others, 'getSessions', ...(prefix ? ['getSession'] : [])]) {
        expect([one, await call(one)]).toEqual([one, OUT_OF_SCOPE]);
      }
    });
  });

  it('reads itself by no other route', async () => {
    for (const path of ['/sessions/me', '/sessions', `/sessions/${sensor.objectId}`, '/users/me']) {
      expect((await server.rest('GET', path, sensor)).body.code).toBe(OUT_OF_SCOPE);
    }
    for (const path of [`/jobs/${name}`, `/hooks/functions/${name}`, `/functions/${prefix}getsession`]) {
      expect((await server.rest('POST', path, { ...sensor, body: {} })).body.code).toBe(OUT_OF_SCOPE);
    }
  });

  it('asks no more once it is revoked', async () => {
    const params = { scopes: ['Telemetry:create'] };
    const made = await server.run(`${prefix}createRestrictedSession`, params, user);
    const who = { token: made.sessionToken };
    expect(await server.run(name, {}, who)).toMatchObject({ objectId: made.objectId });
    await server.run(`${prefix}revokeSession`, { objectId: made.objectId }, user);
    await expect(server.run(name, {}, who)).rejects.toMatchObject({ code: 209 });
  });
});

it('a webhook that takes the place of getSession while the server runs is closed to scoped sessions', async () => {
  const server = await startServer({}, {}, { graphql: true, cloud: () => cloud() });
  try {
    server.app.post('/hook', express.json(), (_request, response) => {
      response.json({ success: 'the webhook ran' });
    });
    const user = await server.signUp();
    await server.makeClass('Telemetry');
    const make = async (...scopes: string[]) => ({
      token: (await server.run('createRestrictedSession', { scopes }, user)).sessionToken as string,
    });
    const sensor = await make('Telemetry:create', 'function:calls');
    const named = await make('function:getSession');
    const body = { functionName: 'getSession', url: new URL('/hook', server.url).href };
    expect((await server.rest('POST', '/hooks/functions', { master: true, body })).status).toBe(200);

    expect(await server.run('getSession', {}, user)).toBe('the webhook ran');
    expect(await server.run('getSession', {}, named)).toBe('the webhook ran');
    await expect(server.run('getSession', {}, sensor)).rejects.toMatchObject({ code: OUT_OF_SCOPE });
    await expect(server.run('calls', { name: 'getSession' }, sensor)).rejects.toMatchObject({
      code: OUT_OF_SCOPE,
    });
    const requests = [{ method: 'POST', path: '/parse/functions/getSession', body: {} }];
    const batch = await server.rest('POST', '/batch', { ...sensor, body: { requests } });
    expect(batch.body.code ?? batch.body[0].error.code).toBe(OUT_OF_SCOPE);
    const mutation = 'mutation { callCloudCode(input: { functionName: getSession }) { result } }';
    const graphql = await server.graphql(mutation, {}, sensor.token);
    expect(JSON.stringify(graphql.body)).not.toContain('ran');
  } finally {
    await server.stop();
  }
});
