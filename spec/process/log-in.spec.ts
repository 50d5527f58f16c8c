import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { restAt } from '../support/server';
import { eventually } from '../support/time';

// Parse Server notes at a log-in, without waiting for it, when the password was set, where it does not know that yet.
const passwordPolicy = { maxPasswordAge: 90 };
const USER = { username: 'somebody', password: 'correct horse' };

let other: SecondProcess | undefined;
let rest: ReturnType<typeof restAt>;
let token: string;

// One server for all, but where one of them ends it.
beforeEach(async () => {
  if (!other?.isAlive) {
    other = await startSecondProcess({
      sessions: { fresh: ['_User'], freshWithin: '10m' },
      parseServer: { passwordPolicy },
      graphql: true,
    });
    rest = restAt(other.url);
    token = (await rest('POST', '/users', { body: USER })).body.sessionToken;
  }
  await other.run(async ({ server }, username) => {
    await server.rawUpdate('_User', { username }, { _password_changed_at: { __op: 'Delete' } });
  }, USER.username);
});

afterEach(() => other!.expectAlive());
afterAll(() => other?.stop());

/** Whether Parse Server knows when the password was set. */
const knowsWhen = () =>
  other!.run(async ({ server }, username) => {
    const database = server.server.config.databaseController;
    const [user] = await database.find('_User', { username }, {}, { isMaintenance: true });
    return Boolean(user._password_changed_at);
  }, USER.username);

interface Answer {
  token?: string;
  code?: number;
}

async function byBatch(headerToken?: string): Promise<Answer> {
  const requests = [{ method: 'POST', path: '/parse/login', body: USER }];
  const { body } = await rest('POST', '/batch', { token: headerToken, body: { requests } });
  const { success, error } = Array.isArray(body) ? body[0] : { success: undefined, error: body };
  return { token: success?.sessionToken, code: error?.code };
}

async function byGraphql(headerToken?: string): Promise<Answer> {
  const query = `mutation ($input: LogInInput!) { logIn(input: $input) { viewer { sessionToken } } }`;
  const body = { query, variables: { input: USER } };
  const answer = await rest('POST', other!.graphqlUrl, { token: headerToken, body });
  return {
    token: answer.body.data?.logIn?.viewer.sessionToken,
    code: answer.body.errors?.[0].extensions.code,
  };
}

async function byRest(headerToken?: string): Promise<Answer> {
  const { body } = await rest('POST', '/login', { token: headerToken, body: USER });
  return { token: body.sessionToken, code: body.code };
}

const WAYS = { 'by batch': byBatch, 'by GraphQL': byGraphql, 'by REST': byRest };

/** Whose token the app still sends when somebody logs in. */
const TOKENS: Record<string, () => Promise<string | undefined>> = {
  'no token': async () => undefined,
  'the token of an unrestricted session': async () => token,
  'the token of a restricted session': async () =>
    (await rest('POST', '/sessions', { token, body: {} })).body.sessionToken,
  'the token of a scoped session': async () => {
    const body = { scopes: ['_Installation:create'] };
    return (await rest('POST', '/functions/createRestrictedSession', { token, body })).body.result
      .sessionToken;
  },
  'the token of a session whose log-in is long ago': () =>
    other!.run(async ({ server }) => {
      const [user] = await server.rawFind('_User', { username: 'somebody' });
      const { sessionToken } = await server.rawInsert('_Session', {
        sessionToken: `r:${Math.random().toString(16).slice(2).padEnd(32, '0')}`,
        user: { __type: 'Pointer', className: '_User', objectId: user.objectId },
        createdWith: { action: 'login', authProvider: 'password' },
        authenticatedAt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' },
      });
      return sessionToken as string;
    }),
};

const cases = (Object.keys(WAYS) as Array<keyof typeof WAYS>).flatMap(way =>
  Object.keys(TOKENS).map(whose => [way, whose] as const),
);

it.each(cases)('a log-in %s, with %s: works or is refused, and the server goes on', async (way, whose) => {
  const answer = await WAYS[way](await TOKENS[whose]!());
  await other!.expectAlive();
  if (answer.token) expect((await rest('GET', '/users/me', { token: answer.token })).status).toBe(200);
  else expect(answer.code).toBe(119);
  // Somebody else's, as on stock Parse Server.
  expect((await WAYS['by REST']()).token).toMatch(/^r:/);
  await eventually(async () => expect(await knowsWhen()).toBe(true));
});
