import express from 'express';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { watchForRest } from '../support/settled';

const OUT_OF_SCOPE = {
  code: 119,
  error: expect.stringMatching(/^not allowed: outside the scopes of this session( \([\w:*]+\))?$/),
};

// GraphQL answers every path below its own, and runs what no route shows.
describe('the GraphQL of a scoped session', () => {
  let server: SpecServer;
  let user: SpecUser;
  let token: string;
  let challenges = 0;

  beforeAll(async () => {
    const auth = {
      otp: {
        module: {
          policy: 'additional',
          validateSetUp: () => ({}),
          validateLogin: () => ({}),
          validateUpdate: () => ({}),
          validateAppId: () => Promise.resolve(),
          challenge: () => {
            challenges += 1;
            return { sms: 'sent' };
          },
        },
      },
    };
    server = await startServer({}, { auth }, { graphql: true });
    user = await server.signUp();
    await server.rest('POST', '/classes/Telemetry', { master: true, body: {} });
    const scopes = ['Telemetry:create', 'Telemetry:read'];
    token = (await server.run('createRestrictedSession', { scopes }, user)).sessionToken;
    server.app.post('/hook', express.json(), (_request, response) => {
      response.json({ success: 'the webhook ran' });
    });
  });

  afterAll(() => server.stop());

  const ask = async (query: string, path: string, who: string) =>
    (await server.rest('POST', server.graphqlUrl + path, { token: who, body: { query } })).body;

  it('challenges nobody', async () => {
    const challenge =
      'mutation { challenge(input: { challengeData: { otp: { phone: "1" } } }) { challengeData } }';
    await ask(challenge, '', token);
    expect(challenges).toBe(0);
    await ask(challenge, '', user.token);
    expect(challenges).toBe(1);
  });

  it('does what its scopes name', async () => {
    expect((await ask('{ telemetries { count } }', '', token)).data.telemetries.count).toBe(1);
    expect((await ask('{ users { count } }', '', token)).errors[0].extensions.code).toBe(119);
  });

  describe('once there is a cloud function that is a webhook, is closed', () => {
    const pay = 'mutation { callCloudCode(input: { functionName: pay }) { result } }';

    beforeAll(async () => {
      const body = { functionName: 'pay', url: new URL('/hook', server.url).href };
      expect((await server.rest('POST', '/hooks/functions', { master: true, body })).status).toBe(200);
    });

    it.each(['', '/', '//', '/classes', '/logout', '/config', '/batch', '/functions/pay', '/classes/..'])(
      'at /graphql%s',
      async path => {
        expect(JSON.stringify(await ask(pay, path, token))).not.toContain('ran');
        expect(JSON.stringify(await ask('{ telemetries { count } }', path, token))).not.toContain(
          'telemetries":{',
        );
      },
    );

    it('while REST stays open for what the scopes name, and closed for the function', async () => {
      expect((await server.rest('POST', '/classes/Telemetry', { token, body: {} })).status).toBe(201);
      expect((await server.rest('POST', '/functions/pay', { token, body: {} })).body).toEqual(OUT_OF_SCOPE);
      expect((await server.rest('POST', '/functions/pay', { token: user.token, body: {} })).body).toEqual({
        result: 'the webhook ran',
      });
      expect((await ask(pay, '', user.token)).data.callCloudCode.result).toBe('the webhook ran');
    });
  });
});

it('an app that parses JSON before GraphQL hides no event behind a path that looks like a batch', async () => {
  const server = await startServer({}, {}, { graphql: true, parsesJson: true });
  try {
    const { username, password } = await server.signUp();
    const told: unknown[] = [];
    const settled = watchForRest(server);
    server.sessions.on('created', ({ createdWith }) => void told.push(createdWith));
    const query = `mutation { logIn(input: { username: "${username}", password: "${password}" }) { viewer { sessionToken } } }`;
    for (const [index, path] of ['', '/batch'].entries()) {
      const { body } = await server.rest('POST', server.graphqlUrl + path, {
        body: { query, transaction: true },
      });
      expect(body.data.logIn.viewer.sessionToken).toMatch(/^r:/);
      await settled();
      expect(told).toHaveLength(index + 1);
    }
  } finally {
    await server.stop();
  }
});
