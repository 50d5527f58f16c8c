import { FolderFiles } from '../support/folder-files';
import { APP_ID, startServer, type SpecServer, type SpecUser } from '../support/server';
import { makeSession, sessionRow, useToken } from '../support/sessions';
import { eventually } from '../support/time';

const links: string[] = [];
const mail = async ({ link }: { link: string }) => void links.push(link);

const storage = new FolderFiles();
const told: object[] = [];
let server: SpecServer;
let user: SpecUser;
let email: string;

beforeAll(async () => {
  server = await startServer(
    { guard: '*' },
    {
      appName: 'specs',
      publicServerURL: 'http://127.0.0.1/parse',
      filesAdapter: storage,
      verifyUserEmails: true,
      emailAdapter: { sendMail: mail, sendVerificationEmail: mail, sendPasswordResetEmail: mail },
    },
  );
  server.sessions.on('revoked', event => void told.push(event));
});

afterAll(async () => {
  await server.stop();
  await storage.dispose();
});

beforeEach(async () => {
  user = await server.signUp();
  email = `${user.username}@example.com`;
  links.splice(0);
  await server.rest('PUT', `/users/${user.userId}`, { token: user.token, body: { email } });
  // The mail is sent behind the answer.
  await eventually(() => expect(links).toHaveLength(1));
});

const mailedToken = (): string => new URL(links.at(-1)!).searchParams.get('token')!;

const page = (name: string, form: Record<string, string>, token?: string) =>
  server.rest('POST', `/apps/${APP_ID}/${name}`, {
    token,
    body: new URLSearchParams(form).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Requested-With': 'XMLHttpRequest' },
  });

/** As whom the page is asked for: it takes no token, and does not look at one. */
const TOKENS: Array<[string, () => Promise<string | undefined>]> = [
  ['nobody', async () => undefined],
  ['a restricted session', async () => (await server.restricted(user.token)).token],
];

describe('the page that resets a password', () => {
  it.each(TOKENS)('ends every session of its user as everywhere, when used by %s', async (_who, tokenOf) => {
    const token = await tokenOf();
    const restricted = await server.restricted(user.token);
    const old = await makeSession(server, user.userId);
    const bystander = await server.signUp();
    const ending = [user, restricted, old, ...(token ? [{ token }] : [])];
    const ids = await Promise.all(
      ending.map(async one => (await sessionRow(server, one)).objectId as string),
    );
    for (const id of ids) await server.sessions.files(id).add('report', { name: 'report.txt', data: 'x' });
    expect(storage.names()).toHaveLength(ids.length);
    for (const one of ending) expect(await useToken(server, one)).toBe(200);
    told.splice(0);

    expect((await server.rest('POST', '/requestPasswordReset', { token, body: { email } })).status).toBe(200);
    const form = { token: mailedToken(), new_password: 'a new one' };
    expect((await page('request_password_reset', form, token)).status).toBe(200);

    for (const one of ending) expect(await useToken(server, one)).toBe(209);
    expect(storage.names()).toEqual([]);
    await eventually(() => expect(told).toHaveLength(ids.length));
    const expected = ids.map(sessionId => ({ sessionId, userId: user.userId, reason: 'passwordChange' }));
    expect(told).toEqual(expect.arrayContaining(expected));
    expect(await useToken(server, bystander)).toBe(200);
    await server.login(user.username, 'a new one');
  });

  it('ends none when the link is wrong', async () => {
    await server.rest('POST', '/requestPasswordReset', { body: { email } });
    const answer = await page('request_password_reset', { token: 'made up', new_password: 'a new one' });
    expect(answer.status).toBe(400);
    expect(await useToken(server, user)).toBe(200);
    await server.login(user.username, user.password);
  });
});

describe('requests that no session rule covers work as on stock Parse Server', () => {
  const isVerified = async () =>
    (await server.rest('GET', `/users/${user.userId}`, { master: true })).body.emailVerified as boolean;

  it.each(TOKENS)('the page that verifies an address, for %s', async (_who, tokenOf) => {
    const query = new URLSearchParams({ token: mailedToken() });
    const token = await tokenOf();
    const answer = await server.rest('GET', `/apps/${APP_ID}/verify_email?${query}`, { token });
    expect(answer.status).toBeLessThan(400);
    expect(await isVerified()).toBe(true);
    expect(await useToken(server, user)).toBe(200);
  });

  it.each(TOKENS)('another mail that verifies an address, for %s', async (_who, tokenOf) => {
    const token = await tokenOf();
    const answer = await server.rest('POST', '/verificationEmailRequest', { token, body: { email } });
    expect(answer.status).toBe(200);
    await eventually(() => expect(links).toHaveLength(2));
    await server.rest('GET', `/apps/${APP_ID}/verify_email?${new URLSearchParams({ token: mailedToken() })}`);
    expect(await isVerified()).toBe(true);
  });

  it('a page that asks for another mail', async () => {
    const answer = await page('resend_verification_email', { username: user.username });
    expect(answer.status).toBeLessThan(400);
    await eventually(() => expect(links).toHaveLength(2));
  });
});
